#include "src/cli/secrets.hpp"

#include <filesystem>
#include <memory>
#include <utility>

#include "src/login/token_key.hpp"

namespace adit::cli {

Result<void, std::string> read_secrets(policy::Configuration& configuration,
                                       const std::string& config)
{
    auto& tokens = configuration.tokens;
    if (tokens.key_file.empty())
        return {};
    const auto path = std::filesystem::path{config}.parent_path() / tokens.key_file;
    auto key = login::read_token_key(path.string());
    if (!key)
        return {boost::system::in_place_error, config + ": tokens.key_file: " + key.error()};
    tokens.key = std::make_shared<const protocols::Secret>(std::move(*key));
    return {};
}

}  // namespace adit::cli
