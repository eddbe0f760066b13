// Datagrams by the dozen: recvmmsg(2) and sendmmsg(2) with buffers that one worker's associations
// share, for they live only between a receive and the send that follows it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <sys/socket.h>

#include <boost/asio/ip/udp.hpp>

#include "protocols/bytes.hpp"

namespace adit::udp {

class Batch {
public:
    using Endpoint = boost::asio::ip::udp::endpoint;
    static constexpr std::size_t capacity = 16;

    Batch();

    // What has arrived, at most `capacity` datagrams; 0 when there is nothing, or nothing but
    // errors.
    std::size_t receive(int socket);
    const Endpoint& from(std::size_t index) const { return from_[index]; }
    protocols::Bytes bytes(std::size_t index) const;

    // Datagrams to be sent, at most as many as were received: `payload` is a part of a received
    // one, `header` (at most 22 bytes) goes before it.
    void add(protocols::Bytes payload, const Endpoint& to, std::string_view header = {});

    // Sends what was added and forgets it. `sent` is told the place of each in the order of add(),
    // and whether the kernel took it; one that it refuses does not stop the others.
    template <class Sent>
    void send(int socket, Sent sent)
    {
        for (std::size_t done = 0; done < added_;) {
            const auto taken = send_from(socket, done);
            for (std::size_t i = 0; i < taken; ++i)
                sent(done + i, true);
            done += taken;
            if (taken == 0)
                sent(done++, false);
        }
        added_ = 0;
    }

private:
    static constexpr std::size_t room = std::size_t{64} << 10;  // for the largest datagram
    static constexpr std::size_t header_room = 24;

    std::size_t send_from(int socket, std::size_t first);

    std::unique_ptr<std::uint8_t[]> buffer_;
    std::array<Endpoint, capacity> from_;
    std::array<mmsghdr, capacity> in_{};
    std::array<iovec, capacity> in_parts_{};

    std::size_t added_ = 0;
    std::array<Endpoint, capacity> to_;
    std::array<mmsghdr, capacity> out_{};
    std::array<std::array<iovec, 2>, capacity> out_parts_{};
    std::array<std::array<std::uint8_t, header_room>, capacity> headers_{};
};

}  // namespace adit::udp
