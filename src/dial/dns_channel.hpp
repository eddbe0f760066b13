// c-ares on our loop: questions go out, answers come back, and its descriptors and time-outs are waited for with Asio.
// Keeps no answer and knows no hosts file.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "policy/configuration.hpp"
#include "src/dial/name_cache.hpp"
#include "src/loop/awaitable.hpp"

struct ares_addrinfo;
struct ares_channeldata;

namespace adit::dial {

// Owned by a shared_ptr: what the loop still holds for it must notice that it is gone.
class DnsChannel : public std::enable_shared_from_this<DnsChannel> {
public:
    using OnAnswer = std::function<void(NameAnswer)>;

    // Asks the servers of `settings`, or those that the file `resolv_conf` names; where there is no such file, the one
    // on this machine (resolv.conf(5)). Null when that cannot be done now, for want of descriptors or memory: a file
    // that cannot be read is never taken for one that is missing. Takes no descriptor until it is asked.
    static std::shared_ptr<DnsChannel> open(asio::io_context& loop,
                                            const policy::ResolverSettings& settings,
                                            const std::string& resolv_conf);
    // Questions that are open are dropped; nobody is told.
    ~DnsChannel();
    DnsChannel(const DnsChannel&) = delete;
    DnsChannel& operator=(const DnsChannel&) = delete;

    // `on_answer` is called once, perhaps before ask() returns, and no later than a few times settings.timeout. It must
    // not destroy the channel.
    void ask(const std::string& name, Family family, OnAnswer on_answer);

    // Questions without an answer yet.
    std::size_t open() const { return open_; }

private:
    struct Watch;
    struct Question;

    explicit DnsChannel(asio::io_context& loop) : loop_{loop}, timer_{loop} {}

    static void on_socket_state(void* channel, int descriptor, int readable, int writable);
    static void on_result(void* question, int status, int timeouts, ares_addrinfo* result);

    void watch(int descriptor, bool read, bool write);
    void wait_for(const std::shared_ptr<Watch>& watch);
    void wait_read(const std::shared_ptr<Watch>& watch);
    void wait_write(const std::shared_ptr<Watch>& watch);
    void proceed(int readable, int writable);
    void schedule();

    asio::io_context& loop_;
    ares_channeldata* ares_ = nullptr;  // owned; null only while it is being opened
    std::map<int, std::shared_ptr<Watch>> watches_;
    Timer timer_;
    bool timer_runs_ = false;
    std::size_t open_ = 0;
};

}  // namespace adit::dial
