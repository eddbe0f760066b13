// The gateway's end of the control socket, on the main thread's loop. It reads a question, has it
// answered, and closes; what the questions mean is the answerer's business.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "src/control/socket_file.hpp"
#include "src/loop/awaitable.hpp"
#include "src/observe/log.hpp"

namespace adit::control {

// Takes a question (one line without its line feed) and gives the answer, also one line.
using Answerer = std::function<std::string(std::string_view question)>;

class Server {
public:
    Server(asio::io_context& loop, Answerer answer, observe::Log log);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Serves there from now on, and no longer where it did before.
    void serve(SocketFile file);
    void close();

    // Where it serves. Empty when it does not, or when the file is gone.
    std::string path() const;

private:
    struct Door;
    struct Shared;

    static Awaitable<void> accept_from(std::shared_ptr<Door> door);

    asio::io_context& loop_;
    std::shared_ptr<Shared> shared_;  // connections may outlive a door
    std::shared_ptr<Door> door_;
};

}  // namespace adit::control
