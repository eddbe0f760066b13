// A value or the reason there is none. std::expected arrives with C++23; Boost's result reads the
// same. Test it before use; `value()` is never called here.
#pragma once

#include <boost/system/result.hpp>

namespace adit {

template <class T, class E>
using Result = boost::system::result<T, E>;

}  // namespace adit
