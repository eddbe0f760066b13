// The explanation for machines. Keys are those of the access record where they mean the same.
#include "policy/explanation.hpp"
#include "policy/moment.hpp"

namespace adit::policy {

namespace {

std::string json_string(std::string_view text)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string result = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) {
            result += "\\u00";
            result += digits[byte >> 4U];
            result += digits[byte & 15U];
            continue;
        }
        if (c == '"' || c == '\\')
            result += '\\';
        result += c;
    }
    return result + '"';
}

// One object, member by member.
class Object {
public:
    Object& text(std::string_view key, std::string_view value)
    {
        return raw(key, json_string(value));
    }
    // Left out when empty.
    Object& text_if(std::string_view key, std::string_view value)
    {
        return value.empty() ? *this : text(key, value);
    }
    Object& number(std::string_view key, std::size_t value)
    {
        return raw(key, std::to_string(value));
    }
    Object& yes(std::string_view key, bool value) { return value ? raw(key, "true") : *this; }
    Object& raw(std::string_view key, std::string_view value)
    {
        text_ += text_.empty() ? "{" : ",";
        text_ += json_string(key) + ':' + std::string{value};
        return *this;
    }
    std::string done() const { return text_.empty() ? "{}" : text_ + '}'; }

private:
    std::string text_;
};

template <class Items, class Write>
std::string list(const Items& items, const Write& write)
{
    std::string text = "[";
    for (const auto& item : items) {
        if (text.size() > 1)
            text += ',';
        text += write(item);
    }
    return text + ']';
}

std::string to_json(Facts facts)
{
    std::vector<std::string_view> names;
    for (const auto fact : all_facts)
        if (facts.contains(fact))
            names.push_back(word(fact));
    return list(names, json_string);
}

void add_unknown(Object& object, Facts facts)
{
    if (!facts.empty())
        object.raw("unknown", to_json(facts));
}

std::string to_json(const Would& would)
{
    Object object;
    if (!would.verdict)
        return object.text("verdict", "unknown").done();
    object.text("verdict", word(*would.verdict)).text("reason", word(would.reason));
    return object.text_if("rule", would.rule_name()).done();
}

std::string to_json(const Inner& inner)
{
    Object object;
    object.text("protocol", word(inner.protocol));
    if (inner.same_host)
        object.text("sni", "same-host");
    return object.yes("sni_listed", inner.server_names.has_value()).done();
}

// The rule is named only where it is certain.
void add_decision(Object& object, Conclusion conclusion, const Decision& decision, Facts unknown)
{
    object.text("verdict", word(conclusion));
    add_unknown(object, unknown);
    if (conclusion == Conclusion::undecided)
        return;
    if (unknown.empty())
        object.text("reason", word(decision.reason))
            .text_if("rule", decision.rule_name())
            .text_if("near", decision.near_name());
    if (unknown.empty() && decision.allowed() && decision.rule != nullptr && decision.rule->inner)
        object.raw("inner", to_json(*decision.rule->inner));
    object.yes("needs_login", decision.needs_login);
    if (decision.would)
        object.raw("would", to_json(*decision.would));
}

std::string_view word(Match match)
{
    switch (match) {
        case Match::no:
            return "no";
        case Match::unknown:
            return "unknown";
        case Match::yes:
            return "yes";
    }
    return "unknown";
}

std::string to_json(const RuleTrace& seen)
{
    Object object;
    object.number("index", seen.index).text("name", seen.rule->name);
    object.text("action", seen.rule->action == Action::allow ? "allow" : "deny");
    object.text("match", word(seen.matched.match));
    object.text_if("field", policy::word(seen.matched.field));
    if (seen.matched.match == Match::unknown)
        add_unknown(object, seen.matched.unknown);
    return object.yes("observe", seen.observed).yes("expired", seen.expired).done();
}

std::string to_json(const Pass& pass)
{
    Object object;
    if (pass.address)
        object.text("address", protocols::to_text(Host{*pass.address}))
            .text("word", text(pass.word));
    add_decision(object, pass.conclusion, pass.decision, pass.unknown);
    object.raw("rules", list(pass.rules, [](const RuleTrace& seen) { return to_json(seen); }));
    return object.number("not_asked", pass.not_asked).done();
}

// Facts that nobody gave are absent; `unknown` of the answer says whether that matters.
std::string asked(const Trace& trace)
{
    const auto& subject = trace.subject;
    Object object;
    if (!subject.unknown.contains(Fact::listener))
        object.text("listener", trace.listener);
    if (!subject.unknown.contains(Fact::protocol))
        object.text("protocol", word(subject.protocol));
    if (!subject.unknown.contains(Fact::client) && subject.client)
        object.text("client", protocols::to_text(Host{*subject.client}));
    if (subject.uid)
        object.number("uid", *subject.uid);
    object.text_if("user", trace.user);
    object.text("host", protocols::to_text(trace.target.host)).number("port", trace.target.port);
    if (subject.at)
        object.text("at", to_text(*subject.at));
    return object.done();
}

std::string life_of(const Rule& rule)
{
    Object object;
    object.text_if("owner", rule.life.owner)
        .text_if("reason", rule.life.reason)
        .text_if("ticket", rule.life.ticket);
    if (rule.life.expires)
        object.text("expires", to_text(*rule.life.expires));
    return object.done();
}

}  // namespace

std::string to_json_text(const Trace& trace)
{
    Object object;
    if (trace.judged)
        add_decision(object, trace.conclusion, trace.decision, trace.unknown);
    else
        object.text("verdict", word(trace.conclusion));
    if (!trace.closed_doors.empty())
        object.raw("closed_doors", list(trace.closed_doors, json_string));
    const auto* rule = trace.decision.rule;
    const bool certain = trace.conclusion != Conclusion::undecided && trace.unknown.empty();
    if (rule != nullptr && certain && life_of(*rule) != "{}")
        object.raw("life", life_of(*rule));
    object.text("mode", trace.mode == Mode::observe ? "observe" : "enforce");
    object.raw("asked", asked(trace));
    if (trace.by_name)
        object.raw("by_name", to_json(*trace.by_name));
    object.raw("addresses", list(trace.addresses, [](const Pass& pass) { return to_json(pass); }));
    return object.done();
}

}  // namespace adit::policy
