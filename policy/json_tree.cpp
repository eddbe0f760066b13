#include "policy/json_tree.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "policy/json_syntax.hpp"

namespace adit::policy::json {

namespace {

// Builds the tree from nlohmann's events. The parser does not tell where a token stands, so the
// builder walks along: between two events lie only blanks, comments and separators.
class Builder {
public:
    explicit Builder(std::string_view text) : text_{text}, lines_{text} {}

    bool null() { return put(begin(Kind::null)); }
    bool boolean(bool value)
    {
        auto node = begin(Kind::boolean);
        node.boolean = value;
        return put(std::move(node));
    }
    bool number_integer(std::int64_t) { return number(); }
    bool number_unsigned(std::uint64_t) { return number(); }
    bool number_float(double, const std::string&) { return number(); }
    bool string(std::string& content)
    {
        auto node = begin(Kind::string);
        node.text = std::move(content);
        return put(std::move(node));
    }
    bool binary(nlohmann::json::binary_t&) { return false; }  // not in JSON text

    bool start_object(std::size_t) { return open(Kind::object); }
    bool start_array(std::size_t) { return open(Kind::array); }
    bool key(std::string& name);
    bool end_object() { return close(); }
    bool end_array() { return close(); }

    bool parse_error(std::size_t read, const std::string&, const nlohmann::json::exception& error);

    Result<Value, SyntaxError> take() &&
    {
        if (error_)
            return *std::move(error_);
        return std::move(root_);
    }

private:
    // One open array or object. The keys seen so far find duplicates in large sets quickly.
    struct Frame {
        Value node;
        std::map<std::string, Position, std::less<>> keys;
        std::string key;
        Position key_at;
        std::optional<Position> key_repeats;
    };

    Position next_token();
    Value begin(Kind kind)
    {
        Value node;
        node.kind = kind;
        node.at = next_token();
        return node;
    }
    bool number();
    bool open(Kind kind);
    bool close();
    bool put(Value node);

    std::string_view text_;
    Lines lines_;
    std::size_t cursor_ = 0;  // behind the last token told
    std::string_view token_;  // the last token told
    std::vector<Frame> frames_;
    Value root_;
    std::optional<SyntaxError> error_;
};

Position Builder::next_token()
{
    auto start = skip_blanks(text_, cursor_);
    while (start < text_.size() && (text_[start] == ',' || text_[start] == ':'))
        start = skip_blanks(text_, start + 1);
    cursor_ = start < text_.size() ? skip_token(text_, start) : start;
    token_ = text_.substr(start, cursor_ - start);
    return lines_.at(start);
}

bool Builder::number()
{
    auto node = begin(Kind::number);
    node.text = token_;
    return put(std::move(node));
}

bool Builder::open(Kind kind)
{
    frames_.push_back({begin(kind), {}, {}, {}, {}});
    if (frames_.size() <= max_depth)
        return true;
    error_ = SyntaxError{frames_.back().node.at,
                         "nested deeper than " + std::to_string(max_depth) + " levels"};
    return false;
}

bool Builder::key(std::string& name)
{
    auto& frame = frames_.back();
    frame.key_at = next_token();
    const auto [first, is_new] = frame.keys.emplace(name, frame.key_at);
    frame.key_repeats = is_new ? std::nullopt : std::optional{first->second};
    frame.key = std::move(name);
    return true;
}

bool Builder::close()
{
    next_token();
    auto node = std::move(frames_.back().node);
    frames_.pop_back();
    return put(std::move(node));
}

bool Builder::put(Value node)
{
    if (frames_.empty()) {
        root_ = std::move(node);
        return true;
    }
    auto& frame = frames_.back();
    if (frame.node.kind == Kind::array)
        frame.node.items.push_back(std::move(node));
    else
        frame.node.members.push_back(
            {std::move(frame.key), frame.key_at, frame.key_repeats, std::move(node)});
    return true;
}

// `read` counts the bytes read so far: the byte at fault, or the end of the token at fault.
bool Builder::parse_error(std::size_t read, const std::string&,
                          const nlohmann::json::exception& error)
{
    const auto last = std::min(read == 0 ? 0 : read - 1, text_.size());
    auto start = skip_blanks(text_, cursor_);
    while (start < last && (text_[start] == ',' || text_[start] == ':'))
        start = skip_blanks(text_, start + 1);
    start = std::min(start, last);
    error_ = SyntaxError{lines_.at(start), explain_syntax_error(text_.substr(start), error.what())};
    return false;
}

}  // namespace

const Value* Value::find(std::string_view key) const
{
    for (const auto& member : members)
        if (member.key == key)
            return &member.value;
    return nullptr;
}

std::string_view describe(const Value& value)
{
    switch (value.kind) {
        case Kind::null:
            return "null";
        case Kind::boolean:
            return value.boolean ? "true" : "false";
        case Kind::number:
            return "a number";
        case Kind::string:
            return "a string";
        case Kind::array:
            return "a list";
        case Kind::object:
            return "an object";
    }
    return "nothing";
}

Result<Value, SyntaxError> parse(std::string_view text)
{
    // Editors on Windows like to put a byte order mark first; it belongs to no line.
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    if (const auto bad = find_bad_byte(text))
        return SyntaxError{Lines{text}.at(bad->offset), bad->message};

    if (skip_blanks(text, 0) == text.size())
        return SyntaxError{Lines{text}.at(0), "the file holds nothing but blanks and comments"};

    const auto plain = without_trailing_commas(text);
    Builder builder{plain};
    (void)nlohmann::json::sax_parse(plain.begin(), plain.end(), &builder,
                                    nlohmann::json::input_format_t::json, true,
                                    true);  // failures are in the builder
    return std::move(builder).take();
}

}  // namespace adit::policy::json
