// What IANA's registries and the clouds say about an address, and how IPv4 hides inside IPv6.
// Knows nothing of rules, nor of this gateway: `networks` adds both. docs/addresses.md is the
// table in prose.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "protocols/target.hpp"

namespace adit::policy {

using protocols::Address;

// Every address has exactly one word.
enum class Word : std::uint8_t {
    public_,
    loopback,
    private_,    // RFC 1918, fc00::/7
    cgnat,       // 100.64.0.0/10
    link_local,  // 169.254.0.0/16, fe80::/10
    multicast,
    metadata,  // where clouds hand out credentials
    self,      // the gateway's own non-loopback addresses
    reserved,  // all else that IANA does not call globally reachable
};

// The word of an address as it is written (only IPv4-mapped is unwrapped); never `self`.
Word registered_word(const Address& address);

// The IPv4 addresses that an IPv6 address may carry. Usually one; more where the form is
// ambiguous, because a deny must not depend on guessing right.
class HiddenIpv4 {
public:
    static constexpr std::size_t most = 4;

    void add(const Address& address) { found_[count_++] = address; }
    bool empty() const { return count_ == 0; }
    const Address* begin() const { return found_.data(); }
    const Address* end() const { return found_.data() + count_; }

private:
    std::array<Address, most> found_;
    std::size_t count_ = 0;
};

// Inside 6to4, Teredo, SIIT, IPv4-compatible and 64:ff9b:1::/48. NAT64 prefixes in use are a
// matter of `Surroundings` and not looked at here.
HiddenIpv4 tunnelled_ipv4(const Address& address);

// RFC 6052 §2.2: the prefix lengths that a NAT64 may have, and the IPv4 address behind such a
// prefix. The reserved octet and the suffix are not looked at: a translator may ignore them too.
bool is_nat64_prefix_length(unsigned length);
Address nat64_ipv4(const boost::asio::ip::address_v6& address, unsigned prefix_length);

struct Bits128 {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    bool operator==(const Bits128&) const = default;
};

// An address as a number; IPv4 stands in the low half.
Bits128 bits_of(const Address& address);

// The first `prefix` bits of an address, the rest zero, without a zone. `prefix` is at most 32 or
// 128.
Address masked(const Address& address, unsigned prefix);

}  // namespace adit::policy
