// Hosts, ports and authorities: whatever is accepted has exactly one canonical form.
#include "tests/fuzz/invariants.hpp"

namespace adit::fuzz {
namespace {

using namespace protocols;

void try_authority(std::string_view text)
{
    const auto target = parse_authority(text);
    if (!target)
        return;
    require_canonical(*target);
    const auto is_plain = [](char c) { return c > 0x20 && c < 0x7f; };
    require(std::all_of(text.begin(), text.end(), is_plain), "an authority is visible ASCII");
    require(text.find_first_of("@/?#%\\") == std::string_view::npos,
            "an authority has no user, path, query, fragment or zone");
}

void try_host(std::string_view text)
{
    const auto host = parse_host(text);
    if (!host)
        return;
    require_canonical(Target{*host, 1});
    const auto again = parse_host(to_text(*host));
    require(again.has_value() && *again == *host, "a host is its own text");
    const auto authority = to_text(Target{*host, 443});
    require(parse_authority(authority).has_value(), "every host has an authority");
}

void try_port(std::string_view text)
{
    const auto port = parse_port(text);
    if (port)
        require(*port != 0 && std::to_string(*port) == text, "a port has one spelling");
}

}  // namespace
}  // namespace adit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace adit::fuzz;
    const std::string text{text_of(bytes, size)};
    try_authority(text);
    try_host(text);
    try_port(text);
    return 0;
}
