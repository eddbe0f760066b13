// Which rules could match a request at all. Ten thousand rules that each name their hosts, users,
// clients, networks or ports cost a request no more than ten: each rule is filed under its most
// telling field, and only what is filed under this request is asked. The plain loop over all rules
// stays the definition; explanations use it, and a test compares the two.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/rule.hpp"

namespace adit::policy {

class RuleIndex {
public:
    using Positions = std::vector<std::uint32_t>;  // of rules, in their order

    RuleIndex() = default;
    explicit RuleIndex(const std::vector<Rule>& rules);
    // The same for rules that lie elsewhere.
    explicit RuleIndex(const std::vector<const Rule*>& rules);

    // Walks over the positions of the rules that may match, in the rules' order, each once.
    class Candidates {
    public:
        static constexpr std::size_t none = static_cast<std::size_t>(-1);

        std::size_t next();  // `none` when there are no more

    private:
        friend class RuleIndex;
        struct List {
            const std::uint32_t* at;
            const std::uint32_t* end;
        };

        void add(const Positions* positions);

        // A name has at most 127 labels; then there are the name itself, user, port and the rest, the
        // client at each length, and a destination in all its forms, or a second user, port, rest and
        // client while it is not known.
        static constexpr std::size_t most = 127 + 4 + 16 + 16 * (2 + HiddenIpv4::most);
        std::array<List, most> lists_;  // NOLINT: only the first `count_` mean anything
        std::size_t count_ = 0;
    };

    // A rule that is left out would answer `no`, and not because its implied networks do not hold the
    // address. Without a destination the address is not known yet.
    Candidates candidates(const Subject& subject, const Target& target,
                          const Destination* destination = nullptr) const;

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const
        {
            return std::hash<std::string_view>{}(text);
        }
    };
    using ByName = std::unordered_map<std::string, Positions, Hash, std::equal_to<>>;
    using ByPort = std::unordered_map<std::uint16_t, Positions>;

    // Rules by the networks they name; found by one look for each prefix length in use.
    class ByNetwork {
    public:
        // False when there would be too many lengths. Adds nothing then.
        bool add(std::uint32_t position, const NetworkSet& networks);
        void find(const Address& address, Candidates& found) const;
        const Positions& all() const { return all_; }

    private:
        using Lengths = std::vector<std::uint8_t>;
        bool fits(const NetworkSet& networks) const;

        std::unordered_map<Network, Positions, NetworkHash> positions_;
        std::array<Lengths, 2> lengths_;  // IPv4, IPv6
        Positions all_;
    };

    enum class FiledBy : std::uint8_t { hosts, users, clients, networks, ports, none };
    struct Crowds;  // how many rules name the same

    void build(const std::vector<const Rule*>& rules);
    static FiledBy most_telling(const Rule& rule, const Crowds& crowds, bool with_networks);
    void file(std::uint32_t position, const Rule& rule, FiledBy field);
    void find_apart_from_host(const Subject& subject, std::uint16_t port, Candidates& found) const;
    void find_networks(const Destination& destination, Candidates& found) const;
    static const Positions* find(const ByName& names, std::string_view name);

    ByName exact_hosts_;
    ByName host_suffixes_;
    ByName users_;
    Positions all_with_users_;  // for a user who is not known
    ByNetwork clients_;
    ByNetwork networks_;
    // The rules that are filed by networks, by their next best field: for a name whose address is not
    // known. Never changed once it is there.
    std::shared_ptr<RuleIndex> unresolved_;
    ByPort ports_;
    Positions rest_;
    Positions all_;  // for a host or a port that is not known
};

}  // namespace adit::policy
