// Nothing can be opened in this process while one of these lives; what is open stays usable.
#pragma once

#include <doctest/doctest.h>
#include <sys/resource.h>

namespace adit::tests {

class DescriptorShortage {
public:
    DescriptorShortage()
    {
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        const rlimit none{0, before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    }
    ~DescriptorShortage() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    DescriptorShortage(const DescriptorShortage&) = delete;
    DescriptorShortage& operator=(const DescriptorShortage&) = delete;

private:
    rlimit before_{};
};

}  // namespace adit::tests
