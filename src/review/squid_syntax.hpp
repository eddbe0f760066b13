// The lines of a squid.conf as tokens, and the values of its access lists. Knows the syntax, not
// what becomes of it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/networks.hpp"
#include "policy/ports.hpp"
#include "src/review/squid_box.hpp"

namespace adit::review::squid {

struct Line {
    std::size_t number = 0;           // from 1: where it begins
    std::string text;                 // as written, continuation lines joined
    std::vector<std::string> tokens;  // never empty; "quoted" ones keep their quotes
};

// Without empty lines and comments. A backslash at the end of a line continues it.
std::vector<Line> split(std::string_view text);

// Values of lists in a file of their own: one a line, comments and empty lines left out.
std::vector<std::string> split_values(std::string_view text);

// "10.0.0.1", "10.0.0.0/8", "10.0.0.0/255.0.0.0", "10.0.0.1-10.0.0.9", an IPv6 form, "all", "ipv4",
// "ipv6". Bits behind a prefix are cleared, as Squid does. Empty when it is something else (a host
// name for instance).
struct Addresses {
    bool all = false;
    std::vector<policy::Network> networks;
};
std::optional<Addresses> parse_addresses(std::string_view text);

// "443" or "1025-65535"; 0 is no port and is cut off.
std::optional<policy::PortRange> parse_ports(std::string_view text);

// Entries of `hosts` for a dstdomain value: ".example.com" is the domain itself and all below.
std::optional<std::vector<HostEntry>> parse_domain(std::string_view text);

// The same for a dstdom_regex value. Names and suffixes where it only says where a name ends or what
// it is: `^www\.example\.com$`, `\.example\.com$`, `(^|\.)example\.com$`. Otherwise a regular
// expression; empty when RE2 does not take it, or not in the same sense.
std::optional<std::vector<HostEntry>> parse_domain_regex(std::string_view text, bool ignore_case);

}  // namespace adit::review::squid
