// Puts the words onto standard error through spdlog, with a UTC time in front.
#include "src/observe/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace adit::observe {
namespace {

spdlog::level::level_enum to_spdlog(policy::LogLevel level)
{
    switch (level) {
        case policy::LogLevel::error:
            return spdlog::level::err;
        case policy::LogLevel::warning:
            return spdlog::level::warn;
        case policy::LogLevel::info:
            return spdlog::level::info;
        case policy::LogLevel::debug:
            return spdlog::level::debug;
    }
    return spdlog::level::info;
}

spdlog::string_view_t view(std::string_view text)
{
    return {text.data(), text.size()};
}

}  // namespace

Log::Log(policy::LogLevel level)
    : logger_{std::make_shared<spdlog::logger>("adit",
                                               std::make_shared<spdlog::sinks::stderr_sink_mt>())}
{
    logger_->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l: %v", spdlog::pattern_time_type::utc);
    logger_->flush_on(spdlog::level::trace);
    set_level(level);
}

void Log::set_level(policy::LogLevel level)
{
    logger_->set_level(to_spdlog(level));
}

void Log::error(std::string_view message) const
{
    logger_->log(spdlog::level::err, view(message));
}

void Log::warning(std::string_view message) const
{
    logger_->log(spdlog::level::warn, view(message));
}

void Log::info(std::string_view message) const
{
    logger_->log(spdlog::level::info, view(message));
}

void Log::debug(std::string_view message) const
{
    logger_->log(spdlog::level::debug, view(message));
}

}  // namespace adit::observe
