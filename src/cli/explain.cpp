#include "src/cli/explain.hpp"

#include <chrono>
#include <cstdio>
#include <optional>

#include <fmt/format.h>

#include "src/cli/cli.hpp"
#include "src/cli/explain_running.hpp"
#include "src/platform/system.hpp"
#include "src/review/configuration_text.hpp"
#include "src/review/explained.hpp"
#include "src/review/lines.hpp"
#include "src/review/question.hpp"
#include "src/review/replay.hpp"

namespace adit::cli {
namespace {

using policy::Conclusion;
using review::Question;

int complain(const std::string& words)
{
    fmt::print(stderr, "{}\n", words);
    return misused;
}

// The record with this id, searched for in the logs; the failure has been told when it is a file's.
Result<review::AccessLine, std::string> find_record(const ExplainOptions& options)
{
    std::optional<review::AccessLine> found;
    for (const auto& log : options.logs) {
        const auto read = review::for_each_line(log, [&](const review::Line& line) {
            if (line.text.find(options.id) == std::string_view::npos)
                return true;
            auto record = review::read_access_line(line.text);
            if (record && record->id == options.id)
                found = std::move(*record);
            return !found;
        });
        if (!read)
            return {boost::system::in_place_error, read.error()};
        if (found)
            return {boost::system::in_place_value, std::move(*found)};
    }
    return {boost::system::in_place_error,
            fmt::format("no record has the id {}", review::quoted(options.id))};
}

// The tunnel of the past that is asked about, if one is.
Result<std::optional<review::AccessLine>, std::string> read_record(const ExplainOptions& options)
{
    using Found = std::optional<review::AccessLine>;
    if (!options.id.empty()) {
        if (options.logs.empty())
            return {boost::system::in_place_error, "--id needs --log FILE to search in"};
        auto found = find_record(options);
        if (!found)
            return {boost::system::in_place_error, found.error()};
        return {boost::system::in_place_value, Found{std::move(*found)}};
    }
    if (options.record.empty())
        return {boost::system::in_place_value, Found{}};
    auto record = review::read_access_line(options.record);
    if (!record)
        return {boost::system::in_place_error, "--record: " + record.error()};
    return {boost::system::in_place_value, Found{std::move(*record)}};
}

// What became of it. The destinations of a UDP association have answers of their own.
void print_recorded(const review::AccessLine& record)
{
    const auto known = record.destinations.size();
    const auto all = known + record.other_destinations;
    const auto was = known == 0
                         ? review::words(review::recorded_answer(record))
                         : fmt::format("{} destination{} over UDP", all, all == 1 ? "" : "s");
    fmt::print("recorded at {}, id {}: {}", review::to_text(record.time), review::quoted(record.id),
               was);
    if (record.other_destinations != 0)
        fmt::print(", of which {} are known", known);
    if (!record.ending.empty())
        fmt::print("; it ended as {}", review::in_comment(record.ending));
    fmt::print("\n");
}

void print_other_policy(const review::AccessLine& record,
                        const policy::Configuration& configuration)
{
    if (!record.policy.empty() && record.policy != configuration.hash)
        fmt::print("this file is another policy ({}) than the one that decided then ({})\n",
                   configuration.hash, review::in_comment(record.policy));
}

int exit_of(Conclusion conclusion)
{
    switch (conclusion) {
        case Conclusion::allowed:
            return ok;
        case Conclusion::denied:
            return failed;
        case Conclusion::undecided:
            return misused;
    }
    return misused;
}

// What the gateway would find around it if it ran here with this file.
Result<policy::Surroundings, std::string> surroundings(const policy::Configuration& configuration)
{
    const auto own = platform::own_addresses();
    if (!own)
        return own.error();
    auto around = review::surroundings_of(configuration);
    around.own_addresses.insert(around.own_addresses.end(), own->begin(), own->end());
    return around;
}

// One thing to explain, and what stands above the answer.
struct Asked {
    Question question;
    std::string heading;
};

Result<std::vector<Asked>, std::string> questions_of(const review::AccessLine& record)
{
    std::vector<Asked> all;
    std::string mistake;
    const auto requests = review::for_each_request(record, [&](const review::AccessLine& request) {
        auto question = review::question_of(request);
        if (!question) {
            mistake = question.error();
            return;
        }
        auto heading = record.destinations.empty()
                           ? std::string{}
                           : fmt::format("{}: {}\n", to_text(*request.target),
                                         review::words(review::recorded_answer(request)));
        all.push_back({std::move(*question), '\n' + std::move(heading)});
    });
    if (requests == 0)  // it says why
        mistake = review::question_of(record).error();
    if (!mistake.empty())
        return {boost::system::in_place_error, std::move(mistake)};
    return {boost::system::in_place_value, std::move(all)};
}

Result<std::vector<Asked>, std::string> questions_of(const ExplainOptions& options)
{
    auto question = review::question_of({options.target, options.client, options.user,
                                         options.protocol, options.listener, options.resolved});
    if (!question)
        return {boost::system::in_place_error, question.error()};
    std::vector<Asked> all;
    all.push_back({std::move(*question), {}});
    return {boost::system::in_place_value, std::move(all)};
}

int explain_here(const Question& question, const policy::Configuration& configuration, bool json)
{
    const auto around = surroundings(configuration);
    if (!around)
        return complain(around.error());
    const auto explained = review::explained(question, configuration, *around);
    fmt::print("{}{}", json ? explained.json : explained.text, json ? "\n" : "");
    return exit_of(explained.conclusion);
}

// Of several answers a denial counts most, then one that could not be given.
int worse(int one, int other)
{
    for (const int code : {failed, misused})
        if (one == code || other == code)
            return code;
    return ok;
}

}  // namespace

int explain(const ExplainOptions& options)
{
    const auto read = read_configuration({options.config, {}});
    if (!read)
        return complain(read.error());
    const auto& configuration = read->configuration;
    const auto record = read_record(options);
    if (!record)
        return complain(record.error());
    if (record->has_value() != options.target.empty())
        return complain("say what is asked for: HOST:PORT, --record LINE, or --id ID --log FILE");

    auto asked = *record ? questions_of(**record) : questions_of(options);
    if (!asked)
        return complain(asked.error());
    const auto now = review::moment(options.at);
    if (!now)
        return complain(fmt::format("--at {}: not a time; write 2026-11-24 or 2026-11-24T02:48:32Z",
                                    options.at));

    if (*record && !options.json) {
        print_recorded(**record);
        if (!options.running)
            print_other_policy(**record, configuration);
    }
    int code = ok;
    for (auto& [question, heading] : *asked) {
        question.at = now;
        if (!options.json)
            fmt::print("{}", heading);
        const int answer =
            options.running
                ? explain_running(question, {options.control, options.config}, options.json)
                : explain_here(question, configuration, options.json);
        code = worse(code, answer);
    }
    return code;
}

}  // namespace adit::cli
