#include "src/cli/configuration_file.hpp"

#include <fmt/format.h>

#include "policy/load.hpp"
#include "src/default_configuration.hpp"
#include "src/login/password.hpp"
#include "src/platform/accounts.hpp"
#include "src/platform/system.hpp"
#include "src/platform/time_zones.hpp"

namespace adit::cli {
namespace {

std::string all_words(const policy::Mistakes& mistakes, const std::string& file)
{
    std::string words;
    for (const auto& mistake : mistakes) {
        if (!words.empty())
            words += '\n';
        words += to_text(mistake, file);
    }
    return words;
}

}  // namespace

Result<Read, std::string> read_configuration(const Source& source)
{
    std::string text = default_configuration;
    if (!source.path.empty()) {
        auto read = platform::read_file(source.path);
        if (!read)
            return read.error();
        text = std::move(*read);
    }
    const std::string name = source.path.empty() ? "(embedded default)" : source.path;

    policy::LoadOptions options{source.listen, &login::is_password_hash, &platform::user_number};
    options.find_zone = platform::find_zone;
    auto loaded = policy::load(text, options);
    if (!loaded)
        return {boost::system::in_place_error, all_words(loaded.error(), name)};

    Read read{std::move(loaded->configuration), {}};
    read.configuration.hash = platform::short_hash(text);
    for (const auto& warning : loaded->warnings)
        read.warnings.push_back(to_text(warning, name));
    if (!read.configuration.users.empty() && platform::others_can_read(source.path))
        read.warnings.push_back(
            fmt::format("{}: everyone on this machine can read it, and it holds password hashes; "
                        "run: chmod o-r {}",
                        name, name));
    return read;
}

}  // namespace adit::cli
