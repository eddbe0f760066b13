// The three answers of every parser over a growing buffer. "Too short" and "wrong" are different
// answers.
#pragma once

#include <cstddef>
#include <utility>
#include <variant>

#include "protocols/fault.hpp"

namespace adit::protocols {

struct NeedMore {
    bool operator==(const NeedMore&) const = default;
};

// `consumed` bytes belonged to the value; all that follow belong to someone else.
template <class T>
struct Done {
    T value;
    std::size_t consumed = 0;
};

struct Malformed {
    Fault fault = Fault::none;
    bool operator==(const Malformed&) const = default;
};

template <class T>
using Step = std::variant<NeedMore, Done<T>, Malformed>;

}  // namespace adit::protocols
