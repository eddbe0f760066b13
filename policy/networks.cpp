#include "policy/networks.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace adit::policy {

using boost::asio::ip::address_v6;
using protocols::unmapped;

namespace {

constexpr std::array<std::pair<Word, std::string_view>, 9> words{{
    {Word::public_, "public"},
    {Word::loopback, "loopback"},
    {Word::private_, "private"},
    {Word::cgnat, "cgnat"},
    {Word::link_local, "link-local"},
    {Word::multicast, "multicast"},
    {Word::metadata, "metadata"},
    {Word::self, "self"},
    {Word::reserved, "reserved"},
}};

constexpr unsigned mapped_bits = 96;  // ::ffff:0:0/96, RFC 4291 §2.5.5.2

constexpr address_v6::bytes_type well_known_nat64{0x00, 0x64, 0xff, 0x9b};  // RFC 6052 §2.1

std::uint8_t width(const Address& address)
{
    return address.is_v4() ? 32 : 128;
}

std::optional<std::uint8_t> parse_prefix(std::string_view digits, unsigned most)
{
    const bool leading_zero = digits.size() > 1 && digits.front() == '0';
    if (digits.empty() || digits.size() > 3 || leading_zero)
        return std::nullopt;
    unsigned prefix = 0;
    const auto* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, prefix);
    if (error != std::errc{} || stop != end || prefix > most)
        return std::nullopt;
    return static_cast<std::uint8_t>(prefix);
}

// A network built by hand may hold bits behind its prefix or be IPv4-mapped.
Network canonical(const Network& network)
{
    auto prefix = network.prefix;
    if (network.address.is_v6() && network.address.to_v6().is_v4_mapped() && prefix >= mapped_bits)
        prefix = static_cast<std::uint8_t>(prefix - mapped_bits);
    const auto address = prefix == network.prefix ? network.address : unmapped(network.address);
    return {masked(address, prefix), prefix};
}

// The NAT64 prefix that holds this address; the longest, should they overlap.
unsigned nat64_length(const Address& address, const Surroundings& around)
{
    unsigned length = masked(address, 96) == Address{address_v6{well_known_nat64}} ? 96 : 0;
    for (const auto& network : around.nat64)
        if (is_nat64_prefix_length(network.prefix) && network.address.is_v6() &&
            network.contains(address))
            length = std::max<unsigned>(length, network.prefix);
    return length;
}

}  // namespace

std::string_view text(Word word)
{
    const auto found = std::ranges::find(words, word, &std::pair<Word, std::string_view>::first);
    return found == words.end() ? std::string_view{} : found->second;
}

std::optional<Word> parse_word(std::string_view text)
{
    const auto found = std::ranges::find(words, text, &std::pair<Word, std::string_view>::second);
    return found == words.end() ? std::nullopt : std::optional{found->first};
}

std::optional<Network> Network::parse(std::string_view text)
{
    const auto slash = text.find('/');
    const auto host = text.substr(0, slash);
    const auto parsed = protocols::parse_address(host);
    if (!parsed)
        return std::nullopt;
    const auto& first = *parsed;
    if (slash == text.npos)
        return Network{first, width(first)};

    // A mapped address has arrived here as IPv4, but its prefix still counts from the IPv6 side.
    const bool mapped = first.is_v4() && host.find(':') != host.npos;
    const auto written = parse_prefix(text.substr(slash + 1), mapped ? 128 : width(first));
    if (!written || (mapped && *written < mapped_bits))
        return std::nullopt;
    const auto prefix = static_cast<std::uint8_t>(mapped ? *written - mapped_bits : *written);
    if (masked(first, prefix) != first)
        return std::nullopt;
    return Network{first, prefix};
}

bool Network::contains(const Address& other) const
{
    const auto inner = unmapped(other);
    return inner.is_v4() == address.is_v4() && masked(inner, prefix) == address;
}

bool Network::is_single() const
{
    return prefix == width(address);
}

Address written_form(const Address& address)
{
    const auto inner = unmapped(address);
    return inner.is_v4() ? inner : Address{address_v6{inner.to_v6().to_bytes()}};
}

std::string to_text(const Network& network)
{
    auto text = protocols::to_text(protocols::Host{network.address});
    return network.is_single() ? text : text + "/" + std::to_string(network.prefix);
}

bool Surroundings::is_own(const Address& address) const
{
    return std::ranges::any_of(own_addresses, [wanted = written_form(address)](const Address& own) {
        return written_form(own) == wanted;
    });
}

bool Surroundings::is_own_listener(const Endpoint& endpoint) const
{
    const auto written = written_form(endpoint.address);
    const auto judged = judged_form(endpoint.address, *this);
    const bool here = judged.is_loopback() || is_own(judged) || is_own(written);
    return std::ranges::any_of(listeners, [&](const Endpoint& listener) {
        if (listener.port != endpoint.port)
            return false;
        const auto address = written_form(listener.address);
        return address.is_unspecified() ? here : address == judged || address == written;
    });
}

