// The three parsers of SOCKS5, each on the whole input.
#include "protocols/socks5.hpp"
#include "tests/fuzz/invariants.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace adit::fuzz;
    using namespace adit::protocols;
    const auto input = text_of(bytes, size);
    require_incremental(parse_socks5_greeting, input);

    const auto login = require_incremental(parse_user_pass, input);
    if (const auto* done = std::get_if<Done<Credentials>>(&login)) {
        const auto& credentials = done->value;
        require(
            done->consumed == 3 + credentials.user.size() + credentials.password.reveal().size(),
            "a login is its two texts and three bytes");
    }
    const auto request = require_incremental(parse_socks5_request, input);
    if (const auto* done = std::get_if<Done<Socks5Request>>(&request))
        if (done->value.command != Socks5Command::udp_associate)
            require_canonical(done->value.target);
    return 0;
}
