// Tunnels that stand and are silent. What they cost is read outside, between the two gates.
#include <fmt/format.h>

#include "bench/standing.hpp"
#include "bench/statistics.hpp"

namespace adit::bench {

void hold_idle(Loop& loop, const Work& work)
{
    wait_at_gate(work);
    const auto start = Clock::now();
    const auto tunnels = open_tunnels<StandingTunnel>(loop, work);
    tell(work, fmt::format(R"({{"work":"idle","tunnels":{},"seconds":{:.6f}}})", tunnels.size(),
                           seconds(Clock::now() - start)));
}

}  // namespace adit::bench
