#include "src/udp/batch.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>

namespace adit::udp {

// Not touched until it is used, so a worker without associations has no such pages.
Batch::Batch() : buffer_{new std::uint8_t[capacity * room]} {}

std::size_t Batch::receive(int socket)
{
    for (std::size_t i = 0; i < capacity; ++i) {
        in_parts_[i] = {buffer_.get() + i * room, room};
        auto& header = in_[i].msg_hdr;
        header = {};
        header.msg_name = from_[i].data();
        header.msg_namelen = static_cast<socklen_t>(from_[i].capacity());
        header.msg_iov = &in_parts_[i];
        header.msg_iovlen = 1;
    }
    const int count = ::recvmmsg(socket, in_.data(), capacity, MSG_DONTWAIT, nullptr);
    if (count <= 0)
        return 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
        from_[i].resize(in_[i].msg_hdr.msg_namelen);
    return static_cast<std::size_t>(count);
}

protocols::Bytes Batch::bytes(std::size_t index) const
{
    return {buffer_.get() + index * room, in_[index].msg_len};
}

void Batch::add(protocols::Bytes payload, const Endpoint& to, std::string_view header)
{
    assert(added_ < capacity && header.size() <= header_room);
    const auto i = added_++;
    to_[i] = to;
    std::copy(header.begin(), header.end(), headers_[i].begin());
    auto* const first = const_cast<std::uint8_t*>(payload.data());  // sendmmsg only reads
    out_parts_[i] = {iovec{headers_[i].data(), header.size()}, iovec{first, payload.size()}};
    auto& message = out_[i].msg_hdr;
    message = {};
    message.msg_name = to_[i].data();
    message.msg_namelen = static_cast<socklen_t>(to_[i].size());
    message.msg_iov = out_parts_[i].data();
    message.msg_iovlen = 2;
}

std::size_t Batch::send_from(int socket, std::size_t first)
{
    const int count = ::sendmmsg(socket, out_.data() + first, static_cast<unsigned>(added_ - first),
                                 MSG_DONTWAIT | MSG_NOSIGNAL);
    return count > 0 ? static_cast<std::size_t>(count) : 0;
}

}  // namespace adit::udp
