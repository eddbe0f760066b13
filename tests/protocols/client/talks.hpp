// Drives the client's half of a handshake with a proxy's bytes in pieces of any size.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocols/client/conversation.hpp"
#include "tests/protocols/ways.hpp"

namespace adit::testing {

// What a conversation came to, in words that can be compared.
struct Asked {
    std::string said;    // everything, one behind the other
    std::string ending;  // "open", "more", "refused: reason", or the words of a fault
    std::string unread;
    protocols::client::Refused refused;

    bool operator==(const Asked& other) const
    {
        return said == other.said && ending == other.ending &&
               (ending != "open" || unread == other.unread);
    }
};

template <class Make>
Asked ask_in_pieces(Make make, std::string_view answer, std::size_t piece)
{
    namespace client = protocols::client;
    auto conversation = make();
    Asked asked;
    asked.said = conversation.open();
    asked.ending = "more";
    const auto hear = [&] {
        for (;;) {
            auto turn = conversation.advance(ExactBytes{asked.unread});
            REQUIRE(turn.consumed <= asked.unread.size());
            asked.unread.erase(0, turn.consumed);
            asked.said += turn.say;
            if (std::holds_alternative<client::Open>(turn.what))
                asked.ending = "open";
            if (const auto* wrong = std::get_if<client::NotUnderstood>(&turn.what))
                asked.ending = words(wrong->fault);
            if (auto* refused = std::get_if<client::Refused>(&turn.what)) {
                asked.ending = "refused: " + refused->reason;
                asked.refused = std::move(*refused);
            }
            if (asked.ending != "more" || turn.consumed == 0 || asked.unread.empty())
                return;
        }
    };
    while (!answer.empty() && asked.ending == "more") {
        asked.unread += answer.substr(0, piece);
        answer.remove_prefix(std::min(piece, answer.size()));
        hear();
    }
    asked.unread += answer;
    return asked;
}

// Whole, in two at every byte, byte by byte, and with the destination's first bytes behind it.
template <class Make>
Asked try_asking(Make make, const std::string& answer)
{
    const auto whole = ask_in_pieces(make, answer, answer.size() + 1);
    for (std::size_t size = 1; size <= answer.size(); ++size) {
        CAPTURE(size);
        CHECK(ask_in_pieces(make, answer, size) == whole);
    }
    const auto early = ask_in_pieces(make, answer + "SSH-2.0-x\r\n", answer.size() + 20);
    CHECK(early.ending == (whole.ending == "more" ? early.ending : whole.ending));
    if (whole.ending == "open")
        CHECK(early.unread == "SSH-2.0-x\r\n");
    return whole;
}

}  // namespace adit::testing
