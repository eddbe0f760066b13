// The first message of a TLS client: one reading, however its bytes and its records are cut.
#include "protocols/client_hello.hpp"
#include "tests/fuzz/invariants.hpp"

namespace adit::fuzz {
namespace {

using namespace protocols;

// The same message with one byte in each record.
std::string in_smallest_records(std::string_view records)
{
    std::string text;
    for (std::size_t at = 0; at + 5 <= records.size();) {
        const auto size = static_cast<std::size_t>(static_cast<std::uint8_t>(records[at + 3]))
                              << 8U |
                          static_cast<std::uint8_t>(records[at + 4]);
        for (const char c : records.substr(at + 5, size)) {
            text += std::string_view{"\x16\3\1\0\1", 5};
            text += c;
        }
        at += 5 + size;
    }
    return text;
}

}  // namespace
}  // namespace adit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace adit::fuzz;
    const auto input = text_of(bytes, size);
    const auto hello = require_incremental(read_client_hello, input);
    if (std::holds_alternative<NeedMore>(hello))
        require(size <= max_client_hello, "nobody can go on for ever");
    const auto* done = std::get_if<Done<ClientHello>>(&hello);
    if (done == nullptr)
        return 0;
    require(done->consumed <= max_client_hello, "a hello is bounded");
    const auto& name = done->value.server_name;
    if (name)
        require_canonical({*name, 443});
    const auto cut = in_smallest_records(input.substr(0, done->consumed));
    if (cut.size() > max_client_hello)
        return 0;
    const auto again = read_client_hello(adit::testing::ExactBytes{cut});
    const auto* same = std::get_if<Done<ClientHello>>(&again);
    require(same != nullptr && same->value.server_name == name,
            "how a hello is cut into records says nothing");
    return 0;
}
