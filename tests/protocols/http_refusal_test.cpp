#include "protocols/http_refusal.hpp"

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "tests/protocols/ways.hpp"

namespace adit::protocols {
namespace {

using testing::answer;

// A response in its lines: the head, an empty one, the body.
std::vector<std::string> lines_of(const std::string& response)
{
    std::istringstream in{response};
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line); lines.push_back(line))
        if (!line.empty() && line.back() == '\r')
            line.pop_back();
    return lines;
}

std::string head_of(const std::string& response)
{
    return response.substr(0, response.find("\r\n\r\n") + 2);
}

std::string body_of(const std::string& response)
{
    return response.substr(response.find("\r\n\r\n") + 4);
}

bool has_line(const std::string& response, const std::string& line)
{
    return head_of(response).find("\r\n" + line + "\r\n") != std::string::npos;
}

TEST_CASE("a refusal says what happened, which rule it was, the request id and what to do")
{
    auto told = answer(Ending::not_allowed);
    told.rule = "nothing else";
    told.request_id = "7f3a-12";
    const std::vector<std::string> expected{
        "HTTP/1.1 403 Forbidden",
        "Proxy-Status: adit; error=http_request_denied; rule=\"nothing else\"; "
        "request-id=\"7f3a-12\"",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Length: 164",
        "Cache-Control: no-store",
        "Connection: close",
        "",
        "Refused: the policy of this gateway does not allow this request.",
        "Rule: nothing else",
        "Request: 7f3a-12",
        "If you need it, show these lines to whoever runs this gateway.",
    };
    CHECK(lines_of(http_refusal(told)) == expected);
}

TEST_CASE("a refusal in JSON says the same as one in text")
{
    auto told = answer(Ending::not_allowed);
    told.rule = "not \"here\"\t\\ über";
    told.request_id = "7f3a-12";
    const auto reply = http_refusal(told, BodyForm::json);
    CHECK(has_line(reply, "Content-Type: application/json"));
    CHECK(has_line(reply, "Content-Length: " + std::to_string(body_of(reply).size())));
    CHECK(body_of(reply) ==
          "{\"refused\":\"the policy of this gateway does not allow this request\","
          "\"error\":\"http_request_denied\",\"rule\":\"not \\\"here\\\"\\u0009\\\\ über\","
          "\"request_id\":\"7f3a-12\","
          "\"advice\":\"If you need it, show these lines to whoever runs this gateway.\"}\n");
    told.rule = {};
    CHECK(http_refusal(told, BodyForm::json).find("rule") == std::string::npos);
}

TEST_CASE("a refusal without a rule to tell says nothing of rules")
{
    auto told = answer(Ending::name_unknown);
    told.request_id = "7f3a-12";
    const auto reply = http_refusal(told);
    CHECK(has_line(reply, "Proxy-Status: adit; error=dns_error; request-id=\"7f3a-12\""));
    CHECK(reply.find("ule") == std::string::npos);
    CHECK(has_line(http_refusal(answer(Ending::limit)),
                   "Proxy-Status: adit; error=connection_limit_reached"));
}

TEST_CASE("a login is asked for with the Basic scheme")
{
    for (const auto ending : {Ending::login_needed, Ending::login_failed}) {
        const auto reply = http_refusal(answer(ending));
        CHECK(reply.find("HTTP/1.1 407 Proxy Authentication Required\r\n") == 0);
        CHECK(has_line(reply, "Proxy-Authenticate: Basic realm=\"adit\", charset=\"UTF-8\""));
    }
    CHECK(http_refusal(answer(Ending::not_allowed)).find("Authenticate") == std::string::npos);
}

std::string refused(Fault fault, const HttpOffer& offer)
{
    RefusalManner manner;
    manner.offer = offer;
    return http_refusal(answer(Ending::malformed, fault), BodyForm::text, manner);
}

TEST_CASE("an unknown method is told which one is known")
{
    const auto reply = refused(Fault::unknown_method, {true, false, true});
    CHECK(reply.find("HTTP/1.1 405 Method Not Allowed\r\n") == 0);
    CHECK(has_line(reply, "Allow: CONNECT"));
    CHECK(body_of(reply).find("This is a proxy for tunnels") != std::string::npos);
}

TEST_CASE("a refused request is told what this listener serves, and nothing else")
{
    const auto methods = std::string{"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"};
    for (const auto fault : {Fault::bad_target_form, Fault::trace_ends_here}) {
        CHECK(has_line(refused(fault, {true, true}), "Allow: CONNECT, " + methods));
        CHECK(has_line(refused(fault, {false, true}), "Allow: " + methods));
    }
    for (const auto fault : {Fault::bad_target_form, Fault::bad_port, Fault::bad_request_line}) {
        const auto both = body_of(refused(fault, {true, true}));
        CHECK(both.find("with CONNECT host:port HTTP/1.1 or GET http://host/") !=
              std::string::npos);
        CHECK(both.find("proxy for tunnels") == std::string::npos);
        CHECK(body_of(refused(fault, {false, true})).find("with GET http") != std::string::npos);
    }
    CHECK(body_of(refused(Fault::bad_port, {true, false})).find("GET") == std::string::npos);
    CHECK(body_of(refused(Fault::scheme_not_forwarded, {true, true})).find("CONNECT") !=
          std::string::npos);
    CHECK(body_of(refused(Fault::scheme_not_forwarded, {false, true})).find("CONNECT") ==
          std::string::npos);
}

