"""SOCKS5 BIND: one connection from a destination to the gateway, for a client that cannot be called itself."""
import socket

from harness.dns import Dns
from harness.gateway import Gateway, LOOPBACK, eventually
from harness.runner import check, equal, main, test
from harness.wire import dial, is_closed, read_exactly, read_socks5_reply, reset, socks5_connect

BIND = 2
LISTENER = {"name": "main", "address": "127.0.0.1:0", "protocols": ["socks5", "bind"]}


def serving(**configuration):
    return Gateway(**{"listeners": [LISTENER], **configuration})


def bind(gateway, host="127.0.0.1", port=21):
    """Gives the connection, the REP code and where the gateway listens for the peer."""
    return socks5_connect(gateway.address(), host, port, BIND)


def call(where, source):
    """What a stranger who calls from there is told: "reset", or "refused" when nobody listens."""
    try:
        with dial(where, (source, 0)) as connection:
            return "closed" if is_closed(connection) else "reset"
    except ConnectionResetError:
        return "reset"
    except ConnectionRefusedError:
        return "refused"


@test("the client is told where to send the peer, then who has come, and every byte passes")
def _():
    with serving() as gateway:
        client, rep, where = bind(gateway)
        equal((rep, where[0]), (0, "127.0.0.1"))
        check(where[1] != gateway.port(), "the peer has a port of its own")
        with client, dial(where) as peer:
            equal(read_socks5_reply(client), (0, peer.getsockname()))
            peer.sendall(b"220 here you are\r\n")
            equal(read_exactly(client, 18), b"220 here you are\r\n")
            client.sendall(b"thanks")
            equal(read_exactly(peer, 6), b"thanks")
            peer.shutdown(socket.SHUT_WR)
            equal(client.recv(1), b"")
            client.sendall(b" again")
            equal(read_exactly(peer, 6), b" again")
            came_from = "%s:%d" % peer.getsockname()
        record = gateway.record(protocol="bind")
        equal((record["host"], record["port"], record["address"], record["local"]),
              ("127.0.0.1", 21, came_from, "%s:%d" % where))
        equal((record["verdict"], record["rule"], record["ending"]), ("allow", "loopback", "finished"))
        equal((record["up"], record["down"]), (12, 18))


@test("what the client says before the peer has come reaches it, and what both say at once is not mixed up")
def _():
    with serving() as gateway:
        client, _, where = bind(gateway)
        with client:
            client.sendall(b"early")
            with dial(where) as peer:
                peer.sendall(b"hello")
                equal(read_exactly(peer, 5), b"early")
                equal(read_socks5_reply(client)[0], 0)
                equal(read_exactly(client, 5), b"hello")


@test("strangers are reset, the wait goes on, and after the peer nothing listens any more")
def _():
    with serving() as gateway:
        client, _, where = bind(gateway)
        with client:
            for _ in range(20):
                equal(call(where, "127.0.0.2"), "reset")
            with dial(where) as peer:
                equal(read_socks5_reply(client), (0, peer.getsockname()))
                equal(call(where, "127.0.0.1"), "refused")
                peer.sendall(b"still mine")
                equal(read_exactly(client, 10), b"still mine")


@test("a name is looked up and judged, and the peer may come from any of its allowed addresses")
def _():
    rules = [{"action": "deny", "networks": ["127.0.0.4"]}, LOOPBACK]
    with Dns({"ftp.example": ["127.0.0.3", "127.0.0.4", "127.0.0.5"]}) as dns:
        with serving(rules=rules, resolver={"servers": [dns.server]}) as gateway:
            client, rep, where = bind(gateway, "ftp.example")
            equal(rep, 0)
            with client:
                for stranger in ("127.0.0.4", "127.0.0.1"):
                    equal(call(where, stranger), "reset", stranger)
                with dial(where, ("127.0.0.5", 0)) as peer:
                    equal(read_socks5_reply(client), (0, peer.getsockname()))
            record = gateway.record(protocol="bind")
            equal((record["host"], record["address"].split(":")[0]), ("ftp.example", "127.0.0.5"))
            equal([(one["address"], one["verdict"]) for one in record["resolved"]],
                  [("127.0.0.3", "allow"), ("127.0.0.4", "deny"), ("127.0.0.5", "allow")])


@test("a listener that does not list bind says that it knows no such command")
def _():
    with Gateway() as gateway:
        client, rep, _ = bind(gateway)
        equal(rep, 7)
        check(is_closed(client), "a refused client is not let go")
        equal(gateway.record(ending="not_allowed")["protocol"], "bind")


@test("whom the policy does not allow to call is not waited for")
def _():
    rules = [{"name": "tunnels", "action": "allow", "networks": ["loopback"], "protocols": ["socks5"]},
             {"name": "active ftp", "action": "allow", "networks": ["loopback"], "protocols": ["bind"], "ports": [21]}]
    with serving(rules=rules) as gateway:
        for host, port, want in (("127.0.0.1", 22, 2), ("10.0.0.1", 21, 2), ("0.0.0.0", 21, 2), ("127.0.0.1", 21, 0)):
            client, rep, _ = bind(gateway, host, port)
            client.close()
            equal(rep, want, f"{host}:{port}")
        equal(gateway.record(port=22)["verdict"], "deny")
        equal(gateway.record(host="0.0.0.0")["reason"], "bad_destination")


@test("a peer that does not come in time is REP 6, and nothing listens any more")
def _():
    with serving(limits={"connect_timeout": "300ms", "drain_timeout": "200ms"}) as gateway:
        client, _, where = bind(gateway)
        equal(read_socks5_reply(client)[0], 6)
        check(is_closed(client), "a refused client is not let go")
        equal(call(where, "127.0.0.1"), "refused")
        record = gateway.record(ending="timed_out")
        equal((record["protocol"], record["verdict"], record["rule"]), ("bind", "allow", "loopback"))


@test("a client that leaves takes its port with it")
def _():
    with serving() as gateway:
        for leave in (socket.socket.close, reset):
            client, _, where = bind(gateway)
            leave(client)
            eventually(lambda: call(where, "127.0.0.2") == "refused", "it still listens")
            equal(gateway.record(protocol="bind")["ending"], "client_gone")


@test("a reload that closes BIND, or stops the gateway, ends the wait or the tunnel as it does any other")
def _():
    with serving(on_reload={"tunnels": "close", "grace": "0s"}) as gateway:
        client, _, where = bind(gateway)
        with client, dial(where) as peer:
            equal(read_socks5_reply(client)[0], 0)
            gateway.write(rules=[{"name": "no more", "action": "deny", "protocols": ["bind"]}, LOOPBACK])
            gateway.reload()
            is_closed(peer)
        record = gateway.record(protocol="bind")
        equal((record["ending"], record["cause"]["rule"]), ("policy_changed", "no more"))
        gateway.write(rules=[LOOPBACK])
        gateway.reload()
        waiting, rep, _ = bind(gateway)
        equal(rep, 0)
        gateway.stop()
        is_closed(waiting)
        equal(gateway.record(protocol="bind")["ending"], "stopped")


main()
