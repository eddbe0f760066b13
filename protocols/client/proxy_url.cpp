#include "protocols/client/proxy_url.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace adit::protocols::client {
namespace {

// `socks` is what GNOME writes. The first spelling of a scheme is the one that is told.
constexpr std::array<std::pair<std::string_view, Scheme>, 8> schemes{{
    {"http", Scheme::http},
    {"https", Scheme::https},
    {"socks4", Scheme::socks4},
    {"socks4a", Scheme::socks4a},
    {"socks5", Scheme::socks5},
    {"socks5h", Scheme::socks5h},
    {"unix", Scheme::unix_socket},
    {"socks", Scheme::socks5h},
}};

template <class T>
Result<T, std::string> mistake(std::string words)
{
    return {boost::system::in_place_error, std::move(words)};
}

std::string lower(std::string_view text)
{
    std::string made{text};
    for (char& c : made)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return made;
}

std::optional<Scheme> find_scheme(std::string_view text)
{
    const auto wanted = lower(text);
    for (const auto& [name, scheme] : schemes)
        if (name == wanted)
            return scheme;
    return std::nullopt;
}

std::optional<unsigned> hex_digit(char c)
{
    constexpr std::string_view digits = "0123456789abcdef";
    const auto found = digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
    if (found == std::string_view::npos)
        return std::nullopt;
    return static_cast<unsigned>(found);
}

std::optional<std::string> percent_decoded(std::string_view text)
{
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            plain += text[i];
            continue;
        }
        const auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
        const auto low = high ? hex_digit(text[i + 2]) : std::nullopt;
        if (!low)
            return std::nullopt;
        plain += static_cast<char>(*high << 4U | *low);
        i += 2;
    }
    return plain;
}

// What percent_decoded() gives back as it was.
std::string percents_encoded(std::string_view text)
{
    std::string encoded;
    for (const char c : text) {
        if (c == '%')
            encoded += "%25";
        else
            encoded += c;
    }
    return encoded;
}

Result<Credentials, std::string> read_login(std::string_view text)
{
    const auto colon = text.find(':');
    const auto user = percent_decoded(text.substr(0, colon));
    const auto password = colon == std::string_view::npos ? std::optional<std::string>{""}
                                                          : percent_decoded(text.substr(colon + 1));
    if (!user || !password)
        return mistake<Credentials>(
            "the login is not well-formed: a % stands before two hexadecimal digits, and % itself "
            "is %25");
    Credentials login{*user, Secret{*password}};
    if (login.user.empty())
        return mistake<Credentials>("the login has no user name");
    if (holds_control_character(login))
        return mistake<Credentials>("the login holds a control character");
    return login;
}

bool has_port(std::string_view host)
{
    const auto behind = host.substr(0, 1) == "[" ? host.find(']') : 0;
    return behind != std::string_view::npos && host.find(':', behind) != std::string_view::npos;
}

Result<ProxyUrl, std::string> read_unix(std::string_view rest)
{
    if (rest.substr(0, 2) == "//")
        rest.remove_prefix(2);
    const auto path = percent_decoded(rest);
    if (!path || path->empty() || path->front() != '/' || path->find('\0') != std::string::npos)
        return mistake<ProxyUrl>(
            "unix: is followed by a path from the root, like unix:/run/proxy.sock");
    return ProxyUrl{Scheme::unix_socket, *path, std::nullopt};
}

Result<ProxyUrl, std::string> read_authority(Scheme scheme, std::string_view text)
{
    const auto slash = text.find_first_of("/?#");
    const auto behind = slash == std::string_view::npos ? "" : text.substr(slash);
    if (behind.find('@') != std::string_view::npos)
        return mistake<ProxyUrl>("in the login, / is written %2F, ? is %3F and # is %23");
    if (!behind.empty() && behind != "/")
        return mistake<ProxyUrl>("nothing follows the host and the port of a proxy");
    auto authority = text.substr(0, slash);

    ProxyUrl url{scheme, std::string{}, std::nullopt};
    const auto at = authority.rfind('@');
    if (at != std::string_view::npos) {
        auto login = read_login(authority.substr(0, at));
        if (!login)
            return mistake<ProxyUrl>(login.error());
        url.login = std::move(*login);
        authority.remove_prefix(at + 1);
    }
    const std::string port = scheme == Scheme::https ? ":443" : ":1080";
    auto target = parse_authority(std::string{authority} + (has_port(authority) ? "" : port));
    if (!target)
        return mistake<ProxyUrl>(std::string{words(target.error())});
    url.where = std::move(*target);
    return url;
}

}  // namespace

std::string_view word(Scheme scheme)
{
    const auto* found = std::find_if(schemes.begin(), schemes.end(),
                                     [&](const auto& one) { return one.second == scheme; });
    return found->first;
}

Result<ProxyUrl, std::string> parse_proxy_url(std::string_view text)
{
    if (text.substr(0, 5) == "unix:")
        return read_unix(text.substr(5));
    const auto mark = text.find("://");
    if (mark == std::string_view::npos)
        return read_authority(Scheme::http, text);
    const auto scheme = find_scheme(text.substr(0, mark));
    if (!scheme || *scheme == Scheme::unix_socket)
        return mistake<ProxyUrl>(
            "the scheme of a proxy is http, https, socks4, socks4a, socks5, socks5h or unix");
    return read_authority(*scheme, text.substr(mark + 3));
}

std::string to_text(const ProxyUrl& url)
{
    if (const auto* path = std::get_if<std::string>(&url.where))
        return (path->substr(0, 2) == "//" ? "unix://" : "unix:") + percents_encoded(*path);
    return std::string{word(url.scheme)} + "://" + to_text(std::get<Target>(url.where));
}

std::optional<Credentials> parse_login(std::string_view text)
{
    const auto colon = text.find(':');
    if (colon == 0 || colon == std::string_view::npos)
        return std::nullopt;
    Credentials login{std::string{text.substr(0, colon)}, Secret{text.substr(colon + 1)}};
    if (holds_control_character(login))
        return std::nullopt;
    return login;
}

}  // namespace adit::protocols::client
