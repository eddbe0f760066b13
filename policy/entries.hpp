// The single entries of lists and the addresses of listeners and servers, as text: what they mean,
// or what is wrong with them and how to write it instead. Knows nothing of JSON or of sets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "policy/host_pattern.hpp"
#include "policy/networks.hpp"
#include "policy/ports.hpp"
#include "protocols/result.hpp"

namespace adit::policy {

// A value, or a sentence with the cure.
template <class T>
using Parsed = Result<T, std::string>;

struct HostEntry {
    enum class Kind : std::uint8_t { exact, suffix, any, pattern };
    Kind kind = Kind::exact;
    std::string name;  // canonical; of a suffix without "*."; of a pattern its text; of any empty
    std::optional<HostPattern> pattern = std::nullopt;
    bool operator==(const HostEntry&) const = default;
};

struct ListenAddress {
    Endpoint endpoint;
    bool dual_stack = false;
    std::string unix_path = {};  // not empty: this, and no endpoint
    std::string systemd = {};    // likewise: a name of handed-over sockets
};

using NetworkEntry = std::variant<Word, Network>;

Parsed<HostEntry> parse_host_entry(std::string_view text);
Parsed<NetworkEntry> parse_network_entry(std::string_view text);
Parsed<PortRange> parse_port_entry(std::string_view text);  // "443" or "8000-8099"

// "127.0.0.1:1080", "[::1]:1080", "*:1080" (port 0 takes any free port), "unix:/path",
// "systemd:name".
Parsed<ListenAddress> parse_listen_address(std::string_view text);

// The full path of a unix socket: from the root, to a file, at most 107 bytes.
bool is_socket_path(std::string_view path);

// "db.internal:5432": where a fixed forward goes.
Parsed<protocols::Target> parse_forward(std::string_view text);

// "10.0.0.53", "10.0.0.53:5353", "fd00::53", "[fd00::53]:53".
Parsed<Endpoint> parse_name_server(std::string_view text);

// An RFC 6052 §2.2 prefix: IPv6, /32, /40, /48, /56, /64 or /96, bits 64 to 71 zero.
Parsed<Network> parse_nat64_prefix(std::string_view text);

Parsed<Address> parse_own_address(std::string_view text);

}  // namespace adit::policy
