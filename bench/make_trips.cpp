// Tunnels that play ping-pong with 64 bytes, each as fast as it can.
#include <array>

#include <fmt/format.h>
#include <sys/socket.h>

#include "bench/standing.hpp"
#include "bench/statistics.hpp"

namespace adit::bench {
namespace {

constexpr auto warm_up = std::chrono::milliseconds{100};
constexpr std::array<char, 64> ball{};

class PingPong final : public StandingTunnel {
public:
    using StandingTunnel::StandingTunnel;

    void serve(Times& times)
    {
        times_ = &times;
        began_ = Clock::now();
        back_ = 0;
        if (!say({ball.data(), ball.size()}))
            failed("the message does not go out");
    }

private:
    void stirred(std::uint32_t) override
    {
        std::array<char, ball.size()> piece;
        const auto count = ::recv(descriptor(), piece.data(), piece.size() - back_, 0);
        if (count <= 0)
            return failed("closed in the middle of a trip");
        back_ += static_cast<std::size_t>(count);
        if (back_ < ball.size())
            return;
        times_->add(Clock::now() - began_);
        serve(*times_);
    }

    Times* times_ = nullptr;
    Clock::time_point began_;
    std::size_t back_ = 0;
};

void play(Loop& loop, Clock::duration time)
{
    loop.run([] { return false; }, Clock::now() + time);
}

}  // namespace

void make_trips(Loop& loop, const Work& work)
{
    const auto tunnels = open_tunnels<PingPong>(loop, work);
    Times times;
    for (const auto& tunnel : tunnels)
        tunnel->serve(times);
    play(loop, warm_up);

    wait_at_gate(work);
    times.clear();
    const auto start = Clock::now();
    play(loop, work.time);
    const auto took = Clock::now() - start;
    tell(work,
         fmt::format(
             R"({{"work":"trips","trips":{},"seconds":{:.6f},"p50_us":{:.1f},"p99_us":{:.1f}}})",
             times.count(), seconds(took), times.percentile(0.5), times.percentile(0.99)));
}

}  // namespace adit::bench
