#include "src/connect/waiting.hpp"

#include <algorithm>
#include <cerrno>

#include <poll.h>

namespace adit::connect {

std::chrono::milliseconds left_until(Moment moment)
{
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(moment - Clock::now());
    return std::max(left, std::chrono::milliseconds{0});
}

bool wait_for(int descriptor, short events, Moment until)
{
    constexpr std::chrono::milliseconds longest{1'000'000'000};  // what an int of poll(2) can say
    for (;;) {
        pollfd asked{descriptor, events, 0};
        const auto wait = std::min(left_until(until), longest);
        const int ready = ::poll(&asked, 1, static_cast<int>(wait.count()));
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return true;  // the next read or write tells what is wrong
        if (Clock::now() >= until)
            return false;
    }
}

}  // namespace adit::connect
