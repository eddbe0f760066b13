#include "src/dial/dns_channel.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include <ares.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/time.h>
#include <unistd.h>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "src/platform/system.hpp"

namespace adit::dial {

using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;
using Descriptor = asio::posix::basic_stream_descriptor<Executor>;

// How long a server may take before the next one, or the same one again, is asked. A fourth of a name's time leaves room
// for three attempts, since c-ares doubles the wait with each round.
int patience_ms(const policy::ResolverSettings& settings)
{
    return static_cast<int>(std::clamp(settings.timeout / 4, 100ms, 5000ms).count());
}

std::string server_list(const policy::ResolverSettings& settings)
{
    std::string list;
    for (const auto& server : settings.servers)
        list += (list.empty() ? "" : ",") + protocols::to_text(server);
    return list;
}

// c-ares opens its files one after the other and goes on without one that it cannot open, without a
// word. Without this one the numbers of its questions could be guessed.
bool can_open_random_source()
{
    const int descriptor = ::open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (descriptor >= 0)
        ::close(descriptor);
    return descriptor >= 0;
}

// What c-ares does without a resolv.conf.
bool asks_this_machine_alone(ares_channeldata& channel)
{
    ares_addr_port_node* list = nullptr;
    if (ares_get_servers_ports(&channel, &list) != ARES_SUCCESS || list == nullptr)
        return false;
    const std::unique_ptr<ares_addr_port_node, void (*)(void*)> owner{list, ares_free_data};
    return list->next == nullptr && list->family == AF_INET && list->udp_port == 0 &&
           list->addr.addr4.s_addr == htonl(INADDR_LOOPBACK);
}

// Whether a line of the text is `nameserver` and an address that is not 127.0.0.1.
bool names_other_servers(std::string_view resolv_conf)
{
    constexpr std::string_view blanks = " \t\r";
    constexpr std::string_view keyword = "nameserver";
    while (!resolv_conf.empty()) {
        auto line = resolv_conf.substr(0, resolv_conf.find('\n'));
        resolv_conf.remove_prefix(std::min(line.size() + 1, resolv_conf.size()));
        if (!line.starts_with(keyword))
            continue;
        line.remove_prefix(keyword.size());
        const auto gap = std::min(line.find_first_not_of(blanks), line.size());
        if (gap == 0)
            continue;
        line.remove_prefix(gap);
        const auto address = protocols::parse_address(line.substr(0, line.find_first_of(blanks)));
        if (address && *address != Address{asio::ip::address_v4::loopback()})
            return true;
    }
    return false;
}

ares_channeldata* open_ares(const policy::ResolverSettings& settings, std::string resolv_conf,
                            ares_sock_state_cb on_socket_state, void* owner)
{
    static const bool ready = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
    if (!ready)
        return nullptr;

    char only_dns[] = "b";
    ares_options options = {};
    options.flags = ARES_FLAG_NOALIASES;  // HOSTALIASES of the environment renames nothing here
    options.timeout = patience_ms(settings);
    options.tries = 3;
    options.lookups = only_dns;
    options.ndomains = 0;  // a name is looked up as it stands (ARES_FLAG_NOSEARCH does not do that)
    options.sock_state_cb = on_socket_state;
    options.sock_state_cb_data = owner;
    options.resolvconf_path = resolv_conf.data();
    constexpr int given = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
                          ARES_OPT_DOMAINS | ARES_OPT_SOCK_STATE_CB | ARES_OPT_RESOLVCONF;

    ares_channeldata* channel = nullptr;
    if (ares_init_options(&channel, &options, given) != ARES_SUCCESS)
        return nullptr;
    const auto servers = server_list(settings);
    if (!servers.empty() && ares_set_servers_ports_csv(channel, servers.c_str()) != ARES_SUCCESS) {
        ares_destroy(channel);
        return nullptr;
    }
    return channel;
}

Found found_of(int status)
{
    switch (status) {
        case ARES_SUCCESS:
            return Found::addresses;
        case ARES_ENOTFOUND:
        case ARES_ENODATA:
            return Found::nothing;
        case ARES_ETIMEOUT:
            return Found::silence;
        default:
            return Found::failed;
    }
}

std::optional<Address> address_of(const sockaddr& from)
{
    if (from.sa_family == AF_INET) {
        sockaddr_in in = {};
        std::memcpy(&in, &from, sizeof in);
        return asio::ip::address_v4{ntohl(in.sin_addr.s_addr)};
    }
    if (from.sa_family == AF_INET6) {
        sockaddr_in6 in = {};
        std::memcpy(&in, &from, sizeof in);
        asio::ip::address_v6::bytes_type bytes;
        std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
        return asio::ip::address_v6{bytes};
    }
    return std::nullopt;
}

void add(std::vector<Address>& addresses, const Address& address)
{
    if (addresses.size() < most_addresses &&
        std::find(addresses.begin(), addresses.end(), address) == addresses.end())
        addresses.push_back(address);
}

// An answer lives as long as the shortest link of its CNAME chain.
NameAnswer read(const ares_addrinfo& result)
{
    NameAnswer answer;
    std::optional<int> ttl;
    const auto shorten = [&](int seconds) { ttl = std::min(ttl.value_or(seconds), seconds); };
    for (const auto* alias = result.cnames; alias != nullptr; alias = alias->next)
        shorten(alias->ttl);
    for (const auto* node = result.nodes; node != nullptr; node = node->ai_next) {
        shorten(node->ai_ttl);
        if (const auto address = address_of(*node->ai_addr))
            add(answer.addresses, *address);
    }
    answer.found = answer.addresses.empty() ? Found::nothing : Found::addresses;
    answer.ttl = std::chrono::seconds{std::max(ttl.value_or(0), 0)};
    return answer;
}

}  // namespace

