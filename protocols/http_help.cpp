#include "protocols/http_help.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "protocols/http_fields.hpp"
#include "protocols/http_framing.hpp"
#include "protocols/target.hpp"

namespace adit::protocols {
namespace {

constexpr std::string_view introduction =
    "This is Adit, a gateway for network connections. It is a proxy and no web site: set it as the "
    "proxy of your client.";

constexpr std::string_view html_begin =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta "
    "charset=\"utf-8\"><title>Adit</title></head>\n"
    "<body>\n<h1>Adit</h1>\n<p>";

constexpr std::string_view pac_begin = R"(function FindProxyForURL(url, host) {
  if (isPlainHostName(host) || host === "127.0.0.1" || host === "[::1]" || shExpMatch(host, "*.localhost"))
    return "DIRECT";
)";

constexpr std::string_view sample_login = "user:password@";

// The lines for clients. Only what works at this listener is told.
class Usage {
public:
    // `at`: the client's own name for the gateway, host and port.
    Usage(const HttpOffer& offer, std::string at) : offer_{offer}, at_{std::move(at)} {}

    std::string text()
    {
        if (offer_.socket) {
            tell_unix_socket();
        } else {
            tell_curl();
            tell_ssh();
            tell_others();
        }
        tell_login();
        return std::move(text_);
    }

private:
    void add(std::string label, std::string_view line)
    {
        label.resize(10, ' ');
        text_.append(label).append(line) += '\n';
    }

    std::string_view http() const { return offer_.tls ? "https://" : "http://"; }
    // curl, like most clients, speaks SOCKS in plain text alone.
    bool has_socks5() const { return offer_.socks5 && !offer_.tls; }
    bool needs_login() const { return offer_.login == Login::required; }

    // With the login where there must be one.
    std::string url(std::string_view scheme) const
    {
        return std::string{scheme}.append(needs_login() ? sample_login : "").append(at_);
    }

    void tell_curl()
    {
        const std::string_view page = offer_.connect ? "https" : "http";
        add("curl", "curl -x " + url(http()) + " " + std::string{page} + "://example.com/");
        if (has_socks5())
            add("", "curl -x " + url("socks5h://") + " https://example.com/");
    }

    // nc cannot log in to an HTTP proxy unless it can ask a person.
    void tell_ssh()
    {
        if (offer_.connect)
            add_ssh(std::string{http()} + at_);
        else if (has_socks5())
            add_ssh("socks5h://" + at_);
        else if (offer_.socks4 && !offer_.tls && !needs_login())
            add_ssh("socks4a://" + at_);
        const bool nc_reaches = (offer_.connect || offer_.socks5) && !offer_.tls && !needs_login();
        if (nc_reaches)
            add("", "ssh -o ProxyCommand='nc -X " + std::string{offer_.connect ? "connect" : "5"} +
                        " -x " + at_ + " %h %p' user@host");
    }

    void add_ssh(const std::string& proxy)
    {
        add("ssh", "ssh -o ProxyCommand='adit connect --proxy " + proxy +
                       (needs_login() ? " --login-file ~/.config/adit/login" : "") +
                       " %h %p' user@host");
    }

    void tell_others()
    {
        if (offer_.connect)
            add("git", "git config --global http.proxy " + url(http()));
        std::string variables;
        if (offer_.forward)
            variables += " http_proxy=" + url(http());
        if (offer_.connect)
            variables += " https_proxy=" + url(http());
        if (has_socks5())
            variables += " all_proxy=" + url("socks5h://");
        add("shell", "export" + variables);
        add("Firefox", "Settings, Network Settings, automatic proxy configuration URL: " +
                           std::string{http()} + at_ + "/proxy.pac");
        const std::string_view only = !offer_.connect ? "http=" : !offer_.forward ? "https=" : "";
        add("Chrome", "--proxy-server=" + std::string{only} + std::string{http()} + at_);
    }

