// Tries an example in every way it can arrive: whole, cut at each byte, byte by byte, and with
// other bytes behind it.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <variant>

#include <doctest/doctest.h>

#include "protocols/step.hpp"
#include "tests/support/feed.hpp"

namespace adit::protocols {

inline std::ostream& operator<<(std::ostream& out, Fault fault)
{
    return out << words(fault);
}

inline std::ostream& operator<<(std::ostream& out, Ending ending)
{
    return out << word(ending);
}

inline std::ostream& operator<<(std::ostream& out, const Target& target)
{
    return out << to_text(target);
}

}  // namespace adit::protocols

namespace adit::testing {

using namespace std::string_literals;

inline std::string byte(unsigned value)
{
    return std::string(1, static_cast<char>(value));
}

// One length byte and the text.
inline std::string counted(std::string_view text)
{
    return byte(static_cast<unsigned>(text.size())) + std::string{text};
}

inline protocols::Target target(std::string_view authority)
{
    const auto parsed = protocols::parse_authority(authority);
    REQUIRE(parsed.has_value());
    return *parsed;
}

inline protocols::Endpoint endpoint(const char* address, std::uint16_t port)
{
    return {boost::asio::ip::make_address(address), port};
}

inline protocols::Answer answer(protocols::Ending ending,
                                protocols::Fault fault = protocols::Fault::none)
{
    protocols::Answer told;
    told.ending = ending;
    told.fault = fault;
    return told;
}

// `parse` on the whole, on every part from the front and with bytes behind. Complete messages need
// their last byte and no more; what is wrong once stays wrong in the same way.
template <class Parse>
auto try_parser(Parse parse, const std::string& bytes)
{
    auto whole = parse(ExactBytes{bytes});
    using Whole = decltype(whole);
    const auto agrees = [&](const Whole& step, std::size_t size) {
        if (whole.index() == 1) {
            const auto needed = std::get<1>(whole).consumed;
            return size < needed ? step.index() == 0
                                 : step.index() == 1 && std::get<1>(step).consumed == needed;
        }
        const auto* malformed = std::get_if<protocols::Malformed>(&step);
        return malformed == nullptr ? step.index() == 0
                                    : whole.index() == 2 && *malformed == std::get<2>(whole);
    };
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
        CAPTURE(size);
        CHECK(agrees(parse(ExactBytes{bytes.substr(0, size)}), size));
    }
    if (whole.index() != 0)
        CHECK(agrees(parse(ExactBytes{bytes + "\0\5\1GET /"s}), bytes.size() + 8));
    return whole;
}

// The handshake on the whole, cut at every byte, and byte by byte.
template <class Handshake>
Talk try_handshake(const Handshake& handshake, const std::string& bytes,
                   const Verdict& verdict = accept_all())
{
    auto whole = feed_cut(handshake, bytes, 0, verdict);
    CHECK_FALSE(whole.broken_promise);
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
        CAPTURE(cut);
        CHECK(same(feed_cut(handshake, bytes, cut, verdict), whole));
    }
    CHECK(same(feed_pieces(handshake, bytes, 1, verdict), whole));
    if (whole.request || !whole.forwarded.empty()) {
        auto early = feed_cut(handshake, bytes + "early bytes", 0, verdict);
        CHECK(early.unread == whole.unread + "early bytes");
        early.unread = whole.unread;
        CHECK(same(early, whole));
    }
    return whole;
}

}  // namespace adit::testing
