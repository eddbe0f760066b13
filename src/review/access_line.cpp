// Fed by nlohmann's SAX reader: no tree is built, since a review reads millions of lines.
#include "src/review/access_line.hpp"

#include <cstdint>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "src/review/access_line_keys.hpp"

namespace adit::review {
namespace {

using Json = nlohmann::json;

std::optional<policy::Verdict> verdict_of(std::string_view text)
{
    if (text == word(policy::Verdict::allow))
        return policy::Verdict::allow;
    if (text == word(policy::Verdict::deny))
        return policy::Verdict::deny;
    return std::nullopt;
}

std::optional<std::uint16_t> port_of(std::uint64_t number)
{
    if (number == 0 || number > std::numeric_limits<std::uint16_t>::max())
        return std::nullopt;
    return static_cast<std::uint16_t>(number);
}

std::optional<policy::InnerProtocol> pinned_of(std::string_view text)
{
    using policy::InnerProtocol;
    for (const auto protocol : {InnerProtocol::tls, InnerProtocol::ssh, InnerProtocol::http})
        if (word(protocol) == text)
            return protocol;
    return std::nullopt;
}

class Reader : public nlohmann::json_sax<Json> {
public:
    Result<AccessLine, std::string> finish(bool well_formed);

    bool null() override { return unfit("null"); }
    bool boolean(bool /*value*/) override { return unfit("a boolean"); }
    bool number_integer(number_integer_t /*value*/) override { return unfit("a negative number"); }
    bool number_unsigned(number_unsigned_t value) override;
    bool number_float(number_float_t /*value*/, const string_t& /*text*/) override
    {
        return unfit("a fraction");
    }
    bool string(string_t& value) override;
    bool binary(binary_t& /*value*/) override { return unfit("bytes"); }
    bool start_object(std::size_t /*size*/) override;
    bool key(string_t& name) override;
    bool end_object() override;
    bool start_array(std::size_t /*size*/) override;
    bool end_array() override;
    bool parse_error(std::size_t position, const std::string& /*token*/,
                     const Json::exception& /*error*/) override
    {
        fail(fmt::format("not JSON (byte {})", position));
        return false;
    }

private:
    // False, which ends the reading: fail() has the reason.
    bool fail(std::string why)
    {
        if (why_.empty())
            why_ = std::move(why);
        return false;
    }
    bool known() const { return ignored_ == 0 && key_ != Key::other; }
    bool unfit(std::string_view what);
    bool wrong(std::string_view value);
    bool take_record_text(std::string& value);
    bool take_resolved_text(std::string& value);
    bool take_destination_text(std::string& value);
    bool take_inner_text(std::string& value);
    bool take_record_number(std::uint64_t value);
    bool end_destination();
    bool join_target();

