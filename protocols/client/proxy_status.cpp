#include "protocols/client/proxy_status.hpp"

#include <algorithm>

namespace adit::protocols::client {
namespace {

// RFC 8941: a list of items, each with parameters; inner lists and numbers are read as text, for
// no parameter that matters here is one.
class FieldReader {
public:
    explicit FieldReader(std::string_view text) : rest_{text} {}

    std::optional<ProxyStatus> read()
    {
        std::optional<ProxyStatus> last;
        skip(" ");
        for (;;) {
            auto member = read_member();
            if (!member)
                return std::nullopt;
            if (!member->error.empty())
                last = std::move(member);
            skip(" \t");
            if (rest_.empty())
                return last;
            if (!take(','))
                return std::nullopt;
            skip(" \t");
        }
    }

private:
    std::optional<ProxyStatus> read_member()
    {
        ProxyStatus status;
        if (!read_item())
            return std::nullopt;
        while (take(';')) {
            skip(" ");
            const std::string key{take_while(is_key_character)};
            std::optional<std::string> value{""};  // a key alone is true
            if (key.empty())
                return std::nullopt;
            if (take('='))
                value = read_item();
            if (!value)
                return std::nullopt;
            keep(status, key, std::move(*value));
        }
        return status;
    }

    static void keep(ProxyStatus& status, const std::string& key, std::string value)
    {
        if (key == "error")
            status.error = std::move(value);
        else if (key == "details")
            status.details = std::move(value);
        else if (key == "rule")
            status.rule = std::move(value);
        else if (key == "request-id")
            status.request_id = std::move(value);
    }

    // A string, or any other bare item as it is written.
    std::optional<std::string> read_item()
    {
        if (take('"'))
            return read_string();
        std::string item{take_while(is_item_character)};
        if (item.empty())
            return std::nullopt;
        return item;
    }

    // RFC 8941 §3.3.3, behind its opening quote.
    std::optional<std::string> read_string()
    {
        std::string string;
        while (!rest_.empty()) {
            char c = rest_.front();
            rest_.remove_prefix(1);
            if (c == '"')
                return string;
            if (c == '\\') {
                if (rest_.empty() || (rest_.front() != '"' && rest_.front() != '\\'))
                    return std::nullopt;
                c = rest_.front();
                rest_.remove_prefix(1);
            }
            if (c < 0x20 || c > 0x7e)
                return std::nullopt;
            string += c;
        }
        return std::nullopt;
    }

    static bool is_key_character(char c)
    {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               std::string_view{"_-.*"}.find(c) != std::string_view::npos;
    }

    static bool is_item_character(char c)
    {
        return c > 0x20 && c < 0x7f &&
               std::string_view{";,=\"\\()"}.find(c) == std::string_view::npos;
    }

    std::string_view take_while(bool (*wanted)(char))
    {
        const auto end = std::find_if_not(rest_.begin(), rest_.end(), wanted);
        const auto taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
        rest_.remove_prefix(taken.size());
        return taken;
    }

    void skip(std::string_view blanks)
    {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size()));
    }

    bool take(char c)
    {
        if (rest_.empty() || rest_.front() != c)
            return false;
        rest_.remove_prefix(1);
        return true;
    }

    std::string_view rest_;
};

}  // namespace

std::optional<ProxyStatus> parse_proxy_status(std::string_view field)
{
    return FieldReader{field}.read();
}

}  // namespace adit::protocols::client
