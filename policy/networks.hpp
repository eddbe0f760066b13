// Sets of addresses as rules write them (CIDRs, single addresses and words), and what a destination
// is judged as, given what the gateway knows about itself. The hidden forms of IPv4 (mapped, NAT64,
// 6to4, Teredo, ...) are seen through here and nowhere else.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "policy/special_addresses.hpp"
#include "protocols/target.hpp"

namespace adit::policy {

using protocols::Endpoint;

std::string_view text(Word word);  // "public", "link-local", ...
std::optional<Word> parse_word(std::string_view text);

struct Network {
    Address address;  // the first address of the network; IPv4-mapped is unmapped
    std::uint8_t prefix = 0;

    // "10.0.0.0/8", "2001:db8::/32", or a bare address. Empty when it is none, or has bits set
    // behind the prefix.
    static std::optional<Network> parse(std::string_view text);
    bool contains(const Address& address) const;  // never across families
    bool is_single() const;                       // a bare address: /32 or /128
    bool operator==(const Network&) const = default;
};
std::string to_text(const Network& network);

struct NetworkHash {
    std::size_t operator()(const Network& network) const noexcept;
};

// What the gateway knows about itself and its network; an argument of every judgement.
struct Surroundings {
    std::vector<Address>
        own_addresses;  // non-loopback interface addresses and the configured `own_addresses`
    std::vector<Endpoint>
        listeners;               // as bound; the unspecified address stands for every own address
    std::vector<Network> nat64;  // `resolver.nat64` prefixes (RFC 6052) besides 64:ff9b::/96

    bool is_own(const Address& address) const;
    // True when dialling `endpoint` would reach one of our own listeners.
    bool is_own_listener(const Endpoint& endpoint) const;
};

// As it was written, but IPv4 for the mapped form (RFC 4291 §2.5.5.2), and without the zone that
// interfaces and kernels give link-local addresses: a rule never has one.
Address written_form(const Address& address);

// The address a destination is judged as: IPv4 for mapped and NAT64 forms, otherwise itself.
Address judged_form(const Address& address, const Surroundings& around);

// The IPv4 inside 6to4, Teredo, SIIT, IPv4-compatible, 64:ff9b:1::/48 and NAT64 forms; none for all
// others. A deny rule looks at these too.
HiddenIpv4 hidden_ipv4(const Address& address, const Surroundings& around);

// The word of an address, after judged_form.
Word classify(const Address& address, const Surroundings& around);

// Never dialled whatever the rules say: the unspecified address, broadcast. Takes a judged form.
bool is_never_a_destination(const Address& address);

// One destination with everything that a rule may ask about its address, found out once for all
// rules.
struct Destination {
    struct Inside {
        Address address;
        Word word = Word::reserved;
    };

    Destination(const Address& address, const Surroundings& around);

    Address written;  // without a zone; IPv4-mapped is unwrapped
    Address judged;
    Word word = Word::reserved;
    std::array<Inside, HiddenIpv4::most> inside;  // the hidden IPv4, for denies
    std::size_t inside_count = 0;
};

// What `networks` and `clients` take.
class NetworkSet {
public:
    void add(Word word);
    void add(const Network& network);
    void add(const NetworkSet& other);

    // For an allow rule: `metadata` and `self` are reached by their word or as a bare address,
    // never by a wider network.
    bool allows(const Destination& destination) const;
    // For a deny rule: as judged, as written, and by the IPv4 hidden inside.
    bool denies(const Destination& destination) const;
    // For `clients`: only the IPv4-mapped form is unwrapped.
    bool contains_client(const Address& client, const Surroundings& around) const;

    bool empty() const { return words_ == 0 && networks_.empty(); }
    const std::vector<Network>& networks() const { return networks_; }  // as added, without repeats
    bool has(Word word) const;
    bool has_any_word() const { return words_ != 0; }
    bool shares_word_with(const NetworkSet& other) const { return (words_ & other.words_) != 0; }
    bool has_all_words() const;                        // together they are every address
    bool has_words_of(const NetworkSet& other) const;  // every word of the other
    bool has(const Network& network) const;            // exactly this one
    bool covers(const Network& network) const;         // one network holds all of this one

private:
    bool in_networks(const Address& address) const;
    bool names_exactly(const Address& address) const;

    std::uint16_t words_ = 0;  // bit n: Word n
    std::vector<Network> networks_;
    // The same networks, found by one look for each prefix length in use: ten thousand blocked
    // networks cost as little as ten.
    std::unordered_set<Network, NetworkHash> index_;
    std::vector<std::uint8_t> ipv4_prefixes_;
    std::vector<std::uint8_t> ipv6_prefixes_;
};

}  // namespace adit::policy
