#include "src/cli/configuration_file.hpp"

#include <chrono>

#include <fmt/format.h>

#include "policy/load.hpp"
#include "src/default_configuration.hpp"
#include "src/login/password.hpp"
#include "src/platform/accounts.hpp"
#include "src/platform/clocks.hpp"
#include "src/platform/system.hpp"
#include "src/platform/time_zones.hpp"
#include "src/tls/context.hpp"

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

// Empty when that is where the process is.
std::string folder_of(const std::string& path)
{
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? std::string{} : path.substr(0, slash == 0 ? 1 : slash);
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
    options.now = platform::wall_clock();
    options.find_zone = platform::find_zone;
    options.folder = folder_of(source.path);
    if (source.opens_files)
        options.inspect_tls = &tls::inspect;
    // What files hold belongs to the policy that the hash names. Their paths stand in the text as they
    // are written; as they are opened they would tell how the configuration's own path was typed. The
    // sizes keep what one file holds from passing for the next one's.
    std::string everything = text;
    options.read_file = [&](const std::string& path) {
        auto content = platform::read_regular_file(path);
        if (content)
            everything += '\0' + std::to_string(content->size()) + '\0' + *content;
        return content;
    };
    auto loaded = policy::load(text, options);
    if (!loaded)
        return {boost::system::in_place_error, all_words(loaded.error(), name)};

    Read read{std::move(loaded->configuration), {}};
    read.configuration.hash = platform::short_hash(everything);
    for (const auto& warning : loaded->warnings)
        read.warnings.push_back(to_text(warning, name));
    auto secret = read.configuration.user_files;
    if (read.configuration.holds_hashes)
        secret.insert(secret.begin(), source.path);
    for (const auto& path : secret)
        if (platform::others_can_read(path))
            read.warnings.push_back(
                fmt::format("{}: everyone on this machine can read it, and it holds password "
                            "hashes; run: chmod o-r {}",
                            path, path));
    return read;
}

}  // namespace adit::cli
