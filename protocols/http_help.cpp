#include "protocols/http_help.hpp"

#include <algorithm>
#include <string_view>

#include "protocols/http_fields.hpp"
#include "protocols/http_framing.hpp"
#include "protocols/target.hpp"

namespace adit::protocols {
namespace {

// Where `{host}`, `{port}` and `{at}` (both) stand, the client's own name for the gateway is put.
constexpr std::string_view usage =
    R"(curl      curl -x http://{at} https://example.com/
          curl -x socks5h://{at} https://example.com/
ssh       ssh -o ProxyCommand='nc -X connect -x {at} %h %p' user@host
git       git config --global http.proxy http://{at}
shell     export http_proxy=http://{at} https_proxy=http://{at} all_proxy=socks5h://{at}
Firefox   Settings, Network Settings, automatic proxy configuration URL: http://{at}/proxy.pac
Chrome    --proxy-server=http://{at}

With a login, put it before the address: http://user:password@{at}
)";

constexpr std::string_view introduction =
    "This is Adit, a gateway for network connections. It is a proxy and no web site: clients set "
    "it "
    "as their HTTP or SOCKS proxy, all on this one port.";

constexpr std::string_view html_begin =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta "
    "charset=\"utf-8\"><title>Adit</title></head>\n"
    "<body>\n<h1>Adit</h1>\n<p>";

constexpr std::string_view pac = R"(function FindProxyForURL(url, host) {
  if (isPlainHostName(host) || host === "127.0.0.1" || host === "[::1]" || shExpMatch(host, "*.localhost"))
    return "DIRECT";
  return "PROXY {at}";
}
)";

std::string filled(std::string_view text, const std::string& at)
{
    constexpr std::string_view mark = "{at}";
    std::string out;
    for (auto next = text.find(mark); next != std::string_view::npos; next = text.find(mark)) {
        out.append(text.substr(0, next)).append(at);
        text.remove_prefix(next + mark.size());
    }
    return out.append(text);
}

std::string text_page(const std::string& at)
{
    return std::string{introduction} + "\n\n" + filled(usage, at);
}

// Nothing needs escaping: `at` is a canonical host and port.
std::string html_page(const std::string& at)
{
    return std::string{html_begin}
        .append(introduction)
        .append("</p>\n<pre>")
        .append(filled(usage, at))
        .append("</pre>\n</body>\n</html>\n");
}

bool wants_html(const HttpHead& head)
{
    const auto ranges = list_of(head.fields, "Accept");
    return std::any_of(ranges.begin(), ranges.end(), [](const std::string& range) {
        return range.substr(0, range.find(';')) == "text/html";
    });
}

// By which name the client knows the gateway, in its canonical spelling.
Result<std::string, Fault> own_name(const HttpHead& head)
{
    const auto count = count_of(head.fields, "Host");
    if (count != 1)
        return count == 0 ? Fault::host_missing : Fault::host_repeated;
    std::string host{value_of(head.fields, "Host")};
    const auto last = host.find_last_of(":]");
    if (last == std::string::npos || host[last] == ']')
        host += ":80";
    const auto target = parse_authority(host);
    if (!target)
        return target.error();
    return to_text(*target);
}

std::string answer(std::string_view type, std::string_view body, bool is_head)
{
    std::string out{"HTTP/1.1 200 OK\r\nContent-Type: "};
    out.append(type).append("\r\nContent-Length: ").append(std::to_string(body.size()));
    out +=
        "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
        "Content-Security-Policy: default-src 'none'\r\nConnection: close\r\n\r\n";
    return is_head ? out : out.append(body);
}

}  // namespace

Result<std::string, Fault> help_page(const HttpHead& head)
{
    const auto framing = framing_of(head);
    if (!framing)
        return framing.error();
    if (framing->has_body())
        return Fault::body_not_allowed;
    const auto at = own_name(head);
    if (!at)
        return at.error();
    const auto path = std::string_view{head.target}.substr(0, head.target.find('?'));
    if (path != "/" && path != "/proxy.pac")
        return Fault::no_such_page;
    const bool is_head = head.method == "HEAD";
    if (!is_head && head.method != "GET")
        return Fault::page_method;
    if (path == "/proxy.pac")
        return answer("application/x-ns-proxy-autoconfig", filled(pac, *at), is_head);
    if (wants_html(head))
        return answer("text/html; charset=utf-8", html_page(*at), is_head);
    return answer("text/plain; charset=utf-8", text_page(*at), is_head);
}

std::string options_answer(const HttpOffer& offer)
{
    return "HTTP/1.1 200 OK\r\nAllow: " + allowed_methods(offer) +
           "\r\nContent-Length: 0\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
}

}  // namespace adit::protocols