    AccessLine line_;
    std::string why_;
    std::string host_;
    std::uint16_t port_ = 0;
    bool version_seen_ = false;
    bool time_seen_ = false;
    bool item_address_seen_ = false;
    std::string item_host_;
    std::uint16_t item_port_ = 0;
    std::uint32_t seen_ = 0;  // bit n: Key n stands in this record
    In in_ = In::nothing;
    unsigned ignored_ = 0;  // how deep inside something unknown
    Key key_ = Key::other;
};

bool Reader::unfit(std::string_view what)
{
    if (in_ == In::nothing)
        return fail("not an object");
    return known() ? fail(fmt::format("\"{}\" is {}", name_of(key_), what)) : true;
}

bool Reader::wrong(std::string_view value)
{
    // The value comes from a file that anyone may have written: it is not repeated raw.
    return fail(
        fmt::format("\"{}\" holds {} bytes that mean nothing there", name_of(key_), value.size()));
}

bool Reader::number_unsigned(number_unsigned_t value)
{
    if (in_ == In::nothing)
        return fail("not an object");
    if (!known())
        return true;
    if (in_ == In::record)
        return take_record_number(value);
    if (in_ == In::others) {
        line_.other_destinations = value;
        return true;
    }
    if (in_ == In::destination && key_ == Key::port) {
        const auto port = port_of(value);
        if (!port)
            return fail(fmt::format("{} is not a port", value));
        item_port_ = *port;
        return true;
    }
    return unfit("a number");
}

bool Reader::take_record_number(std::uint64_t value)
{
    if (key_ == Key::v) {
        version_seen_ = true;
        return value == 1 ? true
                          : fail(fmt::format("version {}; this program reads version 1", value));
    }
    if (key_ == Key::port) {
        const auto port = port_of(value);
        if (!port)
            return fail(fmt::format("{} is not a port", value));
        port_ = *port;
        return true;
    }
    if (key_ == Key::uid) {
        if (value > std::numeric_limits<std::uint32_t>::max())
            return fail(fmt::format("{} is not the number of a user", value));
        line_.uid = static_cast<std::uint32_t>(value);
        return true;
    }
    return unfit("a number");
}

bool Reader::string(string_t& value)
{
    if (in_ == In::nothing)
        return fail("not an object");
    if (!known())
        return true;
    return in_ == In::record          ? take_record_text(value)
           : in_ == In::resolved_item ? take_resolved_text(value)
           : in_ == In::destination   ? take_destination_text(value)
           : in_ == In::inner         ? take_inner_text(value)
                                      : unfit("a string");
}

bool Reader::take_record_text(std::string& value)
{
    switch (key_) {
        case Key::time: {
            const auto time = parse_time(value);
            if (!time)
                return wrong(value);
            line_.time = *time;
            time_seen_ = true;
            return true;
        }
        case Key::id:
            line_.id = std::move(value);
            return true;
        case Key::listener:
            line_.listener = std::move(value);
            return true;
        case Key::protocol:
            line_.protocol = parse_protocol(value);
            return line_.protocol || value == "unknown" ? true : wrong(value);
        case Key::client:
            // A unix-socket client has no address; whatever else stands there is a mistake.
            line_.client = address_of_endpoint(value);
            return line_.client || value == "unix" ? true : wrong(value);
        case Key::user:
            line_.user = std::move(value);
            return true;
        case Key::host:
            host_ = std::move(value);
            return host_.empty() ? wrong(host_) : true;
        case Key::policy:
            line_.policy = std::move(value);
            return true;
        case Key::address:
            line_.address = address_of_endpoint(value);
            return line_.address ? true : wrong(value);
        case Key::verdict:
            line_.verdict = verdict_of(value);
            return line_.verdict ? true : wrong(value);
        case Key::rule:
            line_.rule = std::move(value);
            return true;
        case Key::reason:
            line_.reason = std::move(value);
            return true;
        case Key::near:
            line_.near = std::move(value);
            return true;
        case Key::ending:
            line_.ending = std::move(value);
            return true;
        default:
            return unfit("a string");
    }
}

bool Reader::take_resolved_text(std::string& value)
{
    auto& item = line_.resolved.back();
    if (key_ == Key::address) {
        const auto address =
            protocols::parse_address(std::string_view{value}.substr(0, value.find('%')));
        if (!address)
            return wrong(value);
        item.address = *address;
        item_address_seen_ = true;
    } else if (key_ == Key::verdict) {
        const auto verdict = verdict_of(value);
        if (!verdict)
            return wrong(value);
        item.verdict = *verdict;
    } else if (key_ == Key::rule) {
        item.rule = std::move(value);
    }
    return true;
}

bool Reader::take_destination_text(std::string& value)
{
    auto& item = line_.destinations.back();
    switch (key_) {
        case Key::host:
            item_host_ = std::move(value);
            return true;
        case Key::address:
            item.address = address_of_endpoint(value);
            return item.address ? true : wrong(value);
        case Key::verdict:
            item.verdict = verdict_of(value);
            return item.verdict ? true : wrong(value);
        case Key::rule:
            item.rule = std::move(value);
            return true;
        case Key::reason:
            item.reason = std::move(value);
            return true;
        default:
            return unfit("a string");
    }
}

bool Reader::take_inner_text(std::string& value)
{
    line_.pinned = pinned_of(value);
    return line_.pinned ? true : wrong(value);
}

bool Reader::start_object(std::size_t /*size*/)
{
    if (in_ == In::nothing) {
        in_ = In::record;
        return true;
    }
    if (in_ == In::resolved && ignored_ == 0) {
        in_ = In::resolved_item;
        item_address_seen_ = false;
        line_.resolved.emplace_back();
        return true;
    }
    if (in_ == In::destinations && ignored_ == 0) {
        in_ = In::destination;
        item_host_.clear();
        item_port_ = 0;
        line_.destinations.emplace_back();
        return true;
    }
    if (known() && (key_ == Key::udp || key_ == Key::others || key_ == Key::inner)) {
        in_ = key_ == Key::udp ? In::udp : key_ == Key::inner ? In::inner : In::others;
        return true;
    }
    if (known())
        return unfit("an object");
    ++ignored_;
    return true;
}

bool Reader::key(string_t& name)
{
    if (ignored_ != 0)
        return true;
    key_ = key_of(name);
    if (!belongs(key_, in_))
        key_ = Key::other;
    if (in_ != In::record || key_ == Key::other)
        return true;
    // Which of two would count? The writer never does it, so someone else has written here.
    const auto bit = std::uint32_t{1} << static_cast<unsigned>(key_);
    if ((seen_ & bit) != 0)
        return fail(fmt::format("\"{}\" stands there twice", name_of(key_)));
    seen_ |= bit;
    return true;
}

bool Reader::end_object()
{
    if (ignored_ != 0) {
        --ignored_;
        return true;
    }
    key_ = Key::other;
    if (in_ == In::resolved_item) {
        in_ = In::resolved;
        return item_address_seen_ ? true : fail("an item of \"resolved\" has no address");
    }
    if (in_ == In::destination)
        return end_destination();
    if (in_ == In::others)
        in_ = In::udp;
    else if (in_ == In::udp || in_ == In::inner)
        in_ = In::record;
    return true;
}

bool Reader::end_destination()
{
    in_ = In::destinations;
    auto host = protocols::parse_host(item_host_);
    if (!host || item_port_ == 0)
        return fail("an item of \"destinations\" has no host and port");
    line_.destinations.back().target = protocols::Target{std::move(*host), item_port_};
    return true;
}

bool Reader::start_array(std::size_t /*size*/)
{
    if (in_ == In::nothing)
        return fail("not an object");
    if (in_ == In::record && ignored_ == 0 && key_ == Key::resolved) {
        in_ = In::resolved;
        return true;
    }
    if (in_ == In::udp && ignored_ == 0 && key_ == Key::destinations) {
        in_ = In::destinations;
        return true;
    }
    if (in_ != In::resolved && in_ != In::destinations && known())
        return unfit("a list");
    ++ignored_;
    return true;
}

bool Reader::end_array()
{
    if (ignored_ != 0) {
        --ignored_;
        return true;
    }
    in_ = in_ == In::destinations ? In::udp : In::record;
    key_ = Key::other;
    return true;
}

bool Reader::join_target()
{
    if (host_.empty() || port_ == 0)
        return true;
    auto host = protocols::parse_host(host_);
    if (!host)
        return fail("\"host\" is neither a name nor an address");
    line_.target = protocols::Target{std::move(*host), port_};
    return true;
}

Result<AccessLine, std::string> Reader::finish(bool well_formed)
{
    if (well_formed && why_.empty()) {
        if (!version_seen_)
            fail("not an access record: it has no \"v\"");
        else if (!time_seen_)
            fail("not an access record: it has no \"time\"");
        (void)join_target();  // a failure is in why_
    }
    if (!why_.empty())
        return why_;
    if (!well_formed)
        return std::string{"not JSON"};
    return std::move(line_);
}

}  // namespace

std::optional<protocols::Protocol> parse_protocol(std::string_view text)
{
    using protocols::Protocol;
    for (const auto protocol : {Protocol::connect, Protocol::http, Protocol::socks5,
                                Protocol::socks4, Protocol::udp, Protocol::bind, Protocol::forward})
        if (word(protocol) == text)
            return protocol;
    return std::nullopt;
}

std::optional<policy::Reason> parse_token_refusal(std::string_view text)
{
    for (const auto reason : {policy::Reason::token_rights, policy::Reason::token_expired})
        if (word(reason) == text)
            return reason;
    return std::nullopt;
}

Result<AccessLine, std::string> read_access_line(std::string_view line)
{
    Reader reader;
    const bool well_formed = Json::sax_parse(line.begin(), line.end(), &reader);
    return reader.finish(well_formed);
}

}  // namespace adit::review
