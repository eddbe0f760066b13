#include "src/login/authenticator.hpp"

#include <doctest/doctest.h>
#include <boost/asio/co_spawn.hpp>

#include "src/login/password.hpp"

using namespace adit;

namespace {

// Runs one check to its end, or until `give_up` wakes it.
class Checks {
public:
    std::optional<bool> verify(const policy::Users& users, std::string user, const char* password,
                               bool give_up = false)
    {
        const protocols::Credentials credentials{std::move(user), protocols::Secret{password}};
        Wakeup wakeup{loop_};
        std::optional<bool> verdict;
        bool ended = false;
        asio::co_spawn(loop_, authenticator_.verify(users, credentials, wakeup),
                       [&](const std::exception_ptr& error, std::optional<bool> answer) {
                           CHECK_FALSE(error);
                           verdict = answer;
                           ended = true;
                       });
        if (give_up)
            wakeup.wake();
        loop_.restart();
        while (!ended && loop_.run_one_for(std::chrono::seconds{10}) > 0) {
        }
        CHECK(ended);
        return verdict;
    }

private:
    asio::io_context loop_{1};
    asio::thread_pool pool_{1};
    login::Authenticator authenticator_{loop_, pool_};
};

}  // namespace

TEST_CASE("the right password is accepted, at first and from memory")
{
    const policy::Users users{{"alice", login::hash_password("secret")}};
    Checks checks;
    CHECK(checks.verify(users, "alice", "secret") == true);
    CHECK(checks.verify(users, "alice", "secret") == true);
    CHECK(checks.verify(users, "alice", "Secret") == false);
    CHECK(checks.verify(users, "alice", "") == false);
}

TEST_CASE("a user without a password logs in with none")
{
    const policy::Users users{{"build-7", "*"}, {"cert", "*"}};
    Checks checks;
    for (const auto* password : {"*", "", "secret"}) {
        CHECK(checks.verify(users, "build-7", password) == false);
        CHECK(checks.verify(users, "build-7", password) == false);  // from memory neither
    }
}

TEST_CASE("an unknown user is refused, with any password")
{
    const policy::Users users{{"alice", login::hash_password("secret")}};
    Checks checks;
    CHECK(checks.verify(users, "bob", "secret") == false);
    CHECK(checks.verify(users, "", "secret") == false);
    CHECK(checks.verify({}, "bob", "secret") == false);
}

TEST_CASE("a user whose password was changed or who was removed is out at once")
{
    Checks checks;
    const policy::Users before{{"alice", login::hash_password("secret")}};
    REQUIRE(checks.verify(before, "alice", "secret") == true);
    const policy::Users changed{{"alice", login::hash_password("new secret")}};
    CHECK(checks.verify(changed, "alice", "secret") == false);
    CHECK(checks.verify({}, "alice", "secret") == false);
}

TEST_CASE("user and password do not run into one another")
{
    const policy::Users users{{"ab", login::hash_password("c")}, {"a", login::hash_password("x")}};
    Checks checks;
    REQUIRE(checks.verify(users, "ab", "c") == true);
    CHECK(checks.verify(users, "a", "bc") == false);
}

TEST_CASE("a wait that is given up has no verdict")
{
    const policy::Users users{{"alice", login::hash_password("secret")}};
    Checks checks;
    CHECK(checks.verify(users, "alice", "secret", true) == std::nullopt);
    CHECK(checks.verify(users, "alice", "secret") == true);
}
