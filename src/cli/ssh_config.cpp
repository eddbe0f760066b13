// `adit ssh-config`: prints the lines of ~/.ssh/config by which ssh, scp, sftp and git go through a
// proxy. A password never gets into them.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "src/cli/cli.hpp"
#include "src/cli/connect.hpp"

namespace adit::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view plain_marks = "@%_-+=:,./";

bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           plain_marks.find(c) != std::string_view::npos;
}

// ssh replaces %h and its like first (so % is written twice) and gives the rest to the shell.
std::string as_word(std::string_view text)
{
    std::string word;
    bool plain = !text.empty();
    for (const char c : text) {
        plain = plain && is_plain(c);
        if (c == '\'')
            word += "'\\''";
        else
            word += c == '%' ? "%%" : std::string(1, c);
    }
    return plain ? word : "'" + word + "'";
}

std::string from_the_root(const std::string& path)
{
    std::error_code unknown;
    const auto whole = fs::absolute(path, unknown);
    return unknown ? path : whole.string();
}

std::string usual_login_file()
{
    const char* home = std::getenv("HOME");
    return home != nullptr && *home == '/' ? std::string{home} + "/.config/adit/login"
                                           : "/etc/adit/login";
}

std::string patterns(const std::vector<std::string>& hosts)
{
    if (hosts.empty())
        return "* !localhost !127.0.0.1 !::1";
    return fmt::format("{}", fmt::join(hosts, " "));
}

bool fits_on_lines(const std::string& text)
{
    return text.find_first_of("\n\r") == std::string::npos;
}

}  // namespace

std::string this_program()
{
    std::error_code unknown;
    const auto path = fs::read_symlink("/proc/self/exe", unknown);
    return unknown ? "adit" : path.string();
}

int ssh_config(const SshConfigOptions& options)
{
    const auto proxy = chosen_proxy(options.proxy);
    if (!proxy) {
        fmt::print(stderr, "adit ssh-config: {}\n", proxy.error());
        return misused;
    }
    auto login_file = options.proxy.login_file;
    if (login_file.empty() && proxy->login)
        login_file = usual_login_file();

    auto command = as_word(this_program()) + " connect --proxy " + as_word(to_text(*proxy));
    if (!login_file.empty())
        command += " --login-file " + as_word(from_the_root(login_file));
    const std::pair<std::string_view, const std::string&> files[] = {
        {" --ca ", options.proxy.ca},
        {" --cert ", options.proxy.cert},
        {" --key ", options.proxy.key},
    };
    for (const auto& [option, path] : files)
        if (!path.empty())
            command.append(option).append(as_word(from_the_root(path)));
    const auto hosts = patterns(options.hosts);
    if (!fits_on_lines(command + hosts)) {
        fmt::print(stderr, "adit ssh-config: a name with a line feed cannot be written there\n");
        return misused;
    }
    fmt::print("# For ~/.ssh/config: ssh, scp, sftp and git through {}\n", to_text(*proxy));
    if (!login_file.empty())
        fmt::print("# The login: the line user:password in {}, which only you may read\n",
                   from_the_root(login_file));
    fmt::print("Host {}\n    ProxyCommand {} %h %p\n", hosts, command);
    if (options.proxy.login_file.empty() && proxy->login)
        fmt::print(stderr,
                   "adit ssh-config: the login of the URL is left out; write it into {} as "
                   "user:password, and chmod 600 it\n",
                   login_file);
    return ok;
}

}  // namespace adit::cli