    // curl's --unix-socket takes no proxy; its SOCKS does take a path.
    void tell_unix_socket()
    {
        const auto path = socket_path();
        if (has_socks5())
            add("curl", "curl -x socks5h://" + std::string{needs_login() ? sample_login : ""} +
                            "localhost" + path + " https://example.com/");
        if (offer_.connect && !offer_.tls)
            add_ssh("unix:" + path);
    }

    // As it is only where no shell, URL or page could read anything else in it.
    std::string socket_path() const
    {
        const auto is_plain = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   c == '/' || c == '.' || c == '_' || c == '-';
        };
        const auto& path = *offer_.socket;
        if (path.empty() || !std::all_of(path.begin(), path.end(), is_plain))
            return "/path/of/this/socket";
        return path;
    }

    void tell_login()
    {
        if (needs_login())
            text_ +=
                "\nuser:password stands for your login; ssh reads that line from the file, "
                "and browsers ask for it.\n";
        if (offer_.login == Login::optional)
            text_ +=
                "\nWith a login, write user:password@ before the address; adit connect reads "
                "it from a --login-file.\n";
    }

    const HttpOffer& offer_;
    std::string at_;
    std::string text_;
};

std::string text_page(const std::string& usage)
{
    return std::string{introduction}.append("\n\n").append(usage);
}

// Nothing needs escaping: the usage holds a canonical host and port, or a plain path.
std::string html_page(const std::string& usage)
{
    return std::string{html_begin}
        .append(introduction)
        .append("</p>\n<pre>")
        .append(usage)
        .append("</pre>\n</body>\n</html>\n");
}

// What this listener does not serve goes another way.
std::string_view elsewhere(const HttpOffer& offer)
{
    if (!offer.connect)
        return "  if (url.substring(0, 5) !== \"http:\") return \"DIRECT\";\n";
    if (!offer.forward)
        return "  if (url.substring(0, 5) === \"http:\") return \"DIRECT\";\n";
    return {};
}

std::string pac(const HttpOffer& offer, const std::string& at)
{
    const std::string_view word = offer.tls ? "HTTPS" : "PROXY";
    return std::string{pac_begin}
        .append(elsewhere(offer))
        .append("  return \"")
        .append(word)
        .append(" ")
        .append(at)
        .append("\";\n}\n");
}

bool wants_html(const HttpHead& head)
{
    const auto ranges = list_of(head.fields, "Accept");
    return std::any_of(ranges.begin(), ranges.end(), [](const std::string& range) {
        return range.substr(0, range.find(';')) == "text/html";
    });
}

// By which name the client knows the gateway, in its canonical spelling.
Result<std::string, Fault> own_name(const HttpHead& head, bool tls)
{
    const auto count = count_of(head.fields, "Host");
    if (count != 1)
        return count == 0 ? Fault::host_missing : Fault::host_repeated;
    std::string host{value_of(head.fields, "Host")};
    const auto last = host.find_last_of(":]");
    if (last == std::string::npos || host[last] == ']')
        host += tls ? ":443" : ":80";
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

Result<std::string, Fault> help_page(const HttpHead& head, const HttpOffer& offer)
{
    const auto framing = framing_of(head);
    if (!framing)
        return framing.error();
    if (framing->has_body())
        return Fault::body_not_allowed;
    const auto at = own_name(head, offer.tls);
    if (!at)
        return at.error();
    const auto path = std::string_view{head.target}.substr(0, head.target.find('?'));
    const bool is_pac = path == "/proxy.pac" && !offer.socket;
    if (path != "/" && !is_pac)
        return Fault::no_such_page;
    const bool is_head = head.method == "HEAD";
    if (!is_head && head.method != "GET")
        return Fault::page_method;
    if (is_pac)
        return answer("application/x-ns-proxy-autoconfig", pac(offer, *at), is_head);
    const auto usage = Usage{offer, *at}.text();
    if (wants_html(head))
        return answer("text/html; charset=utf-8", html_page(usage), is_head);
    return answer("text/plain; charset=utf-8", text_page(usage), is_head);
}

std::string options_answer(const HttpOffer& offer)
{
    return "HTTP/1.1 200 OK\r\nAllow: " + allowed_methods(offer) +
           "\r\nContent-Length: 0\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
}

}  // namespace adit::protocols
