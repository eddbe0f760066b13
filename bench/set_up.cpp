// Tunnels that live for one echo, one after another, a few at a time.
#include <array>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <sys/socket.h>

#include "bench/loads.hpp"
#include "bench/statistics.hpp"

namespace adit::bench {
namespace {

constexpr auto patience = std::chrono::seconds{60};
constexpr std::size_t most_failures = 100;  // then it makes no sense to go on
constexpr std::array<char, 64> message{};

struct Tally {
    std::size_t begun = 0;
    std::size_t finished = 0;
    std::size_t failed = 0;
    std::string failure;  // the last one's
    Times times;
};

class ShortTunnel final : public Tunnel {
public:
    ShortTunnel(Loop& loop, const Work& work, Tally& tally)
        : Tunnel{loop, work.route}, total_{work.tunnels}, tally_{tally}
    {
    }

    void begin()
    {
        if (tally_.begun == total_ || tally_.failed >= most_failures)
            return;
        ++tally_.begun;
        began_ = Clock::now();
        echoed_ = 0;
        open();
    }

private:
    void opened() override
    {
        if (!say({message.data(), message.size()}))
            failed("the message does not go out");
    }

    void stirred(std::uint32_t) override
    {
        std::array<char, message.size()> piece;
        const auto count = ::recv(descriptor(), piece.data(), piece.size() - echoed_, 0);
        if (count <= 0)
            return failed("closed before the echo");
        echoed_ += static_cast<std::size_t>(count);
        if (echoed_ < message.size())
            return;
        tally_.times.add(Clock::now() - began_);
        next();
    }

    void failed(const std::string& why) override
    {
        ++tally_.failed;
        tally_.failure = why;
        next();
    }

    void next()
    {
        close();
        ++tally_.finished;
        begin();
    }

    std::size_t total_;
    Tally& tally_;
    Clock::time_point began_;
    std::size_t echoed_ = 0;
};

}  // namespace

void set_up(Loop& loop, const Work& work)
{
    Tally tally;
    std::vector<std::unique_ptr<ShortTunnel>> tunnels;
    for (std::size_t i = 0; i < work.in_flight; ++i)
        tunnels.push_back(std::make_unique<ShortTunnel>(loop, work, tally));

    wait_at_gate(work);
    const auto start = Clock::now();
    for (const auto& tunnel : tunnels)
        tunnel->begin();
    const auto over = [&] {
        return tally.finished == work.tunnels ||
               (tally.failed >= most_failures && tally.finished == tally.begun);
    };
    loop.run(over, start + patience);
    const auto lost = work.tunnels - tally.times.count();
    tell(
        work,
        fmt::format(
            R"({{"work":"setup","tunnels":{},"failed":{},"failure":"{}","seconds":{:.6f},"p50_us":{:.1f},"p99_us":{:.1f}}})",
            tally.times.count(), lost, tally.failure, seconds(Clock::now() - start),
            tally.times.percentile(0.5), tally.times.percentile(0.99)));
}

}  // namespace adit::bench
