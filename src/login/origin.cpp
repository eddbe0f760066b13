#include "src/login/origin.hpp"

#include <algorithm>

namespace adit::login {

Origin origin_of(const protocols::Address& client)
{
    const auto plain = protocols::unmapped(client);
    if (plain.is_v4())
        return {plain.to_string()};
    auto bytes = plain.to_v6().to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
    return {boost::asio::ip::address_v6{bytes}.to_string() + "/64"};
}

Origin origin_of_local(std::optional<std::uint32_t> uid)
{
    return {uid ? "uid " + std::to_string(*uid) : "a unix socket"};
}

}  // namespace adit::login