TEST_CASE("each ending has its status and its Proxy-Status error")
{
    const struct {
        Ending ending;
        const char* status;
        const char* error;
    } cases[] = {
        {Ending::malformed, "400", "http_request_error"},
        {Ending::login_needed, "407", "http_request_denied"},
        {Ending::login_failed, "407", "http_request_denied"},
        {Ending::not_allowed, "403", "http_request_denied"},
        {Ending::address_not_allowed, "403", "destination_ip_prohibited"},
        {Ending::name_unknown, "502", "dns_error"},
        {Ending::name_timeout, "504", "dns_timeout"},
        {Ending::refused, "502", "connection_refused"},
        {Ending::host_unreachable, "502", "destination_ip_unroutable"},
        {Ending::network_unreachable, "502", "destination_ip_unroutable"},
        {Ending::timed_out, "504", "connection_timeout"},
        {Ending::limit, "503", "connection_limit_reached"},
        {Ending::internal, "500", "proxy_internal_error"},
    };
    for (const auto& one : cases) {
        const auto reply = http_refusal(answer(one.ending));
        CAPTURE(reply);
        CHECK(reply.substr(9, 3) == one.status);
        CHECK(has_line(reply, std::string{"Proxy-Status: adit; error="} + one.error));
    }
}

TEST_CASE("an answer that cannot be passed on is told as the destination's fault")
{
    const auto told = [](Ending ending, Fault fault) {
        const auto head = head_of(http_refusal(answer(ending, fault)));
        const auto error = head.find("error=") + 6;
        return head.substr(9, 3) + " " + head.substr(error, head.find("\r\n", error) - error);
    };
    CHECK(told(Ending::bad_answer, Fault::bad_answer) == "502 http_protocol_error");
    CHECK(told(Ending::bad_answer, Fault::bad_status_line) == "502 http_protocol_error");
    CHECK(told(Ending::bad_answer, Fault::no_answer) == "502 connection_terminated");
    CHECK(told(Ending::bad_answer, Fault::answer_incomplete) == "502 http_response_incomplete");
    CHECK(told(Ending::loop, Fault::none) == "508 proxy_loop_detected");
}

TEST_CASE("each fault of a request has its status")
{
    for (int i = 0; i <= static_cast<int>(Fault::name_too_long); ++i) {
        const auto fault = static_cast<Fault>(i);
        std::string status = "400";
        if (fault == Fault::too_slow)
            status = "408";
        if (fault == Fault::unknown_method || fault == Fault::page_method ||
            fault == Fault::bad_target_form || fault == Fault::trace_ends_here)
            status = "405";
        if (fault == Fault::scheme_not_forwarded)
            status = "501";
        if (fault == Fault::no_such_page)
            status = "404";
        if (fault == Fault::bad_expectation)
            status = "417";
        if (fault == Fault::bad_version)
            status = "505";
        if (fault == Fault::request_line_too_long)
            status = "414";
        if (fault == Fault::head_too_large)
            status = "431";
        const auto reply = http_refusal(answer(Ending::malformed, fault));
        CHECK(reply.substr(9, 3) == status);
        CHECK((fault == Fault::none || body_of(reply).find(words(fault)) != std::string::npos));
    }
}

TEST_CASE("every refusal is framed by its length and closes the connection")
{
    for (int i = static_cast<int>(Ending::malformed); i <= static_cast<int>(Ending::internal);
         ++i) {
        auto told = answer(static_cast<Ending>(i));
        told.rule = "r";
        told.request_id = "1";
        const auto reply = http_refusal(told);
        const auto body = body_of(reply);
        CHECK(has_line(reply, "Content-Length: " + std::to_string(body.size())));
        CHECK(has_line(reply, "Connection: close"));
        CHECK(has_line(reply, "Content-Type: text/plain; charset=utf-8"));
        CHECK(reply.find("Transfer-Encoding") == std::string::npos);
        CHECK(std::count(body.begin(), body.end(), '\n') == 4);
        CHECK(body.back() == '\n');
    }
}

TEST_CASE("a protocol that a listener does not offer is named as the reason")
{
    const auto reply = http_refusal(answer(Ending::not_allowed, Fault::protocol_not_open));
    CHECK(reply.substr(9, 3) == "403");
    CHECK(body_of(reply).find(words(Fault::protocol_not_open)) != std::string::npos);
}

TEST_CASE("who speaks plain text where TLS is wanted is told what to write")
{
    const auto reply = http_refusal(answer(Ending::not_allowed, Fault::tls_required));
    CHECK(reply.substr(9, 3) == "403");
    CHECK(body_of(reply).find(words(Fault::tls_required)) != std::string::npos);
    CHECK(body_of(reply).find("https://") != std::string::npos);
}

TEST_CASE("a rule's name cannot break out of its field or its line")
{
    auto told = answer(Ending::not_allowed);
    told.rule = "a\"b\\c\r\nSet-Cookie: x\x7f b\xc3\xbc";
    told.request_id = "1\n2";
    const auto reply = http_refusal(told);
    CHECK(has_line(reply,
                   "Proxy-Status: adit; error=http_request_denied; "
                   "rule=\"a\\\"b\\\\c??Set-Cookie: x? b??\"; request-id=\"1?2\""));
    CHECK(body_of(reply).find("\nRule: a\"b\\c??Set-Cookie: x? b\xc3\xbc\nRequest: 1?2\n") !=
          std::string::npos);
}

}  // namespace
}  // namespace adit::protocols
