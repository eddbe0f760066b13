// PROXY headers of both versions.
#include "protocols/proxy_protocol.hpp"
#include "tests/fuzz/invariants.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace adit::fuzz;
    using namespace adit::protocols;
    const auto input = text_of(bytes, size);
    const auto step = require_incremental(parse_proxy_header, input);
    if (const auto* done = std::get_if<Done<ProxyHeader>>(&step)) {
        const bool is_line = input.starts_with("PROXY ");
        require(done->consumed <= (is_line ? longest_proxy_line : longest_proxy_header),
                "a header is bounded");
        require(!is_line || input.substr(0, done->consumed).ends_with("\r\n"),
                "a line ends in CR LF");
        if (done->value.client)
            require(unmapped(done->value.client->address) == done->value.client->address,
                    "no address hides an IPv4 address");
    }
    if (std::holds_alternative<NeedMore>(step))
        require(size < longest_proxy_header, "nobody can go on for ever");
    return 0;
}
