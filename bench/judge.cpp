// What a large policy costs: how long it takes to load, and how long one request is judged.
//
//   bench_judge [hosts [networks [rules]]]      100000 10000 10000 unless said otherwise
//
// Every rule is an allow of one team, told apart by its user and hosts, by its clients, or by the
// networks it may reach. Above them stand one denial by a list of hosts and one by a list of networks,
// so that each request passes both. Half of the requests are for what some rule names, half are not.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "policy/load.hpp"

namespace {

using namespace adit;
using Clock = std::chrono::steady_clock;

struct Size {
    std::size_t hosts = 100'000;
    std::size_t networks = 10'000;
    std::size_t rules = 10'000;
};

std::string host(std::size_t number)
{
    return fmt::format("h{}.zone{}.example", number, number % 997);
}

std::string list_of_hosts(std::size_t count)
{
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
        text += fmt::format("{}bad-{}\n", i % 4 == 0 ? "*." : "", host(i));
    return text;
}

std::string list_of_networks(std::size_t count)
{
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
        text += fmt::format("100.{}.{}.0/24\n", 128 + i / 256 % 64, i % 256);
    return text;
}

enum class Shape : std::uint8_t { hosts, clients, networks };

std::string network(std::size_t number)
{
    return fmt::format("10.{}.{}", number / 256 % 256, number % 256);
}

std::string fields_of(Shape shape, std::size_t number)
{
    switch (shape) {
        case Shape::hosts:
            return fmt::format(R"("users": ["team{0}"], "hosts": ["{1}", "*.{1}"])", number % 100,
                               host(number));
        case Shape::clients:
            return fmt::format(R"("users": ["team{}"], "clients": ["{}.0/24"])", number % 100,
                               network(number));
        case Shape::networks:
            return fmt::format(R"("users": ["team{}"], "networks": ["{}.0/24"])", number % 100,
                               network(number));
    }
    return {};
}

std::string configuration(Shape shape, std::size_t rules)
{
    std::string text = R"({ "listeners": [ { "address": "127.0.0.1:1080" } ], "users": {)";
    for (int i = 0; i < 100; ++i)
        text += fmt::format(R"({}"team{}": "*")", i == 0 ? "" : ",", i);
    text += R"(}, "rules": [
        { "name": "bad hosts", "action": "deny", "hosts": ["file:hosts"] },
        { "name": "bad networks", "action": "deny", "networks": ["file:networks"] })";
    for (std::size_t i = 0; i < rules; ++i)
        text += fmt::format(
            R"(,
        {{ "name": "rule {}", "action": "allow", {}, "ports": [443] }})",
            i, fields_of(shape, i));
    return text + " ] }";
}

double seconds_since(Clock::time_point begin)
{
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

policy::Loaded load_measured(Shape shape, const Size& size)
{
    const auto text = configuration(shape, size.rules);
    const auto hosts = list_of_hosts(size.hosts);
    const auto networks = list_of_networks(size.networks);
    policy::LoadOptions options;
    options.read_file = [&](const std::string& path) -> Result<std::string, std::string> {
        return {boost::system::in_place_value, path == "hosts" ? hosts : networks};
    };
    const auto begin = Clock::now();
    auto loaded = policy::load(text, options);
    const auto taken = seconds_since(begin);
    if (!loaded) {
        for (const auto& mistake : loaded.error())
            fmt::print(stderr, "{}\n", policy::to_text(mistake, "bench"));
        std::exit(1);
    }
    fmt::print("  loaded {} hosts, {} networks and {} rules in {:.3f} s\n", size.hosts,
               size.networks, size.rules, taken);
    return std::move(*loaded);
}

struct Request {
    policy::Subject subject;
    protocols::Target target;
    protocols::Address address;
};

std::vector<Request> requests(Shape shape, const std::vector<std::string>& users, std::size_t rules)
{
    std::mt19937 random{7};
    std::vector<Request> all;
    for (int i = 0; i < 4096; ++i) {
        const auto number = random() % rules;
        const bool named = i % 2 == 0;
        const auto name = (named ? "www." : "other.x") + host(number);
        const auto inside = *protocols::parse_address(network(number) + ".7");
        Request request{
            {}, {*protocols::parse_host(name), 443}, *protocols::parse_address("93.184.216.34")};
        request.subject.user = users[number % 100];
        if (shape == Shape::clients)
            request.subject.client = named ? inside : request.address;
        if (shape == Shape::networks && named)
            request.address = inside;
        all.push_back(std::move(request));
    }
    return all;
}

void judge_measured(Shape shape, const policy::Policy& policy, std::size_t rules)
{
    std::vector<std::string> users;
    for (int i = 0; i < 100; ++i)
        users.push_back(fmt::format("team{}", i));
    const auto all = requests(shape, users, rules);
    const policy::Surroundings around;
    constexpr int rounds = 100;
    std::size_t allowed = 0;
    const auto begin = Clock::now();
    for (int round = 0; round < rounds; ++round)
        for (const auto& request : all) {
            if (policy.refuse_by_name(request.subject, request.target, around))
                continue;
            allowed +=
                policy.judge(request.subject, request.target, request.address, around).allowed()
                    ? 1
                    : 0;
        }
    const auto each = seconds_since(begin) / (rounds * static_cast<double>(all.size()));
    fmt::print("  judged a request, by name and by address, in {:.2f} us ({} of {} allowed)\n",
               each * 1e6, allowed / rounds, all.size());
}

}  // namespace

int main(int count, char** arguments)
{
    Size size;
    std::size_t* const fields[] = {&size.hosts, &size.networks, &size.rules};
    for (int i = 1; i < count && i <= 3; ++i)
        *fields[i - 1] = std::strtoul(arguments[i], nullptr, 10);
    if (size.hosts == 0 || size.networks == 0 || size.rules == 0) {
        fmt::print(stderr, "usage: bench_judge [hosts [networks [rules]]], each at least 1\n");
        return 2;
    }
    constexpr std::pair<Shape, const char*> shapes[] = {
        {Shape::hosts, "hosts"}, {Shape::clients, "clients"}, {Shape::networks, "networks"}};
    for (const auto& [shape, word] : shapes) {
        fmt::print("rules told apart by their {}:\n", word);
        const auto loaded = load_measured(shape, size);
        judge_measured(shape, loaded.configuration.policy, size.rules);
    }
}
