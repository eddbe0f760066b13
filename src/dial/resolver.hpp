// Names to addresses on the worker's own loop: localhost, the hosts file, the cache, then DNS. A and AAAA are two
// questions, because one slow answer must not hold the other back. Judges nothing and dials nothing.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/configuration.hpp"
#include "protocols/target.hpp"
#include "src/dial/hosts_file.hpp"
#include "src/dial/name_cache.hpp"
#include "src/loop/awaitable.hpp"

namespace adit::dial {

class DnsChannel;
class Lookup;

// Where the system keeps what it knows about names; tests put other files there.
struct SystemFiles {
    std::string hosts = "/etc/hosts";
    std::string resolv_conf = "/etc/resolv.conf";
};

// One thread, no locks. Must not outlive its loop; look-ups may outlive the resolver and then wait in vain.
class Resolver {
public:
    explicit Resolver(asio::io_context& loop, SystemFiles files = {});
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    // Takes effect at once: the files of the system are read and the servers are known before the first look-up. Where
    // descriptors are wanting for that, what was known before stays, and the next look-up tries again. Questions that
    // are open are asked again where the servers have changed; nobody's look-up fails because of it.
    void apply(const policy::ResolverSettings& settings);

private:
    friend class Lookup;

    // One question to DNS, and everyone who waits for its answer.
    struct Question;
    using Key = std::pair<std::string, Family>;
    using Clock = std::chrono::steady_clock;

    void begin(Lookup& lookup);
    void leave(Lookup& lookup);
    void ask(Lookup& lookup, Family family);
    void open(const Key& key, Lookup& lookup);
    void ask_dns(const Key& key);
    void renew_channel();
    void ask_all_again();
    void on_answer(const Key& key, std::uint64_t serial, NameAnswer answer);
    void on_deadline(const Key& key);
    void tell(const Question& question, Family family, const NameAnswer& answer);

    asio::io_context& loop_;
    policy::ResolverSettings settings_;
    HostsFile hosts_;
    ChangeWatch resolv_conf_;
    NameCache cache_;
    std::map<Key, std::shared_ptr<Question>> open_;
    std::uint64_t last_serial_ = 0;
    std::shared_ptr<DnsChannel> channel_;  // null as long as none could be opened
    bool outdated_ = true;                 // the channel is not the one that the settings ask for
};

// One waiter's interest in a name. The answers come one family at a time, in any order; some may be there at once.
// Destroying it ends the interest; the question itself goes on, and its answer is kept for the next one who asks.
class Lookup {
public:
    // `on_answer` is called after each answer that had to be waited for. It may note that and wake somebody; it must
    // not touch the resolver or this object.
    Lookup(Resolver& resolver, protocols::Domain name, std::function<void()> on_answer);
    ~Lookup();
    Lookup(const Lookup&) = delete;
    Lookup& operator=(const Lookup&) = delete;

    // Empty as long as this family has not answered.
    const std::optional<NameAnswer>& answer(Family family) const
    {
        return answers_[static_cast<std::size_t>(family)];
    }
    const protocols::Domain& name() const { return name_; }

private:
    friend class Resolver;

    Resolver* resolver_;  // null once the resolver is gone
    protocols::Domain name_;
    std::function<void()> on_answer_;
    std::array<std::optional<NameAnswer>, 2> answers_;
};

}  // namespace adit::dial
