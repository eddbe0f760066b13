// Opens a number of tunnels that stay, a few at a time.
#pragma once

#include <memory>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include "bench/loads.hpp"

namespace adit::bench {

class StandingTunnel : public Tunnel {
public:
    using Tunnel::Tunnel;

protected:
    void opened() override {}
    void failed(const std::string& why) override
    {
        throw std::runtime_error{"a tunnel failed: " + why};
    }
};

template <class Kind>
std::vector<std::unique_ptr<Kind>> open_tunnels(Loop& loop, const Work& work)
{
    constexpr auto patience = std::chrono::seconds{60};
    const auto until = Clock::now() + patience;
    std::vector<std::unique_ptr<Kind>> tunnels;
    std::size_t standing = 0;
    const auto all_stand = [&] {
        while (standing < tunnels.size() && tunnels[standing]->stands())
            ++standing;
        return standing == tunnels.size();
    };
    while (tunnels.size() < work.tunnels) {
        const auto batch = std::min(work.in_flight, work.tunnels - tunnels.size());
        for (std::size_t i = 0; i < batch; ++i) {
            tunnels.push_back(std::make_unique<Kind>(loop, work.route));
            tunnels.back()->open();
        }
        if (!loop.run(all_stand, until))
            throw std::runtime_error{fmt::format("only {} tunnels stand", standing)};
    }
    return tunnels;
}

}  // namespace adit::bench
