#include "policy/decision.hpp"

#include "policy/rule.hpp"

namespace adit::policy {

std::string_view word(Verdict verdict)
{
    return verdict == Verdict::allow ? "allow" : "deny";
}

std::string_view word(Reason reason)
{
    switch (reason) {
        case Reason::rule:
            return "rule";
        case Reason::no_rule:
            return "no_rule";
        case Reason::internal_address:
            return "internal_address";
        case Reason::own_listener:
            return "own_listener";
        case Reason::bad_destination:
            return "bad_destination";
        case Reason::user_gone:
            return "user_gone";
        case Reason::token_rights:
            return "token_rights";
        case Reason::token_expired:
            return "token_expired";
        case Reason::observed:
            return "observed";
    }
    return "no_rule";
}

std::string_view Decision::rule_name() const
{
    return rule == nullptr ? std::string_view{} : rule->name;
}

std::string_view Decision::near_name() const
{
    return near == nullptr ? std::string_view{} : near->name;
}

std::string_view Would::verdict_word() const
{
    return verdict ? word(*verdict) : "unknown";
}

std::string_view Would::rule_name() const
{
    return rule == nullptr ? std::string_view{} : rule->name;
}

}  // namespace adit::policy
