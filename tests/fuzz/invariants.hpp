// What every fuzz target holds to be true. A broken promise ends the program, which is a finding.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "protocols/step.hpp"
#include "protocols/target.hpp"
#include "tests/support/feed.hpp"

namespace adit::fuzz {

inline void require(bool holds, const char* promise)
{
    if (holds)
        return;
    std::fprintf(stderr, "broken promise: %s\n", promise);
    std::abort();
}

inline std::string_view text_of(const std::uint8_t* bytes, std::size_t size)
{
    return protocols::as_text({bytes, size});
}

// A target has one spelling, and that spelling is the target.
inline void require_canonical(const protocols::Target& target)
{
    using namespace protocols;
    const auto text = to_text(target);
    const auto again = parse_authority(text);
    require(target.port != 0, "a target has a port");
    require(again.has_value() && *again == target, "the canonical text is the target");
    require(to_text(*again) == text, "the canonical text is canonical");
    if (const auto* address = std::get_if<Address>(&target.host)) {
        require(unmapped(*address) == *address, "no address hides an IPv4 address");
        return;
    }
    const auto& domain = std::get<Domain>(target.host);
    const auto same = Domain::parse(domain.text());
    require(same.has_value() && *same == domain, "a domain is its own text");
    require(!parse_address(domain.text()).has_value(), "no name is an address too");
    require(domain.text().find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") ==
                std::string::npos,
            "a domain has only the characters of one");
    require(domain.text().size() <= 253, "a domain is at most 253 characters long");
}

// Every part of the input from its front says what the whole says, or that it needs more.
// Gives the answer to the whole.
template <class Parse>
auto require_incremental(Parse parse, std::string_view input)
{
    auto whole = parse(testing::ExactBytes{input});
    for (std::size_t size = 0; size <= std::min<std::size_t>(input.size(), 600); ++size) {
        const auto part = parse(testing::ExactBytes{input.substr(0, size)});
        if (part.index() == 0)
            continue;
        require(part.index() == whole.index(), "more bytes do not change an answer");
        if (const auto* done = std::get_if<1>(&part)) {
            require(done->consumed <= size, "no more is consumed than there is");
            require(done->consumed == std::get<1>(whole).consumed,
                    "a message ends where it ends, whatever follows");
        } else {
            require(std::get<2>(part) == std::get<2>(whole), "a fault stays the same fault");
        }
    }
    if (const auto* done = std::get_if<1>(&whole)) {
        const auto message = input.substr(0, done->consumed);
        require(parse(testing::ExactBytes{message}).index() == 1,
                "a message needs its own bytes only");
    }
    return whole;
}

}  // namespace adit::fuzz
