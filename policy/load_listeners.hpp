// Listeners as the file or `--listen` gives them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "policy/load_rules.hpp"

namespace adit::policy {

struct LoadedListener {
    Place place;
    Listener listener;
};

// Reads `listeners` and adds their names to `names`, which says whether there are users. One with
// mistakes is left out, but its name is known.
std::vector<LoadedListener> read_listeners(const Place& place, const Reader& reader,
                                           Vocabulary& names, const LoadOptions& options);
std::vector<LoadedListener> listeners_from(std::span<const std::string> addresses,
                                           const Reader& reader, Vocabulary& names);

// Two listeners of one name, or that would take the same address.
void check_collisions(std::span<const LoadedListener> listeners, const Reader& reader);

// A listener that others can reach and that asks for no login, while an allow rule for it names
// neither clients nor users, is a mistake unless it says "open". The same while the whole policy only
// observes, for then every public address is open.
void check_open_relay(std::span<const LoadedListener> listeners, std::span<const LoadedRule> rules,
                      const Vocabulary& names, Mode mode, const Reader& reader);

}  // namespace adit::policy
