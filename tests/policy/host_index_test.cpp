#include "policy/host_index.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include <doctest/doctest.h>

namespace adit::policy {
namespace {

std::set<HostIndex::Id> sharing(const HostIndex& index, std::string_view entry)
{
    const auto named = index.sharing({*parse_host_entry(entry)});
    std::set<HostIndex::Id> all{named.begin(), named.end()};
    all.insert(index.for_every_name().begin(), index.for_every_name().end());
    return all;
}

TEST_CASE("lists that share a name with an entry are found, and no others")
{
    HostIndex index;
    index.add(0, {*parse_host_entry("www.example.com"), *parse_host_entry("a.org")});
    index.add(1, {*parse_host_entry("*.example.com")});
    index.add(2, {*parse_host_entry("example.com")});
    index.add(3, {*parse_host_entry("*")});
    index.add_all(4);

    using Ids = std::set<HostIndex::Id>;
    CHECK(sharing(index, "www.example.com") == Ids{0, 1, 3, 4});
    CHECK(sharing(index, "mail.example.com") == Ids{1, 3, 4});
    CHECK(sharing(index, "example.com") == Ids{2, 3, 4});
    CHECK(sharing(index, "com") == Ids{3, 4});
    CHECK(sharing(index, "ample.com") == Ids{3, 4});
    CHECK(sharing(index, "*.com") == Ids{0, 1, 2, 3, 4});
    CHECK(sharing(index, "*.example.com") == Ids{0, 1, 3, 4});
    CHECK(sharing(index, "*.www.example.com") == Ids{1, 3, 4});
    CHECK(sharing(index, "*.org") == Ids{0, 3, 4});
    CHECK(sharing(index, "*.net") == Ids{3, 4});
    CHECK(sharing(index, "*") == Ids{0, 1, 2, 3, 4});
}

}  // namespace
}  // namespace adit::policy
