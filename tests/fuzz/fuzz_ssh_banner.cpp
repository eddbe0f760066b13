// The lines with which SSH begins. The first byte chooses the side: c a client, s a server.
#include "protocols/ssh_banner.hpp"
#include "tests/fuzz/invariants.hpp"

namespace adit::fuzz {
namespace {

using namespace protocols;

void try_client(std::string_view input)
{
    const auto step = require_incremental(read_ssh_identification, input);
    if (std::holds_alternative<NeedMore>(step))
        require(input.size() < max_ssh_identification, "nobody can go on for ever");
    const auto* done = std::get_if<Done<std::monostate>>(&step);
    if (done == nullptr)
        return;
    const auto line = input.substr(0, done->consumed);
    require(line.size() <= max_ssh_identification, "an identification is bounded");
    require(line.starts_with("SSH-2.0-") && line.ends_with("\r\n"), "it is an identification");
    require(std::all_of(line.begin(), line.end() - 2,
                        [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; }),
            "nothing in it plays tricks on who prints it");
}

// How many bytes belong to the server's lines, told `piece` bytes at a time.
std::size_t taken(std::string_view input, std::size_t piece)
{
    SshServerLines lines;
    std::size_t all = 0;
    while (!input.empty() && !lines.over()) {
        const auto part = input.substr(0, piece);
        const auto count = lines.take(testing::ExactBytes{part});
        require(count <= part.size(), "no more is taken than there is");
        require(count == part.size() || lines.over(), "what is left over comes after the lines");
        all += count;
        input.remove_prefix(count);
    }
    require(lines.over() || input.empty(), "all is taken until they are over");
    return all;
}

void try_server(std::string_view input)
{
    const auto whole = taken(input, input.size() + 1);
    require(taken(input, 1) == whole && taken(input, 7) == whole, "pieces change nothing");
    require(whole <= SshServerLines::most, "nobody can go on for ever");
}

}  // namespace
}  // namespace adit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace adit::fuzz;
    if (size == 0)
        return 0;
    const auto input = text_of(bytes + 1, size - 1);
    if (bytes[0] == 'c')
        try_client(input);
    else
        try_server(input);
    return 0;
}
