// Two connected TCP sockets over loopback: `ours` for the code under test, `theirs` as the blocking far end.
#pragma once

#include <string>

#include "src/loop/awaitable.hpp"

namespace adit::tests {

// The far end, used with plain blocking calls that give up after ten seconds.
class FarEnd {
public:
    explicit FarEnd(int descriptor);
    FarEnd(FarEnd&& other) noexcept;
    FarEnd& operator=(FarEnd&&) = delete;
    ~FarEnd();

    bool send(std::string_view bytes);      // all of them
    std::string receive(std::size_t size);  // exactly `size` bytes, or fewer before FIN or RST
    bool receives_fin();
    bool receives_reset();
    void say_fin();
    bool send_last(std::string_view bytes);  // these and FIN in one segment
    void reset();                            // closes with RST
    int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

struct TcpPair {
    Socket ours;
    FarEnd theirs;
};

TcpPair connect_pair(asio::io_context& loop);

}  // namespace adit::tests
