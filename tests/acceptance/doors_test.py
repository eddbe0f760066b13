"""Other doors than a TCP port for handshakes: unix sockets, fixed forwards, sockets of the service manager, all families."""
import os
import re
import socket
import stat
import sys
from pathlib import Path

from harness.clients import curl, run
from harness.gateway import Gateway, LOOPBACK, adit, eventually
from harness.origins import ProgramOrigin
from harness.runner import Skip, check, contains, equal, main, test
from harness.wire import dial, http_connect, http_tunnel, read_exactly, read_to_end, socks5_connect

NOTHING = [{"name": "nothing", "action": "deny"}]


def echoes(connection, word=b"hello"):
    connection.sendall(word)
    equal(read_exactly(connection, len(word)), word)


class Doors(Gateway):
    """A gateway with a unix socket in its folder, besides its port."""

    def __init__(self, door=None, **configuration):
        super().__init__(**configuration)
        self.socket = str(Path(self.folder.name) / "proxy.sock")
        self.write(listeners=[{"name": "main", "address": "127.0.0.1:0"},
                              {"name": "local", "address": "unix:" + self.socket, **(door or {})}])


# Unix sockets

@test("every protocol is served at a unix socket, and the record tells the user")
def _():
    with ProgramOrigin("cat") as origin, Doors() as gateway:
        with http_tunnel(gateway.socket, "127.0.0.1", origin.port) as connection:
            echoes(connection)
        connection, rep, _ = socks5_connect(gateway.socket, "127.0.0.1", origin.port)
        equal(rep, 0)
        with connection:
            echoes(connection)
        for protocol in ("connect", "socks5"):
            record = gateway.record(protocol=protocol, ending="finished")
            equal((record["client"], record["uid"], record["listener"]), ("unix", os.getuid(), "local"))
            equal((record["up"], record["down"]), (5, 5))


@test("plain HTTP is proxied at a unix socket, for a user who has no address")
def _():
    with ProgramOrigin("sh", "-c", "head -c 1 >/dev/null; printf 'HTTP/1.0 200 OK\\r\\n\\r\\nhello'") as origin:
        rules = [{"name": "me", "action": "allow", "networks": ["loopback"], "uids": [os.getuid()], "protocols": ["http"]}]
        with Doors(rules=rules) as gateway, dial(gateway.socket) as connection:
            connection.sendall(f"GET http://127.0.0.1:{origin.port}/ HTTP/1.0\r\n\r\n".encode())
            contains(read_to_end(connection), b"\r\n\r\nhello")
            record = gateway.record(protocol="http")
            equal((record["client"], record["uid"], record["rule"]), ("unix", os.getuid(), "me"))


@test("half-close and bulk pass through a unix socket as through a port")
def _():
    with ProgramOrigin("sha256sum") as origin, Doors() as gateway:
        with http_tunnel(gateway.socket, "127.0.0.1", origin.port) as connection:
            connection.sendall(bytes(4 << 20))
            connection.shutdown(socket.SHUT_WR)
            contains(read_to_end(connection).decode(), "bb9f8df61474d25e71fa00722318cd387396ca1736605e1248821cc0de3d3af8")
        equal(gateway.record(ending="finished")["up"], 4 << 20)


@test("nc reaches a unix socket")
def _():
    with ProgramOrigin("cat") as origin, Doors() as gateway:
        request = f"CONNECT 127.0.0.1:{origin.port} HTTP/1.1\r\nHost: 127.0.0.1:{origin.port}\r\n\r\nby nc"
        done = run("nc", "-N", "-U", gateway.socket, stdin=request.encode())
        check(done.output.startswith(b"HTTP/1.1 200") and done.output.endswith(b"by nc"), done)
        gateway.record(ending="finished")


