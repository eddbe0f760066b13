// The line with which plain HTTP begins, as a rule that pins it reads it: one answer however the
// bytes arrive, and what is taken for HTTP is a line of it.
#include "protocols/http_head.hpp"
#include "protocols/http_opening.hpp"
#include "tests/fuzz/invariants.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace adit::fuzz;
    using namespace adit::protocols;
    const auto input = text_of(bytes, size);
    const auto step = require_incremental(read_http_opening, input);
    if (std::holds_alternative<NeedMore>(step))
        require(size < max_request_line, "nobody can go on for ever");
    const auto* done = std::get_if<Done<std::monostate>>(&step);
    if (done == nullptr)
        return 0;
    const auto line = input.substr(0, done->consumed);
    require(line.size() <= max_request_line, "a request line is bounded");
    require(line.ends_with("\r\n") && line.find('\n') == line.size() - 1, "it is one line");
    require(!line.starts_with("CONNECT "), "a tunnel in a tunnel is not plain HTTP");
    require(line.find(" HTTP/") != std::string_view::npos, "it says that it is HTTP");
    return 0;
}
