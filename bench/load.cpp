// The load tool: both ends of what is measured, the clients (setup, trips, bulk, idle) and the origin. It knows no policy and
// reads no proxy's figures; bench/run.py does.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <stdexcept>

#include <fmt/format.h>
#include <sys/resource.h>

#include "bench/loads.hpp"
#include "bench/origin.hpp"

namespace adit::bench {
namespace {

constexpr const char* usage = R"(usage: bench_load origin [--at ADDRESS:PORT]
       bench_load setup|trips|bulk|idle [options]

origin serves echo on PORT, a sink on PORT+1 and a source on PORT+2 (default 127.0.0.1:2000).

  --proxy ADDRESS:PORT      what is connected to (default 127.0.0.1:1080)
  --protocol connect|socks5|direct
  --target ADDRESS:PORT     what the proxy is asked for (default 127.0.0.1:2000)
  --name HOST               asked for instead of the target's address
  --tunnels N               setup: so many one after another; otherwise at a time (default 1)
  --in-flight N             opened at a time (default 1)
  --seconds S               trips, bulk (default 1)
  --bytes N                 bulk: ends after so many, if that comes first
  --direction download|upload|both
  --gate yes                say "ready" and wait for a line before the work, and for another one before closing
)";

using Options = std::map<std::string, std::string, std::less<>>;

Options read_options(int count, char** words)
{
    Options options;
    for (int i = 0; i < count; i += 2) {
        const std::string_view name = words[i];
        if (!name.starts_with("--") || i + 1 == count)
            throw std::runtime_error{fmt::format("{} is no option with a value", name)};
        options.emplace(name.substr(2), words[i + 1]);
    }
    return options;
}

// Takes the option away, so that what is left over was misspelt.
std::string take(Options& options, std::string_view name, std::string otherwise)
{
    const auto found = options.find(name);
    if (found == options.end())
        return otherwise;
    return std::move(options.extract(found).mapped());
}

template <class Value>
Value one_of(const std::string& word, const std::map<std::string, Value>& words)
{
    const auto found = words.find(word);
    if (found == words.end())
        throw std::runtime_error{fmt::format("'{}' is not known", word)};
    return found->second;
}

void refuse_leftovers(const Options& options)
{
    if (!options.empty())
        throw std::runtime_error{fmt::format("there is no option --{}", options.begin()->first)};
}

Work read_work(Options options)
{
    Work work;
    work.route.proxy = parse_endpoint(take(options, "proxy", "127.0.0.1:1080"));
    work.route.target = parse_endpoint(take(options, "target", "127.0.0.1:2000"));
    work.route.name = take(options, "name", "");
    work.route.protocol =
        one_of<Protocol>(take(options, "protocol", "connect"), {{"direct", Protocol::direct},
                                                                {"connect", Protocol::connect},
                                                                {"socks5", Protocol::socks5}});
    work.direction = one_of<Direction>(take(options, "direction", "download"),
                                       {{"download", Direction::download},
                                        {"upload", Direction::upload},
                                        {"both", Direction::both}});
    work.tunnels = std::stoul(take(options, "tunnels", "1"));
    work.in_flight = std::stoul(take(options, "in-flight", "1"));
    work.time = std::chrono::milliseconds{
        static_cast<long>(1000 * std::stod(take(options, "seconds", "1")))};
    work.bytes = std::stoull(take(options, "bytes", "0"));
    work.gated = take(options, "gate", "no") == "yes";
    refuse_leftovers(options);
    return work;
}

void serve(Loop& loop, Options options)
{
    auto at = parse_endpoint(take(options, "at", "127.0.0.1:2000"));
    refuse_leftovers(options);
    Origin origin{loop};
    for (const auto service : {Service::echo, Service::sink, Service::source}) {
        origin.serve(service, at);
        ++at.port;
    }
    std::puts("ready");
    std::fflush(stdout);
    loop.run([] { return false; }, Clock::time_point::max());
}

// Soft to hard: ten thousand tunnels are that many descriptors at either end.
void raise_descriptor_limit()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)::setrlimit(RLIMIT_NOFILE, &limit);  // the tunnels tell if it was not enough
    }
}

void run(int count, char** words)
{
    if (count < 2)
        throw std::runtime_error{usage};
    raise_descriptor_limit();
    Loop loop;
    auto options = read_options(count - 2, words + 2);
    const std::string mode = words[1];
    if (mode == "origin")
        return serve(loop, std::move(options));
    const auto load = one_of<void (*)(Loop&, const Work&)>(
        mode, {{"setup", set_up}, {"trips", make_trips}, {"bulk", move_bulk}, {"idle", hold_idle}});
    load(loop, read_work(std::move(options)));
}

void wait_for_line()
{
    std::string line;
    if (!std::getline(std::cin, line))
        throw std::runtime_error{"nobody is at the gate any more"};
}

}  // namespace

void wait_at_gate(const Work& work)
{
    if (!work.gated)
        return;
    std::puts("ready");
    std::fflush(stdout);
    wait_for_line();
}

void tell(const Work& work, const std::string& line)
{
    std::puts(line.c_str());
    std::fflush(stdout);
    if (work.gated)
        wait_for_line();
}

}  // namespace adit::bench

int main(int count, char** words)
{
    try {
        adit::bench::run(count, words);
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        fmt::print(stderr, "bench_load: {}\n", error.what());
        return EXIT_FAILURE;
    }
}
