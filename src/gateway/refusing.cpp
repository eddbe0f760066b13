// How a session refuses a request: in the words of its protocol, recorded, and so that the answer can
// be read.
#include <utility>

#include "src/gateway/session.hpp"
#include "src/gateway/worker.hpp"

namespace adit::gateway {

using protocols::Answer;
using protocols::Ending;
using protocols::Fault;
using protocols::Hangup;
using protocols::Login;

namespace {

template <class Handshake>
bool may_continue(const Handshake& handshake)
{
    const auto* http = std::get_if<protocols::HttpHandshake>(&handshake);
    return http != nullptr && http->keeps_connection();
}

}  // namespace

Awaitable<bool> Session::refuse(Handshake& handshake, const policy::Decision& decision,
                                Ending ending)
{
    chronicle_.decision(decision);
    Answer answer;
    answer.ending =
        decision.needs_login && listener_->login == Login::optional ? Ending::login_needed : ending;
    if (worker_.snapshot()->configuration->reveal_rules)
        answer.rule = decision.rule_name();
    return refuse(handshake, answer);
}

Awaitable<bool> Session::refuse(Handshake& handshake, const dial::DialFailure& failure)
{
    const bool policy_refused = failure.ending == Ending::address_not_allowed;
    if (policy_refused)
        return refuse(handshake, failure.decision, failure.ending);
    if (failure.decision.allowed())
        chronicle_.decision(failure.decision);  // allowed, though nobody was there
    Answer answer;
    answer.ending = failure.ending;
    return refuse(handshake, answer);
}

Awaitable<bool> Session::refuse(Handshake& handshake, const Hangup& why)
{
    if (why.fault != Fault::none)
        chronicle_.reason(words(why.fault));
    Answer answer;
    answer.ending = why.ending;
    answer.fault = why.fault;
    return refuse(handshake, answer);
}

// Answers, and unless another request may follow closes so that the answer can be read: then nothing
// the client still sends is looked at.
Awaitable<bool> Session::refuse(Handshake& handshake, Answer answer)
{
    // One that has said FIN may still read its answer.
    const bool gave_up = client_left_ && interruption_ == Interruption::deadline;
    chronicle_.outcome(refused_outcome(answer.ending, answer.fault,
                                       gave_up ? Interruption::client_left : interruption_));
    if (interruption_ == Interruption::client_left || interruption_ == Interruption::stopping)
        co_return false;
    answer.request_id = chronicle_.id();
    interruption_ = Interruption::none;
    deadline_.expires_after(parting_time);
    const auto told = co_await client_.send(last_words(handshake, answer));
    if (told && may_continue(handshake))
        co_return true;
    co_await client_.part();
    co_return false;
}

protocols::Reply Session::last_words(const Handshake& handshake, const Answer& answer)
{
    return std::visit([&](const auto& one) { return one.conclude(answer); }, handshake);
}

}  // namespace adit::gateway
