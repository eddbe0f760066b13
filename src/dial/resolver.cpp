#include "src/dial/resolver.hpp"

#include <algorithm>

#include "src/dial/dns_channel.hpp"

namespace adit::dial {
namespace {

// Far below the 65,536 numbers that DNS has for questions, far above what honest clients leave open.
constexpr std::size_t most_open_questions = 4096;

// RFC 6761 §6.3: never asked of DNS, always loopback.
bool is_localhost(const Domain& name)
{
    return name.text() == "localhost" || name.text().ends_with(".localhost");
}

std::vector<Address> loopback()
{
    return {asio::ip::address_v6::loopback(), asio::ip::address_v4::loopback()};
}

NameAnswer those_of(Family family, const std::vector<Address>& addresses)
{
    NameAnswer answer;
    for (const auto& address : addresses)
        if (address.is_v6() == (family == Family::ipv6))
            answer.addresses.push_back(address);
    answer.found = answer.addresses.empty() ? Found::nothing : Found::addresses;
    return answer;
}

}  // namespace

struct Resolver::Question {
    Question(asio::io_context& loop, std::uint64_t number) : deadline{loop}, serial{number} {}

    std::vector<Lookup*> waiters;
    Timer deadline;
    std::uint64_t
        serial;  // tells an answer to this question from one to an earlier question of the same name
};

Resolver::Resolver(asio::io_context& loop, SystemFiles files)
    : loop_{loop}, hosts_{std::move(files.hosts)}, resolv_conf_{std::move(files.resolv_conf)}
{
}

Resolver::~Resolver()
{
    for (const auto& [key, question] : open_)
        for (auto* waiter : question->waiters)
            waiter->resolver_ = nullptr;
}

void Resolver::apply(const policy::ResolverSettings& settings)
{
    const bool same =
        settings.servers == settings_.servers && settings.timeout == settings_.timeout;
    settings_ = settings;
    outdated_ = outdated_ || !same;
    hosts_.look(Clock::now());
    renew_channel();
}

void Resolver::begin(Lookup& lookup)
{
    const auto answer_with = [&lookup](const std::vector<Address>& addresses) {
        for (const auto family : {Family::ipv6, Family::ipv4})
            lookup.answers_[static_cast<std::size_t>(family)] = those_of(family, addresses);
    };
    if (is_localhost(lookup.name()))
        return answer_with(loopback());
    if (const auto* addresses = hosts_.find(lookup.name(), Clock::now()))
        return answer_with(*addresses);
    renew_channel();
    ask(lookup, Family::ipv6);  // RFC 8305 §3: AAAA first
    ask(lookup, Family::ipv4);
}

void Resolver::ask(Lookup& lookup, Family family)
{
    const auto& name = lookup.name().text();
    auto& answer = lookup.answers_[static_cast<std::size_t>(family)];
    if (const auto* known = cache_.find(name, family, Clock::now())) {
        answer = *known;
        return;
    }
    const Key key{name, family};
    if (const auto asked = open_.find(key); asked != open_.end())
        asked->second->waiters.push_back(&lookup);
    else if (!channel_)
        answer = NameAnswer{Found::failed, {}, {}};  // not cached: the next one may have more luck
    else if (channel_->open() >= most_open_questions)
        answer = NameAnswer{Found::overloaded, {}, {}};
    else
        open(key, lookup);
}

void Resolver::open(const Key& key, Lookup& lookup)
{
    const auto question = std::make_shared<Question>(loop_, ++last_serial_);
    question->waiters.push_back(&lookup);
    question->deadline.expires_after(settings_.timeout);
    question->deadline.async_wait(
        [this, key, asked = std::weak_ptr{question}](boost::system::error_code answered) {
            if (!answered && !asked.expired())  // a question dies with its resolver
                on_deadline(key);
        });
    open_.emplace(key, question);
    ask_dns(key);
}

// A channel for the servers of today. Where it cannot be opened now, the old one stays until it can.
void Resolver::renew_channel()
{
    if (settings_.servers.empty() && resolv_conf_.changed(Clock::now()))
        outdated_ = true;
    if (!outdated_)
        return;
    auto channel = DnsChannel::open(loop_, settings_, resolv_conf_.path());
    if (!channel)
        return;
    outdated_ = false;
    channel_ = std::move(channel);
    ask_all_again();
}

void Resolver::ask_dns(const Key& key)
{
    const auto question = open_.find(key);
    if (question == open_.end())
        return;
    channel_->ask(key.first, key.second,
                  [this, key, serial = question->second->serial](NameAnswer answer) {
                      on_answer(key, serial, std::move(answer));
                  });
}

// By other servers, which may see other names. The old channel drops what it was asked.
void Resolver::ask_all_again()
{
    cache_.clear();
    std::vector<Key> keys;
    for (const auto& [key, question] : open_)
        keys.push_back(key);
    for (const auto& key : keys)  // an answer may come at once and close its question
        ask_dns(key);
}

void Resolver::on_answer(const Key& key, std::uint64_t serial, NameAnswer answer)
{
    // What comes after the deadline is still worth knowing, unless it is no answer at all.
    const auto asked = open_.find(key);
    const bool late = asked == open_.end() || asked->second->serial != serial;
    if (late && answer.found != Found::addresses && answer.found != Found::nothing)
        return;
    cache_.store(key.first, key.second, answer, Clock::now());
    if (asked == open_.end())
        return;
    const auto question = asked->second;
    open_.erase(asked);
    tell(*question, key.second, answer);
}

// c-ares may go on asking; nobody waits for it any longer.
void Resolver::on_deadline(const Key& key)
{
    const auto asked = open_.find(key);
    if (asked == open_.end())
        return;
    on_answer(key, asked->second->serial, NameAnswer{Found::silence, {}, {}});
}

void Resolver::tell(const Question& question, Family family, const NameAnswer& answer)
{
    for (auto* waiter : question.waiters) {
        waiter->answers_[static_cast<std::size_t>(family)] = answer;
        waiter->on_answer_();
    }
}

void Resolver::leave(Lookup& lookup)
{
    for (const auto family : {Family::ipv6, Family::ipv4})
        if (const auto asked = open_.find({lookup.name().text(), family}); asked != open_.end())
            std::erase(asked->second->waiters, &lookup);
}

Lookup::Lookup(Resolver& resolver, Domain name, std::function<void()> on_answer)
    : resolver_{&resolver}, name_{std::move(name)}, on_answer_{std::move(on_answer)}
{
    resolver.begin(*this);
}

Lookup::~Lookup()
{
    if (resolver_ != nullptr)
        resolver_->leave(*this);
}

}  // namespace adit::dial
