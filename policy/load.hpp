// Configuration text -> Configuration, or every mistake in it with its place and its cure.
// JSON with comments and trailing commas; unknown and duplicate keys are mistakes. Reads no file
// itself: a function is handed in for those that the configuration names.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/configuration.hpp"
#include "policy/source_file.hpp"
#include "protocols/result.hpp"

namespace adit::policy {

struct Mistake {
    std::size_t line = 0;    // from 1; 0 when the mistake has no place
    std::size_t column = 0;  // from 1, in bytes
    std::string path;        // "rules[2].ports[0]"
    std::string message;     // what is wrong, and the cure
    std::string file = {};   // where it stands, if that is not the configuration itself
};

// "adit.json:14:22: rules[2].ports[0]: "44 3" is not a port; did you mean 443?"; `file` is the
// configuration's own name.
std::string to_text(const Mistake& mistake, std::string_view file);

struct Loaded {
    Configuration configuration;
    std::vector<Mistake> warnings;
};
using Mistakes =
    std::vector<Mistake>;  // a syntax error alone; all other mistakes together, in the file's order

// What the tz database says of a zone; empty when it knows none of that name.
using FindZone = std::function<std::optional<Zone>(const std::string& name)>;
// What is wrong, or only doubtful, with a file that a listener's TLS names.
struct TlsFinding {
    std::string_view key;  // "certificate", "key", "client_ca"; lives for ever
    std::string message;
    bool is_mistake = true;
};

struct LoadOptions {
    std::vector<std::string>
        listen;  // `--listen`: replaces the file's listeners before anything is checked
    // Whether crypt_checksalt takes this hash and it is strong enough (platform knowledge, handed
    // in).
    bool (*is_password_hash)(const std::string& hash) = nullptr;
    // The number of a user of this machine, for `uids`. Without it there are no such names.
    std::optional<std::uint32_t> (*user_number)(const std::string& name) = nullptr;
    // To warn of rules that have expired or soon will. Empty: no such warnings.
    std::optional<std::chrono::sys_seconds> now = std::nullopt;
    // Without it only UTC is known.
    FindZone find_zone = {};
    // Relative paths of other files begin here; empty: where the process is.
    std::string folder = {};
    // Looks into the files of a listener's TLS. Without it they are not looked at.
    std::function<std::vector<TlsFinding>(const Tls&)> inspect_tls = nullptr;
    // How files are read that the configuration names. Without it each of them is a mistake.
    ReadFile read_file = {};
};

Result<Loaded, Mistakes> load(std::string_view text, const LoadOptions& options = {});

}  // namespace adit::policy
