// Stands on what Asio 1.81 shares with classes derived from its sockets: the descriptor's entry in
// the reactor. An operation whose perform() says nothing but "ready" is a wait.
#include "src/loop/socket.hpp"

#include <memory>
#include <utility>

#include <sys/epoll.h>

#include <boost/asio/detail/reactor.hpp>
#include <boost/asio/detail/reactor_op.hpp>

namespace adit {

using asio::detail::reactor;
using asio::detail::reactor_op;

namespace {

// What epoll has said of a descriptor: its entry in the reactor is an operation that carries it.
class Events : asio::detail::operation {
public:
    static unsigned of(reactor::per_descriptor_data entry)
    {
        return ((asio::detail::operation*)entry)
                   ->*(&Events::task_result_);  // NOLINT: a private base
    }
};

}  // namespace

// Lives in Waits. The reactor holds it from start() to its completion, which may come after the
// socket's end.
class Socket::Wait : public reactor_op {
public:
    Wait(Waits& all, int kind)
        : reactor_op{{}, &Wait::perform, &Wait::complete}, all_{all}, kind_{kind}
    {
    }

    void start(reactor& of, int descriptor, reactor::per_descriptor_data& entry)
    {
        starting_ = true;
        held_ = true;
        ec_ = {};
        entry_ = entry;
        of.start_op(kind_, descriptor, entry, this, true, true);
        starting_ = false;
    }
    void post(reactor& of)
    {
        held_ = true;
        ec_ = {};
        of.post_immediate_completion(this, true);
    }
    bool held() const { return held_; }
    void add(Ready ready)
    {
        auto& place = first_.call == nullptr || first_.context == ready.context ? first_ : second_;
        place = ready;
    }
    void forget() { first_ = second_ = {}; }

private:
    // Asio asks once when the operation starts, and then at each edge. Others that wait for the same
    // edge have their turn as well.
    static status perform(reactor_op* base);
    static void complete(void* loop, asio::detail::operation* base,
                         const boost::system::error_code& error, std::size_t bytes);

    Waits& all_;
    int kind_;
    Ready first_;
    Ready second_;
    reactor::per_descriptor_data entry_ = nullptr;
    bool starting_ = false;
    bool held_ = false;
};

struct Socket::Waits {
    explicit Waits(reactor& its) : of{its} {}

    reactor& of;
    Wait read{*this, reactor::read_op};
    // Few sockets ever wait for these, and an idle tunnel has two sockets.
    std::unique_ptr<Wait> write;
    std::unique_ptr<Wait> soon;  // never given to the reactor, only posted
    bool quiet = false;
    bool hung_up = false;
    bool orphaned = false;
    unsigned forgotten = 0;  // how often
    bool calling = false;

    bool held() const { return read.held() || (write && write->held()) || (soon && soon->held()); }
    void forget()
    {
        read.forget();
        if (write)
            write->forget();
        if (soon)
            soon->forget();
        ++forgotten;
    }
    void orphan()
    {
        forget();
        orphaned = true;
        delete_unless_needed();
    }
    void delete_unless_needed()
    {
        if (!held() && !calling)
            delete this;
    }
};

reactor_op::status Socket::Wait::perform(reactor_op* base)
{
    auto* const self = static_cast<Wait*>(base);
    if (self->starting_)
        return not_done;
    if (self->kind_ == reactor::read_op)
        self->all_.quiet = false;
    if ((Events::of(self->entry_) & (EPOLLERR | EPOLLHUP)) != 0)
        self->all_.hung_up = true;
    return done;
}

// `loop` is null when the loop itself is being destroyed.
void Socket::Wait::complete(void* loop, asio::detail::operation* base,
                            const boost::system::error_code&, std::size_t)
{
    auto* const self = static_cast<Wait*>(base);
    auto& all = self->all_;
    self->held_ = false;
    const auto first = std::exchange(self->first_, {});
    const auto second = std::exchange(self->second_, {});
    if (loop != nullptr && !all.orphaned) {
        const auto forgotten = all.forgotten;
        const bool cancelled = self->ec_ == asio::error::operation_aborted;
        if (self == &all.read)
            all.quiet = false;  // nobody notes any more, whatever was said since the edge
        all.calling = true;
        if (first.call != nullptr)
            first.call(first.context, cancelled);
        if (second.call != nullptr && all.forgotten == forgotten)
            second.call(second.context, cancelled);
        all.calling = false;
    }
    if (all.orphaned)
        all.delete_unless_needed();
}

Socket::Socket(Socket&& other) noexcept
    : Base{std::move(static_cast<Base&>(other))}, waits_{std::exchange(other.waits_, nullptr)}
{
}

Socket::~Socket()
{
    if (waits_ != nullptr)
        waits_->orphan();
}

void Socket::adopt(const protocol_type& protocol, int descriptor, boost::system::error_code& error)
{
    assign(protocol, descriptor, error);
    if (error)
        return;
    auto& state = impl_.get_implementation().state_;
    state |= asio::detail::socket_ops::internal_non_blocking;
    state &= static_cast<decltype(+state)>(~asio::detail::socket_ops::possible_dup);
}

Socket::Waits& Socket::waits()
{
    if (waits_ == nullptr)
        waits_ = new Waits{asio::use_service<reactor>(get_executor().context())};
    return *waits_;
}

void Socket::when_readable(Ready ready)
{
    waits().read.add(ready);
    begin(waits().read);
}

void Socket::when_writable(Ready ready)
{
    auto& write = waits().write;
    if (!write)
        write = std::make_unique<Wait>(*waits_, reactor::write_op);
    write->add(ready);
    begin(*write);
}

void Socket::begin(Wait& wait)
{
    if (!wait.held())
        wait.start(waits_->of, native_handle(), impl_.get_implementation().reactor_data_);
}

void Socket::soon(Ready ready)
{
    auto& soon = waits().soon;
    if (!soon)
        soon = std::make_unique<Wait>(*waits_, reactor::read_op);
    soon->add(ready);
    if (!soon->held())
        soon->post(waits_->of);
}

void Socket::be_quiet()
{
    auto& all = waits();
    all.quiet = true;
    begin(all.read);
}

bool Socket::is_quiet() const
{
    return waits_ != nullptr && waits_->quiet;
}

bool Socket::is_hung_up() const
{
    return waits_ != nullptr && waits_->hung_up;
}

void Socket::forget_waits()
{
    if (waits_ != nullptr)
        waits_->forget();
}

void Socket::close(boost::system::error_code& error)
{
    forget_waits();
    Base::close(error);
}

}  // namespace adit
