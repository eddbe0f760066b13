// Kernel pipes for splice(2): bytes move from socket to socket without passing through this process. A pipe costs two
// descriptors and kernel memory, so a few of them serve all tunnels of a worker.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace adit::relay {

// Owns both ends, non-blocking. A moved-from pipe owns nothing.
class Pipe {
public:
    static std::optional<Pipe> open();  // empty when the system grants none
    Pipe(Pipe&& other) noexcept;
    Pipe& operator=(Pipe&& other) noexcept;
    ~Pipe();

    int read_end() const { return read_end_; }
    int write_end() const { return write_end_; }
    std::size_t capacity() const { return capacity_; }  // bytes, at most

private:
    Pipe(int read_end, int write_end);

    int read_end_;
    int write_end_;
    std::size_t capacity_;
};

// One a worker. Never fails: without a pipe the relay copies.
class PipePool {
public:
    explicit PipePool(std::size_t most) : most_{most} {}

    std::optional<Pipe> take();
    void give_back(Pipe empty);
    void lose() { --open_; }  // a pipe that still held bytes was closed instead of given back

    std::size_t open() const { return open_; }  // taken or idle
    std::size_t idle() const { return idle_.size(); }

private:
    std::size_t most_;
    std::size_t open_ = 0;
    std::vector<Pipe> idle_;
};

}  // namespace adit::relay
