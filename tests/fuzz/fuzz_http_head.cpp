// The head of an HTTP request: one reading, however it arrives, and nothing hidden inside of it.
#include "protocols/http_head.hpp"
#include "tests/fuzz/invariants.hpp"

namespace adit::fuzz {
namespace {

using namespace protocols;

constexpr std::string_view line_breakers{"\r\n\0", 3};

Step<HttpHead> read_whole(Bytes bytes)
{
    return HttpHeadReader{}.read(bytes);
}

// One reader, a buffer that grows by `step` bytes.
Step<HttpHead> read_growing(std::string_view input, std::size_t step)
{
    HttpHeadReader reader;
    for (std::size_t size = step; size < input.size(); size += step) {
        auto answer = reader.read(testing::ExactBytes{input.substr(0, size)});
        if (answer.index() != 0)
            return answer;
    }
    return reader.read(testing::ExactBytes{input});
}

void require_same(const Step<HttpHead>& a, const Step<HttpHead>& b)
{
    require(a.index() == b.index(), "pieces do not change the answer");
    if (const auto* done = std::get_if<1>(&a)) {
        const auto& other = std::get<1>(b);
        require(done->consumed == other.consumed, "pieces do not change the end");
        require(done->value.target == other.value.target, "pieces do not change the target");
    }
    if (const auto* malformed = std::get_if<2>(&a))
        require(*malformed == std::get<2>(b), "pieces do not change the fault");
}

std::string written(const HttpHead& head)
{
    std::string text = head.method + " " + head.target;
    text += head.version == 11 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n";
    for (const auto& field : head.fields) {
        const std::string name{field.name_string()};
        const std::string value{field.value()};
        require(!name.empty() && name.find_first_of(" \t:") == std::string::npos,
                "a field name is a token");
        require(value.find_first_of(line_breakers) == std::string::npos,
                "no value breaks out of its line");
        text += name + ": " + value + "\r\n";
    }
    return text + "\r\n";
}

// Written from its parts, a head reads the same: nothing of it was outside of them.
void require_round_trip(const HttpHead& head)
{
    require(head.target.find_first_of(" \t\r\n") == std::string::npos, "a target has no blanks");
    const auto text = written(head);
    if (text.size() > max_head)
        return;  // a blank behind each colon may have made it too large
    const auto again = read_whole(testing::ExactBytes{text});
    const auto* done = std::get_if<1>(&again);
    require(done != nullptr && done->consumed == text.size(), "a written head is a head");
    require(written(done->value) == text, "a written head reads as it was written");
}

}  // namespace
}  // namespace adit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace adit::fuzz;
    const auto input = text_of(bytes, size);
    const auto whole = read_whole(adit::testing::ExactBytes{input});
    require_same(whole, read_growing(input, 1 + size / 256));
    require_same(whole, read_growing(input, 1 + size / 3));
    if (const auto* done = std::get_if<1>(&whole)) {
        require(done->consumed <= size && done->consumed <= max_head + 2, "a head is bounded");
        require_round_trip(done->value);
    }
    if (whole.index() == 0)
        require(size <= max_head + 2, "nobody can go on for ever");
    return 0;
}
