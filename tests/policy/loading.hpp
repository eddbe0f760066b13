// What the tests of the loader share: files of the tree, and configurations in few words.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "policy/load.hpp"

namespace adit::policy {

inline std::string contents(const std::filesystem::path& path)
{
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// One line for each, as a user sees them.
inline std::string lines(const std::vector<Mistake>& mistakes, std::string_view file = "file")
{
    std::string text;
    for (const auto& mistake : mistakes)
        text += to_text(mistake, file) + "\n";
    return text;
}

// The text must load.
inline Loaded loaded(std::string_view text, const LoadOptions& options = {})
{
    auto result = load(text, options);
    if (!result)
        FAIL(lines(result.error()));
    return *std::move(result);
}

// What is wrong with the text; empty when it loads.
inline std::string mistakes_in(std::string_view text, const LoadOptions& options = {})
{
    const auto result = load(text, options);
    return result ? std::string{} : lines(result.error());
}

// A whole file around rules, with a listener that only this machine can reach. `more` are further
// members, each followed by a comma.
inline std::string with_rules(std::string_view rules, std::string_view more = {})
{
    return "{ \"listeners\": [ { \"address\": \"127.0.0.1:1080\" } ], " + std::string{more} +
           "\n\"rules\": [" + std::string{rules} + "] }";
}

}  // namespace adit::policy
