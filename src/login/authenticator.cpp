// The cache never holds a password: only digests under a key that lives as long as the process.
#include "src/login/authenticator.hpp"

#include <algorithm>
#include <atomic>
#include <string>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <boost/asio/post.hpp>

#include "src/login/password.hpp"

namespace adit::login {
namespace {

constexpr std::chrono::seconds trusted_for{60};
constexpr std::size_t max_remembered = 4096;

// What an unknown user's password is compared with when there is no user whose hash could be
// imitated.
const std::string stand_in =
    "$y$j9T$XuPZ1cRrsjz0p2cVJ6UEg0$JoeuohrZ73Y6OoaDL4kOG77oqqQjYttxn/wQdrdyyCD";

void append_field(std::string& out, std::string_view field)
{
    out += std::to_string(field.size());
    out += ':';
    out += field;
}

// The hash whose checking takes as long as that of a user would.
const std::string& imitated(const policy::Users& users)
{
    const auto user = std::find_if(users.begin(), users.end(), [](const auto& one) {
        return one.second != policy::no_password;
    });
    return user == users.end() ? stand_in : user->second;
}

}  // namespace

// Shared by the worker, which alone touches verdict and waiting, and the pool, which reads the
// rest.
struct Authenticator::Check {
    protocols::Secret password;
    std::string hash;
    bool known = false;  // the user exists; otherwise the hash is only there to take its time
    std::atomic<bool> wanted{true};  // someone still waits
    std::optional<bool> verdict;
    std::vector<Wakeup*> waiting;
};

Authenticator::Authenticator(boost::asio::io_context& loop, boost::asio::thread_pool& pool)
    : loop_{loop}, pool_{pool}
{
    if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1)
        throw std::runtime_error{"the system's random source does not answer"};
}

Awaitable<std::optional<bool>> Authenticator::verify(const policy::Users& users,
                                                     const protocols::Credentials& credentials,
                                                     Wakeup& wakeup)
{
    const auto user = users.find(credentials.user);
    const bool known = user != users.end() && user->second != policy::no_password;
    const std::string& hash = known ? user->second : imitated(users);
    const auto digest = digest_of(credentials, hash);
    if (known && remembers(digest))
        co_return true;

    const auto check = begin(digest, credentials, hash, known);
    check->waiting.push_back(&wakeup);
    co_await wakeup.wait();
    std::erase(check->waiting, &wakeup);
    if (check->waiting.empty())
        check->wanted = false;
    co_return check->verdict;
}

std::shared_ptr<Authenticator::Check> Authenticator::begin(
    const Digest& digest, const protocols::Credentials& credentials, const std::string& hash,
    bool known)
{
    auto& check = running_[digest];
    if (check && check->wanted)
        return check;
    check = std::make_shared<Check>();
    check->password = protocols::Secret{credentials.password.reveal()};
    check->hash = hash;
    check->known = known;
    // The loop must not end while the answer is on its way.
    auto guard = boost::asio::make_work_guard(loop_);
    boost::asio::post(pool_, [this, digest, check, guard = std::move(guard)] {
        const bool matches = check->wanted &&
                             password_matches(check->password.reveal(), check->hash) &&
                             check->known;
        boost::asio::post(loop_,
                          [this, digest, check, matches] { finished(digest, check, matches); });
    });
    return check;
}

void Authenticator::finished(const Digest& digest, const std::shared_ptr<Check>& check,
                             bool matches)
{
    const auto running = running_.find(digest);
    if (running != running_.end() && running->second == check)
        running_.erase(running);
    if (matches)
        remember(digest);
    check->verdict = matches;
    for (auto* waiting : check->waiting)
        waiting->wake();
}

Authenticator::Digest Authenticator::digest_of(const protocols::Credentials& credentials,
                                               std::string_view hash) const
{
    std::string text;
    text.reserve(512);
    append_field(text, credentials.user);
    append_field(text, hash);
    append_field(text, credentials.password.reveal());
    Digest digest{};
    unsigned length = 0;
    HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &length);
    OPENSSL_cleanse(text.data(), text.size());
    return digest;
}

void Authenticator::remember(const Digest& digest)
{
    if (verified_.size() >= max_remembered) {
        const auto now = Clock::now();
        std::erase_if(verified_, [&](const auto& entry) { return entry.second <= now; });
        if (verified_.size() >= max_remembered)
            verified_.clear();
    }
    verified_[digest] = Clock::now() + trusted_for;
}

bool Authenticator::remembers(const Digest& digest)
{
    const auto entry = verified_.find(digest);
    if (entry == verified_.end())
        return false;
    if (entry->second > Clock::now())
        return true;
    verified_.erase(entry);
    return false;
}

}  // namespace adit::login