Address judged_form(const Address& address, const Surroundings& around)
{
    const auto inner = written_form(address);
    if (inner.is_v4())
        return inner;
    const auto length = nat64_length(inner, around);
    return length == 0 ? inner : nat64_ipv4(inner.to_v6(), length);
}

HiddenIpv4 hidden_ipv4(const Address& address, const Surroundings& around)
{
    const auto inner = written_form(address);
    if (inner.is_v4())
        return {};
    const auto length = nat64_length(inner, around);
    if (length == 0)
        return tunnelled_ipv4(inner);
    HiddenIpv4 found;
    found.add(nat64_ipv4(inner.to_v6(), length));
    return found;
}

namespace {

// Metadata wins over everything, then what the gateway itself is.
Word word_here(const Address& address, bool own)
{
    const auto word = registered_word(address);
    return own && word != Word::metadata ? Word::self : word;
}

}  // namespace

Word classify(const Address& address, const Surroundings& around)
{
    const auto judged = judged_form(address, around);
    return word_here(judged, around.is_own(judged) || around.is_own(address));
}

Destination::Destination(const Address& address, const Surroundings& around)
    : written{written_form(address)},
      judged{judged_form(written, around)},
      word{word_here(judged, around.is_own(judged) || around.is_own(written))}
{
    for (const auto& hidden : hidden_ipv4(written, around))
        inside[inside_count++] = {hidden, word_here(hidden, around.is_own(hidden))};
}

bool is_never_a_destination(const Address& address)
{
    const auto inner = unmapped(address);
    return inner.is_unspecified() ||
           (inner.is_v4() && inner.to_v4() == boost::asio::ip::address_v4::broadcast());
}

void NetworkSet::add(Word word)
{
    words_ = static_cast<std::uint16_t>(words_ | 1U << static_cast<unsigned>(word));
}

void NetworkSet::add(const Network& network)
{
    const auto added = canonical(network);
    if (!index_.insert(added).second)
        return;
    networks_.push_back(added);
    auto& prefixes = added.address.is_v4() ? ipv4_prefixes_ : ipv6_prefixes_;
    if (std::ranges::find(prefixes, added.prefix) == prefixes.end())
        prefixes.push_back(added.prefix);
}

void NetworkSet::add(const NetworkSet& other)
{
    words_ = static_cast<std::uint16_t>(words_ | other.words_);
    for (const auto& network : other.networks_)
        add(network);
}

bool NetworkSet::has(Word word) const
{
    return (words_ >> static_cast<unsigned>(word) & 1U) != 0;
}

bool NetworkSet::has_all_words() const
{
    return words_ == (1U << words.size()) - 1;
}

bool NetworkSet::has_words_of(const NetworkSet& other) const
{
    return (other.words_ & ~unsigned{words_}) == 0;
}

bool NetworkSet::has(const Network& network) const
{
    return index_.contains(canonical(network));
}

bool NetworkSet::covers(const Network& network) const
{
    const auto inner = canonical(network);
    const auto& prefixes = inner.address.is_v4() ? ipv4_prefixes_ : ipv6_prefixes_;
    return std::ranges::any_of(prefixes, [&](std::uint8_t prefix) {
        return prefix <= inner.prefix && index_.contains({masked(inner.address, prefix), prefix});
    });
}

bool NetworkSet::allows(const Destination& destination) const
{
    if (has(destination.word))
        return true;
    if (destination.word == Word::metadata || destination.word == Word::self)
        return names_exactly(destination.judged);
    return in_networks(destination.judged);
}

bool NetworkSet::denies(const Destination& destination) const
{
    if (has(destination.word) || in_networks(destination.judged))
        return true;
    if (destination.written != destination.judged && in_networks(destination.written))
        return true;
    return std::any_of(destination.inside.begin(),
                       destination.inside.begin() + destination.inside_count,
                       [&](const Destination::Inside& hidden) {
                           return has(hidden.word) || in_networks(hidden.address);
                       });
}

bool NetworkSet::contains_client(const Address& client, const Surroundings& around) const
{
    const auto peer = written_form(client);
    return in_networks(peer) || (words_ != 0 && has(word_here(peer, around.is_own(peer))));
}

bool NetworkSet::in_networks(const Address& address) const
{
    const auto& prefixes = address.is_v4() ? ipv4_prefixes_ : ipv6_prefixes_;
    return std::ranges::any_of(prefixes, [&](std::uint8_t prefix) {
        return index_.contains({masked(address, prefix), prefix});
    });
}

bool NetworkSet::names_exactly(const Address& address) const
{
    return index_.contains({address, width(address)});
}

std::size_t NetworkHash::operator()(const Network& network) const noexcept
{
    // Two multiplications that spread every bit; the file's author picks the keys, not an attacker.
    const auto [high, low] = bits_of(network.address);
    auto hash = (high ^ network.prefix) * 0x9e3779b97f4a7c15;
    hash = (hash ^ hash >> 32 ^ low) * 0xd6e8feb86659fd93;
    return hash ^ hash >> 32;
}

}  // namespace adit::policy
