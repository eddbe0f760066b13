#include "src/login/imitation.hpp"

#include <algorithm>
#include <map>

namespace adit::login {
namespace {

const std::string usual =
    "$y$j9T$XuPZ1cRrsjz0p2cVJ6UEg0$JoeuohrZ73Y6OoaDL4kOG77oqqQjYttxn/wQdrdyyCD";

// All that the time of a check depends on, as crypt(5) writes it: "$y$j9T$", "$2b$12$",
// "$6$rounds=9000$"; "$6$" where the salt comes next. The costs of "$7$" stand at a fixed place in
// front of the salt, without a mark between.
std::string_view kind_of(std::string_view hash)
{
    const auto method = hash.substr(0, hash.find('$', 1) + 1);
    if (method == "$7$")
        return hash.substr(0, method.size() + 11);
    const auto rest = hash.substr(method.size());
    if ((method == "$5$" || method == "$6$") && !rest.starts_with("rounds="))
        return method;
    return hash.substr(0, method.size() + rest.find('$') + 1);
}

struct Tally {
    std::string_view hash;
    std::uint64_t users = 0;
};

}  // namespace

Imitation::Imitation(const policy::Users& users)
{
    std::map<std::string_view, Tally> tallies;
    for (const auto& [name, hash] : users) {
        if (hash == policy::no_password)
            continue;
        auto& tally = tallies[kind_of(hash)];
        tally.hash = hash;
        ++tally.users;
    }
    std::uint64_t sum = 0;
    for (const auto& [kind, tally] : tallies)
        kinds_.push_back({std::string{tally.hash}, sum += tally.users});
    if (kinds_.empty())
        kinds_.push_back({usual, 1});
}

const std::string& Imitation::of(std::string_view name, const DigestKey& key) const
{
    // A share of all users, not a remainder: one user more leaves nearly every name where it was.
    const auto share = std::uint64_t{DigestHash{}(key.of({name}))} >> 32U;
    const auto place = (share * kinds_.back().up_to) >> 32U;
    return std::ranges::upper_bound(kinds_, place, {}, &Kind::up_to)->hash;
}

}  // namespace adit::login
