// Where records go: a bounded queue and one thread that writes. Workers never touch the disk.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "policy/configuration.hpp"
#include "src/observe/log.hpp"
#include "src/observe/loss_news.hpp"

namespace adit::observe {

// Safe to use from every thread. When the queue is full, write() waits or drops the record, as
// open() was told. What is dropped, and what the disk refuses (full, gone), is counted and said on
// the program's log.
class AccessLog {
public:
    explicit AccessLog(Log log);
    ~AccessLog();  // writes what is queued
    AccessLog(const AccessLog&) = delete;
    AccessLog& operator=(const AccessLog&) = delete;

    // Opens or, for a rotated file, reopens the destination: "stdout", "off", or a path, created
    // with mode 0640 and appended to. The writer changes over before its next batch; what a full
    // queue means changes at once, also for who waits. Empty on success, which must come before the
    // first write; otherwise why not, and everything stays as it was.
    std::string open(const std::string& destination,
                     policy::WhenFull when_full = policy::WhenFull::block);

    void write(std::string_view line);  // one record, with its line feed
    void flush();  // waits until all that was written before has gone out, or was refused
    bool is_off() const { return off_.load(); }  // then there is no need to make a line at all

    // Records that are gone since the start.
    struct Losses {
        std::uint64_t dropped = 0;  // the queue was full
        std::uint64_t refused = 0;  // the disk, or whatever it is, would not take them
    };
    Losses losses() const;

private:
    bool has_room() const { return queued_.size() < max_queued; }
    bool drops() const { return when_full_ == policy::WhenFull::drop; }
    void drop(std::unique_lock<std::mutex> lock);
    void tell_losses(std::unique_lock<std::mutex>& lock);
    void run();
    void wait_for_records(std::unique_lock<std::mutex>& lock);
    void write_out(const std::string& batch);

    static constexpr std::size_t max_queued = 1 << 20;      // bytes
    static constexpr std::size_t worth_a_write = 64 << 10;  // bytes that are written without delay
    static constexpr std::chrono::milliseconds gathering_time{50};  // how late a record may be

    Log log_;
    std::atomic<bool> off_{true};
    mutable std::mutex mutex_;  // guards what stands between here and `descriptor_`
    std::condition_variable filled_;
    std::condition_variable emptied_;
    std::condition_variable rested_;
    std::string queued_;
    policy::WhenFull when_full_ = policy::WhenFull::block;
    LossNews losses_;
    std::optional<int> next_;  // the descriptor to change over to; -1 writes nowhere
    bool writing_ = false;     // a batch is on its way
    bool flushing_ = false;    // somebody waits for it, so there is no time to gather
    bool stopping_ = false;
    std::atomic<std::uint64_t> refused_{0};
    int descriptor_ = -1;  // the writer's alone; owned unless it is standard output
    bool failing_ = false;
    bool cut_short_ = false;  // half a record is in the file: a line feed comes before the next one
    std::thread writer_;
};

}  // namespace adit::observe
