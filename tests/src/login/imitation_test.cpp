#include "src/login/imitation.hpp"

#include <map>

#include <doctest/doctest.h>

using namespace adit;
using login::DigestKey;
using login::Imitation;

namespace {

// Of each kind two salts, and whatever costs something else is a kind of its own.
const policy::Users of_all_kinds{{"a1", "$y$j9T$salt$hash"},
                                 {"a2", "$y$j9T$other$hash"},
                                 {"b1", "$y$jCT$salt$hash"},
                                 {"b2", "$y$jCT$other$hash"},
                                 {"c1", "$7$CU..../....salt$hash"},
                                 {"c2", "$7$CU..../....other$hash"},
                                 {"d1", "$2b$12$saltandhash"},
                                 {"d2", "$2b$12$otherandhash"},
                                 {"e1", "$6$salt$hash"},
                                 {"e2", "$6$other$hash"},
                                 {"f1", "$6$rounds=9000$salt$hash"},
                                 {"f2", "$6$rounds=9000$other$hash"},
                                 {"cert", "*"}};

std::string ghost(int number)
{
    return "ghost" + std::to_string(number);
}

}  // namespace

TEST_CASE("unknown names imitate users of every kind of hash, and each name always the same one")
{
    const Imitation imitation{of_all_kinds};
    const DigestKey key;
    std::map<std::string, int> imitated;
    for (int i = 0; i < 600; ++i) {
        const auto& hash = imitation.of(ghost(i), key);
        CHECK(imitation.of(ghost(i), key) == hash);
        CHECK(Imitation{of_all_kinds}.of(ghost(i), key) == hash);  // on another worker
        ++imitated[hash];
    }
    CHECK(imitated.size() == 6);
    for (const auto& [hash, times] : imitated) {
        CAPTURE(hash);
        CHECK(hash != "*");
        CHECK(times > 40);  // of 100 expected: more than six standard deviations
    }
}

TEST_CASE("a hundred thousand users are walked once, and then asked no more")
{
    policy::Users users;
    for (int i = 0; i < 100'000; ++i)
        users["user" + std::to_string(i)] = i % 4 == 0 ? "$2b$12$saltandhash" : "$6$salt$hash";
    const Imitation imitation{users};
    const DigestKey key;
    std::map<std::string, std::string> before;
    int rare = 0;
    for (int i = 0; i < 1000; ++i) {
        before[ghost(i)] = imitation.of(ghost(i), key);
        rare += before[ghost(i)].starts_with("$2b$");
    }
    CHECK(rare > 150);  // of 250 expected: seven standard deviations
    CHECK(rare < 350);
    users.clear();
    for (const auto& [name, hash] : before)
        CHECK(imitation.of(name, key) == hash);
}

TEST_CASE("a user more or less leaves nearly every name what it was")
{
    auto users = of_all_kinds;
    for (int i = 0; i < 1000; ++i)
        users["user" + std::to_string(i)] = i % 2 == 0 ? "$y$j9T$salt$hash" : "$6$salt$hash";
    const Imitation before{users};
    users["one more"] = "$6$salt$hash";
    const Imitation after{users};
    const DigestKey key;
    int changed = 0;
    for (int i = 0; i < 1000; ++i)
        changed += before.of(ghost(i), key) != after.of(ghost(i), key);
    CHECK(changed < 20);
}

TEST_CASE("whom a name imitates cannot be worked out without the key")
{
    const Imitation imitation{{{"alice", "$y$j9T$salt$hash"}, {"bob", "$6$salt$hash"}}};
    const DigestKey one;
    const DigestKey other;
    int equal = 0;
    for (int i = 0; i < 1000; ++i)
        equal += imitation.of(ghost(i), one) == imitation.of(ghost(i), other);
    CHECK(equal > 390);  // of 500 expected: seven standard deviations
    CHECK(equal < 610);
}

TEST_CASE("where no user has a password a hash of the usual kind is imitated")
{
    const policy::Users certified{{"cert", "*"}};
    CHECK(Imitation{certified}.of("ghost", DigestKey{}).starts_with("$y$"));
    CHECK(Imitation{policy::Users{}}.of("ghost", DigestKey{}).starts_with("$y$"));
}
