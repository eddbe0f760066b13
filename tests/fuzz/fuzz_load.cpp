// The loader of configurations: any text is either a configuration or located mistakes.
#include <tuple>

#include "policy/explanation.hpp"
#include "policy/load.hpp"
#include "policy/moment.hpp"
#include "tests/fuzz/invariants.hpp"

namespace {

using namespace adit::policy;

// How many bytes each line of the text has.
std::vector<std::size_t> line_lengths(std::string_view text)
{
    std::vector<std::size_t> lengths{0};
    for (const char c : text)
        if (c == '\n')
            lengths.push_back(0);
        else
            ++lengths.back();
    return lengths;
}

void require_places(const std::vector<Mistake>& mistakes, std::string_view text)
{
    using adit::fuzz::require;
    const auto lengths = line_lengths(text);
    std::tuple<std::string, std::size_t, std::size_t> before;
    for (const auto& mistake : mistakes) {
        require(!mistake.message.empty(), "a mistake says what is wrong");
        require(mistake.line >= 1 && mistake.line <= lengths.size(), "a line is of the text");
        require(mistake.column >= 1 && mistake.column <= lengths[mistake.line - 1] + 1,
                "a column is of its line");
        const std::tuple place{mistake.file, mistake.line, mistake.column};
        require(before <= place, "mistakes come in the order of each text");
        before = place;
    }
}

std::string all(const std::vector<Mistake>& mistakes)
{
    std::string text;
    for (const auto& mistake : mistakes)
        text += to_text(mistake, "file") + '\n';
    return text;
}

void require_sound(const Configuration& configuration)
{
    using adit::fuzz::require;
    require(!configuration.listeners.empty(), "a configuration listens somewhere");
    require(configuration.workers <= 256, "workers are few");
    for (const auto& listener : configuration.listeners) {
        require(!listener.name.empty(), "a listener has a name");
        require(listener.protocols.bits != 0, "a listener speaks something");
    }
    for (const auto& rule : configuration.policy.rules()) {
        require(!rule.name.empty(), "a rule has a name");
        require(!rule.life.expires || to_text(*rule.life.expires).size() == 20,
                "the end of a rule can be written");
        require(!rule.when || !to_text(*rule.when).empty(), "the times of a rule can be written");
        require(!rule.ports || !rule.ports->ranges().empty(), "no list of ports is empty");
    }
}

// Whatever the policy is, it can be asked, and what is told ends in the same answer.
void require_explained(const Configuration& configuration)
{
    using adit::fuzz::require;
    const auto& policy = configuration.policy;
    Subject subject;
    subject.unknown.add(Fact::listener);
    const adit::protocols::Target target{*adit::protocols::Domain::parse("a.example"), 443};
    const Surroundings around;
    const auto addresses = assumed_addresses(policy, target, around);
    const auto trace = explain(policy, subject, target, addresses, around);
    require(to_text(trace).starts_with(word(trace.conclusion)),
            "an explanation begins with its end");
    require(to_json_text(trace).ends_with('}'), "an explanation is an object");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using adit::fuzz::require;
    auto text = adit::fuzz::text_of(bytes, size);
    LoadOptions options;
    options.now = std::chrono::sys_days{std::chrono::year{2027} / 1 / 30};
    options.find_zone = [](const std::string& name) {
        return name == "Europe/Berlin" ? std::optional{Zone{name, {{{}, std::chrono::hours{1}}}}}
                                       : std::nullopt;
    };
    // Whatever is named as a file holds the same text.
    options.read_file = [&](const std::string&) -> adit::Result<std::string, std::string> {
        return {boost::system::in_place_value, text};
    };
    const auto once = load(text, options);
    const auto again = load(text, options);
    require(once.has_value() == again.has_value(), "a text means the same twice");

    // A byte order mark belongs to no line.
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    const auto& told = once ? once->warnings : once.error();
    const auto& told_again = again ? again->warnings : again.error();
    require(all(told) == all(told_again), "a text is told about in the same words twice");
    require(once || !told.empty(), "what does not load says why");
    require_places(told, text);
    if (once) {
        require_sound(once->configuration);
        require_explained(once->configuration);
    }
    return 0;
}
