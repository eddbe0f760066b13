#include "src/dial/connect.hpp"

#include <cerrno>

#include <doctest/doctest.h>

namespace adit::dial {

using protocols::Ending;

TEST_CASE("every errno of connect(2) has its ending")
{
    CHECK(ending_of(ECONNREFUSED) == Ending::refused);
    CHECK(ending_of(EHOSTUNREACH) == Ending::host_unreachable);
    CHECK(ending_of(EPERM) == Ending::host_unreachable);
    CHECK(ending_of(ENETUNREACH) == Ending::network_unreachable);
    CHECK(ending_of(EAFNOSUPPORT) == Ending::network_unreachable);
    CHECK(ending_of(ETIMEDOUT) == Ending::timed_out);
    CHECK(ending_of(EMFILE) == Ending::limit);
    CHECK(ending_of(EAGAIN) == Ending::limit);
    CHECK(ending_of(EBADF) == Ending::internal);
}

TEST_CASE("of several failures the one that says most about the destination is told")
{
    CHECK(says_more(Ending::refused, Ending::host_unreachable));
    CHECK(says_more(Ending::host_unreachable, Ending::network_unreachable));
    CHECK(says_more(Ending::network_unreachable, Ending::timed_out));
    CHECK_FALSE(says_more(Ending::refused, Ending::refused));
}

}  // namespace adit::dial
