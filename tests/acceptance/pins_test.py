"""Rules that pin the protocol inside a tunnel: real clients that keep to it, and others that do not."""
import os
import socket
import tempfile
from pathlib import Path

from harness.clients import curl, run
from harness.gateway import Gateway, LOOPBACK
from harness.origins import Certificate, Door, HttpOrigin, Sshd
from harness.runner import check, contains, each, equal, main, need, test
from harness.wire import (connect_request, dial, drip, http_tunnel, is_closed, read_exactly, read_to_end, reset,
                          socks4_connect, socks5_connect)

GREETING = b"hello from the origin\n"
folder = tempfile.TemporaryDirectory(prefix="adit-pins-")
(Path(folder.name) / "hello").write_bytes(GREETING)
(Path(folder.name) / "large").write_bytes(os.urandom(8 << 20))
certificate = Certificate(folder.name)

TLS = {**LOOPBACK, "inner": "tls"}
SAME_HOST = {**TLS, "sni": "same-host"}
SSH = {**LOOPBACK, "inner": "ssh"}
HTTP = {**LOOPBACK, "inner": "http"}
SHORT = {"inner_timeout": "400ms", "drain_timeout": "200ms"}

VERSIONS = [("TLS 1.2", ["--tls-max", "1.2"]), ("TLS 1.3", ["--tlsv1.3"])]
DIALECTS = [("CONNECT", "http", "connect"), ("SOCKS5", "socks5h", "socks5"), ("SOCKS4a", "socks4a", "socks4")]
CONNECTS = [
    ("CONNECT", http_tunnel),
    ("SOCKS5", lambda *where: socks5_connect(*where)[0]),
    ("SOCKS4", lambda *where: socks4_connect(*where)[0]),
]


def hello(name):
    return (Path(__file__).resolve().parents[1] / "corpus" / "client_hello" / name).read_bytes()


def fetch(gateway, scheme, url, *options):
    return curl("--proxytunnel", "--proxy", gateway.url(scheme), "--cacert", certificate.path, *options, url)


def nothing_arrives(door):
    """What the destination was told: nothing, before it was left."""
    with door.accept() as far:
        try:
            equal(read_to_end(far), b"", "bytes that reached the destination")
        except ConnectionResetError:
            pass


@each([(*version, *dialect) for version in VERSIONS for dialect in DIALECTS],
      lambda version, _, dialect, *__: f"curl with {version} over {dialect} keeps to TLS for the host it asked for")
def _(version, options, dialect, scheme, protocol):
    with HttpOrigin(folder.name, certificate) as origin, Gateway(rules=[SAME_HOST]) as gateway:
        done = fetch(gateway, scheme, f"https://localhost:{origin.port}/hello", *options)
        equal((done.code, done.output), (0, GREETING), repr(done))
        record = gateway.record(protocol=protocol)
        equal((record["verdict"], record["inner"]), ("allow", {"pinned": "tls", "server_name": "localhost"}))
        check(record["ending"] in ("finished", "reset"), f"ending: {record}")


@each(VERSIONS, lambda version, _: f"curl with {version} to an address names no server, as same-host wants it")
def _(version, options):
    with HttpOrigin(folder.name, certificate) as origin, Gateway(rules=[SAME_HOST]) as gateway:
        done = fetch(gateway, "http", f"https://127.0.0.1:{origin.port}/hello", *options)
        equal((done.code, done.output), (0, GREETING), repr(done))
        equal(gateway.record()["inner"], {"pinned": "tls"})


@test("megabytes follow the first bytes as they are")
def _():
    with HttpOrigin(folder.name, certificate) as origin, Gateway(rules=[SAME_HOST]) as gateway:
        done = fetch(gateway, "http", f"https://localhost:{origin.port}/large")
        check(done.output == (Path(folder.name) / "large").read_bytes(), repr(done))
        check(gateway.record()["down"] > 8 << 20, "bytes down are not counted")


