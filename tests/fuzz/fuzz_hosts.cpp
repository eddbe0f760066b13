// A hosts file: what it names is canonical, and it means the same when it is written out again.
#include "src/dial/hosts_table.hpp"
#include "tests/fuzz/invariants.hpp"

namespace adit::fuzz {
namespace {

using dial::HostsTable;

std::string written(const HostsTable& table)
{
    std::string text;
    for (const auto& [name, addresses] : table)
        for (const auto& address : addresses)
            text += address.to_string() + '\t' + name + '\n';
    return text;
}

void require_in_order(const HostsTable& table)
{
    for (const auto& [name, addresses] : table) {
        const auto domain = protocols::Domain::parse(name);
        require(domain.has_value() && domain->text() == name, "a name is a canonical host name");
        require(!addresses.empty(), "what is named has an address");
        for (auto one = addresses.begin(); one != addresses.end(); ++one) {
            require(std::find(addresses.begin(), one, *one) == one, "an address stands once");
            require_canonical({*one, 443});
        }
    }
}

}  // namespace
}  // namespace adit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using namespace adit::fuzz;
    const auto table = adit::dial::parse_hosts(text_of(bytes, size));
    require_in_order(table);
    require(adit::dial::parse_hosts(written(table)) == table, "a table written out is the table");
    return 0;
}