@test("the page at a unix socket gives a line with which curl goes through it")
def _():
    with ProgramOrigin("cat") as origin, Doors() as gateway:
        page = curl("--unix-socket", gateway.socket, "http://localhost/").output.decode()
        line = next(line for line in page.splitlines() if line.startswith("curl"))
        words = line.split()[2:]
        equal(words[:2], ["-x", "socks5h://localhost" + gateway.socket])
        contains(page, f"adit connect --proxy unix:{gateway.socket} %h %p")
        check("localhost:80" not in page and "proxy.pac" not in page, page)
        done = curl(*words[:2], "--upload-file", "-", f"telnet://127.0.0.1:{origin.port}", stdin=b"through the socket\n")
        equal(done.output, b"through the socket\n", repr(done))
        gateway.record(protocol="socks5", ending="finished", client="unix")


@test("rules name the users of a unix socket by uids, and clients match none of them")
def _():
    mine = {"name": "mine", "action": "allow", "networks": ["loopback"], "uids": [os.getuid()]}
    others = {**mine, "name": "others", "uids": [54321]}
    addressed = {"name": "addressed", "action": "allow", "networks": ["loopback"], "clients": ["0.0.0.0/0", "::/0"]}
    with ProgramOrigin("cat") as origin, Doors(rules=[others, addressed]) as gateway:
        connection, reply = http_connect(gateway.socket, "127.0.0.1", origin.port)
        connection.close()
        equal(reply.status, 403)
        http_tunnel(gateway.address(), "127.0.0.1", origin.port).close()
        gateway.write(rules=[others, mine])
        gateway.reload()
        eventually(lambda: http_connect(gateway.address(), "127.0.0.1", origin.port)[1].status == 403, "old rules")
        with http_tunnel(gateway.socket, "127.0.0.1", origin.port) as connection:
            echoes(connection)
        equal(gateway.record(ending="finished", client="unix")["rule"], "mine")


@test("who may connect is the mode and the group of the file, whatever the umask, and it goes with the gateway")
def _():
    before = os.umask(0o077)
    try:
        with Doors({"unix": {"mode": "0666", "group": str(os.getgid())}}) as gateway:
            made = os.stat(gateway.socket)
            check(stat.S_ISSOCK(made.st_mode), "no socket")
            equal((stat.S_IMODE(made.st_mode), made.st_gid), (0o666, os.getgid()))
            gateway.configuration["listeners"][1]["unix"] = {"mode": "0600"}
            gateway.write()
            gateway.reload()
            equal(stat.S_IMODE(os.stat(gateway.socket).st_mode), 0o600)
            gateway.stop()
            check(not os.path.exists(gateway.socket), "the socket stays behind")
    finally:
        os.umask(before)


@test("a socket left over from a crash is replaced, one that somebody listens on is not")
def _():
    with ProgramOrigin("cat") as origin, Doors() as first:
        second = Doors()
        second.configuration["listeners"][1]["address"] = "unix:" + first.socket
        second.write()
        second.start()
        equal(second.wait(), 1)
        contains(second.stderr.text(), "another program (or another Adit) answers there")
        second.folder.cleanup()
        http_tunnel(first.socket, "127.0.0.1", origin.port).close()
    with Doors() as gateway:
        gateway.kill()
        check(os.path.exists(gateway.socket), "no socket was left over")
        gateway.start()
        gateway.ready()
        with ProgramOrigin("cat") as origin:
            http_tunnel(gateway.socket, "127.0.0.1", origin.port).close()


# Fixed forwards

def forward_to(port, **keys):
    return {"name": "db", "address": "127.0.0.1:0", "forward": f"127.0.0.1:{port}", **keys}


@test("at a fixed forward the server may speak first")
def _():
    with ProgramOrigin("sh", "-c", "echo 220 ready; cat") as origin:
        with Gateway(listeners=[forward_to(origin.port)]) as gateway:
            done = run("nc", "-N", "127.0.0.1", gateway.port("db"), stdin=b"quit\n")
            equal(done.output, b"220 ready\nquit\n")
            record = gateway.record(ending="finished")
            equal((record["protocol"], record["listener"], record["port"]), ("forward", "db", origin.port))