// A descriptor of c-ares. Asio only waits for it; c-ares reads, writes and closes.
struct DnsChannel::Watch {
    Watch(asio::io_context& loop, int descriptor) : number{descriptor}, waiter{loop} {}

    int number;
    Descriptor waiter;
    bool wants_read = false;
    bool wants_write = false;
    bool reading = false;
    bool writing = false;
};

struct DnsChannel::Question {
    DnsChannel& channel;
    OnAnswer on_answer;
};

std::shared_ptr<DnsChannel> DnsChannel::open(asio::io_context& loop,
                                             const policy::ResolverSettings& settings,
                                             const std::string& resolv_conf)
{
    const auto named = platform::read_file_if_any(resolv_conf);
    if (!named || !can_open_random_source())
        return nullptr;
    const std::shared_ptr<DnsChannel> channel{new DnsChannel{loop}};
    channel->ares_ = open_ares(settings, resolv_conf, &on_socket_state, channel.get());
    if (channel->ares_ == nullptr)
        return nullptr;
    // Another thread may have taken the descriptor that c-ares would have needed for the file.
    const bool missed = settings.servers.empty() && names_other_servers(*named) &&
                        asks_this_machine_alone(*channel->ares_);
    return missed ? nullptr : channel;
}

DnsChannel::~DnsChannel()
{
    if (ares_ != nullptr)
        ares_destroy(ares_);
}

void DnsChannel::ask(const std::string& name, Family family, OnAnswer on_answer)
{
    ares_addrinfo_hints hints = {};
    hints.ai_family = family == Family::ipv4 ? AF_INET : AF_INET6;
    hints.ai_flags = ARES_AI_NOSORT;  // sorting opens a socket for each address; we try them all
    ++open_;
    ares_getaddrinfo(ares_, name.c_str(), nullptr, &hints, &on_result,
                     new Question{*this, std::move(on_answer)});
    schedule();
}

void DnsChannel::on_result(void* question, int status, int /*timeouts*/, ares_addrinfo* result)
{
    const std::unique_ptr<Question> asked{static_cast<Question*>(question)};
    const std::unique_ptr<ares_addrinfo, void (*)(ares_addrinfo*)> held{
        result, [](ares_addrinfo* unwanted) { ares_freeaddrinfo(unwanted); }};
    --asked->channel.open_;
    if (status == ARES_EDESTRUCTION)
        return;
    const bool answered = status == ARES_SUCCESS && result != nullptr;
    asked->on_answer(answered ? read(*result) : NameAnswer{found_of(status), {}, {}});
}

void DnsChannel::on_socket_state(void* channel, int descriptor, int readable, int writable)
{
    static_cast<DnsChannel*>(channel)->watch(descriptor, readable != 0, writable != 0);
}

void DnsChannel::watch(int descriptor, bool read, bool write)
{
    auto& watch = watches_[descriptor];
    if (!read && !write) {  // c-ares is about to close it
        if (watch && watch->waiter.is_open())
            (void)watch->waiter.release();
        watches_.erase(descriptor);
        return;
    }
    if (!watch) {
        watch = std::make_shared<Watch>(loop_, descriptor);
        boost::system::error_code unwatched;  // its questions then end by their deadline
        watch->waiter.assign(descriptor, unwatched);
    }
    watch->wants_read = read;
    watch->wants_write = write;
    wait_for(watch);
}

void DnsChannel::wait_for(const std::shared_ptr<Watch>& watch)
{
    if (!watch->waiter.is_open())
        return;
    if (watch->wants_read && !watch->reading)
        wait_read(watch);
    if (watch->wants_write && !watch->writing)
        wait_write(watch);
}

void DnsChannel::wait_read(const std::shared_ptr<Watch>& watch)
{
    watch->reading = true;
    watch->waiter.async_wait(Descriptor::wait_read,
                             [self = weak_from_this(), watch](boost::system::error_code released) {
                                 watch->reading = false;
                                 const auto channel = self.lock();
                                 if (released || !channel || !watch->waiter.is_open())
                                     return;
                                 channel->proceed(watch->number, ARES_SOCKET_BAD);
                                 channel->wait_for(watch);
                             });
}

void DnsChannel::wait_write(const std::shared_ptr<Watch>& watch)
{
    watch->writing = true;
    watch->waiter.async_wait(Descriptor::wait_write, [self = weak_from_this(),
                                                      watch](boost::system::error_code released) {
        watch->writing = false;
        const auto channel = self.lock();
        if (released || !channel || !watch->waiter.is_open() || !watch->wants_write)
            return;
        channel->proceed(ARES_SOCKET_BAD, watch->number);
        channel->wait_for(watch);
    });
}

void DnsChannel::proceed(int readable, int writable)
{
    ares_process_fd(ares_, readable, writable);
    schedule();
}

// One timer for c-ares: it runs until c-ares next wants to look at the clock.
void DnsChannel::schedule()
{
    timeval left = {};
    if (ares_timeout(ares_, nullptr, &left) == nullptr) {
        timer_.cancel();
        timer_runs_ = false;
        return;
    }
    const auto when =
        Clock::now() + std::chrono::seconds{left.tv_sec} + std::chrono::microseconds{left.tv_usec};
    if (timer_runs_ && timer_.expiry() <= when)
        return;
    timer_runs_ = true;
    timer_.expires_at(when);
    timer_.async_wait([self = weak_from_this()](boost::system::error_code moved) {
        const auto channel = self.lock();
        if (moved || !channel)
            return;
        channel->timer_runs_ = false;
        channel->proceed(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    });
}

}  // namespace adit::dial
