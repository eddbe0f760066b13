#include "src/login/authenticator.hpp"

#include <atomic>
#include <string>
#include <utility>

#include <boost/asio/post.hpp>

#include "src/login/password.hpp"
#include "src/login/token.hpp"
#include "src/platform/clocks.hpp"

namespace adit::login {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

// Shared by the worker, which alone touches answer and waiting, and the pool, which reads the rest.
struct Authenticator::Check {
    Origin client;
    std::string user;
    protocols::Secret password;
    std::string hash;
    bool known = false;  // the user exists; otherwise the hash is only there to take its time
    Digest digest{};
    policy::LoginSettings settings;
    std::atomic<bool> wanted{true};  // someone still waits
    std::optional<Answer> answer;
    std::vector<Wakeup*> waiting;

    Answer carry_out(Common& common) const;
};

Awaitable<std::optional<Answer>> Authenticator::verify(const policy::Configuration& configuration,
                                                       const protocols::Credentials& credentials,
                                                       const Origin& client, Wakeup& wakeup)
{
    if (configuration.tokens.key && protocols::is_token(credentials.password.reveal()))
        co_return check_signed(configuration, credentials, client);
    const auto user = configuration.users.find(credentials.user);
    const bool known = user != configuration.users.end() && user->second != policy::no_password;
    // Who is unknown is taken the same way, with a hash that nobody has: no time tells who exists.
    const auto hash = known ? std::string_view{user->second} : std::string_view{};
    const auto digest = common_.verified.digest_of(client, credentials, hash);
    const auto now = Clock::now();
    const bool verified = common_.verified.holds(digest, now);
    if (known && verified)
        co_return Answer{Verdict::accepted};
    if (common_.guard.locked(client, credentials.user, now))
        co_return Answer{Verdict::locked};

    auto asked = std::make_shared<Check>();
    asked->client = client;
    asked->known = known;
    asked->hash = known ? user->second
                        : imitation_for(configuration).of(credentials.user, common_.imitations);
    asked->digest = digest;
    asked->user = credentials.user;
    asked->password = protocols::Secret{credentials.password.reveal()};
    asked->settings = configuration.logins;
    const auto check = begin(std::move(asked));
    if (!check)
        co_return Answer{Verdict::busy};
    check->waiting.push_back(&wakeup);
    co_await wakeup.wait();
    std::erase(check->waiting, &wakeup);
    if (check->waiting.empty())
        check->wanted = false;
    co_return check->answer;
}

// Made anew for each policy that an unknown name is met under, and not for each such name: strangers
// who make names up are not to have all users walked each time.
const Imitation& Authenticator::imitation_for(const policy::Configuration& configuration)
{
    if (!imitation_ || imitated_policy_ != configuration.hash) {
        imitation_.emplace(configuration.users);
        imitated_policy_ = configuration.hash;
    }
    return *imitation_;
}

// A signature is checked at once. A good one passes whoever else is locked out there: nobody comes
// upon one by trying.
Answer Authenticator::check_signed(const policy::Configuration& configuration,
                                   const protocols::Credentials& credentials, const Origin& client)
{
    const auto wall_clock = platform::wall_clock();
    auto checked = check_token(credentials.password.reveal(), credentials.user,
                               configuration.tokens.key->reveal(), wall_clock);
    const bool known = configuration.users.contains(credentials.user);
    if (checked.token && known)
        return {Verdict::accepted,
                {},
                {},
                std::make_shared<const protocols::Token>(std::move(*checked.token))};
    if (common_.guard.locked(client, credentials.user, Clock::now()))
        return {Verdict::locked};
    const auto why = checked.token                                       ? "user_gone"
                     : checked.verdict == CheckedToken::Verdict::expired ? "token_expired"
                                                                         : "token_forged";
    return common_.refuse(client, credentials.user, configuration.logins, why);
}

// The check to wait for: this one, or an equal one that is on its way. None when the queue is full.
std::shared_ptr<Authenticator::Check> Authenticator::begin(std::shared_ptr<Check> check)
{
    const auto running = running_.find(check->digest);
    if (running != running_.end() && running->second->wanted)
        return running->second;
    // The loop must not end while the answer is on its way.
    auto guard = boost::asio::make_work_guard(loop_);
    const bool queued = common_.hashing.add(check->client, [this, check, guard = std::move(guard)] {
        const auto answer = check->carry_out(common_);
        boost::asio::post(loop_, [this, check, answer] { finished(check, answer); });
    });
    if (!queued)
        return nullptr;
    running_[check->digest] = check;
    return check;
}

// On a thread of the pool. One client's checks come here one after the other, so each sees what the
// one before has led to, and no flood is faster than the bounds.
Answer Authenticator::Check::carry_out(Common& common) const
{
    if (!wanted)
        return {};
    if (known && common.verified.holds(digest, Clock::now()))
        return {Verdict::accepted};  // another worker was asked the same
    if (common.guard.locked(client, user, Clock::now()))
        return {Verdict::locked};
    const bool matches = password_matches(password.reveal(), hash) && known;
    if (matches) {
        common.verified.add(digest, Clock::now());
        common.guard.succeeded(client, user);
        return {Verdict::accepted};
    }
    return common.refuse(client, user, settings, {});
}

Answer Common::refuse(const Origin& client, std::string_view user,
                      const policy::LoginSettings& settings, std::string_view why)
{
    const auto consequence = guard.failed(client, user, settings, Clock::now());
    if (consequence.locked_for && on_lockout)
        on_lockout(client, *consequence.locked_for);
    return {Verdict::wrong, consequence.hold, why};
}

void Authenticator::finished(const std::shared_ptr<Check>& check, Answer answer)
{
    const auto running = running_.find(check->digest);
    if (running != running_.end() && running->second == check)
        running_.erase(running);
    check->answer = answer;
    for (auto* waiting : check->waiting)
        waiting->wake();
}

}  // namespace adit::login
