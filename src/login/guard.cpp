#include "src/login/guard.hpp"

#include <algorithm>

namespace adit::login {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

// Longer would keep connections open for nothing: the lock-out does the rest.
constexpr milliseconds longest_hold = 4s;
constexpr milliseconds longest_lockout = 1h;

milliseconds doubled(milliseconds first, unsigned times, milliseconds most)
{
    const auto grown = first * (std::int64_t{1} << std::min(times, 20U));
    return std::max(first, std::min(grown, most));
}

}  // namespace

Guard::Guard(std::size_t most_remembered)
    : most_in_shard_{std::max<std::size_t>(1, most_remembered / shards_.size())}
{
}

bool Guard::locked(const Origin& client, std::string_view user, Time now)
{
    const bool is_locked = locked(key_of(client), now) || locked(key_of(client, user), now);
    if (is_locked)
        ++locked_;
    return is_locked;
}

Guard::Consequence Guard::failed(const Origin& client, std::string_view user,
                                 const policy::LoginSettings& settings, Time now)
{
    ++failed_;
    const auto by_user = fail(key_of(client, user), settings.failures, settings, now);
    const auto by_client = fail(key_of(client), settings.client_failures, settings, now);
    if (by_user.lockout || by_client.lockout)
        ++lockouts_;
    return {doubled(settings.delay, by_user.failures - 1, longest_hold),
            std::max(by_user.lockout, by_client.lockout)};
}

void Guard::succeeded(const Origin& client, std::string_view user)
{
    const auto key = key_of(client, user);
    auto& shard = shard_of(key);
    const std::lock_guard lock{shard.mutex};
    const auto place = shard.places.find(key);
    if (place == shard.places.end())
        return;
    shard.entries.erase(place->second);
    shard.places.erase(place);
}

LoginCounts Guard::counts() const
{
    return {failed_, lockouts_, locked_};
}

std::size_t Guard::remembered() const
{
    std::size_t sum = 0;
    for (const auto& shard : shards_) {
        const std::lock_guard lock{shard.mutex};
        sum += shard.entries.size();
    }
    return sum;
}

Digest Guard::key_of(const Origin& client) const
{
    return digests_.of({client.text});
}

Digest Guard::key_of(const Origin& client, std::string_view user) const
{
    return digests_.of({client.text, user});
}

bool Guard::locked(const Digest& key, Time now)
{
    auto& shard = shard_of(key);
    const std::lock_guard lock{shard.mutex};
    const auto place = shard.places.find(key);
    return place != shard.places.end() && place->second->locked_until > now;
}

// A bucket that leaks: `most` failures fill it, and `forget` empties it again. What filled it once
// is one failure away from the next lock-out, until it has been quiet for a while.
Guard::Failure Guard::fail(const Digest& key, unsigned most, const policy::LoginSettings& settings,
                           Time now)
{
    auto& shard = shard_of(key);
    const std::lock_guard lock{shard.mutex};
    auto& entry = entry_of(shard, key, now);
    const auto forgiving = std::max<Time::duration>(settings.forget / most, 1ms);
    const auto forgiven = std::max<std::int64_t>(0, (now - entry.since) / forgiving);
    entry.since += forgiving * forgiven;
    entry.failures -= static_cast<unsigned>(std::min<std::int64_t>(entry.failures, forgiven));
    if (entry.failures == 0) {
        entry.since = now;
        entry.lockouts = 0;
    }
    ++entry.failures;
    if (entry.failures < most)
        return {entry.failures, std::nullopt};

    const auto lockout = doubled(settings.lockout, entry.lockouts++, longest_lockout);
    entry.locked_until = now + lockout;
    entry.since = entry.locked_until;  // a lock-out itself forgives nothing
    return {entry.failures--, lockout};
}

// The entry, first in its shard's list. A new one may push out the last.
Guard::Entry& Guard::entry_of(Shard& shard, const Digest& key, Time now)
{
    const auto place = shard.places.find(key);
    if (place != shard.places.end()) {
        shard.entries.splice(shard.entries.begin(), shard.entries, place->second);
        return shard.entries.front();
    }
    if (shard.entries.size() >= most_in_shard_) {
        shard.places.erase(shard.entries.back().key);
        shard.entries.pop_back();
    }
    shard.entries.push_front({key, 0, 0, now, {}});
    shard.places.emplace(key, shard.entries.begin());
    return shard.entries.front();
}

}  // namespace adit::login
