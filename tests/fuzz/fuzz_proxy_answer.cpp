// What a proxy says to us as its client, and the URL that names it. The first byte chooses.
#include "protocols/client/http_client.hpp"
#include "protocols/client/proxy_status.hpp"
#include "protocols/client/proxy_url.hpp"
#include "protocols/client/socks4_client.hpp"
#include "protocols/client/socks5_client.hpp"
#include "tests/fuzz/invariants.hpp"

namespace adit::fuzz {
namespace {

using namespace protocols;
using namespace protocols::client;

constexpr std::string_view line_breakers{"\r\n\0", 3};

Target somewhere()
{
    return *parse_authority("example.com:22");
}

// What a conversation comes to: its ending, and how many bytes were the handshake's.
template <class Conversation>
std::string outcome(Conversation conversation, std::string_view input, std::size_t piece)
{
    std::string unread;
    std::size_t used = 0;
    (void)conversation.open();
    while (!input.empty()) {
        unread += input.substr(0, piece);
        input.remove_prefix(std::min(piece, input.size()));
        for (;;) {
            const auto turn = conversation.advance(testing::ExactBytes{unread});
            require(turn.consumed <= unread.size(), "no more is consumed than there is");
            used += turn.consumed;
            unread.erase(0, turn.consumed);
            if (const auto* wrong = std::get_if<NotUnderstood>(&turn.what))
                return std::string{words(wrong->fault)};
            if (const auto* refused = std::get_if<Refused>(&turn.what)) {
                require(refused->text.size() <= 32 * 1024, "what a refusal says is bounded");
                return "refused " + refused->reason;
            }
            if (std::holds_alternative<Open>(turn.what))
                return "open " + std::to_string(used);
            if (turn.consumed == 0 || unread.empty())
                break;
        }
    }
    return "more";
}

template <class Make>
void require_same_in_pieces(Make make, std::string_view input)
{
    const auto whole = outcome(make(), input, input.size() + 1);
    require(outcome(make(), input, 1) == whole, "pieces do not change the outcome");
    require(outcome(make(), input, 7) == whole, "pieces do not change the outcome");
}

void try_http(std::string_view input)
{
    const auto step = require_incremental(parse_http_answer, input);
    if (const auto* done = std::get_if<1>(&step)) {
        require(done->value.status >= 100 && done->value.status < 600, "a status has three digits");
        for (const auto& text : {done->value.reason, done->value.proxy_status})
            require(text.find_first_of(line_breakers) == std::string::npos,
                    "nothing breaks out of its line");
    }
    if (step.index() == 0)
        require(input.size() <= 32 * 1024, "nobody can go on for ever");
    if (input.size() < 4096)
        require_same_in_pieces([] { return HttpClient{somewhere(), std::nullopt}; }, input);
}

void try_socks(std::string_view input)
{
    (void)require_incremental(parse_socks4_reply, input);
    (void)require_incremental(parse_socks5_choice, input);
    (void)require_incremental(parse_user_pass_status, input);
    const auto reply = require_incremental(parse_socks5_reply, input);
    if (reply.index() == 0)
        require(input.size() < 4 + 1 + 255 + 2, "nobody can go on for ever");
    if (input.size() > 4096)
        return;
    require_same_in_pieces([] { return Socks4Client{*socks4_request(somewhere(), "")}; }, input);
    require_same_in_pieces([] { return Socks5Client{somewhere(), std::nullopt}; }, input);
    require_same_in_pieces(
        [] {
            return Socks5Client{somewhere(), Credentials{"alice", Secret{"secret"}}};
        },
        input);
}

// The text of a URL leaves out the login alone.
void try_url(std::string_view input)
{
    const auto url = parse_proxy_url(input);
    if (!url || url->scheme == Scheme::unix_socket)
        return;
    require_canonical(std::get<Target>(url->where));
    const auto again = parse_proxy_url(to_text(*url));
    require(again.has_value() && again->where == url->where && again->scheme == url->scheme,
            "the text of a URL is the URL");
    require(!again->login, "the text of a URL holds no login");
    if (url->login)
        require(!url->login->user.empty() && !holds_control_character(*url->login),
                "a login has a user and no control character");
}

}  // namespace
}  // namespace adit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace adit::fuzz;
    if (size == 0)
        return 0;
    const auto input = text_of(bytes + 1, size - 1);
    switch (bytes[0]) {
        case 'h':
            try_http(input);
            break;
        case 's':
            try_socks(input);
            break;
        case 'u':
            try_url(input);
            break;
        case 'p':
            (void)adit::protocols::client::parse_proxy_status(input);
            break;
        default:
            break;
    }
    return 0;
}
