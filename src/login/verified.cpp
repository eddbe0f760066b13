#include "src/login/verified.hpp"

#include <algorithm>

namespace adit::login {

Verified::Verified(std::size_t most_remembered)
    : most_in_shard_{std::max<std::size_t>(1, most_remembered / shards_.size())}
{
}

Digest Verified::digest_of(const Origin& client, const protocols::Credentials& credentials,
                           std::string_view hash) const
{
    return digests_.of({client.text, credentials.user, hash, credentials.password.reveal()});
}

bool Verified::holds(const Digest& digest, Time now)
{
    auto& shard = shard_of(digest);
    const std::lock_guard lock{shard.mutex};
    const auto entry = shard.until.find(digest);
    if (entry == shard.until.end())
        return false;
    if (entry->second <= now) {
        shard.until.erase(entry);
        return false;
    }
    entry->second = now + trusted_for;
    return true;
}

void Verified::add(const Digest& digest, Time now)
{
    auto& shard = shard_of(digest);
    const std::lock_guard lock{shard.mutex};
    if (shard.until.size() >= most_in_shard_)
        std::erase_if(shard.until, [&](const auto& entry) { return entry.second <= now; });
    // Digests are as good as random, so the first is any of them.
    if (shard.until.size() >= most_in_shard_)
        shard.until.erase(shard.until.begin());
    shard.until[digest] = now + trusted_for;
}

}  // namespace adit::login
