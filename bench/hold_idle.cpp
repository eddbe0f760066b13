// Tunnels that have been used once and are silent now. What they cost is read outside, between the two gates.
#include <array>

#include <fmt/format.h>
#include <sys/socket.h>

#include "bench/standing.hpp"
#include "bench/statistics.hpp"

namespace adit::bench {
namespace {

constexpr std::array<char, 64> message{};

// One echo proves that a tunnel is one: the kernel accepts for a relay that has not yet looked.
class IdleTunnel final : public StandingTunnel {
public:
    using StandingTunnel::StandingTunnel;

    bool stands() const override { return echoed_ == message.size(); }

private:
    void opened() override
    {
        if (!say({message.data(), message.size()}))
            failed("the message does not go out");
    }

    void stirred(std::uint32_t) override
    {
        std::array<char, message.size() + 1> piece;
        const auto count = ::recv(descriptor(), piece.data(), piece.size() - echoed_, 0);
        if (count <= 0)
            return failed("closed while it was idle");
        echoed_ += static_cast<std::size_t>(count);
    }

    std::size_t echoed_ = 0;
};

}  // namespace

void hold_idle(Loop& loop, const Work& work)
{
    wait_at_gate(work);
    const auto start = Clock::now();
    const auto tunnels = open_tunnels<IdleTunnel>(loop, work);
    tell(work, fmt::format(R"({{"work":"idle","tunnels":{},"seconds":{:.6f}}})", tunnels.size(),
                           seconds(Clock::now() - start)));
}

}  // namespace adit::bench
