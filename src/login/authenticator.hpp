// Checks credentials without ever hashing on a worker: what was lately verified is accepted at
// once, everything else passes the guard, goes to a small pool of threads and comes back.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/configuration.hpp"
#include "protocols/credentials.hpp"
#include "protocols/token.hpp"
#include "src/login/guard.hpp"
#include "src/login/hashing.hpp"
#include "src/login/imitation.hpp"
#include "src/login/keyed_digest.hpp"
#include "src/login/verified.hpp"
#include "src/loop/awaitable.hpp"
#include "src/loop/wakeup.hpp"

namespace adit::login {

enum class Verdict : std::uint8_t {
    accepted,
    wrong,   // the user or the password
    locked,  // too many failures: the password was not looked at
    busy,    // too many passwords wait to be hashed
};

struct Answer {
    Verdict verdict = Verdict::wrong;
    std::chrono::milliseconds hold{0};  // how long to keep it from the client
    std::string_view why = {};          // what was wrong with a token: a word for the record
    std::shared_ptr<const protocols::Token> token = nullptr;  // what was accepted was this

    bool accepted() const { return verdict == Verdict::accepted; }
};

// What the authenticators of all workers have in common. For any thread. Join the pool before this
// is destroyed.
struct Common {
    explicit Common(boost::asio::thread_pool& pool) : hashing{pool} {}

    // Counts a failed login. `why` is a word for the record.
    Answer refuse(const Origin& client, std::string_view user,
                  const policy::LoginSettings& settings, std::string_view why);

    Guard guard;
    Verified verified;
    DigestKey imitations;  // for Imitation::of()
    HashingQueue hashing;
    // Called on any thread when somebody has been locked out; may be empty.
    std::function<void(const Origin& client, std::chrono::milliseconds lockout)> on_lockout;
};

// One a worker, used on that worker's thread only.
class Authenticator {
public:
    // `common` and `loop` outlive this object, and so does every check begun here: join the pool
    // first.
    Authenticator(boost::asio::io_context& loop, Common& common) : loop_{loop}, common_{common} {}

    // Whether the configuration holds the user and the password matches, or is a token that was
    // signed for that user and has not expired. Unknown users cost the
    // same time as known ones, and are counted like them. `wakeup` is the caller's: waking it from
    // elsewhere ends the wait early, and then there is no answer.
    Awaitable<std::optional<Answer>> verify(const policy::Configuration& configuration,
                                            const protocols::Credentials& credentials,
                                            const Origin& client, Wakeup& wakeup);

private:
    struct Check;

    Answer check_signed(const policy::Configuration& configuration,
                        const protocols::Credentials& credentials, const Origin& client);

    const Imitation& imitation_for(const policy::Configuration& configuration);
    std::shared_ptr<Check> begin(std::shared_ptr<Check> check);
    void finished(const std::shared_ptr<Check>& check, Answer answer);

    boost::asio::io_context& loop_;
    Common& common_;
    std::map<Digest, std::shared_ptr<Check>> running_;  // equal credentials wait for one hash
    std::optional<Imitation> imitation_;
    std::string imitated_policy_;  // the hash of the configuration whose users it imitates
};

}  // namespace adit::login
