// The writer takes all that is queued at once and writes it with as few calls as the kernel allows.
#include "src/observe/access_log.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <fmt/format.h>

namespace adit::observe {
namespace {

std::size_t count_lines(std::string_view text)
{
    std::size_t lines = 0;
    for (const char c : text)
        lines += c == '\n' ? 1 : 0;
    return lines;
}

void close_if_owned(int descriptor)
{
    if (descriptor > STDERR_FILENO)
        ::close(descriptor);
}

}  // namespace

AccessLog::AccessLog(Log log) : log_{std::move(log)}, writer_{[this] { run(); }} {}

AccessLog::~AccessLog()
{
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    filled_.notify_one();
    writer_.join();
    close_if_owned(descriptor_);
}

std::string AccessLog::open(const std::string& destination, policy::WhenFull when_full)
{
    int descriptor = -1;
    if (destination == "stdout") {
        descriptor = STDOUT_FILENO;
    } else if (destination != "off") {
        // A named pipe that nobody reads is refused instead of waited for.
        constexpr int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
        descriptor = ::open(destination.c_str(), flags, 0640);
        if (descriptor < 0)
            return fmt::format("cannot open the access log {}: {}", destination,
                               std::strerror(errno));
    }
    const std::lock_guard lock{mutex_};
    if (next_)
        close_if_owned(*next_);
    next_ = descriptor;
    off_ = descriptor < 0;
    when_full_ = when_full;
    emptied_.notify_all();  // who waits for room may not have to any longer
    return {};
}

void AccessLog::write(std::string_view line)
{
    std::unique_lock lock{mutex_};
    emptied_.wait(lock, [this] { return has_room() || drops(); });
    if (!has_room())
        return drop(std::move(lock));
    const auto before = queued_.size();
    queued_ += line;
    const bool writer_is_due =
        before == 0 || (before < worth_a_write && queued_.size() >= worth_a_write);
    lock.unlock();
    if (writer_is_due)
        filled_.notify_one();
}

// The writer may be stuck for as long as nobody reads, so the first to see it tells.
void AccessLog::drop(std::unique_lock<std::mutex> lock)
{
    losses_.lost();
    tell_losses(lock);
}

void AccessLog::tell_losses(std::unique_lock<std::mutex>& lock)
{
    const auto line = losses_.tell(std::chrono::steady_clock::now());
    if (!line)
        return;
    lock.unlock();
    log_.warning(*line);
    lock.lock();
}

AccessLog::Losses AccessLog::losses() const
{
    const std::lock_guard lock{mutex_};
    return {losses_.total(), refused_.load()};
}

void AccessLog::flush()
{
    std::unique_lock lock{mutex_};
    flushing_ = true;
    filled_.notify_one();
    rested_.wait(lock, [this] { return queued_.empty() && !writing_; });
    flushing_ = false;
}

// Waking a thread costs a busy worker more than making the record does. So the writer, once it
// knows that there is something, waits a little for more.
void AccessLog::run()
{
    std::string batch;
    for (;;) {
        std::unique_lock lock{mutex_};
        wait_for_records(lock);
        if (queued_.empty()) {
            if (const auto last = losses_.tell(LossNews::Time::max()))
                log_.warning(*last);
            return;
        }
        filled_.wait_for(lock, gathering_time, [this] {
            return queued_.size() >= worth_a_write || flushing_ || stopping_;
        });
        batch.clear();
        std::swap(batch, queued_);
        const auto next = std::exchange(next_, std::nullopt);
        writing_ = true;
        lock.unlock();
        emptied_.notify_all();
        if (next) {
            close_if_owned(descriptor_);
            descriptor_ = *next;
            cut_short_ = false;
        }
        write_out(batch);
        lock.lock();
        writing_ = false;
        rested_.notify_all();
    }
}

// Until there are some, or no more will come. Losses that no line has told of yet are told meanwhile.
void AccessLog::wait_for_records(std::unique_lock<std::mutex>& lock)
{
    const auto over = [this] { return !queued_.empty() || stopping_; };
    tell_losses(lock);
    while (const auto due = losses_.due()) {
        if (filled_.wait_until(lock, *due, over))
            return;
        tell_losses(lock);
    }
    filled_.wait(lock, over);
}

void AccessLog::write_out(const std::string& batch)
{
    if (descriptor_ < 0)
        return;
    std::string_view rest = batch;
    while (!rest.empty()) {
        const auto next = cut_short_ ? std::string_view{"\n"} : rest;
        const auto written = ::write(descriptor_, next.data(), next.size());
        if (written > 0 && cut_short_) {
            cut_short_ = false;
        } else if (written >= 0) {
            rest.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            pollfd ready{descriptor_, POLLOUT, 0};
            (void)::poll(&ready, 1, -1);  // an error shows at the next write
        } else if (errno != EINTR) {
            const auto lost = count_lines(rest);
            log_.error(fmt::format("access log: {}; records lost: {}", std::strerror(errno), lost));
            refused_ += lost;
            failing_ = true;
            const auto done = batch.size() - rest.size();
            cut_short_ = cut_short_ || (done > 0 && batch[done - 1] != '\n');
            return;
        }
    }
    if (failing_)
        log_.info("access log: writing again");
    failing_ = false;
}

}  // namespace adit::observe
