#include "src/login/authenticator.hpp"

#include <doctest/doctest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address.hpp>

#include "src/login/password.hpp"
#include "src/login/token.hpp"

using namespace adit;
using login::Verdict;

namespace {

// Runs checks to their end, each on the worker it is asked of, or until `give_up` wakes it.
class Checks {
public:
    explicit Checks(policy::Users users) { configuration.users = std::move(users); }
    ~Checks() { pool_.join(); }
    Checks(const Checks&) = delete;
    Checks& operator=(const Checks&) = delete;

    std::optional<Verdict> verify(std::string user, const char* password, bool give_up = false)
    {
        const protocols::Credentials credentials{std::move(user), protocols::Secret{password}};
        const auto origin = login::origin_of(boost::asio::ip::make_address(client));
        Wakeup wakeup{loop_};
        std::optional<login::Answer> verdict;
        bool ended = false;
        auto& worker = other_worker ? second_ : first_;
        asio::co_spawn(loop_, worker.verify(configuration, credentials, origin, wakeup),
                       [&](const std::exception_ptr& error, std::optional<login::Answer> answer) {
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
        why = verdict ? verdict->why : "";
        return verdict ? std::optional{verdict->verdict} : std::nullopt;
    }
    void lock_out(const char* user)
    {
        for (int i = 0; i < 5; ++i)
            CHECK(verify(user, ("wrong " + std::to_string(i)).c_str()) == Verdict::wrong);
    }

    policy::Configuration configuration;
    std::string client = "192.0.2.7";
    bool other_worker = false;
    std::string_view why;  // of the last answer

private:
    asio::io_context loop_{1};
    asio::thread_pool pool_{1};
    login::Common common_{pool_};
    login::Authenticator first_{loop_, common_};
    login::Authenticator second_{loop_, common_};
};

policy::Users alice(const char* password = "secret")
{
    return {{"alice", login::hash_password(password)}};
}

}  // namespace

TEST_CASE("the right password is accepted, at first and from memory")
{
    Checks checks{alice()};
    CHECK(checks.verify("alice", "secret") == Verdict::accepted);
    CHECK(checks.verify("alice", "secret") == Verdict::accepted);
    CHECK(checks.verify("alice", "Secret") == Verdict::wrong);
    CHECK(checks.verify("alice", "") == Verdict::wrong);
}

TEST_CASE("a user without a password logs in with none")
{
    Checks checks{{{"build-7", "*"}, {"cert", "*"}}};
    for (const auto* password : {"*", "", "secret"})
        CHECK(checks.verify("build-7", password) == Verdict::wrong);
}

TEST_CASE("an unknown user is refused, with any password")
{
    Checks checks{alice()};
    CHECK(checks.verify("bob", "secret") == Verdict::wrong);
    CHECK(checks.verify("", "secret") == Verdict::wrong);
    checks.configuration.users.clear();
    CHECK(checks.verify("bob", "secret") == Verdict::wrong);
}

TEST_CASE("a user whose password was changed or who was removed is out at once")
{
    Checks checks{alice()};
    REQUIRE(checks.verify("alice", "secret") == Verdict::accepted);
    checks.configuration.users = alice("new secret");
    CHECK(checks.verify("alice", "secret") == Verdict::wrong);
    checks.configuration.users.clear();
    CHECK(checks.verify("alice", "secret") == Verdict::wrong);
}

TEST_CASE("user and password do not run into one another")
{
    Checks checks{{{"ab", login::hash_password("c")}, {"a", login::hash_password("x")}}};
    REQUIRE(checks.verify("ab", "c") == Verdict::accepted);
    CHECK(checks.verify("a", "bc") == Verdict::wrong);
}

TEST_CASE("a wait that is given up has no verdict")
{
    Checks checks{alice()};
    CHECK(checks.verify("alice", "secret", true) == std::nullopt);
    CHECK(checks.verify("alice", "secret") == Verdict::accepted);
}

TEST_CASE("who is locked out is refused whatever the password, on every worker")
{
    Checks checks{alice()};
    checks.lock_out("alice");
    CHECK(checks.verify("alice", "wrong again") == Verdict::locked);
    CHECK(checks.verify("alice", "secret") == Verdict::locked);
    checks.other_worker = true;
    CHECK(checks.verify("alice", "secret") == Verdict::locked);
    checks.client = "192.0.2.8";
    CHECK(checks.verify("alice", "secret") == Verdict::accepted);
}

TEST_CASE("a user who does not exist is locked out like one who does")
{
    Checks checks{alice()};
    checks.lock_out("nobody here");
    CHECK(checks.verify("nobody here", "secret") == Verdict::locked);
}

TEST_CASE("an unknown user among a hundred thousand is refused, and locked out like others")
{
    auto users = alice();
    for (int i = 0; i < 100'000; ++i)
        users["user" + std::to_string(i)] = users["alice"];
    Checks checks{std::move(users)};
    checks.lock_out("nobody here");
    CHECK(checks.verify("nobody here", "secret") == Verdict::locked);
    // A reload brings others, and takes those away that were imitated.
    checks.configuration.users = alice("new secret");
    checks.configuration.hash = "another";
    CHECK(checks.verify("somebody else", "secret") == Verdict::wrong);
    CHECK(checks.verify("alice", "new secret") == Verdict::accepted);
}

TEST_CASE("who was verified before goes on while others are locked out, on every worker")
{
    Checks checks{alice()};
    REQUIRE(checks.verify("alice", "secret") == Verdict::accepted);
    checks.lock_out("alice");
    CHECK(checks.verify("alice", "wrong again") == Verdict::locked);
    CHECK(checks.verify("alice", "secret") == Verdict::accepted);
    checks.other_worker = true;
    CHECK(checks.verify("alice", "secret") == Verdict::accepted);
}

TEST_CASE("a right password in between forgives what was wrong before")
{
    Checks checks{alice()};
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 4; ++i)
            CHECK(checks.verify("alice", ("wrong " + std::to_string(i)).c_str()) == Verdict::wrong);
        checks.configuration.users = alice();  // another hash, so that it is not remembered
        CHECK(checks.verify("alice", "secret") == Verdict::accepted);
    }
}

namespace {

const std::string key(32, 'k');
constexpr std::uint64_t far_future = 99'999'999'999;

std::string token_of(const char* user, std::uint64_t expires = far_future)
{
    return login::sign_token({expires, {}}, user, key);
}

void take_tokens(Checks& checks)
{
    checks.configuration.tokens.key = std::make_shared<const protocols::Secret>(key);
}

}  // namespace

TEST_CASE("a token logs its user in, and nobody else")
{
    Checks checks{{{"alice", "$y$"}, {"bob", "$y$"}}};
    take_tokens(checks);
    CHECK(checks.verify("alice", token_of("alice").c_str()) == Verdict::accepted);
    CHECK(checks.verify("bob", token_of("alice").c_str()) == Verdict::wrong);
    CHECK(checks.why == "token_forged");
    CHECK(checks.verify("alice", token_of("alice", 1).c_str()) == Verdict::wrong);
    CHECK(checks.why == "token_expired");
    checks.configuration.users.erase("alice");
    CHECK(checks.verify("alice", token_of("alice").c_str()) == Verdict::wrong);
    CHECK(checks.why == "user_gone");
}

TEST_CASE("where no key is configured a token is a password like any other")
{
    Checks checks{alice(token_of("alice").c_str())};
    CHECK(checks.verify("alice", token_of("alice").c_str()) == Verdict::accepted);
    take_tokens(checks);
    checks.configuration.tokens.key =
        std::make_shared<const protocols::Secret>(std::string(32, 'x'));
    CHECK(checks.verify("alice", token_of("alice").c_str()) == Verdict::wrong);
}

TEST_CASE("tokens that are wrong are failed logins, and a good one passes a lock-out")
{
    Checks checks{alice()};
    take_tokens(checks);
    for (int i = 0; i < 5; ++i)
        CHECK(checks.verify("alice", token_of("alice", 1).c_str()) == Verdict::wrong);
    CHECK(checks.verify("alice", token_of("alice", 1).c_str()) == Verdict::locked);
    CHECK(checks.verify("alice", "secret") == Verdict::locked);
    CHECK(checks.verify("alice", token_of("alice").c_str()) == Verdict::accepted);
}
