// Where records go: a bounded queue and one thread that writes. Workers never touch the disk.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "src/observe/log.hpp"

namespace adit::observe {

// Safe to use from every thread. When the queue is full, write() waits: no record is dropped to
// save time. What the disk refuses (full, gone) is counted and said on the log.
class AccessLog {
public:
    // `destination`: "stdout", "off", or a path, created with mode 0640 and appended to. open()
    // must succeed before the first write; it gives the reason when it does not.
    explicit AccessLog(Log log);
    ~AccessLog();  // writes what is queued
    AccessLog(const AccessLog&) = delete;
    AccessLog& operator=(const AccessLog&) = delete;

    // Opens or, for a rotated file, reopens the destination; the writer changes over before its
    // next batch. Empty on success; otherwise why not, and the old destination stays.
    std::string open(const std::string& destination);

    void write(std::string_view line);  // with its line feed
    void flush();  // waits until all that was written before has gone out, or was refused
    bool is_off() const { return off_.load(); }  // then there is no need to make a line at all

private:
    void run();
    void write_out(const std::string& batch);

    static constexpr std::size_t max_queued = 1 << 20;      // bytes
    static constexpr std::size_t worth_a_write = 64 << 10;  // bytes that are written without delay
    static constexpr std::chrono::milliseconds gathering_time{50};  // how late a record may be

    Log log_;
    std::atomic<bool> off_{true};
    std::mutex mutex_;  // guards what stands between here and `descriptor_`
    std::condition_variable filled_;
    std::condition_variable emptied_;
    std::condition_variable rested_;
    std::string queued_;
    std::optional<int> next_;  // the descriptor to change over to; -1 writes nowhere
    bool writing_ = false;     // a batch is on its way
    bool flushing_ = false;    // somebody waits for it, so there is no time to gather
    bool stopping_ = false;
    int descriptor_ = -1;  // the writer's alone; owned unless it is standard output
    bool failing_ = false;
    bool cut_short_ = false;  // half a record is in the file: a line feed comes before the next one
    std::thread writer_;
};

}  // namespace adit::observe
