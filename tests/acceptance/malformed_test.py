"""Requests that are wrong: each is refused with the code that says what is wrong, and none ends the gateway."""
from harness.gateway import Gateway
from harness.origins import ProgramOrigin
from harness.runner import check, contains, each, equal, main, test
from harness.wire import HttpReply, dial, http_tunnel, is_closed, read_exactly, read_to_end

OK = "Host: example.com:443\r\n\r\n"

HTTP = [
    ("a port of 0", "CONNECT example.com:0 HTTP/1.1\r\n" + OK, 400),
    ("a port that overflows 16 bits", "CONNECT example.com:65979 HTTP/1.1\r\n" + OK, 400),
    ("a port with a sign", "CONNECT example.com:+443 HTTP/1.1\r\n" + OK, 400),
    ("an empty port", "CONNECT example.com: HTTP/1.1\r\n" + OK, 400),
    ("no port", "CONNECT example.com HTTP/1.1\r\n" + OK, 400),
    ("a path behind the port", "CONNECT example.com:443/ HTTP/1.1\r\n" + OK, 400),
    ("a query behind the port", "CONNECT example.com:443?x HTTP/1.1\r\n" + OK, 400),
    ("user information", "CONNECT u:p@example.com:443 HTTP/1.1\r\n" + OK, 400),
    ("brackets around a name", "CONNECT [example.com]:443 HTTP/1.1\r\n" + OK, 400),
    ("brackets around IPv4", "CONNECT [127.0.0.1]:443 HTTP/1.1\r\n" + OK, 400),
    ("IPv6 without brackets", "CONNECT ::1:443 HTTP/1.1\r\n" + OK, 400),
    ("an IPv6 zone", "CONNECT [fe80::1%25eth0]:443 HTTP/1.1\r\n" + OK, 400),
    ("a percent sign", "CONNECT 127%2e0.0.1:443 HTTP/1.1\r\n" + OK, 400),
    ("an address in decimal", "CONNECT 2130706433:443 HTTP/1.1\r\n" + OK, 400),
    ("a shortened address", "CONNECT 127.1:443 HTTP/1.1\r\n" + OK, 400),
    ("an address in hexadecimal", "CONNECT 0x7f.1:443 HTTP/1.1\r\n" + OK, 400),
    ("an address in octal", "CONNECT 0177.0.0.1:443 HTTP/1.1\r\n" + OK, 400),
    ("two dots at the end", "CONNECT example.com..:443 HTTP/1.1\r\n" + OK, 400),
    ("a byte outside ASCII in the host", "CONNECT ex\xe4mple.com:443 HTTP/1.1\r\n" + OK, 400),
    ("a NUL in the host", "CONNECT localhost\0.evil:443 HTTP/1.1\r\n" + OK, 400),
    ("two targets", "CONNECT a.com:443 b.com:443 HTTP/1.1\r\n" + OK, 400),
    ("no Host field in HTTP/1.1", "CONNECT example.com:443 HTTP/1.1\r\n\r\n", 400),
    ("two Host fields", "CONNECT example.com:443 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    ("a space before the colon", "CONNECT example.com:443 HTTP/1.1\r\nX : y\r\n" + OK, 400),
    ("a folded field", "CONNECT example.com:443 HTTP/1.1\r\nX: y\r\n z\r\n" + OK, 400),
    ("a line without a colon", "CONNECT example.com:443 HTTP/1.1\r\nnonsense\r\n" + OK, 400),
    ("an empty field name", "CONNECT example.com:443 HTTP/1.1\r\n: y\r\n" + OK, 400),
    ("a NUL in a field", "CONNECT example.com:443 HTTP/1.1\r\nX: a\0b\r\n" + OK, 400),
    ("a bare CR in a field", "CONNECT example.com:443 HTTP/1.1\r\nX: a\rb\r\n" + OK, 400),
    ("a body length", "CONNECT example.com:443 HTTP/1.1\r\nContent-Length: 5\r\n" + OK + "hello", 400),
    ("a transfer coding", "CONNECT example.com:443 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + OK, 400),
    ("two empty lines in front", "\r\n\r\nCONNECT example.com:443 HTTP/1.1\r\n" + OK, 400),
    ("words that are no HTTP", "hello there, who are you?\r\n\r\n", 400),
    ("a method in lower case", "connect example.com:443 HTTP/1.1\r\n" + OK, 405),
    ("OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: example.com\r\n\r\n", 405),
    ("a request line of 9 KiB", "CONNECT " + "a" * 9216 + ":443 HTTP/1.1\r\n" + OK, 414),
    ("a field of 40 KiB", "CONNECT example.com:443 HTTP/1.1\r\nX: " + "y" * 40960 + "\r\n" + OK, 431),
    ("101 fields", "CONNECT example.com:443 HTTP/1.1\r\n" + "".join(f"X{i}: y\r\n" for i in range(100)) + OK, 431),
    ("HTTP/2.0", "CONNECT example.com:443 HTTP/2.0\r\n" + OK, 505),
    ("HTTP/0.9", "CONNECT example.com:443 HTTP/0.9\r\n" + OK, 505),
]


@each(HTTP, lambda what, _, status: f"{what} is answered {status}")
def _(what, request, status):
    with Gateway() as gateway, dial(gateway.address()) as connection:
        connection.sendall(request.encode("latin-1"))
        reply = HttpReply(connection)
        equal(reply.status, status, reply.body)
        equal(reply.field("connection").lower(), "close")
        contains(reply.field("proxy-status"), "error=http_request_error")
        if status == 405:
            contains(reply.field("allow"), "CONNECT")
        connection.shutdown(1)
        check(is_closed(connection), "the reply was reset away")
        record = gateway.record()
        equal((record["protocol"], record["ending"]), ("connect", "malformed"))
        check(record.get("reason"), f"the record does not say what was wrong: {record}")
        contains(reply.body, record["id"])


@test("what is wrong at the end of a long request is still answered, not reset")
def _():
    with Gateway() as gateway, dial(gateway.address()) as connection:
        connection.sendall(b"CONNECT example.com:443 HTTP/1.1\r\n" + b"X: " + b"y" * 300_000)
        equal(HttpReply(connection).status, 431)


@test("one empty line before the request is skipped, HTTP/1.0 needs no Host, and names have no case")
def _():
    with ProgramOrigin("cat") as origin, Gateway() as gateway:
        for request in (f"\r\nCONNECT localhost:{origin.port} HTTP/1.1\r\nHost: x\r\n\r\n",
                        f"CONNECT localhost:{origin.port} HTTP/1.0\r\n\r\n",
                        f"CONNECT LOCALHOST.:{origin.port} HTTP/1.1\r\nhOST: x\r\n\r\n"):
            with dial(gateway.address()) as connection:
                connection.sendall(request.encode())
                reply = HttpReply(connection)
                equal(reply.status, 200, request)
                check(not {"content-length", "transfer-encoding"} & set(reply.fields), reply.head)
                connection.sendall(b"abc")
                equal(read_exactly(connection, 3), b"abc")
            equal(gateway.record()["host"], "localhost")


SOCKS = [
    ("a NUL in a SOCKS5 name", b"\x05\x01\x00", b"\x05\x01\x00\x03\x0flocalhost\0.evil\x00\x50", 1),
    ("an empty SOCKS5 name", b"\x05\x01\x00", b"\x05\x01\x00\x03\x00\x00\x50", 1),
    ("a SOCKS5 name that is a number", b"\x05\x01\x00", b"\x05\x01\x00\x03\x0a2130706433\x00\x50", 1),
    ("a SOCKS5 name with a line break", b"\x05\x01\x00", b"\x05\x01\x00\x03\x05a\r\n.b\x00\x50", 1),
    ("SOCKS5 port 0", b"\x05\x01\x00", b"\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x00", 1),
    ("an unknown SOCKS5 command", b"\x05\x01\x00", b"\x05\x09\x00\x01\x7f\x00\x00\x01\x00\x50", 7),
    ("an unknown SOCKS5 address type", b"\x05\x01\x00", b"\x05\x01\x00\x02\x7f\x00\x00\x01\x00\x50", 8),
]


@each(SOCKS, lambda what, *_: f"{what} is refused")
def _(what, greeting, request, rep):
    with Gateway() as gateway, dial(gateway.address()) as connection:
        connection.sendall(greeting)
        equal(read_exactly(connection, 2), b"\x05\x00")
        connection.sendall(request)
        reply = read_to_end(connection)
        equal((len(reply), reply[:2]), (10, bytes([5, rep])), "a complete reply")
        equal(gateway.record()["protocol"], "socks5")


@test("an address in a name field is an address, for the rules too")
def _():
    with ProgramOrigin("cat") as origin, \
            Gateway(rules=[{"name": "by name", "action": "deny", "hosts": ["*"]},
                           {"name": "this address", "action": "allow", "networks": ["127.0.0.1"]}]) as gateway:
        with dial(gateway.address()) as connection:
            connection.sendall(b"\x05\x01\x00")
            read_exactly(connection, 2)
            connection.sendall(b"\x05\x01\x00\x03\x09127.0.0.1" + origin.port.to_bytes(2, "big"))
            equal(read_exactly(connection, 10)[1], 0)
        equal(gateway.record()["rule"], "this address")


@test("a SOCKS4 user id or name without an end is refused")
def _():
    with Gateway() as gateway:
        for endless in (b"\x04\x01\x00\x50\x7f\x00\x00\x01" + b"u" * 300, b"\x04\x01\x00\x50\x00\x00\x00\x01\x00" + b"n" * 300):
            with dial(gateway.address()) as connection:
                connection.sendall(endless)
                equal(read_exactly(connection, 8)[1], 0x5b)


@test("a byte that belongs to no protocol is closed upon, and recorded")
def _():
    with Gateway() as gateway:
        for first in (b"\x16\x03\x01\x02\x00", b"\0", b"\xff", b" ", b"\x06"):
            with dial(gateway.address()) as connection:
                connection.sendall(first)
                is_closed(connection)
            equal(gateway.record()["ending"], "unknown_protocol")


@test("a client that closes without a byte is a health check and leaves no record")
def _():
    with ProgramOrigin("cat") as origin, Gateway() as gateway:
        for _ in range(5):
            dial(gateway.address()).close()
        with http_tunnel(gateway.address(), "localhost", origin.port):
            pass
        gateway.record()
        gateway.stop()
        equal(len(gateway.records()), 1)


@test("a client that leaves in the middle of its request is recorded as gone")
def _():
    with Gateway() as gateway:
        with dial(gateway.address()) as connection:
            connection.sendall(b"CONNECT exam")
        record = gateway.record()
        equal((record["ending"], record["closed_by"]), ("client_gone", "client"))


main()
