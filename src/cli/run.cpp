// `adit run`: reads the configuration, tells a newcomer how to use what is running, and serves.
#include <cstdio>

#include <fmt/format.h>

#include "src/cli/cli.hpp"
#include "src/cli/connect.hpp"
#include "src/cli/secrets.hpp"
#include "src/default_configuration.hpp"
#include "src/gateway/server.hpp"
#include "src/observe/log.hpp"
#include "src/platform/system.hpp"

namespace adit::cli {
namespace {

constexpr std::size_t few_descriptors = 4096;

// Where a client on this machine reaches the listener.
std::string reachable(const policy::Listener& listener)
{
    if (!listener.has_endpoint())
        return listener.name;
    auto endpoint = listener.endpoint;
    if (endpoint.address.is_unspecified())
        endpoint.address = endpoint.address.is_v6() && !listener.dual_stack
                               ? protocols::Address{boost::asio::ip::address_v6::loopback()}
                               : protocols::Address{boost::asio::ip::address_v4::loopback()};
    return to_text(endpoint);
}

void explain_default(const policy::Listener& listener, bool elsewhere)
{
    fmt::print(stderr,
               "\nNo --config was given. This is what runs{}:\n\n{}\n"
               "To use it:\n"
               "  curl -x http://{at} https://example.com/\n"
               "  curl -x socks5h://{at} https://example.com/\n"
               "  ssh -o ProxyCommand='{adit} connect --proxy http://{at} %h %p' user@host\n"
               "  git -c http.proxy=http://{at} clone https://github.com/user/repository\n"
               "  export https_proxy=http://{at} all_proxy=socks5h://{at} "
               "no_proxy=localhost,127.0.0.1\n\n",
               elsewhere ? ", with --listen in place of its listeners" : "", default_configuration,
               fmt::arg("at", reachable(listener)), fmt::arg("adit", this_program()));
}

void warn_of_few_descriptors(std::size_t limit, const observe::Log& log)
{
    if (limit < few_descriptors)
        log.warning(fmt::format(
            "only {} descriptors may be open, enough for {} tunnels; raise LimitNOFILE or "
            "`ulimit -n`",
            limit, limit / 2));
}

Result<Read, std::string> read_with_secrets(const Source& source)
{
    auto read = read_configuration(source);
    if (!read)
        return read;
    if (auto secrets = read_secrets(read->configuration, source.path); !secrets)
        return {boost::system::in_place_error, std::move(secrets.error())};
    return read;
}

}  // namespace

int run(const Source& source)
{
    auto read = read_with_secrets(source);
    if (!read) {
        fmt::print(stderr, "{}\n", read.error());
        return misused;
    }
    const observe::Log log{read->configuration.log.level};
    for (const auto& warning : read->warnings)
        log.warning(warning);
    warn_of_few_descriptors(platform::raise_descriptor_limit(), log);

    const auto reload = [&source, &log]() -> Result<policy::Configuration, std::string> {
        auto again = read_with_secrets(source);
        if (!again)
            return again.error();
        for (const auto& warning : again->warnings)
            log.warning(warning);
        return std::move(again->configuration);
    };
    const auto first = read->configuration.listeners.front();
    const auto on_ready = [&source, &first] {
        if (source.path.empty())
            explain_default(first, !source.listen.empty());
    };
    const auto served = gateway::serve(std::move(read->configuration), reload, log, on_ready);
    if (!served) {
        log.error(served.error());
        return failed;
    }
    return ok;
}

}  // namespace adit::cli
