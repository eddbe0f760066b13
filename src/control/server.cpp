#include "src/control/server.hpp"

#include <exception>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "src/control/protocol.hpp"

namespace adit::control {

using namespace std::chrono_literals;

namespace {

using Local = asio::local::stream_protocol;
using LocalSocket = asio::basic_stream_socket<Local, Executor>;
using LocalAcceptor = asio::basic_socket_acceptor<Local, Executor>;

constexpr auto accept_pause = 100ms;  // out of descriptors, or connections at their limit

}  // namespace

struct Server::Shared {
    Answerer answer;
    observe::Log log;
    std::size_t connections = 0;

    // Connections say nothing on the log: whoever asks sees what went wrong.
    void ended(const std::exception_ptr& surprise)
    {
        --connections;
        if (surprise)
            log.error("control socket: a connection ended in a surprise");
    }
};

struct Server::Door {
    SocketFile file;
    LocalAcceptor acceptor;
    Timer pause;
    std::shared_ptr<Shared> shared;
};

namespace {

// One question, one answer. The deadline closes the socket, which ends every wait.
template <class Shared>
Awaitable<void> converse(std::shared_ptr<LocalSocket> socket, std::shared_ptr<Shared> shared)
{
    Timer deadline{socket->get_executor()};
    deadline.expires_after(patience);
    deadline.async_wait([socket](boost::system::error_code moved) {
        boost::system::error_code closed_anyway;
        if (!moved)
            socket->close(closed_anyway);
    });
    std::string question;
    const auto [error, size] = co_await asio::async_read_until(
        *socket, asio::dynamic_buffer(question, max_question), '\n', as_values);
    if (error)
        co_return;
    question.resize(size - 1);
    const auto answer = shared->answer(question) + '\n';
    (void)co_await asio::async_write(*socket, asio::buffer(answer), as_values);
}

}  // namespace

Server::Server(asio::io_context& loop, Answerer answer, observe::Log log)
    : loop_{loop}, shared_{std::make_shared<Shared>(Shared{std::move(answer), std::move(log), 0})}
{
}

Server::~Server()
{
    close();
}

void Server::serve(SocketFile file)
{
    close();
    LocalAcceptor acceptor{loop_};
    boost::system::error_code refused;
    acceptor.assign(Local{}, file.descriptor(), refused);
    if (refused)
        return shared_->log.error(
            fmt::format("control socket {}: {}", file.path(), refused.message()));
    (void)file.release_descriptor();  // the acceptor owns it now
    door_ =
        std::make_shared<Door>(Door{std::move(file), std::move(acceptor), Timer{loop_}, shared_});
    asio::co_spawn(loop_, accept_from(door_),
                   [shared = shared_](const std::exception_ptr& surprise) {
                       if (surprise)
                           shared->log.error("control socket: its accept loop ended in a surprise");
                   });
}

void Server::close()
{
    if (!door_)
        return;
    boost::system::error_code closed_anyway;
    door_->acceptor.close(closed_anyway);
    door_->pause.cancel();
    door_->file.remove();
    door_.reset();
}

std::string Server::path() const
{
    return door_ && door_->file.is_still_there() ? door_->file.path() : std::string{};
}

Awaitable<void> Server::accept_from(std::shared_ptr<Door> door)
{
    const auto shared = door->shared;
    bool short_of_something = false;
    for (;;) {
        while (short_of_something || shared->connections >= max_connections) {
            door->pause.expires_after(accept_pause);
            (void)co_await door->pause.async_wait(as_values);
            short_of_something = false;
        }
        if (!door->acceptor.is_open())
            co_return;
        auto [error, socket] = co_await door->acceptor.async_accept(as_values);
        short_of_something = static_cast<bool>(error);
        if (error)
            continue;
        ++shared->connections;
        asio::co_spawn(door->acceptor.get_executor(),
                       converse(std::make_shared<LocalSocket>(std::move(socket)), shared),
                       [shared](const std::exception_ptr& surprise) { shared->ended(surprise); });
    }
}

}  // namespace adit::control
