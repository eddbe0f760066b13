"""A proxy in front that says who the client is: PROXY headers of both versions, from haproxy and byte by byte."""
import contextlib
import socket
import struct
import subprocess
import tempfile
from pathlib import Path

from harness.clients import curl
from harness.gateway import Gateway, clean_environment, eventually
from harness.origins import HttpOrigin, ProgramOrigin, closed_port
from harness.runner import check, contains, each, equal, main, need, search_path, test
from harness.wire import HttpReply, connect_request, dial, drip, http_connect, is_closed, read_exactly, read_to_end

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def version_2(client="192.0.2.9", port=4711, command=0x21, family=None, tail=b""):
    kind = socket.AF_INET6 if ":" in client else socket.AF_INET
    both = socket.inet_pton(kind, client) * 2 + struct.pack(">HH", port, 1080) + tail
    family = (0x21 if kind == socket.AF_INET6 else 0x11) if family is None else family
    return SIGNATURE + struct.pack(">BBH", command, family, len(both)) + both


V1 = b"PROXY TCP4 192.0.2.9 203.0.113.1 4711 1080\r\n"
V1_V6 = b"PROXY TCP6 2001:db8::9 2001:db8::1 4711 1080\r\n"

CUSTOMERS = {"name": "customers", "action": "allow", "networks": ["loopback"], "clients": ["192.0.2.0/24", "2001:db8::/32"]}


def fronted(sources=("127.0.0.1",), rules=(CUSTOMERS,), **configuration):
    return Gateway(listeners=[{"name": "main", "address": "127.0.0.1:0", "proxy_protocol": {"from": list(sources)}}],
                   rules=list(rules), **configuration)


def echoes(connection, word=b"hello"):
    connection.sendall(word)
    equal(read_exactly(connection, len(word)), word)


CARRIED = [("version 1", V1, "192.0.2.9:4711"), ("version 1 over IPv6", V1_V6, "[2001:db8::9]:4711"),
           ("version 2", version_2(), "192.0.2.9:4711"), ("version 2 over IPv6", version_2("2001:db8::9"), "[2001:db8::9]:4711"),
           ("version 2 with TLVs", version_2(tail=b"\x04\x00\x03\0\0\0" + b"\x02\x00\x04host"), "192.0.2.9:4711")]


@each(CARRIED, lambda what, *_: f"the address that {what} carries is the client, for rules and records")
def _(_what, header, client):
    with ProgramOrigin("cat") as origin, fronted() as gateway:
        for send in (lambda connection, data: connection.sendall(data), drip):
            with dial(gateway.address()) as connection:
                send(connection, header)
                send(connection, connect_request("127.0.0.1", origin.port))
                equal(HttpReply(connection).status, 200)
                echoes(connection)
                via = "{}:{}".format(*connection.getsockname())
            record = gateway.record(ending="finished")
            equal((record["client"], record["via"], record["rule"]), (client, via, "customers"))


@test("header, request and early bytes may come at once, in every protocol")
def _():
    with ProgramOrigin("cat") as origin, fronted() as gateway:
        with dial(gateway.address()) as connection:
            connection.sendall(version_2() + b"\x05\x01\x00\x05\x01\x00\x01\x7f\0\0\x01" + struct.pack(">H", origin.port) + b"early")
            equal(read_exactly(connection, 4)[:3], b"\x05\x00\x05")
            equal(read_exactly(connection, 8 + 5)[8:], b"early")


@test("a carried address that no rule allows is refused")
def _():
    with ProgramOrigin("cat") as origin, fronted() as gateway:
        with dial(gateway.address()) as connection:
            connection.sendall(version_2("198.51.100.1") + connect_request("127.0.0.1", origin.port))
            equal(HttpReply(connection).status, 403)
        equal(gateway.record(ending="not_allowed")["client"], "198.51.100.1:4711")


@test("a listed source must send a header, and others are ordinary clients whose header is none")
def _():
    with ProgramOrigin("cat") as origin, fronted() as gateway:
        with dial(gateway.address()) as connection:
            connection.sendall(connect_request("127.0.0.1", origin.port))
            is_closed(connection)
        contains(gateway.record(ending="malformed")["reason"], "PROXY header that this source must send is missing")
    plain = {**CUSTOMERS, "clients": ["127.0.0.1"]}
    with ProgramOrigin("cat") as origin, fronted(["192.0.2.1"], [plain]) as gateway:
        connection, reply = http_connect(gateway.address(), "127.0.0.1", origin.port)
        equal(reply.status, 200)
        with connection:
            echoes(connection)
        check("via" not in gateway.record(ending="finished"), "a proxy is named")
        with dial(gateway.address()) as connection:
            connection.sendall(V1 + connect_request("127.0.0.1", origin.port))
            check(HttpReply(connection).status in (400, 405), "its header was taken for one")
        with dial(gateway.address()) as connection:
            connection.sendall(version_2() + connect_request("127.0.0.1", origin.port))
            equal(HttpReply(connection).status, 400)


