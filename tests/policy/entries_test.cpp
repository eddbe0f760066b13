#include "policy/entries.hpp"

#include <string>

#include <doctest/doctest.h>

namespace adit::policy {
namespace {

template <class T>
std::string complaint(const Parsed<T>& parsed)
{
    return parsed.has_value() ? "it is accepted" : parsed.error();
}

std::string listen_text(std::string_view text)
{
    const auto parsed = parse_listen_address(text);
    if (!parsed.has_value())
        return parsed.error();
    return to_text(parsed->endpoint) + (parsed->dual_stack ? " and IPv4" : "");
}

std::string server_text(std::string_view text)
{
    const auto parsed = parse_name_server(text);
    return parsed.has_value() ? to_text(*parsed) : parsed.error();
}

TEST_CASE("a host entry is a name, a suffix or a star")
{
    using Kind = HostEntry::Kind;
    CHECK(*parse_host_entry("Example.com.") == HostEntry{Kind::exact, "example.com"});
    CHECK(*parse_host_entry("*.Example.com") == HostEntry{Kind::suffix, "example.com"});
    CHECK(*parse_host_entry("*.com") == HostEntry{Kind::suffix, "com"});
    CHECK(*parse_host_entry("*") == HostEntry{Kind::any, ""});
    CHECK(*parse_host_entry("xn--bcher-kva.example") ==
          HostEntry{Kind::exact, "xn--bcher-kva.example"});
}

TEST_CASE("a host entry with a star elsewhere, a port, a path or an address is not taken")
{
    for (const auto* text : {"",
                             "*.",
                             "**",
                             "*.*.com",
                             "*example.com",
                             "example.*",
                             ".example.com",
                             "a..b",
                             "example.com:443",
                             "https://example.com",
                             "example.com/",
                             "/regex",
                             "10.0.0.1",
                             "*.10.0.0.1",
                             "::1",
                             "[::1]",
                             "127.1",
                             "2130706433",
                             "0x7f.1",
                             "ex ample",
                             "user@host",
                             "a%2eb",
                             "-\xC3\xBC"}) {
        CAPTURE(text);
        CHECK(complaint(parse_host_entry(text)) != "it is accepted");
    }
}

TEST_CASE("a network entry is a word, a network or an address")
{
    CHECK(std::get<Word>(*parse_network_entry("link-local")) == Word::link_local);
    CHECK(to_text(std::get<Network>(*parse_network_entry("10.0.0.0/8"))) == "10.0.0.0/8");
    CHECK(std::get<Network>(*parse_network_entry("2001:db8::1")).is_single());
    CHECK(std::get<Network>(*parse_network_entry("0.0.0.0/0")).prefix == 0);
}

TEST_CASE("a network with bits behind its prefix is told which network was meant")
{
    CHECK(complaint(parse_network_entry("10.1.2.3/8")).ends_with("did you mean \"10.0.0.0/8\"?"));
    CHECK(complaint(parse_network_entry("10.255.255.255/9"))
              .ends_with("did you mean \"10.128.0.0/9\"?"));
    CHECK(complaint(parse_network_entry("2001:db8:ffff::/33"))
              .ends_with("did you mean \"2001:db8:8000::/33\"?"));
    CHECK(complaint(parse_network_entry("1.2.3.4/0")).ends_with("did you mean \"0.0.0.0/0\"?"));
}

TEST_CASE("a port entry is one port or a range that runs upwards")
{
    CHECK(*parse_port_entry("443") == PortRange{443, 443});
    CHECK(*parse_port_entry("8000-8099") == PortRange{8000, 8099});
    CHECK(*parse_port_entry("1-65535") == PortRange{1, 65535});
    CHECK(*parse_port_entry("7-7") == PortRange{7, 7});
    for (const auto* text : {"", "0", "0-10", "65536", "1-65536", "+80", "080", "80-", "-80",
                             "80--90", "80-90-100", "0x50", "80,90", "90-80"}) {
        CAPTURE(text);
        CHECK(complaint(parse_port_entry(text)) != "it is accepted");
    }
}

TEST_CASE("where to listen is an address with a port, and IPv6 stands in brackets")
{
    CHECK(listen_text("127.0.0.1:1080") == "127.0.0.1:1080");
    CHECK(listen_text("[::1]:1080") == "[::1]:1080");
    CHECK(listen_text("[::]:0") == "[::]:0");
    CHECK(listen_text("*:65535") == "[::]:65535 and IPv4");
    CHECK(listen_text("::1:1080").ends_with("did you mean \"[::1]:1080\"?"));
    CHECK(listen_text("::1").ends_with("did you mean \"[::1]:1080\"?"));
    CHECK(listen_text("[::1]").ends_with("did you mean \"[::1]:1080\"?"));
    CHECK(listen_text("1080").ends_with("did you mean \"127.0.0.1:1080\"?"));
    for (const auto* text :
         {"", ":", "*", "*:", "[]:80", "[127.0.0.1]:80", "[*]:80", "127.1:80", "127.0.0.1:+80",
          "127.0.0.1:00", "127.0.0.1: 80", "[::1%lo]:80", "[[::1]]:80", "a:b:c", "::", ":::"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_listen_address(text).has_value());
    }
}

TEST_CASE("a name server is an address, with port 53 unless it says another")
{
    CHECK(server_text("10.0.0.53") == "10.0.0.53:53");
    CHECK(server_text("10.0.0.53:5353") == "10.0.0.53:5353");
    CHECK(server_text("fd00::53") == "[fd00::53]:53");
    CHECK(server_text("[fd00::53]") == "[fd00::53]:53");
    CHECK(server_text("[::1]:5353") == "[::1]:5353");
    for (const auto* text : {"", "dns", "dns:53", "10.0.0.53:0", "10.0.0.53:", "[10.0.0.53]:53",
                             "10.0.0.53:53:53", "[10.0.0.53]", "*:53"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_name_server(text).has_value());
    }
}

TEST_CASE("a NAT64 prefix has one of six lengths and zeros in bits 64 to 71")
{
    for (const auto* text :
         {"2001:db8::/32", "2001:db8:100::/40", "2001:db8:122::/48", "2001:db8:122:300::/56",
          "2001:db8:122:344::/64", "2001:db8:122:344::/96", "64:ff9b::/96"})
        CHECK(parse_nat64_prefix(text).has_value());
    for (const auto* text : {"", "2001:db8::", "2001:db8::/33", "2001:db8::/128", "10.0.0.0/32",
                             "2001:db8:0:0:100::/96", "2001:db8::1/96", "2001:db8::/", "/96"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_nat64_prefix(text).has_value());
    }
}

}  // namespace
}  // namespace adit::policy
