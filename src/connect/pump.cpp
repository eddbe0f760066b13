#include "src/connect/pump.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <string_view>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace adit::connect {
namespace {

constexpr std::size_t capacity = 64 * 1024;

constexpr int most_in_a_row = 16;  // pieces of one direction before the other has its turn
constexpr short broken = POLLERR | POLLHUP | POLLNVAL;

mode_t kind_of(int descriptor)
{
    struct stat about {};
    return ::fstat(descriptor, &about) == 0 ? about.st_mode & S_IFMT : 0;
}

// What write(2) takes without waiting once poll(2) says that there is room: pipe(7) for a pipe that
// is blocking, and no more is known of a terminal.
std::size_t safe_piece(mode_t kind)
{
    return kind == S_IFREG ? capacity : PIPE_BUF;
}

// What was read and not yet written.
class Buffer {
public:
    Buffer() : bytes_(capacity) {}

    void fill(std::string_view bytes)
    {
        bytes_.resize(std::max(bytes_.size(), bytes.size()));
        std::copy(bytes.begin(), bytes.end(), bytes_.begin());
        begin_ = 0;
        end_ = bytes.size();
    }
    std::span<char> room() { return bytes_; }  // only while it is empty
    void filled(std::size_t count)
    {
        begin_ = 0;
        end_ = count;
    }
    std::string_view content() const { return {bytes_.data() + begin_, end_ - begin_}; }
    void drop(std::size_t count) { begin_ += count; }
    bool empty() const { return begin_ == end_; }

private:
    std::vector<char> bytes_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

class Pump {
public:
    Pump(Stream& stream, Descriptor in, Descriptor out, std::string_view early)
        : stream_{stream},
          in_{std::move(in)},
          out_{std::move(out)},
          in_is_terminal_{::isatty(in_.get()) == 1},
          out_is_socket_{kind_of(out_.get()) == S_IFSOCK},
          out_piece_{safe_piece(kind_of(out_.get()))}
    {
        down_.fill(early);
    }

    Pumped run()
    {
        while (!over_) {
            events_ = {};
            has_more_ = false;
            move_up();
            if (!over_)
                move_down();
            if (!over_)
                wait();
        }
        return std::move(result_);
    }

private:
    // in -> stream, as far as it goes without waiting.
    void move_up()
    {
        while (!over_ && !up_ended_) {
            if (!up_.empty()) {
                if (!moved(stream_.write(up_.content()), up_))
                    return;
            } else if (in_ended_) {
                finish_stream();
                return;
            } else if (!take_in()) {
                return;
            }
        }
    }

    // stream -> out, likewise.
    void move_down()
    {
        for (int pieces = 0; !over_ && !down_ended_;) {
            if (!down_.empty()) {
                if (!give_out())
                    return;
            } else if (stream_ended_) {
                close_out();
            } else if (pieces++ == most_in_a_row) {
                has_more_ = true;
                return;
            } else if (!read_stream()) {
                return;
            }
        }
    }

    bool read_stream()
    {
        const auto move = stream_.read(down_.room());
        if (move.how == Moved::ended)
            stream_ended_ = true;
        else if (move.how != Moved::some)
            return may_wait(move);
        else if (out_.is_open())
            down_.filled(move.count);
        return true;
    }

    bool moved(const Move& move, Buffer& buffer)
    {
        if (move.how == Moved::some)
            buffer.drop(move.count);
        return move.how == Moved::some || may_wait(move);
    }

    // Notes what has to be waited for. Never true: nothing goes on before.
    bool may_wait(const Move& move)
    {
        if (move.how == Moved::must_read)
            events_.stream |= POLLIN;
        else if (move.how == Moved::must_write)
            events_.stream |= POLLOUT;
        else
            break_off(move.why);
        return false;
    }

    // `in` may be blocking, so it is read only when poll(2) has said that there is something.
    bool take_in()
    {
        if (!std::exchange(in_is_ready_, false)) {
            events_.in = POLLIN;
            return false;
        }
        const auto room = up_.room();
        const auto count = ::read(in_.get(), room.data(), room.size());
        if (count > 0)
            up_.filled(static_cast<std::size_t>(count));
        else if (count == 0)
            in_ended_ = true;
        else if (errno != EAGAIN && errno != EINTR)
            in_ended_ = true;  // a terminal that was hung up, a socket that was reset
        return true;
    }

