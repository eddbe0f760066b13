// Whole conversations. The first two bytes choose the dialect, the login, the verdict, the ending
// and the place of the cut; the others are what the client says.
#include "protocols/http_connect.hpp"
#include "protocols/socks4.hpp"
#include "protocols/socks5.hpp"
#include "tests/fuzz/invariants.hpp"

namespace adit::fuzz {
namespace {

using namespace protocols;
using testing::Talk;

struct Choice {
    unsigned dialect = 0;
    Login login = Login::none;
    bool accept = false;
    Answer answer;
    std::size_t cut = 0;
};

Choice choose(std::uint8_t first, std::uint8_t second)
{
    Choice choice;
    choice.dialect = first % 3;
    choice.login = static_cast<Login>(first / 3 % 3);
    choice.accept = first / 9 % 2 == 0;
    choice.answer.ending = static_cast<Ending>(second % 16);
    choice.answer.bound = {boost::asio::ip::make_address(second % 2 == 0 ? "10.0.0.1" : "::1"), 80};
    choice.answer.rule = "a \"rule\"";
    choice.answer.request_id = "1";
    choice.cut = second;
    return choice;
}

void require_framed(const Reply& reply)
{
    const auto end = reply.find("\r\n\r\n");
    require(reply.substr(0, 9) == "HTTP/1.1 " && end != Reply::npos, "an HTTP answer is one");
    const auto body = std::to_string(reply.size() - end - 4);
    const bool success = reply.substr(9, 3) == "200";
    if (end + 4 == reply.size() && !success)
        return;  // to a HEAD
    require(success ? end + 4 == reply.size()
                    : reply.find("\r\nContent-Length: " + body + "\r\n") < end,
            "a refusal has its length, a success has no body");
}

void require_last_words(Protocol protocol, const Reply& reply)
{
    const auto size = reply.size();
    if (protocol == Protocol::connect || protocol == Protocol::http)
        return require_framed(reply);
    if (protocol == Protocol::socks4)
        return require(size == 8 && reply[0] == '\0', "a SOCKS4 answer has eight bytes");
    require(size == 0 || size == 2 || size == 10 || size == 22, "a SOCKS5 answer is complete");
}

void require_authorized(const Choice& choice, Protocol protocol, const Talk& talk)
{
    if (!talk.request && talk.forwarded.empty())
        return;
    // A UDP association names no destination.
    if (talk.request && talk.request->protocol != Protocol::udp)
        require_canonical(talk.request->target);
    require(talk.logins.empty() || choice.accept, "a refused login opens nothing");
    require(choice.login != Login::required || protocol == Protocol::socks4 || !talk.logins.empty(),
            "where a login is required nobody goes without");
}

template <class Handshake>
void converse(const Handshake& handshake, const Choice& choice, std::string_view said)
{
    const auto verdict = choice.accept ? testing::accept_all() : testing::refuse_all();
    const auto cut = std::min(choice.cut, said.size());
    const auto whole = testing::feed_cut(handshake, said, 0, verdict);
    require(!whole.broken_promise, "no more is consumed than there is");
    require(same(whole, testing::feed_cut(handshake, said, cut, verdict)),
            "a cut does not change a conversation");
    require(same(whole, testing::feed_pieces(handshake, said, 1 + said.size() / 256, verdict)),
            "pieces do not change a conversation");
    require_authorized(choice, handshake.protocol(), whole);

    testing::Feed<Handshake> part{handshake, verdict};
    part.receive(said.substr(0, cut));
    require_last_words(handshake.protocol(), part.handshake().conclude(choice.answer));
    part.receive(said.substr(cut));
    auto answer = choice.answer;
    if (const auto& hangup = part.talk().hangup) {
        answer.ending = hangup->ending;
        answer.fault = hangup->fault;
        require(answer.ending != Ending::established, "a failure is no success");
    }
    require_last_words(handshake.protocol(), part.handshake().conclude(answer));
}

}  // namespace
}  // namespace adit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace adit::fuzz;
    if (size < 2)
        return 0;
    const auto choice = choose(bytes[0], bytes[1]);
    const auto said = text_of(bytes + 2, size - 2);
    const auto first = bytes[0];
    switch (choice.dialect) {
        case 0:
            converse(HttpHandshake{choice.login, {true, first % 5 != 0, first % 7 != 0}}, choice,
                     said);
            break;
        case 1:
            converse(Socks5Handshake{choice.login}, choice, said);
            break;
        default:
            converse(Socks4Handshake{}, choice, said);
    }
    return 0;
}
