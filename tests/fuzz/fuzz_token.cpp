// Tokens: whatever is read has one spelling, is short enough for SOCKS5, and is taken for a token.
#include "protocols/token.hpp"
#include "tests/fuzz/invariants.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace adit;
    using namespace adit::fuzz;
    const std::string text{text_of(bytes, size)};
    const auto read = protocols::parse_token(text);
    if (!read)
        return 0;
    require(protocols::is_token(text), "what is read as a token is taken for one");
    require(text.size() <= protocols::longest_token, "a token fits into a SOCKS5 password");
    require(read->text == protocols::unsigned_text(read->token), "the text is the token's own");
    require(text == protocols::signed_text(read->token, read->mac), "a token has one spelling");
    require(read->token.expires > 0, "a token expires");
    for (const auto& host : read->token.rights.hosts) {
        const auto name = protocols::Domain::parse(host.text);
        require(name.has_value() && name->text() == host.text, "a token's names are canonical");
        require(read->token.rights.ports.empty() ||
                    read->token.rights.cover({*name, read->token.rights.ports[0].first}) ||
                    host.below,
                "a token covers what it names");
    }
    return 0;
}
