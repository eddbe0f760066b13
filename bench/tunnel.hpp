// The client's end of one tunnel: connects, says the handshake, and then leaves the bytes to the load that owns it.
#pragma once

#include <string>

#include "bench/loop.hpp"

namespace adit::bench {

enum class Protocol {
    direct,   // no handshake: the origin itself, or a fixed relay in front of it
    connect,  // HTTP CONNECT
    socks5,   // without a login
};

struct Route {
    Protocol protocol = Protocol::direct;
    Endpoint proxy;    // what is connected to
    Endpoint target;   // what the proxy is asked for
    std::string name;  // asked for instead of the target's address, with its port
};

class Tunnel : public Loop::Watcher {
public:
    Tunnel(Loop& loop, const Route& route) : loop_{loop}, route_{route} {}

    // May be called again after close(). A failure to begin arrives at failed() too.
    void open();
    void close() { socket_.close(); }
    virtual bool stands() const { return stage_ == Stage::stands; }

    void ready(std::uint32_t events) final;

protected:
    virtual void opened() = 0;  // the tunnel stands
    virtual void stirred(std::uint32_t events) = 0;
    virtual void failed(const std::string& why) = 0;

    void expect(std::uint32_t events) { loop_.change(socket_.get(), events, *this); }
    int descriptor() const { return socket_.get(); }

    // Sends a few bytes that must go at once, for the buffer of such a socket is empty.
    bool say(std::string_view bytes);

private:
    enum class Stage { connecting, greeting, requesting, stands };

    void connected();
    void hear();
    void hear_greeting();
    void hear_answer();
    bool hear_socks_answer();
    bool hear_http_answer();
    void request();
    void stand();

    Loop& loop_;
    const Route& route_;
    Descriptor socket_;
    Stage stage_ = Stage::connecting;
    std::string heard_;
};

}  // namespace adit::bench
