// `adit passwd`: a hash for the configuration's "users". The password is typed twice, or read as
// one line from a pipe.
#include <csignal>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>

#include <termios.h>
#include <unistd.h>

#include <fmt/format.h>
#include <openssl/crypto.h>

#include "src/cli/cli.hpp"
#include "src/login/password.hpp"

namespace adit::cli {
namespace {

// Ctrl-C ends the reading, not the process, so that the terminal gets its echo back.
void end_the_reading(int) {}

// The terminal does not show what is typed while this lives.
class Unseen {
public:
    Unseen()
    {
        is_terminal_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
        if (!is_terminal_)
            return;
        struct sigaction interrupted {};
        interrupted.sa_handler = &end_the_reading;  // and no SA_RESTART
        for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT})
            (void)::sigaction(signal, &interrupted, nullptr);
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        (void)::tcsetattr(STDIN_FILENO, TCSAFLUSH,
                          &quiet);  // the worst that can come of it is an echo
    }
    ~Unseen()
    {
        if (is_terminal_)
            (void)::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }
    Unseen(const Unseen&) = delete;
    Unseen& operator=(const Unseen&) = delete;

    bool is_terminal() const { return is_terminal_; }

private:
    termios before_{};
    bool is_terminal_ = false;
};

std::optional<std::string> ask(const char* prompt, bool is_terminal)
{
    if (is_terminal)
        fmt::print(stderr, "{}", prompt);
    std::string line;
    const bool read = static_cast<bool>(std::getline(std::cin, line));
    if (is_terminal)
        fmt::print(stderr, "\n");
    return read ? std::optional{std::move(line)} : std::nullopt;
}

int complain(const char* about)
{
    fmt::print(stderr, "{}\n", about);
    return failed;
}

}  // namespace

int passwd()
{
    const Unseen unseen;
    auto password = ask("Password: ", unseen.is_terminal());
    if (!password)
        return complain("No password was given.");
    if (password->empty())
        return complain("An empty password is no password.");
    if (unseen.is_terminal()) {
        auto again = ask("Once more: ", true);
        const bool same = again && *again == *password;
        if (again)
            OPENSSL_cleanse(again->data(), again->size());
        if (!same)
            return complain("The two do not match.");
    }
    const auto hash = login::hash_password(*password);
    OPENSSL_cleanse(password->data(), password->size());
    if (hash.empty())
        return complain(
            "This password cannot be hashed: it is longer than 511 bytes or holds a NUL byte.");
    fmt::print("{}\n", hash);
    return ok;
}

}  // namespace adit::cli
