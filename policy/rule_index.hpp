// Which rules could match a request at all. Ten thousand rules that each name their hosts cost a
// request no more than ten: each rule is filed under its most telling field, and only what is filed
// under this request's name, user or port is asked. The plain loop over all rules stays the
// definition; explanations use it, and a test compares the two.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/rule.hpp"

namespace adit::policy {

class RuleIndex {
public:
    RuleIndex() = default;
    explicit RuleIndex(const std::vector<Rule>& rules);

    // Walks over the positions of the rules that may match, in the rules' order, each once.
    class Candidates {
    public:
        static constexpr std::size_t none = static_cast<std::size_t>(-1);

        std::size_t next();  // `none` when there are no more

    private:
        friend class RuleIndex;
        using Positions = std::span<const std::uint32_t>;

        void add(const std::vector<std::uint32_t>* positions);

        // A name has at most 127 labels; the others are the name itself, user, port and the rest.
        std::array<Positions, 131> lists_;
        std::size_t count_ = 0;
    };

    // A rule that is left out would answer `no`, and not because of its address.
    Candidates candidates(const Subject& subject, const Target& target) const;

private:
    using Positions = std::vector<std::uint32_t>;
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const
        {
            return std::hash<std::string_view>{}(text);
        }
    };
    using ByName = std::unordered_map<std::string, Positions, Hash, std::equal_to<>>;

    void file(std::uint32_t position, const Rule& rule);
    static const Positions* find(const ByName& names, std::string_view name);

    ByName exact_hosts_;
    ByName host_suffixes_;
    ByName users_;
    Positions all_with_users_;  // for a user who is not known
    std::unordered_map<std::uint16_t, Positions> ports_;
    Positions rest_;
    Positions all_;  // for a host or a port that is not known
};

}  // namespace adit::policy
