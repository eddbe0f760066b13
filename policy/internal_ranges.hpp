// The ranges that belong to one word as a whole, for the questions that lint asks about networks.
#pragma once

#include <array>
#include <optional>

#include "policy/networks.hpp"

namespace adit::policy {

struct InternalRange {
    Network network;
    Word word;
};

// In each of them every address has this word, but for what is `metadata` or `self`.
const std::array<InternalRange, 10>& internal_ranges();

// The word of such a range that holds the whole network; empty when none does.
std::optional<Word> word_of_whole(const Network& network);

}  // namespace adit::policy