@each([("TLS 1.2", ["-tls1_2"]), ("TLS 1.3", ["-tls1_3"])], lambda version, _: f"openssl s_client with {version} gets through")
def _(version, options):
    with HttpOrigin(folder.name, certificate) as origin, Gateway(rules=[SAME_HOST]) as gateway:
        def client(name):
            return run("openssl", "s_client", "-proxy", "%s:%d" % gateway.address(), "-connect", f"localhost:{origin.port}",
                       "-CAfile", certificate.path, *options, *name)
        contains(client(["-servername", "localhost"]).output.decode(), "Verify return code: 0")
        gateway.record(ending="finished")
        for name in (["-servername", "www.example.com"], ["-noservername"]):
            check(client(name).code != 0, f"{name} got through")
            equal(gateway.record()["ending"], "inner_mismatch")


@test("a server name that is not the host asked for is a mismatch, and the record tells it")
def _():
    with Door() as door, Gateway(rules=[SAME_HOST]) as gateway:
        done = fetch(gateway, "http", f"https://www.example.com:{door.port}/",
                     "--connect-to", f"www.example.com:{door.port}:localhost:{door.port}")
        check(done.code != 0, repr(done))
        nothing_arrives(door)
        record = gateway.record()
        equal((record["host"], record["ending"], record["closed_by"]), ("localhost", "inner_mismatch", "gateway"))
        equal(record["inner"], {"pinned": "tls", "server_name": "www.example.com",
                                "why": "the server name is not one that the rule allows"})
        equal((record["verdict"], record["rule"], record["up"], record["down"]), ("allow", "loopback", 0, 0))


@test("a list of server names holds, whatever host was asked for")
def _():
    rule = {**TLS, "sni": ["*.example.com"]}
    with HttpOrigin(folder.name, certificate) as origin, Gateway(rules=[rule]) as gateway:
        done = fetch(gateway, "http", f"https://www.example.com:{origin.port}/hello",
                     "--connect-to", f"www.example.com:{origin.port}:127.0.0.1:{origin.port}")
        equal((done.code, done.output), (0, GREETING), repr(done))
        gateway.record(ending="finished")
        check(fetch(gateway, "http", f"https://localhost:{origin.port}/hello").code != 0, "another name got through")
        equal(gateway.record()["inner"]["server_name"], "localhost")


