// The whole configuration as plain values: what one file says, with every default filled in.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/networks.hpp"
#include "policy/policy.hpp"
#include "protocols/credentials.hpp"
#include "protocols/login.hpp"

namespace adit::policy {

using std::chrono::milliseconds;

// A unix socket's file. Whoever may write to the file may connect.
struct UnixSocket {
    std::string path;      // absolute, at most 107 bytes
    unsigned mode = 0600;  // of the file
    std::string group;     // of the file, by name or number; empty: this process's own
    bool operator==(const UnixSocket&) const = default;
};

// TLS on a listener's port. Whether the files are good, src/ finds out.
struct Tls {
    enum class UserFrom : std::uint8_t { cn, san };  // the client certificate's common name, or its
                                                     // alternative names (DNS and e-mail)

    std::string certificate;  // paths of PEM files; the chain is in the certificate's
    std::string key;
    std::string client_ca;  // empty: no client is asked for a certificate
    bool required = false;  // plain text is refused
    UserFrom user_from = UserFrom::cn;
};

// Where the datagrams of UDP associations arrive.
struct UdpSettings {
    std::optional<Address> advertise;  // what clients are told; by default the bound address
    std::optional<Address> bind;       // by default where the client's TCP connection came in
    PortRange ports;                   // 0: any free port
};

// One of three: an endpoint, a unix socket, or sockets that the service manager hands over.
struct Listener {
    std::string name;         // `main`; by default its address as written
    Endpoint endpoint;        // port 0: any free port (tests)
    bool dual_stack = false;  // `*:1080`: the endpoint is `::` and takes IPv4 clients as well
    ProtocolSet protocols;
    protocols::Login login = protocols::Login::none;
    bool open = false;           // "we know that everyone may use it"
    bool help = true;            // a page for browsers that take it for a web server
    bool forwarded_for = false;  // destinations of plain HTTP are told the client's address
    std::optional<UnixSocket> unix_socket = std::nullopt;
    std::string systemd = {};  // FileDescriptorName= of the sockets; empty: not this kind
    // Who must begin with a PROXY header, and whose word for the client's address is taken.
    std::optional<NetworkSet> proxies = std::nullopt;
    std::optional<Target> forward = std::nullopt;  // where every client goes, without a handshake
    std::optional<Tls> tls = std::nullopt;
    UdpSettings udp = {};

    bool has_endpoint() const { return !unix_socket && systemd.empty(); }
};

struct Limits {
    milliseconds handshake_timeout{10'000};  // accept to the complete request
    milliseconds connect_timeout{10'000};    // from there to the tunnel, DNS included
    milliseconds inner_timeout{10'000};      // from there to the first words of a pinned protocol
    milliseconds idle_timeout{3'600'000};    // no byte in either direction
    milliseconds drain_timeout{30'000};      // how long a stop waits for live tunnels
};

struct ResolverSettings {
    std::vector<Endpoint> servers;  // empty: those of /etc/resolv.conf
    milliseconds timeout{5'000};    // for one name, all attempts included
    std::vector<Network> nat64;
};

enum class LogLevel : std::uint8_t { error, warning, info, debug };

// What happens to a record that finds the queue to the access log full.
enum class WhenFull : std::uint8_t {
    block,  // its worker waits until there is room: nothing is lost, and nothing else goes on there
    drop,   // it is dropped and counted: clients are served all the same
};

struct LogSettings {
    std::string access = "stdout";  // "stdout", "off", or a file's path
    WhenFull when_full = WhenFull::block;
    LogLevel level = LogLevel::info;
    bool rule_life = false;  // records carry owner, reason, ticket and expiry of their rule
};

// What happens to a live tunnel that the newest policy would refuse: after a reload, and when a
// rule expires.
enum class OnReload : std::uint8_t {
    keep,    // nothing
    report,  // it is told in the log, and goes on
    close,   // it is closed once the grace time is over
};

struct ReloadSettings {
    OnReload tunnels = OnReload::keep;
    milliseconds grace{30'000};
};

// What failed logins lead to.
struct LoginSettings {
    unsigned failures = 5;          // of one user from one client, until a lock-out
    unsigned client_failures = 50;  // of one client with whatever users
    milliseconds lockout{60'000};   // the first one; each that follows lasts twice as long
    milliseconds forget{900'000};   // after so long without a failure all are forgiven
    milliseconds delay{250};        // before the first wrong password is answered; then doubled
};

// Short-lived passwords that the holder of a key makes.
struct TokenSettings {
    std::string key_file;                          // empty: there are no tokens
    std::shared_ptr<const protocols::Secret> key;  // src/ reads it; without it no token is good
};

// What stands for the hash of a user without a password, who shows a certificate instead.
inline constexpr std::string_view no_password = "*";

// User name -> password hash as crypt(5) writes it, or no_password.
using Users = std::map<std::string, std::string, std::less<>>;

struct Configuration {
    unsigned workers = 0;  // 0: one per usable core
    std::vector<Listener> listeners;
    Users users;
    std::vector<std::string> user_files;  // where some of them stand; their paths as read
    bool holds_hashes = false;            // others stand in the configuration itself
    LoginSettings logins;
    TokenSettings tokens;
    Limits limits;
    ResolverSettings resolver;
    LogSettings log;
    std::string control;  // the control socket's path; empty: there is none
    std::vector<Address> own_addresses;
    ReloadSettings on_reload;
    bool reveal_rules = true;  // refusals tell the client the name of the rule
    std::size_t tests = 0;     // that the file holds; they have all passed
    Policy policy;
    std::string
        hash;  // first 12 hex digits of the SHA-256 of the text and of the files that it names; names the
               // policy in records. src/ fills it in
};

}  // namespace adit::policy