    // `out` may be blocking, too: a little at a time, and only when it is ready.
    bool give_out()
    {
        const auto content = down_.content();
        ssize_t count = -1;
        if (out_is_socket_) {
            count = ::send(out_.get(), content.data(), content.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        } else if (std::exchange(out_is_ready_, false)) {
            count = ::write(out_.get(), content.data(), std::min(content.size(), out_piece_));
        } else {
            errno = EAGAIN;
        }
        if (count >= 0) {
            down_.drop(static_cast<std::size_t>(count));
            return true;
        }
        if (errno == EAGAIN || errno == EINTR) {
            events_.out = POLLOUT;
            return false;
        }
        if (errno != EPIPE && errno != ECONNRESET) {
            break_off("write to standard output: " + failure().why);
            return false;
        }
        lose_reader();
        return true;
    }

    // Who read `out` has gone, and knows. What the stream still says is dropped, so that it goes on
    // taking what is left of `in`.
    void lose_reader()
    {
        out_ = Descriptor{};
        down_.fill({});
        result_.is_whole = false;
        over_ = up_ended_ || in_is_terminal_;
    }

    void finish_stream()
    {
        const auto move = stream_.finish();
        if (move.how != Moved::some) {
            (void)may_wait(move);
            return;
        }
        up_ended_ = true;
        over_ = down_ended_ || !out_.is_open();
    }

    void close_out()
    {
        if (out_is_socket_)
            (void)::shutdown(out_.get(), SHUT_WR);  // closing is not enough when `in` is the same
        out_ = Descriptor{};
        down_ended_ = true;
        over_ = up_ended_ || in_is_terminal_;
    }

    void break_off(std::string why)
    {
        over_ = true;
        result_ = {false, std::move(why)};
    }

    // A stream that has ended is watched all the same: it may take nothing more either.
    void wait()
    {
        const bool watches_stream = events_.stream != 0 || stream_ended_;
        std::array<pollfd, 3> asked{
            {{events_.in != 0 ? in_.get() : -1, events_.in, 0},
             {out_.get(), events_.out, 0},
             {watches_stream ? stream_.descriptor() : -1, events_.stream, 0}}};
        if (::poll(asked.data(), asked.size(), has_more_ ? 0 : -1) < 0)
            return;  // EINTR
        in_is_ready_ = asked[0].revents != 0;
        out_is_ready_ = (asked[1].revents & POLLOUT) != 0;
        if ((asked[1].revents & broken) != 0 && !out_is_ready_)
            lose_reader();
        if (stream_ended_ && events_.stream == 0)
            hear_of_stream(asked[2].revents);
    }

    // After its end: a reset, or that it is closed altogether, which only a unix socket shows. What
    // is there of `in` is tried first.
    void hear_of_stream(short revents)
    {
        if ((revents & POLLERR) != 0)
            break_off("the connection was reset");
        else if ((revents & POLLHUP) != 0 && !in_is_ready_)
            over_ = true;
    }

    Stream& stream_;
    Descriptor in_;
    Descriptor out_;
    bool in_is_terminal_;
    bool out_is_socket_;
    std::size_t out_piece_;
    Buffer up_;
    Buffer down_;
    struct {
        short in = 0, out = 0, stream = 0;
    } events_;               // to wait for
    bool has_more_ = false;  // there is something to do without waiting
    bool in_is_ready_ = false;
    bool out_is_ready_ = false;
    bool in_ended_ = false;      // nothing more comes from `in`
    bool stream_ended_ = false;  // nor from the stream
    bool up_ended_ = false;      // and the other side has been told
    bool down_ended_ = false;
    bool over_ = false;
    Pumped result_;
};

}  // namespace

Pumped pump(Stream& stream, Descriptor in, Descriptor out, std::string early)
{
    return Pump{stream, std::move(in), std::move(out), early}.run();
}

}  // namespace adit::connect