@each([("plain HTTP", TLS, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), ("SSH", TLS, b"SSH-2.0-OpenSSH_9.2p1\r\n"),
       ("TLS", SSH, None), ("plain HTTP", SSH, b"GET / HTTP/1.1\r\n"), ("TLS", HTTP, None),
       ("SSH", HTTP, b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n"), ("CONNECT", HTTP, b"CONNECT a:1 HTTP/1.1\r\n")],
      lambda said, rule, _: f"{said} where {rule['inner']} is pinned is a mismatch, and none of it arrives")
def _(said, rule, words):
    words = words or hello("openssl-tls13")
    for name, connect in CONNECTS:
        with Door() as door, Gateway(rules=[rule]) as gateway, \
                connect(gateway.address(), "127.0.0.1", door.port) as connection:
            connection.sendall(words)
            check(not is_closed(connection), f"{name}: it looks like a proper end")
            nothing_arrives(door)
            record = gateway.record()
            equal((record["ending"], record["up"]), ("inner_mismatch", 0), name)
            check(record["inner"]["why"].startswith("the tunnel does not begin with"), f"{record}")


@each([(TLS, b"\x16\x03\x01\x00\x00"), (TLS, hello("openssl-address")), (SSH, b"SSH-2.0-x\ty\r\n"), (HTTP, b"GET /\r\n")],
      lambda rule, words: f"what begins like {rule['inner']} and breaks its rules is malformed: {words[:16]!r}")
def _(rule, words):
    with Door() as door, Gateway(rules=[rule]) as gateway, http_tunnel(gateway.address(), "127.0.0.1", door.port) as connection:
        connection.sendall(words)
        check(not is_closed(connection), "it looks like a proper end")
        nothing_arrives(door)
        record = gateway.record()
        equal((record["ending"], record["closed_by"]), ("inner_malformed", "gateway"))
        check(record["inner"]["why"], f"{record}")


@each([("silence", b""), ("half a hello", hello("openssl-tls13")[:100])],
      lambda name, _: f"{name} is let go after inner_timeout")
def _(name, words):
    with Door() as door, Gateway(rules=[TLS], limits=SHORT) as gateway, \
            http_tunnel(gateway.address(), "127.0.0.1", door.port) as connection:
        connection.sendall(words)
        check(not is_closed(connection), "it looks like a proper end")
        nothing_arrives(door)
        record = gateway.record(ending="inner_timeout")
        equal((record["closed_by"], record["verdict"]), ("gateway", "allow"))
        check(400 <= record["ms"]["total"] < 8000, f"{record}")


@test("a hello may drip in byte by byte, and early with the request; it arrives whole")
def _():
    words = hello("openssl-fragments")
    with Door() as door, Gateway(rules=[TLS]) as gateway:
        with http_tunnel(gateway.address(), "127.0.0.1", door.port) as connection, door.accept() as far:
            drip(connection, words)
            equal(read_exactly(far, len(words)), words)
        with http_tunnel(gateway.address(), "127.0.0.1", door.port, early=words + b"more") as connection, door.accept() as far:
            equal(read_exactly(far, len(words) + 4), words + b"more")
            far.sendall(b"answer")
            equal(read_exactly(connection, 6), b"answer")


@test("until the client has kept its word nothing of the destination reaches it, and all of it afterwards")
def _():
    words = hello("openssl-tls12")
    with Door() as door, Gateway(rules=[TLS]) as gateway, \
            http_tunnel(gateway.address(), "127.0.0.1", door.port) as connection, door.accept() as far:
        far.sendall(b"220 mail.example\r\n")
        connection.settimeout(0.3)
        try:
            raise AssertionError(f"the client was told {connection.recv(100)!r}")
        except TimeoutError:
            connection.settimeout(20)
        connection.sendall(words)
        equal(read_exactly(far, len(words)), words)
        equal(read_exactly(connection, 18), b"220 mail.example\r\n")


@test("a pinned SSH client may wait for the server's lines, and gets them up to its SSH line")
def _():
    lines, rest = b"Welcome\r\nSSH-2.0-server\r\n", b"\0\0\1\2key exchange"
    with Door() as door, Gateway(rules=[SSH]) as gateway, \
            http_tunnel(gateway.address(), "127.0.0.1", door.port) as connection, door.accept() as far:
        far.sendall(lines[:12])
        equal(read_exactly(connection, 12), lines[:12])
        far.sendall(lines[12:] + rest)
        equal(read_exactly(connection, len(lines) - 12), lines[12:])
        connection.settimeout(0.3)
        try:
            raise AssertionError(f"the client was told {connection.recv(100)!r}")
        except TimeoutError:
            connection.settimeout(20)
        connection.sendall(b"SSH-2.0-client\r\nmore")
        equal(read_exactly(far, 20), b"SSH-2.0-client\r\nmore")
        equal(read_exactly(connection, len(rest)), rest)
        connection.shutdown(socket.SHUT_WR)
        equal(read_to_end(far), b"")
        far.close()
        record = gateway.record()
        equal((record["up"], record["down"], record["ending"]), (20, len(lines + rest), "finished"))


@test("a destination that is no SSH server gets 8 KiB through and no more")
def _():
    with Door() as door, Gateway(rules=[SSH], limits=SHORT) as gateway, \
            http_tunnel(gateway.address(), "127.0.0.1", door.port) as connection, door.accept() as far:
        far.sendall(b"x" * 10000)
        equal(read_exactly(connection, 8192), b"x" * 8192)
        check(not is_closed(connection), "it looks like a proper end")
        equal(gateway.record(ending="inner_timeout")["down"], 8192)


@test("a destination that leaves meanwhile ends the tunnel, by FIN or by RST as it was said")
def _():
    for rule in (TLS, SSH):
        with Door() as door, Gateway(rules=[rule]) as gateway:
            with http_tunnel(gateway.address(), "127.0.0.1", door.port) as connection:
                door.accept().close()
                check(is_closed(connection), "FIN became RST")
            record = gateway.record(ending="finished")
            equal(record["closed_by"], "destination")
            with http_tunnel(gateway.address(), "127.0.0.1", door.port) as connection:
                reset(door.accept())
                check(not is_closed(connection), "RST became FIN")
            equal(gateway.record(ending="reset")["closed_by"], "destination")


@test("a destination that spoke and was reset is noticed while it is left unread")
def _():
    with Door() as door, Gateway(rules=[TLS]) as gateway, \
            http_tunnel(gateway.address(), "127.0.0.1", door.port) as connection:
        far = door.accept()
        far.sendall(b"too early")
        reset(far)
        check(not is_closed(connection), "RST became FIN")
        equal(gateway.record()["closed_by"], "destination")


@test("a client that leaves before it has kept its word is gone, and so is the destination")
def _():
    for leave in (lambda connection: connection.close(), reset, lambda connection: connection.shutdown(socket.SHUT_WR)):
        with Door() as door, Gateway(rules=[SSH]) as gateway:
            connection = http_tunnel(gateway.address(), "127.0.0.1", door.port)
            connection.sendall(b"SSH-2.0")
            leave(connection)
            nothing_arrives(door)
            record = gateway.record(ending="client_gone")
            equal((record["closed_by"], record["inner"]), ("client", {"pinned": "ssh"}))
            connection.close()


@test("a policy that only observes looks at nothing that is pinned, and holds nothing back")
def _():
    for rule in (TLS, SSH, HTTP):
        with Door() as door, Gateway(rules=[rule], limits=SHORT, mode="observe") as gateway:
            with http_tunnel(gateway.address(), "127.0.0.1", door.port) as connection, door.accept() as far:
                far.sendall(b"220 mail.example\r\n")
                equal(read_exactly(connection, 18), b"220 mail.example\r\n")
                connection.sendall(b"\0anything\r\n")
                equal(read_exactly(far, 11), b"\0anything\r\n")
            record = gateway.record(protocol="connect")
            equal((record["verdict"], record["rule"], record["up"], record["down"]), ("allow", "loopback", 11, 18))
            check("inner" not in record, f"it was looked at: {record}")
            gateway.write(mode="enforce")
            gateway.reload()
            with http_tunnel(gateway.address(), "127.0.0.1", door.port) as connection:
                connection.sendall(b"\0anything\r\n")
                check(not is_closed(connection), "the pin does not hold once the policy is enforced")
            equal(gateway.record(protocol="connect")["ending"], "inner_mismatch")


@test("a stop ends a tunnel that is still held back")
def _():
    with Door() as door, Gateway(rules=[TLS]) as gateway, http_tunnel(gateway.address(), "127.0.0.1", door.port) as connection:
        gateway.stop()
        equal(gateway.record(protocol="connect")["ending"], "stopped")
        is_closed(connection)


@test("ssh runs a command through a rule that pins SSH, and not through one that pins TLS")
def _():
    with tempfile.TemporaryDirectory(prefix="adit-pins-ssh-") as place, Sshd(place) as sshd:
        for rule, code in ((SSH, 7), (TLS, 255)):
            with Gateway(rules=[rule]) as gateway:
                for way in ("connect", "5"):
                    command = f"nc -X {way} -x 127.0.0.1:{gateway.port()} %h %p"
                    done = run("ssh", "-F", sshd.client_configuration(command), "origin", "echo it works; exit 7")
                    equal(done.code, code, repr(done))
                    record = gateway.record()
                    equal(record["ending"] == "inner_mismatch", code == 255, f"{record}")


@test("curl speaks plain HTTP through a rule that pins it, and TLS does not pass for it")
def _():
    with HttpOrigin(folder.name) as origin, Gateway(rules=[HTTP]) as gateway:
        done = fetch(gateway, "socks5h", f"http://localhost:{origin.port}/hello")
        equal((done.code, done.output), (0, GREETING), repr(done))
        gateway.record(ending="finished", inner={"pinned": "http"})
        check(fetch(gateway, "socks5h", f"https://localhost:{origin.port}/hello").code != 0, "TLS got through")
        equal(gateway.record()["ending"], "inner_mismatch")


@test("the pin of the address's own rule counts, and a rule that pins nothing asks for nothing")
def _():
    rules = [{**TLS, "networks": ["10.99.0.0/16"]}, LOOPBACK]
    with Door() as door, Gateway(rules=rules) as gateway, \
            http_tunnel(gateway.address(), "localhost", door.port, early=b"anything") as connection, door.accept() as far:
        equal(read_exactly(far, 8), b"anything")
        connection.close()
        far.close()
        check("inner" not in gateway.record(), "a tunnel without a pin has something to tell of one")


main(lambda: need("openssl", "nc"))
