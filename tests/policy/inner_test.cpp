#include "policy/inner.hpp"

#include "policy/covers.hpp"
#include "policy/explanation.hpp"
#include "tests/policy/judging.hpp"
#include "tests/policy/loading.hpp"

namespace adit::policy {
namespace {

using testing::at;

Rule pinned(std::string_view fields)
{
    const auto text =
        with_rules("{ \"name\": \"pinned\", \"action\": \"allow\", " + std::string{fields} + " }");
    return loaded(text).configuration.policy.rules().at(0);
}

std::optional<protocols::Domain> name(std::string_view text)
{
    return *protocols::Domain::parse(text);
}

const Host by_name{*name("www.example.com")};
const Host by_address{at("192.0.2.1")};

TEST_CASE("a rule pins TLS, SSH or plain HTTP, and most rules pin nothing")
{
    CHECK_FALSE(pinned(R"("ports": [443])").inner);
    CHECK(pinned(R"("inner": "tls")").inner->protocol == InnerProtocol::tls);
    CHECK(pinned(R"("inner": "ssh")").inner->protocol == InnerProtocol::ssh);
    CHECK(pinned(R"("inner": "http")").inner->protocol == InnerProtocol::http);
}

TEST_CASE("without \"sni\" any server name will do, and none as well")
{
    const auto inner = *pinned(R"("inner": "tls")").inner;
    CHECK(inner.allows(name("other.example"), by_name));
    CHECK(inner.allows({}, by_name));
    CHECK(inner.allows(name("other.example"), by_address));
}

TEST_CASE("\"same-host\" is the host asked for, and no server name at all for an address")
{
    const auto inner = *pinned(R"("inner": "tls", "sni": "same-host")").inner;
    CHECK(inner.allows(name("www.example.com"), by_name));
    CHECK(inner.allows(name("WWW.example.com"), by_name));
    CHECK_FALSE(inner.allows(name("example.com"), by_name));
    CHECK_FALSE(inner.allows({}, by_name));
    CHECK(inner.allows({}, by_address));
    CHECK_FALSE(inner.allows(name("www.example.com"), by_address));
}

TEST_CASE("a list of server names holds whatever was asked for, and needs a name")
{
    const auto inner = *pinned(R"("inner": "tls", "sni": ["*.example.com", "example.org"])").inner;
    CHECK(inner.allows(name("a.b.example.com"), by_name));
    CHECK(inner.allows(name("example.org"), by_address));
    CHECK_FALSE(inner.allows(name("example.com"), by_name));
    CHECK_FALSE(inner.allows({}, by_name));
    CHECK_FALSE(inner.allows({}, by_address));
}

TEST_CASE("the list of server names takes sets of hosts")
{
    const auto configuration = loaded(
        with_rules(R"({ "action": "allow", "ports": [443], "inner": "tls", "sni": ["@cdn"] })",
                   R"("sets": { "cdn": { "hosts": ["*.cdn.example"] } },)"));
    CHECK(configuration.configuration.policy.rules()[0].inner->allows(name("a.cdn.example"),
                                                                      by_name));
    CHECK(configuration.warnings.empty());
}

bool matches(const Rule& rule, Protocol protocol)
{
    Subject subject;
    subject.protocol = protocol;
    return rule.match(subject, {by_name, 443}, nullptr, {}).match != Match::no;
}

TEST_CASE("a rule that pins never matches UDP or BIND, nor forwarded HTTP unless it pins that")
{
    for (const auto* inner : {R"("inner": "tls")", R"("inner": "ssh")", R"("inner": "http")"}) {
        CAPTURE(inner);
        const auto rule = pinned(inner);
        for (const auto protocol :
             {Protocol::connect, Protocol::socks5, Protocol::socks4, Protocol::forward})
            CHECK(matches(rule, protocol));
        CHECK_FALSE(matches(rule, Protocol::udp));
        CHECK_FALSE(matches(rule, Protocol::bind));
        CHECK(matches(rule, Protocol::http) == (rule.inner->protocol == InnerProtocol::http));
    }
    CHECK_FALSE(matches(pinned(R"("inner": "tls", "protocols": ["socks5"])"), Protocol::connect));
}

TEST_CASE("what is inside is a duty: a rule below does not take over when it is broken")
{
    const auto loose = pinned(R"("ports": [443])");
    const auto tight = pinned(R"("ports": [443], "inner": "tls")");
    CHECK(matches(tight, Protocol::connect));
    CHECK(covers(loose, tight));
    CHECK_FALSE(covers(tight, loose));  // over UDP the second one still matters
}

std::string explained(const Policy& policy, Protocol protocol)
{
    Subject subject;
    subject.protocol = protocol;
    subject.listener = "main";
    subject.client = at("198.41.0.4");
    const std::vector<Address> resolved{at("8.8.8.8")};
    return to_text(explain(policy, subject, {by_name, 443}, resolved, {}));
}

TEST_CASE("an explanation tells the duty of each address's rule, and why UDP does not match")
{
    const auto policy =
        loaded(with_rules(
                   R"({ "name": "web", "action": "allow", "inner": "tls", "sni": "same-host" })"))
            .configuration.policy;
    const auto text = explained(policy, Protocol::connect);
    CHECK(
        text.find("allowed by the rule \"web\", which pins what is inside: TLS with the requested "
                  "host as its server name, and with none for an address\n") == 0);
    CHECK(text.find("8.8.8.8 (public): allowed by the rule \"web\", which pins what is inside: "
                    "TLS with") != text.npos);
    CHECK(explained(policy, Protocol::udp).find("udp cannot be held to what it pins") !=
          std::string::npos);

    Subject subject;
    const std::vector<Address> resolved{at("8.8.8.8")};
    CHECK(to_json_text(explain(policy, subject, {by_name, 443}, resolved, {}))
              .find(R"("inner":{"protocol":"tls","sni":"same-host"})") != std::string::npos);
}

TEST_CASE("the time for the first words of a pinned protocol has a limit of its own")
{
    CHECK(loaded(with_rules("")).configuration.limits.inner_timeout == milliseconds{10'000});
    CHECK(loaded(with_rules("", R"("limits": { "inner_timeout": "300ms" },)"))
              .configuration.limits.inner_timeout == milliseconds{300});
}

}  // namespace
}  // namespace adit::policy