@test("nothing that a client of a fixed forward says is taken for a handshake")
def _():
    with ProgramOrigin("cat") as origin, Gateway(listeners=[forward_to(origin.port)]) as gateway:
        for words in (b"CONNECT x:1 HTTP/1.1\r\n\r\n", b"\x05\x01\x00", b"\x16\x03\x01", b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n"):
            with dial(gateway.address("db")) as connection:
                echoes(connection, words)


@test("a fixed forward asks for no login, and its destination is judged like any other")
def _():
    users = {"alice": "$6$saltsalt$" + "x" * 86}
    named = {"name": "db only", "action": "allow", "protocols": ["forward"], "networks": ["loopback"]}
    with ProgramOrigin("cat") as origin, Gateway(listeners=[forward_to(origin.port)], users=users, rules=[named]) as gateway:
        with dial(gateway.address("db")) as connection:
            echoes(connection)
        gateway.record(ending="finished", rule="db only")
        gateway.write(rules=NOTHING)
        gateway.reload()
        with dial(gateway.address("db")) as connection:
            equal(read_to_end(connection), b"")
        equal(gateway.record(ending="not_allowed")["protocol"], "forward")


# Sockets of the service manager

# Does what the service manager does: descriptors from 3 on, and their names.
LAUNCHER = """
import os, socket, sys
kinds, names = sys.argv[1].split(","), sys.argv[2]
sockets = []
for kind in kinds:
    if kind.startswith("/"):
        one = socket.socket(socket.AF_UNIX)
        one.bind(kind)
    else:
        one = socket.socket(socket.AF_INET6 if ":" in kind else socket.AF_INET)
        one.bind((kind, 0))
    one.listen()
    sockets.append(one)
    print("handed over", one.getsockname()[1] if not kind.startswith("/") else kind, file=sys.stderr, flush=True)
moved = [os.dup2(os.dup(one.fileno()), 100 + i) for i, one in enumerate(sockets)]
for i, one in enumerate(moved):
    os.dup2(one, 3 + i)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(sockets)), LISTEN_FDNAMES=names)
os.closerange(3 + len(sockets), 200)
os.execv(sys.argv[3], sys.argv[3:])
"""


def activated(kinds, names, listeners, **configuration):
    return Gateway(prefix=(sys.executable, "-c", LAUNCHER, ",".join(kinds), names), listeners=listeners, **configuration)


def handed_over(gateway, count):
    eventually(lambda: len([line for line in gateway.stderr.all() if "handed over" in line]) >= count, "too few sockets")
    told = [line.rsplit(" ", 1)[1] for line in gateway.stderr.all() if line.startswith("handed over")]
    return [int(one) if one.isdigit() else one for one in told]


WEB = {"name": "web", "address": "systemd:web", "open": True}


@test("sockets of the service manager are served by every worker, by name, two of one name together")
def _():
    with ProgramOrigin("cat") as origin:
        with activated(["127.0.0.1", "127.0.0.1", "127.0.0.1"], "web:other:web", [WEB]) as gateway:
            first, other, second = handed_over(gateway, 3)
            contains(gateway.stderr.text(), f"listening on systemd:web, 127.0.0.1:{first}, 127.0.0.1:{second} (web)")
            for port in (first, second) * 4:
                with http_tunnel(("127.0.0.1", port), "127.0.0.1", origin.port) as connection:
                    echoes(connection)
                equal(gateway.record(ending="finished")["listener"], "web")
            connection, reply = http_connect(("127.0.0.1", first), "127.0.0.1", first)
            connection.close()
            equal((reply.status, gateway.record(ending="address_not_allowed")["reason"]), (403, "own_listener"))


@test("a reload lets go of the service manager's sockets and takes them up again")
def _():
    with ProgramOrigin("cat") as origin:
        main_port = {"name": "main", "address": "127.0.0.1:0"}
        with activated(["127.0.0.1"], "web", [WEB, main_port]) as gateway:
            (port,) = handed_over(gateway, 1)
            http_tunnel(("127.0.0.1", port), "127.0.0.1", origin.port).close()
            gateway.write(listeners=[main_port])
            gateway.reload()
            waiting = dial(("127.0.0.1", port))  # in the queue, which is the manager's
            gateway.write(listeners=[WEB, main_port])
            gateway.reload()
            waiting.close()
            with http_tunnel(("127.0.0.1", port), "127.0.0.1", origin.port) as connection:
                echoes(connection)


@test("a unix socket may be handed over, too, and its users are known")
def _():
    with ProgramOrigin("cat") as origin, Gateway() as place:
        path = str(Path(place.folder.name) / "handed.sock")
        with activated([path], "web", [WEB]) as gateway:
            with http_tunnel(path, "127.0.0.1", origin.port) as connection:
                echoes(connection)
            equal(gateway.record(ending="finished")["uid"], os.getuid())


@test("a name that was not handed over is an error that tells the names there are")
def _():
    gateway = activated(["127.0.0.1"], "wep", [WEB]).start()
    equal(gateway.wait(), 1)
    contains(gateway.stderr.text(), "listen on systemd:web: the sockets that were handed over are called wep")
    gateway.folder.cleanup()


# Families

def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


@test("IPv4, IPv6, both families, a unix socket and a forward are served at once, and a reload adds and removes each")
def _():
    if not has_ipv6():
        raise Skip("no IPv6 on loopback")
    rules = [{**LOOPBACK, "clients": ["loopback"]}, {**LOOPBACK, "name": "mine", "uids": [os.getuid()]}]
    with ProgramOrigin("cat") as origin, Doors(rules=rules) as gateway:
        four, local = gateway.configuration["listeners"]
        six = {"name": "six", "address": "[::1]:0"}
        both = {"name": "both", "address": "*:0"}
        db = forward_to(origin.port)
        everything = [four, six, both, local, db]
        gateway.write(listeners=everything)
        gateway.reload()

        def works():
            port = gateway.port("both")
            for address in (gateway.address(), ("::1", gateway.port("six")), ("127.0.0.1", port), ("::1", port), gateway.socket):
                with http_tunnel(address, "127.0.0.1", origin.port) as connection:
                    echoes(connection)
            with dial(gateway.address("db")) as connection:
                echoes(connection)

        works()
        for gone in (six, both, local, db):
            gateway.write(listeners=[one for one in everything if one is not gone])
            start = gateway.stderr.count()
            gateway.reload()
            gateway.stderr.wait(lambda line: "no longer listening on" in line and f"({gone['name']})" in line, start)
            equal(os.path.exists(gateway.socket), gone is not local)
            gateway.write(listeners=everything)
            start = gateway.stderr.count()
            gateway.reload()
            told = gateway.stderr.wait(lambda line: "listening on" in line and f"({gone['name']})" in line, start)
            if gone is not local:
                port = int(re.search(r":(\d+) ", told).group(1))
                address = (("::1" if gone is six else "127.0.0.1"), port)
                if gone is db:
                    with dial(address) as connection:
                        echoes(connection)
                else:
                    http_tunnel(address, "127.0.0.1", origin.port).close()
            else:
                http_tunnel(gateway.socket, "127.0.0.1", origin.port).close()


# Two listeners on one port

@test("beside a listener for all addresses one for an exact address has the port, too: check, start and reload agree")
def _():
    with socket.socket() as free:
        free.bind(("0.0.0.0", 0))
        port = free.getsockname()[1]
    for wide in ("0.0.0.0", "*"):
        every, local = {"name": "every", "address": f"{wide}:{port}"}, {"name": "local", "address": f"127.0.0.1:{port}"}
        for listeners in ([every, local], [local, every]):
            gateway = Gateway(listeners=listeners, rules=NOTHING)
            equal(adit("check", str(gateway.path)).returncode, 0)
            with gateway:
                for address, name in (("127.0.0.1", "local"), ("127.0.0.2", "every")):
                    for _ in range(8):
                        http_connect((address, port), "127.0.0.1", 9)[0].close()
                        equal(gateway.record()["listener"], name, address)
                gateway.write(listeners=[listeners[0]])
                gateway.reload()
                gateway.write(listeners=listeners)
                gateway.reload()
                http_connect(("127.0.0.1", port), "127.0.0.1", 9)[0].close()
                equal(gateway.record()["listener"], "local")


main()
