// Judges recorded requests again under another configuration, and gathers the answers that differ.
// Runs the very judge() of live traffic; reads no file and no clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "policy/configuration.hpp"
#include "policy/inner.hpp"
#include "src/review/access_line.hpp"

namespace adit::review {

// What one request gets. `rule` and `reason` point into what was asked: a policy, or a record.
struct Answer {
    enum class Kind : std::uint8_t { allow, deny, undecided };
    Kind kind = Kind::undecided;
    std::string_view rule;
    std::string_view reason;
    // What the tunnel is held to; nothing where it is not looked at (forwarded requests, "observe").
    std::optional<policy::InnerProtocol> pinned{};
    bool tells_pin = true;  // false: of a record that does not tell it
    bool operator==(const Answer&) const = default;
};

// "allowed by \"web\"", "denied (no_rule)", or why it is undecided.
std::string words(const Answer& answer);

// What a configuration says of itself, as an argument of judgements. The machine's own addresses are
// not among it.
policy::Surroundings surroundings_of(const policy::Configuration& configuration);

// What the gateway answered at the time. Undecided when it never came to an answer: the name had no
// address, or the client left.
Answer recorded_answer(const AccessLine& line);

// A configuration that answers for recorded requests. The gateway's own addresses are those that
// the file names; a record that was refused as the gateway's own listener stays refused, since no
// rule can change it.
class Judge {
public:
    // Expiry is judged as of `now`, times of day and days of the week at the time of each record.
    Judge(const policy::Configuration& configuration, std::chrono::sys_seconds now);

    // `line` has a target and a protocol. Undecided when the answer hangs on an address and the
    // record holds none.
    Answer answer(const AccessLine& line) const;

private:
    struct Door;
    Door door_of(std::string_view listener) const;

    const policy::Configuration& configuration_;
    policy::Surroundings around_;
    std::chrono::sys_seconds now_;
    bool anyone_logs_in_ = false;
};

// Newly pinned: allowed as before, but held to a protocol that the tunnel was not held to. What ran
// in it no record tells, so the tunnel may or may not pass.
enum class Change : std::uint8_t {
    newly_denied,
    newly_allowed,
    newly_pinned,
    other_rule,
    undecided
};

class Comparison {
public:
    // Keeps at most this many examples of each group of differences.
    explicit Comparison(std::size_t examples) : most_examples_{examples} {}

    void add(const AccessLine& line, const Answer& before, const Answer& after);
    void add_without_request() { ++without_request_; }
    // Destinations of UDP associations of which the record tells only that there were so many.
    void add_untold(std::uint64_t destinations) { untold_ += destinations; }

    std::uint64_t count(Change change) const;
    std::uint64_t judged() const { return judged_; }
    std::uint64_t unchanged() const { return unchanged_; }
    std::uint64_t without_request() const { return without_request_; }
    std::uint64_t untold() const { return untold_; }

    // For people: a heading for each kind of change, the largest groups first.
    std::string to_text() const;

private:
    struct Group {
        std::uint64_t count = 0;
        std::vector<std::string> examples;
    };
    using Key = std::tuple<Change, std::string, std::string>;  // how it was, how it is

    std::string groups_text(Change change) const;

    std::size_t most_examples_;
    std::map<Key, Group> groups_;
    std::uint64_t judged_ = 0;
    std::uint64_t unchanged_ = 0;
    std::uint64_t without_request_ = 0;
    std::uint64_t untold_ = 0;
};

}  // namespace adit::review
