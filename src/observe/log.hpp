// Words for people: what the gateway does and what goes wrong, on standard error. Standard output
// stays free for records.
#pragma once

#include <memory>
#include <string_view>

#include "policy/configuration.hpp"

namespace spdlog {
class logger;
}

namespace adit::observe {

// Safe to use from every thread. Copies share one stream.
class Log {
public:
    explicit Log(policy::LogLevel level);

    void set_level(policy::LogLevel level);

    void error(std::string_view message) const;
    void warning(std::string_view message) const;
    void info(std::string_view message) const;
    void debug(std::string_view message) const;

private:
    std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace adit::observe
