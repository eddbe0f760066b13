#include "policy/door.hpp"

#include "tests/policy/loading.hpp"

namespace adit::policy {
namespace {

// Three ways in: a login, a login for who wants one, and none; and one that leads to a database.
constexpr std::string_view file = R"({
  "listeners": [
    { "name": "required", "address": "127.0.0.1:1" },
    { "name": "optional", "address": "127.0.0.1:2", "login": "optional" },
    { "name": "none", "address": "127.0.0.1:3", "login": "none", "protocols": ["socks5", "udp"] },
    { "name": "forward", "address": "127.0.0.1:4", "forward": "db.internal:5432" } ],
  "users": { "alice": "$y$a" },
  "rules": [
    { "name": "alice's", "action": "allow", "users": ["alice"], "ports": [22, 53] },
    { "name": "all", "action": "allow", "ports": [53, 443, 5432] } ] })";

struct Asked {
    std::string_view to;
    std::string_view user = {};
    std::string_view listener = {};
    std::optional<Protocol> protocol = std::nullopt;
};

Trace answer(const Asked& asked)
{
    static const auto configuration = loaded(file).configuration;
    Subject subject;
    subject.user = asked.user;
    subject.listener = asked.listener;
    subject.protocol = asked.protocol.value_or(Protocol::connect);
    if (asked.listener.empty())
        subject.unknown.add(Fact::listener);
    if (!asked.protocol)
        subject.unknown.add(Fact::protocol);
    const auto target = *protocols::parse_authority(asked.to);
    const std::vector<Address> resolved{*protocols::parse_address("8.8.8.8")};
    return explain_at_doors(configuration.policy, configuration.listeners, subject, target,
                            resolved, {});
}

bool depends_on_listener(const Trace& trace)
{
    return trace.unknown.contains(Fact::listener);
}

TEST_CASE("behind one door the answer is that of the rules, or why it is closed")
{
    CHECK((answer({"a.com:443", "alice", "required"}).conclusion == Conclusion::allowed));
    CHECK((answer({"a.com:443", "", "optional"}).conclusion == Conclusion::allowed));
    for (const auto& closed : {answer({"a.com:443", "", "required"}),
                               answer({"a.com:443", "alice", "required", Protocol::udp}),
                               answer({"a.com:443", "", "none", Protocol::connect}),
                               answer({"a.com:5432", "", "forward"}),
                               answer({"db.internal:5432", "", "forward", Protocol::socks5})}) {
        CHECK_FALSE(closed.judged);
        CHECK((closed.conclusion == Conclusion::denied));
        CHECK(closed.closed_doors.size() == 1);
        CHECK(closed.unknown.empty());
        CHECK(closed.decision.rule == nullptr);
    }
    CHECK(answer({"a.com:5432", "", "forward"}).closed_doors.front() ==
          "the listener \"forward\" leads to db.internal:5432 and nowhere else");
}

TEST_CASE("with the listener unknown a denial is certain where every door is closed or denies")
{
    const auto connect_by_nobody = answer({"a.com:22"});
    CHECK((connect_by_nobody.conclusion == Conclusion::denied));
    CHECK(connect_by_nobody.judged);
    CHECK(depends_on_listener(connect_by_nobody));  // only its reason does

    const auto bind = answer({"a.com:443", "alice", "", Protocol::bind});
    CHECK_FALSE(bind.judged);
    CHECK(bind.closed_doors.size() == 3);
}

TEST_CASE("with the listener unknown an allow is undecided where a door is closed")
{
    const auto some = answer({"a.com:443"});
    CHECK((some.conclusion == Conclusion::undecided));
    CHECK(depends_on_listener(some));
    REQUIRE(some.closed_doors.size() == 1);
    CHECK(some.closed_doors.front().starts_with("the listener \"required\" asks for a login"));

    CHECK((answer({"a.com:53", "", "", Protocol::udp}).conclusion == Conclusion::undecided));
    const auto all = answer({"a.com:443", "alice"});
    CHECK((all.conclusion == Conclusion::allowed));
    CHECK(all.unknown.empty());
}

TEST_CASE("a user who counts at some doors only makes the answer depend on the listener")
{
    const auto verdict = answer({"a.com:22", "alice"});
    CHECK((verdict.conclusion == Conclusion::undecided));
    CHECK(depends_on_listener(verdict));
    CHECK((answer({"a.com:22", "alice", "optional"}).conclusion == Conclusion::allowed));
    CHECK((answer({"a.com:22", "alice", "none"}).conclusion == Conclusion::denied));

    const auto rule = answer({"a.com:53", "alice"});
    CHECK((rule.conclusion == Conclusion::allowed));
    CHECK(depends_on_listener(rule));
}

TEST_CASE("a fixed forward is only where its own requests come to")
{
    CHECK((answer({"db.internal:5432", "", "", Protocol::forward}).conclusion ==
           Conclusion::allowed));
    const auto elsewhere = answer({"a.com:5432", "", "", Protocol::forward});
    CHECK_FALSE(elsewhere.judged);
    CHECK(elsewhere.closed_doors == std::vector<std::string>{"no listener takes such a request"});
}

TEST_CASE("a SOCKS4 user id is never a user")
{
    const auto nobody = answer({"a.com:22", "alice", "optional", Protocol::socks4});
    CHECK((nobody.conclusion == Conclusion::denied));
    CHECK(nobody.user.empty());
    CHECK((answer({"a.com:443", "alice", "optional", Protocol::socks4}).conclusion ==
           Conclusion::allowed));
    CHECK_FALSE(answer({"a.com:443", "alice", "required", Protocol::socks4}).judged);
}

TEST_CASE("a listener that is gone knows users if another one does")
{
    CHECK((answer({"a.com:22", "alice", "gone"}).conclusion == Conclusion::allowed));
    CHECK((answer({"a.com:443", "", "gone"}).conclusion == Conclusion::allowed));
}

// The answer without a listener is certain only if it is that of every listener.
TEST_CASE("an answer without a listener is the answer of each")
{
    for (const auto* to : {"a.com:22", "a.com:53", "a.com:443", "db.internal:5432"})
        for (const auto* user : {"", "alice"})
            for (const auto protocol : {Protocol::connect, Protocol::socks5, Protocol::socks4,
                                        Protocol::udp, Protocol::forward}) {
                const auto whole = answer({to, user, "", protocol});
                if (whole.conclusion == Conclusion::undecided)
                    continue;
                for (const auto* listener : {"required", "optional", "none", "forward"}) {
                    if ((protocol == Protocol::forward) !=
                        (std::string_view{listener} == "forward"))
                        continue;  // such a request does not come there
                    CAPTURE(to);
                    CAPTURE(user);
                    CAPTURE(listener);
                    CAPTURE(word(protocol));
                    const auto one = answer({to, user, listener, protocol});
                    CHECK((one.conclusion == whole.conclusion));
                    if (whole.unknown.empty() && whole.judged)
                        CHECK(one.decision.rule == whole.decision.rule);
                }
            }
}

}  // namespace
}  // namespace adit::policy
