#include "src/connect/ask.hpp"

#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <poll.h>

namespace adit::connect {
namespace {

namespace client = protocols::client;

using Answer = std::variant<Opened, client::Refused, NoAnswer>;

class Asking {
public:
    Asking(Stream& stream, Conversation conversation, Moment until)
        : stream_{stream}, conversation_{std::move(conversation)}, until_{until}
    {
    }

    Answer run()
    {
        auto say = std::visit([](auto& one) { return one.open(); }, conversation_);
        for (;;) {
            if (!send(say) || !receive())
                return break_off();
            auto turn = advance();
            say = std::move(turn.say);
            while (turn.consumed > 0 && std::holds_alternative<client::More>(turn.what) &&
                   say.empty() && !unread_.empty())
                turn = advance();  // one piece may hold several messages
            if (std::holds_alternative<client::Open>(turn.what))
                return Opened{std::move(unread_)};
            if (auto* refused = std::get_if<client::Refused>(&turn.what))
                return std::move(*refused);
            if (const auto* wrong = std::get_if<client::NotUnderstood>(&turn.what))
                return NoAnswer{fmt::format("its answer is not understood: {}",
                                            protocols::words(wrong->fault))};
        }
    }

private:
    client::Turn advance()
    {
        auto turn = std::visit([&](auto& one) { return one.advance(protocols::as_bytes(unread_)); },
                               conversation_);
        unread_.erase(0, turn.consumed);
        return turn;
    }

    bool send(std::string_view bytes)
    {
        while (!bytes.empty()) {
            const auto move = stream_.write(bytes);
            bytes.remove_prefix(move.count);
            if (move.how != Moved::some && !wait(move))
                return false;
        }
        return true;
    }

    bool receive()
    {
        std::array<char, 16384> piece{};
        for (;;) {
            const auto move = stream_.read(piece);
            if (move.how == Moved::some) {
                unread_.append(piece.data(), move.count);
                return true;
            }
            if (!wait(move))
                return false;
        }
    }

    bool wait(const Move& move)
    {
        if (move.how == Moved::failed)
            why_ = move.why;
        else if (move.how == Moved::ended)
            why_ = "it closed the connection without an answer";
        else if (!wait_for(stream_.descriptor(), move.how == Moved::must_read ? POLLIN : POLLOUT,
                           until_))
            why_ = "it did not answer in time";
        else
            return true;
        return false;
    }

    Answer break_off()
    {
        auto refused = std::visit([](auto& one) { return one.cut_short(); }, conversation_);
        if (refused)
            return std::move(*refused);
        return NoAnswer{std::move(why_)};
    }

    Stream& stream_;
    Conversation conversation_;
    Moment until_;
    std::string unread_;
    std::string why_;
};

}  // namespace

Answer ask(Stream& stream, Conversation conversation, Moment until)
{
    return Asking{stream, std::move(conversation), until}.run();
}

}  // namespace adit::connect
