// Runs a test's loop until something has happened, never longer than ten seconds.
#pragma once

#include <chrono>

#include <boost/asio/io_context.hpp>

namespace adit::tests {

// False when it did not happen.
template <class Predicate>
bool run_until(boost::asio::io_context& loop, Predicate happened)
{
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!happened()) {
        loop.restart();
        loop.run_one_until(limit);
        if (std::chrono::steady_clock::now() >= limit)
            return happened();
    }
    return true;
}

// Runs what can run without waiting.
inline void settle(boost::asio::io_context& loop)
{
    loop.restart();
    loop.poll();
}

}  // namespace adit::tests
