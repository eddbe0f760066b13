// Tunnels that are kept full. What is counted is what this end has received, or has been able to hand to the kernel.
#include <array>
#include <cerrno>
#include <limits>

#include <fmt/format.h>
#include <sys/socket.h>

#include "bench/standing.hpp"
#include "bench/statistics.hpp"

namespace adit::bench {
namespace {

constexpr auto warm_up =
    std::chrono::milliseconds{150};  // buffers fill, windows open, ways are chosen
constexpr std::size_t piece = 256 << 10;
constexpr int max_rounds = 4;  // then it is another tunnel's turn

class Stream final : public StandingTunnel {
public:
    using StandingTunnel::StandingTunnel;

    void flow(Direction direction)
    {
        const std::uint32_t in = EPOLLIN;
        const std::uint32_t out = EPOLLOUT;
        switch (direction) {
            case Direction::download:
                return expect(in);
            case Direction::upload:
                return expect(out);
            case Direction::both:
                return expect(in | out);
        }
    }

    void count_anew() { down = up = 0; }

    std::uint64_t down = 0;
    std::uint64_t up = 0;

private:
    void opened() override { expect(0); }

    void stirred(std::uint32_t events) override
    {
        if ((events & (EPOLLERR | EPOLLHUP)) != 0)
            failed("closed in the middle");
        if ((events & EPOLLIN) != 0)
            hear();
        if ((events & EPOLLOUT) != 0)
            pour();
    }

    // TCP throws away what MSG_TRUNC asks for, uncopied.
    void hear()
    {
        for (int round = 0; round < max_rounds; ++round) {
            const auto count = ::recv(descriptor(), nullptr, piece, MSG_TRUNC);
            if (count < 0 && errno == EAGAIN)
                return;
            if (count <= 0)
                return failed("closed in the middle");
            down += static_cast<std::uint64_t>(count);
        }
    }

    void pour()
    {
        static const std::array<char, piece> zeros{};
        for (int round = 0; round < max_rounds; ++round) {
            const auto count = ::send(descriptor(), zeros.data(), zeros.size(), MSG_NOSIGNAL);
            if (count < 0 && errno == EAGAIN)
                return;
            if (count < 0)
                return failed("closed in the middle");
            up += static_cast<std::uint64_t>(count);
        }
    }
};

using Streams = std::vector<std::unique_ptr<Stream>>;

std::uint64_t total(const Streams& streams)
{
    std::uint64_t bytes = 0;
    for (const auto& stream : streams)
        bytes += stream->down + stream->up;
    return bytes;
}

// The slowest stream's bytes as a share of the fastest one's.
double fairness(const Streams& streams)
{
    auto least = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t most = 1;
    for (const auto& stream : streams) {
        least = std::min(least, stream->down + stream->up);
        most = std::max(most, stream->down + stream->up);
    }
    return static_cast<double>(least) / static_cast<double>(most);
}

}  // namespace

void move_bulk(Loop& loop, const Work& work)
{
    const auto streams = open_tunnels<Stream>(loop, work);
    for (const auto& stream : streams)
        stream->flow(work.direction);
    loop.run([] { return false; }, Clock::now() + warm_up);

    wait_at_gate(work);
    for (const auto& stream : streams)
        stream->count_anew();
    const auto enough = [&] { return work.bytes > 0 && total(streams) >= work.bytes; };
    const auto start = Clock::now();
    loop.run(enough, start + work.time);
    const auto took = Clock::now() - start;

    std::uint64_t down = 0;
    std::uint64_t up = 0;
    for (const auto& stream : streams) {
        down += stream->down;
        up += stream->up;
    }
    tell(work,
         fmt::format(R"({{"work":"bulk","down":{},"up":{},"seconds":{:.6f},"fairness":{:.3f}}})",
                     down, up, seconds(took), fairness(streams)));
}

}  // namespace adit::bench
