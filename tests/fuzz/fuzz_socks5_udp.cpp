// The header of a UDP association's datagram: what is read is canonical, and what is written for an
// address reads as that address.
#include "protocols/socks5_udp.hpp"
#include "tests/fuzz/invariants.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace adit::fuzz;
    using namespace adit::protocols;
    const adit::testing::ExactBytes exact{text_of(bytes, size)};
    const Bytes input = exact;
    const auto datagram = parse_socks5_datagram(input);
    if (!datagram)
        return 0;
    require_canonical(datagram->target);
    const auto& payload = datagram->payload;
    require(payload.data() + payload.size() == input.data() + input.size(),
            "the payload ends where the datagram does");
    const auto* address = std::get_if<Address>(&datagram->target.host);
    if (address == nullptr)
        return 0;
    const auto written =
        socks5_datagram_header({*address, datagram->target.port}) + std::string{as_text(payload)};
    const auto again = parse_socks5_datagram(as_bytes(written));
    require(again.has_value() && again->target == datagram->target, "a header reads as written");
    require(as_text(again->payload) == as_text(payload), "what follows it is the payload");
    return 0;
}
