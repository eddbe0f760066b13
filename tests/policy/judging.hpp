// Short spellings for the tests of judging: addresses, sets, rules and requests from text.
#pragma once

#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "policy/policy.hpp"

namespace adit::policy::testing {

// As the kernel or DNS would give it: an IPv4-mapped address stays mapped.
inline Address at(const std::string& text)
{
    return boost::asio::ip::make_address(text);
}

inline Network network(std::string_view text)
{
    const auto parsed = Network::parse(text);
    if (!parsed)
        throw std::invalid_argument{"not a network: " + std::string{text}};
    return *parsed;
}

// Words and networks mixed, as in a configuration.
inline NetworkSet networks(std::initializer_list<std::string_view> entries)
{
    NetworkSet set;
    for (const auto entry : entries) {
        if (const auto word = parse_word(entry))
            set.add(*word);
        else
            set.add(network(entry));
    }
    return set;
}

inline HostSet hosts(std::initializer_list<std::string_view> entries)
{
    HostSet set;
    for (const auto entry : entries) {
        if (entry == "*")
            set.add_any();
        else if (entry.starts_with("*."))
            set.add_suffix(entry.substr(2));
        else if (entry.starts_with("/"))
            set.add_pattern(*HostPattern::parse(entry.substr(1, entry.size() - 2)));
        else
            set.add_exact(entry);
    }
    return set;
}

inline PortSet ports(std::initializer_list<PortRange> ranges)
{
    PortSet set;
    for (const auto range : ranges)
        set.add(range);
    return set;
}

inline UserSet users(std::initializer_list<std::string_view> names)
{
    UserSet set;
    for (const auto name : names) {
        if (name == "*")
            set.anyone = true;
        else
            set.names.emplace(name);
    }
    return set;
}

// allow("web").to_ports({443}).to_hosts({"a"}) reads like the rule in the file.
class RuleMaker {
public:
    RuleMaker(Action action, std::string name)
    {
        rule_.action = action;
        rule_.name = std::move(name);
    }
    RuleMaker& to_ports(std::initializer_list<std::uint16_t> each)
    {
        rule_.ports.emplace();
        for (const auto port : each)
            rule_.ports->add({port, port});
        return *this;
    }
    RuleMaker& to_hosts(std::initializer_list<std::string_view> entries)
    {
        rule_.hosts = hosts(entries);
        return *this;
    }
    RuleMaker& to_networks(std::initializer_list<std::string_view> entries)
    {
        rule_.networks = networks(entries);
        return *this;
    }
    RuleMaker& from(std::initializer_list<std::string_view> entries)
    {
        rule_.clients = networks(entries);
        return *this;
    }
    RuleMaker& for_users(std::initializer_list<std::string_view> names)
    {
        rule_.users = users(names);
        return *this;
    }
    RuleMaker& over(std::initializer_list<Protocol> each)
    {
        rule_.protocols.emplace();
        for (const auto protocol : each)
            rule_.protocols->add(protocol);
        return *this;
    }
    RuleMaker& on_listeners(std::initializer_list<std::string_view> names)
    {
        rule_.listeners.emplace();
        for (const auto name : names)
            rule_.listeners->emplace(name);
        return *this;
    }
    // What the other rule names is excluded, by its fields alone.
    RuleMaker& except(const RuleMaker& other)
    {
        rule_.excluded = static_cast<const Conditions&>(other.rule_);
        return *this;
    }
    RuleMaker& at_times(const Times& times)
    {
        rule_.when = times;
        return *this;
    }
    operator Rule() const { return rule_; }

private:
    Rule rule_;
};

inline RuleMaker allow(std::string name)
{
    return {Action::allow, std::move(name)};
}

inline RuleMaker deny(std::string name)
{
    return {Action::deny, std::move(name)};
}

inline Policy policy(std::initializer_list<Rule> rules)
{
    return Policy{std::vector<Rule>{rules}};
}

// The client is a public one, nobody is logged in.
inline Subject nobody()
{
    Subject subject;
    subject.listener = "main";
    subject.client = at("198.41.0.4");
    return subject;
}

// `name` must outlive the subject.
inline Subject user(std::string_view name)
{
    auto subject = nobody();
    subject.user = name;
    return subject;
}

inline Subject client(const std::string& address)
{
    auto subject = nobody();
    subject.client = at(address);
    return subject;
}

inline Target target(std::string_view authority)
{
    const auto parsed = protocols::parse_authority(authority);
    if (!parsed)
        throw std::invalid_argument{"not a target: " + std::string{authority}};
    return *parsed;
}

// One request: its target, and the address that it would be connected to.
struct Asked {
    std::string to;
    std::string address;
    Subject by = nobody();
};

inline Decision judge(const Policy& rules, const Asked& asked, const Surroundings& around = {})
{
    return rules.judge(asked.by, target(asked.to), at(asked.address), around);
}

// A request to an address literal, `10.0.0.1:443` or `[2001:db8::1]:443`.
inline Decision judge_literal(const Policy& rules, std::string_view authority,
                              const Subject& by = nobody(), const Surroundings& around = {})
{
    const auto asked = target(authority);
    return rules.judge(by, asked, std::get<Address>(asked.host), around);
}

inline std::optional<Decision> by_name(const Policy& rules, std::string_view authority,
                                       const Subject& by = nobody(),
                                       const Surroundings& around = {})
{
    return rules.refuse_by_name(by, target(authority), around);
}

}  // namespace adit::policy::testing
