// A request as a person or an access record tells of it, and what a configuration answers. Facts
// that were not told stay unknown; an answer that depends on one says so.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "policy/configuration.hpp"
#include "policy/trace.hpp"
#include "protocols/result.hpp"
#include "src/review/access_line.hpp"

namespace adit::review {

// As typed; what is empty was not told.
struct Told {
    std::string target;  // HOST:PORT
    std::string client;
    std::string user;
    std::string protocol;
    std::string listener;
    std::vector<std::string> resolved;
};

struct Question {
    protocols::Target target{protocols::Address{}, 0};
    std::optional<std::string> listener;
    std::optional<protocols::Protocol> protocol;
    std::optional<protocols::Address> client;
    std::optional<std::uint32_t> uid;  // of a unix-socket client
    bool client_known = false;         // a unix-socket client is known, and has no address
    std::string user;                  // empty: nobody
    std::vector<protocols::Address> resolved;
    bool recorded = false;  // a record without addresses has none; a person means a public one
    // Of a record: why the token that had logged in was refused this. No rule changes that.
    std::optional<policy::Reason> token_refusal;
    std::optional<std::chrono::sys_seconds> at;
    // Of a record: when it was asked. Rules that hold only at times are judged by it, as in a replay.
    std::optional<std::chrono::sys_seconds> time_of_day;
};

// The failure is a sentence about what cannot be understood.
Result<Question, std::string> question_of(const Told& told);
Result<Question, std::string> question_of(const AccessLine& line);

// Nothing is judged (Trace::judged) where the listener or the user does not exist, or where no door
// lets the request in (policy/door.hpp).
policy::Trace answer(const Question& question, const policy::Configuration& configuration,
                     const policy::Surroundings& around);

// The time that was told, or now.
std::optional<std::chrono::sys_seconds> moment(const std::string& at);

}  // namespace adit::review
