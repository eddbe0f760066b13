// The reader of access records: any line is either a record or a reason why it is none.
#include "src/review/access_line.hpp"
#include "tests/fuzz/invariants.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using adit::fuzz::require;
    const auto line = adit::fuzz::text_of(bytes, size);
    const auto read = adit::review::read_access_line(line);
    if (!read) {
        require(!read.error().empty(), "what is no record says why");
        require(read.error().find_first_of("\n\x1b") == std::string::npos, "a reason is one line");
        return 0;
    }
    if (read->target)
        adit::fuzz::require_canonical(*read->target);
    return 0;
}
