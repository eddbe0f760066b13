#include "src/relay/pipe_pool.hpp"

#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace adit::relay {
namespace {

// Larger ones move no faster. An unprivileged user may hold about 256 of these (pipe-user-pages-soft); after that the
// system grants less, and less is taken.
constexpr int wanted_capacity = 256 << 10;

}  // namespace

std::optional<Pipe> Pipe::open()
{
    int ends[2];
    if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0)
        return std::nullopt;
    return Pipe{ends[0], ends[1]};
}

Pipe::Pipe(int read_end, int write_end) : read_end_{read_end}, write_end_{write_end}
{
    int capacity = ::fcntl(write_end_, F_SETPIPE_SZ, wanted_capacity);
    if (capacity < 0)
        capacity = ::fcntl(write_end_, F_GETPIPE_SZ);
    capacity_ = static_cast<std::size_t>(capacity);
}

Pipe::Pipe(Pipe&& other) noexcept
    : read_end_{std::exchange(other.read_end_, -1)},
      write_end_{std::exchange(other.write_end_, -1)},
      capacity_{other.capacity_}
{
}

Pipe& Pipe::operator=(Pipe&& other) noexcept
{
    std::swap(read_end_, other.read_end_);
    std::swap(write_end_, other.write_end_);
    std::swap(capacity_, other.capacity_);
    return *this;
}

Pipe::~Pipe()
{
    if (read_end_ < 0)
        return;
    ::close(read_end_);
    ::close(write_end_);
}

std::optional<Pipe> PipePool::take()
{
    if (!idle_.empty()) {
        std::optional<Pipe> pipe{std::move(idle_.back())};
        idle_.pop_back();
        return pipe;
    }
    if (open_ >= most_)
        return std::nullopt;
    auto pipe = Pipe::open();
    if (pipe)
        ++open_;
    return pipe;
}

void PipePool::give_back(Pipe empty)
{
    idle_.push_back(std::move(empty));
}

}  // namespace adit::relay
