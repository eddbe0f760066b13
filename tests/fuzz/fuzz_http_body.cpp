// A chunked body: one reading, however it arrives, and written anew it reads the same.
#include "protocols/http_body.hpp"
#include "tests/fuzz/invariants.hpp"

namespace adit::fuzz {
namespace {

using namespace protocols;

struct Read {
    std::string body;
    std::size_t consumed = 0;
    HttpFields trailers;
    bool done = false;
    bool fault = false;
};

Read read_pieces(std::string_view input, std::size_t step)
{
    BodyReader reader{{Framing::Kind::chunked}};
    Read read;
    for (std::size_t size = std::min(step, input.size());;
         size = std::min(size + step, input.size())) {
        while (!reader.done() && !read.fault) {
            const testing::ExactBytes bytes{input.substr(read.consumed, size - read.consumed)};
            const auto piece = reader.read(bytes);
            if (!piece) {
                read.fault = true;
                break;
            }
            require(piece->consumed <= size - read.consumed, "no more is consumed than there is");
            read.body += as_text(piece->data);
            read.consumed += piece->consumed;
            if (piece->consumed == 0)
                break;
        }
        if (size == input.size() || reader.done() || read.fault)
            break;
    }
    read.done = reader.done();
    read.trailers = reader.trailers();
    return read;
}

void require_same(const Read& a, const Read& b)
{
    require(a.body == b.body && a.done == b.done && a.fault == b.fault, "pieces change nothing");
    require(a.fault || a.consumed == b.consumed, "pieces do not change the end");
}

}  // namespace
}  // namespace adit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace adit::fuzz;
    const auto input = text_of(bytes, size);
    const auto whole = read_pieces(input, size + 1);
    require_same(whole, read_pieces(input, 1 + size / 256));
    require_same(whole, read_pieces(input, 1 + size / 3));
    if (!whole.done)
        return 0;
    std::string written;
    const adit::protocols::BodyWriter writer{adit::protocols::Framing::Kind::chunked};
    writer.write(written, adit::protocols::as_bytes(whole.body));
    writer.finish(written, whole.trailers);
    const auto again = read_pieces(written, written.size());
    require(again.done && again.body == whole.body && again.consumed == written.size(),
            "what is written parses back to the same body");
    return 0;
}
