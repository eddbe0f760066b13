#include "src/dial/hosts_table.hpp"

#include <algorithm>

namespace adit::dial {
namespace {

// The next word of a line; empty at its end.
std::string_view take_word(std::string_view& line)
{
    constexpr std::string_view blanks = " \t\r\v\f";
    line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
    const auto word = line.substr(0, line.find_first_of(blanks));
    line.remove_prefix(word.size());
    return word;
}

std::string_view take_line(std::string_view& text)
{
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    return line;
}

void add(HostsTable& table, const Domain& name, const Address& address)
{
    auto& addresses = table[name.text()];
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end())
        addresses.push_back(address);
}

}  // namespace

HostsTable parse_hosts(std::string_view text)
{
    HostsTable table;
    while (!text.empty()) {
        auto line = take_line(text);
        line = line.substr(0, line.find('#'));
        const auto address = protocols::parse_address(take_word(line));
        if (!address)
            continue;
        for (auto word = take_word(line); !word.empty(); word = take_word(line))
            if (const auto name = Domain::parse(word))
                add(table, *name, *address);
    }
    return table;
}

}  // namespace adit::dial
