// The far end of every measurement: servers that echo, that swallow, and that pour.
#pragma once

#include <memory>
#include <vector>

#include "bench/loop.hpp"

namespace adit::bench {

enum class Service {
    echo,    // says what it hears
    sink,    // hears only
    source,  // speaks without end, and hears too
};

class Origin {
public:
    explicit Origin(Loop& loop) : loop_{loop} {}

    // Returns the port, of use when 0 was asked for. Throws std::system_error.
    std::uint16_t serve(Service service, const Endpoint& endpoint);

private:
    class Listener;

    Loop& loop_;
    std::vector<std::unique_ptr<Loop::Watcher>> listeners_;
};

}  // namespace adit::bench