CHECKS = [("LOCAL of version 2", SIGNATURE + b"\x20\x00\0\0"), ("LOCAL with addresses", version_2(command=0x20)),
          ("UNKNOWN of version 1", b"PROXY UNKNOWN\r\n"), ("an unspecified family", version_2(family=0))]


@each(CHECKS, lambda what, *_: f"{what} is a health check: no tunnel, no record, no complaint")
def _(_what, header):
    with ProgramOrigin("cat") as origin, fronted() as gateway:
        with dial(gateway.address()) as connection:
            connection.sendall(header)
            equal(read_to_end(connection), b"")
        with dial(gateway.address()) as connection:
            connection.sendall(header + connect_request("127.0.0.1", origin.port))
            is_closed(connection)
        with dial(gateway.address()):
            pass
        gateway.stop()
        equal(gateway.records(), [])
        check("warning" not in gateway.stderr.text() and "error" not in gateway.stderr.text(), gateway.stderr.text())


MALFORMED = [("a port too high", V1.replace(b"4711", b"65536")), ("a name for an address", V1.replace(b"192.0.2.9", b"example")),
             ("a bare line feed", V1.replace(b"\r", b"")), ("a line without an end", b"PROXY TCP4 " + b"1" * 107),
             ("another version", version_2(command=0x31)), ("a block too short", SIGNATURE + b"\x21\x11\x00\x0b" + bytes(11)),
             ("datagrams", version_2(family=0x12)), ("a unix address", SIGNATURE + b"\x21\x31\x00\xd8" + bytes(216))]


@each(MALFORMED, lambda what, *_: f"a header with {what} is refused and recorded")
def _(_what, header):
    with fronted() as gateway:
        with dial(gateway.address()) as connection:
            connection.sendall(header)
            is_closed(connection)
        record = gateway.record(ending="malformed")
        equal(record["reason"], "the PROXY header is not well-formed")
        check(record["client"].startswith("127.0.0.1:"), record)


@test("the header counts into the handshake's time, and so does what follows it")
def _():
    with fronted(limits={"handshake_timeout": "300ms", "drain_timeout": "200ms"}) as gateway:
        for words in (V1[:20], V1, SIGNATURE, version_2()):
            with dial(gateway.address()) as connection:
                connection.sendall(words)
                is_closed(connection)
        with dial(gateway.address()) as connection:
            connection.sendall(V1 + b"CONNECT ")
            equal(HttpReply(connection).status, 408)
        for _ in range(3):
            gateway.record(ending="handshake_timeout")


@test("a fixed forward behind a proxy knows its client, too")
def _():
    listener = {"name": "db", "address": "127.0.0.1:0", "proxy_protocol": {"from": ["127.0.0.1"]}}
    with ProgramOrigin("sh", "-c", "echo 220 ready; cat") as origin:
        with Gateway(listeners=[{**listener, "forward": f"127.0.0.1:{origin.port}"}], rules=[CUSTOMERS]) as gateway:
            with dial(gateway.address("db")) as connection:
                connection.sendall(version_2())
                equal(read_exactly(connection, 10), b"220 ready\n")
            equal(gateway.record(protocol="forward")["client"], "192.0.2.9:4711")


@contextlib.contextmanager
def haproxy(gateway_port, how):
    need("haproxy")
    port = closed_port()
    with tempfile.TemporaryDirectory(prefix="adit-test-") as folder:
        path = Path(folder) / "haproxy.cfg"
        path.write_text(f"""
            defaults
                mode tcp
                timeout connect 5s
                timeout client 20s
                timeout server 20s
            frontend in
                bind 127.0.0.1:{port}
                default_backend adit
            backend adit
                server adit 127.0.0.1:{gateway_port} {how}
        """.replace("\n            ", "\n").rstrip(" "))
        process = subprocess.Popen(["haproxy", "-db", "-f", str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   env={**clean_environment(folder), "PATH": search_path()})
        try:
            def answers():
                check(process.poll() is None, process.poll() is not None and process.stderr.read().decode())
                with socket.socket() as probe:
                    return probe.connect_ex(("127.0.0.1", port)) == 0
            eventually(answers, "haproxy does not listen")
            yield port
        finally:
            process.terminate()
            process.communicate()


@each([("send-proxy-v2",), ("send-proxy",), ("send-proxy-v2 check check-send-proxy inter 100ms",)],
      lambda how: f"curl through haproxy ({how}) is known by its own address")
def _(how):
    local = {**CUSTOMERS, "clients": ["127.0.0.0/8"]}
    with tempfile.TemporaryDirectory(prefix="adit-test-") as folder, HttpOrigin(folder) as origin, \
            fronted(rules=[local]) as gateway, haproxy(gateway.port(), how) as port:
        for scheme in ("http", "socks5h"):
            done = curl("--interface", "127.0.0.5", "-p", "-x", f"{scheme}://127.0.0.1:{port}", f"http://127.0.0.1:{origin.port}/")
            equal(done.code, 0, done)
            record = gateway.record(ending="finished")
            check(record["client"].startswith("127.0.0.5:"), record)
            check(record["via"].startswith("127.0.0.1:"), record)


main()
