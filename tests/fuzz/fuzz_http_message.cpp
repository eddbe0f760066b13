// A forwarded request, and an answer: whatever is written parses back to the same message, and holds
// nothing of the hop it came from. The first byte chooses between them.
#include <iterator>

#include "protocols/http_forward.hpp"
#include "tests/fuzz/invariants.hpp"

namespace adit::fuzz {
namespace {

using namespace protocols;

constexpr std::string_view pseudonym = "adit-fuzz";

// The one head that a written text holds, to its last byte.
template <class Head>
Head read_written(const std::string& text)
{
    auto step = HeadReader<Head>{}.read(testing::ExactBytes{text});
    auto* done = std::get_if<1>(&step);
    require(done != nullptr && done->consumed == text.size(), "what is written is one head");
    return std::move(done->value);
}

bool is_writable(const std::string& text)
{
    return text.size() <= max_head;  // Via and a blank behind each colon may make it too large
}

void try_request(std::string_view input)
{
    auto step = HttpHeadReader{}.read(testing::ExactBytes{input});
    auto* done = std::get_if<1>(&step);
    if (done == nullptr || done->value.fields.count("Via") >= max_fields - 6)
        return;
    const auto request = parse_forward_request(std::move(done->value));
    if (!request || request->max_forwards == 0U)
        return;
    require_canonical(request->target);
    const auto text = write_request_head(*request, pseudonym);
    if (!is_writable(text) || text.find("\r\n") > max_request_line ||
        std::distance(request->head.fields.begin(), request->head.fields.end()) > 90)
        return;
    auto head = read_written<HttpHead>(text);
    require(head.method == request->head.method && head.target == request->path,
            "a request line is written as it was meant");
    require(head.fields.count("Host") == 1, "there is one Host");
    require(has_passed(head, pseudonym), "the request has passed here");
    for (const auto* name : {"Proxy-Authorization", "Proxy-Connection", "Keep-Alive", "TE"})
        require(head.fields.count(name) == 0, "nothing of the client's hop goes on");
    require(*framing_of(head) == request->framing, "the length is read as it was");

    // Sent to another proxy, it is the same request.
    auto host = std::string{head.fields["Host"]};
    head.target = "http://" + host + (request->path == "*" ? "" : request->path);
    const auto again = parse_forward_request(head);
    require(again && again->target == request->target && again->path == request->path &&
                again->framing == request->framing,
            "what is written parses back to the same message");
}

void try_answer(std::string_view input, std::string_view method, int version)
{
    const auto step = HttpResponseReader{}.read(testing::ExactBytes{input});
    const auto* done = std::get_if<1>(&step);
    if (done == nullptr)
        return;
    const auto& answer = done->value;
    const auto framing = framing_of(answer, method);
    if (!framing)
        return;
    HttpHead head_of_request;
    head_of_request.method = method;
    head_of_request.version = version;
    const ForwardRequest request{std::move(head_of_request), {Address{}, 80}, "/", {}};
    const auto delivery = delivery_of(*framing, request);
    const auto text = write_answer_head(answer, *framing, delivery, false, pseudonym);
    if (!is_writable(text) || text.find("\r\n") > max_request_line ||
        std::distance(answer.fields.begin(), answer.fields.end()) > 90)
        return;
    const auto head = read_written<HttpResponseHead>(text);
    require(head.status == answer.status && head.reason == answer.reason,
            "a status line is written as it was");
    const auto again = framing_of(head, method);
    require(again.has_value() && again->kind == delivery &&
                (delivery != Framing::Kind::length || again->length == framing->length),
            "the length is read as it is delivered");
    require(version == 11 || again->kind != Framing::Kind::chunked, "HTTP/1.0 gets no chunks");
    require(head.fields.count("Keep-Alive") + head.fields.count("Proxy-Authenticate") == 0,
            "nothing of the destination's hop goes on");
}

}  // namespace
}  // namespace adit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace adit::fuzz;
    if (size < 1)
        return 0;
    const auto input = text_of(bytes + 1, size - 1);
    if (bytes[0] % 2 == 0)
        try_request(input);
    else
        try_answer(input, bytes[0] % 4 == 1 ? "GET" : "HEAD", bytes[0] % 8 < 4 ? 11 : 10);
    return 0;
}
