// SOCKS4 and SOCKS4a requests.
#include "protocols/socks4.hpp"
#include "tests/fuzz/invariants.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace adit::fuzz;
    using namespace adit::protocols;
    const auto input = text_of(bytes, size);
    const auto request = require_incremental(parse_socks4_request, input);
    if (const auto* done = std::get_if<Done<Target>>(&request)) {
        require_canonical(done->value);
        require(done->consumed <= 8 + 256 + 256, "a request is bounded");
    }
    if (std::holds_alternative<NeedMore>(request))
        require(size < 8 + 256 + 256, "nobody can go on for ever");
    return 0;
}
