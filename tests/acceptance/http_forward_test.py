"""Plain HTTP requests through the gateway, byte for byte: how they are written anew, streamed, refused, and kept apart."""
import contextlib
import signal
import threading

from harness.gateway import Gateway, LOOPBACK, eventually, password_hash
from harness.origins import Door, ProgramOrigin, closed_port
from harness.runner import check, contains, each, equal, main, test
from harness.wire import (HttpReply, connect_request, dial, http_tunnel, is_closed, read_exactly, read_until,
                          reset)

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CRLF2 = b"\r\n\r\n"


def ask(port, *fields, method="GET", path="/", version="1.1", body=b""):
    lines = [f"{method} http://127.0.0.1:{port}{path} HTTP/{version}", "Host: ignored.example", *fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def quietly(work):
    """For a thread whose connection the test closes when it has seen enough."""
    with contextlib.suppress(OSError):
        work()


def exchange(gateway, door, request, answer):
    """One request with one answer. Gives the client's connection, what the origin got, and its connection."""
    client = dial(gateway.address())
    client.sendall(request)
    origin = door.accept()
    head = read_until(origin, CRLF2)
    origin.sendall(answer)
    return client, head.decode("latin-1"), origin


@test("a request is written anew: origin-form, Host from the target, Via, nothing of the client's hop")
def _():
    with Door() as door, Gateway() as gateway:
        client, head, _ = exchange(gateway, door, ask(
            door.port, "Connection: X-Hop, keep-alive", "X-Hop: 1", "Proxy-Connection: keep-alive", "TE: trailers",
            "Proxy-Authorization: Basic YWxpY2U6c2VjcmV0", "Cookie: c", path="/a?b=c"), OK)
        lines = head.split("\r\n")
        equal(lines[:3], ["GET /a?b=c HTTP/1.1", f"Host: 127.0.0.1:{door.port}", "Cookie: c"])
        check(lines[3].startswith("Via: 1.1 adit-") and lines[4:] == ["", ""], f"{lines}")
        reply = HttpReply(client)
        equal((reply.status, reply.body), (200, "ok"))
        check(reply.field("via").startswith("1.1 adit-"), reply.head)
        check("x-forwarded-for" not in head.lower() + reply.head.lower(), "it tells who the client is")
        record = gateway.record(protocol="http")
        equal((record["host"], record["port"], record["verdict"], record["ending"]),
              ("127.0.0.1", door.port, "allow", "finished"))
        equal((record["up"], record["down"]), (len(head), len(reply.head) + 2))


@test('"forwarded_for": true adds the client to X-Forwarded-For, and else that field goes on as it came')
def _():
    for told, value in ((True, "192.0.2.1, 127.0.0.1"), (False, "192.0.2.1")):
        listener = {"name": "main", "address": "127.0.0.1:0", "forwarded_for": told}
        with Door() as door, Gateway(listeners=[listener]) as gateway:
            _, head, _ = exchange(gateway, door, ask(door.port, "X-Forwarded-For: 192.0.2.1"), OK)
            contains(head, f"\r\nX-Forwarded-For: {value}\r\n")


@test("Max-Forwards of an OPTIONS is counted down, and at 0 the gateway answers")
def _():
    with Door() as door, Gateway() as gateway:
        client, head, _ = exchange(gateway, door, ask(door.port, "Max-Forwards: 5", method="OPTIONS"), OK)
        contains(head, "\r\nMax-Forwards: 4\r\n")
        equal(HttpReply(client).status, 200)
    with Gateway() as gateway:
        with dial(gateway.address()) as client:
            client.sendall(ask(closed_port(), "Max-Forwards: 0", method="OPTIONS"))
            reply = HttpReply(client)
            equal((reply.status, reply.body), (200, ""))
            contains(reply.field("allow"), "GET")
        check("address" not in gateway.record(ending="help"), "somebody was dialled")
        with dial(gateway.address()) as client:
            client.sendall(ask(closed_port(), "Max-Forwards: 0", "Cookie: secret", method="TRACE"))
            reply = HttpReply(client)
            equal(reply.status, 405)
            check("secret" not in reply.body, reply.body)


SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
AMBIGUOUS = [
    ("Content-Length with Transfer-Encoding", "Content-Length: 4\r\nTransfer-Encoding: chunked", "0\r\n\r\n" + SMUGGLED),
    ("two lengths", "Content-Length: 0\r\nContent-Length: 44", SMUGGLED),
    ("a list of lengths", "Content-Length: 0, 44", SMUGGLED),
    ("an empty length", "Content-Length:", SMUGGLED),
    ("a length with a plus sign", "Content-Length: +5", "hello" + SMUGGLED),
    ("a length in hexadecimal", "Content-Length: 0x5", "hello" + SMUGGLED),
    ("a length with a space inside", "Content-Length: 5 5", "hello" + SMUGGLED),
    ("a list of codings", "Transfer-Encoding: chunked, identity", "0\r\n\r\n" + SMUGGLED),
    ("a coding with a comma behind it", "Transfer-Encoding: chunked,", "0\r\n\r\n" + SMUGGLED),
    ("a coding that is not chunked", "Transfer-Encoding: gzip", "0\r\n\r\n" + SMUGGLED),
    ("a coding hidden by a space before its colon", "Transfer-Encoding : chunked", "0\r\n\r\n" + SMUGGLED),
    ("a coding hidden in a folded line", "X: y\r\n Transfer-Encoding: chunked", "0\r\n\r\n" + SMUGGLED),
    ("a coding behind a bare CR", "X: y\rTransfer-Encoding: chunked", "0\r\n\r\n" + SMUGGLED),
    ("a coding behind a bare LF", "X: y\nTransfer-Encoding: chunked", "0\r\n\r\n" + SMUGGLED),
    ("an empty field name", ": y\r\nContent-Length: 5", "hello" + SMUGGLED),
    ("a NUL in a field", "X: a\0b\r\nContent-Length: 5", "hello" + SMUGGLED),
]


@each(AMBIGUOUS, lambda what, *_: f"{what} is answered 400, and nobody is dialled")
def _(what, fields, body):
    with Door() as door, Gateway() as gateway, dial(gateway.address()) as client:
        client.sendall(ask(door.port, *fields.split("\r\n"), method="POST") + body.encode("latin-1"))
        reply = HttpReply(client)
        equal((reply.status, reply.field("connection")), (400, "close"))
        contains(reply.field("proxy-status"), "error=http_request_error")
        client.shutdown(1)
        check(is_closed(client), "the reply was reset away")
        check("address" not in gateway.record(ending="malformed"), "somebody was dialled")
        equal(len(gateway.records()), 1, "requests read from one connection")


CHUNKS = ["0x5\r\nhello", "+5\r\nhello", "5 \r\nhello", "5\nhello", "\r\nhello", "ffffffffffffffff1\r\nhello", "5\r\nhello!\r\n",
          "5\r\nhello\n0\r\n", "0\r\nX : y\r\n\r\n"]


@each(CHUNKS, lambda chunks: f"the chunks {chunks!r} end the request with 400")
def _(chunks):
    with Door() as door, Gateway() as gateway, dial(gateway.address()) as client:
        client.sendall(ask(door.port, "Transfer-Encoding: chunked", method="POST") + chunks.encode())
        origin = door.accept()
        client.shutdown(1)
        equal(HttpReply(client).status, 400)
        check(b"0\r\n\r\n" not in origin.makefile("rb").read(), "the origin takes the request for complete")
        equal(gateway.record()["ending"], "malformed")


@test("Connection: content-length takes no length away")
def _():
    with Door() as door, Gateway() as gateway:
        client, head, origin = exchange(gateway, door, ask(
            door.port, "Connection: content-length", "Content-Length: 5", method="POST", body=b"hello"), b"")
        contains(head, "\r\nContent-Length: 5\r\n")
        check("connection:" not in head.lower(), head)
        equal(read_exactly(origin, 5), b"hello")
        origin.sendall(OK)
        equal(HttpReply(client).body, "ok")


@test("a trailer that an answer's Connection names ends at the gateway")
def _():
    with Door() as door, Gateway() as gateway:
        client, _, _ = exchange(gateway, door, ask(door.port), (
            b"HTTP/1.1 200 OK\r\nConnection: x-hop\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"2\r\nok\r\n0\r\nX-Hop: 1\r\nX-Sum: 2\r\n\r\n"))
        check(b"X-Hop" not in read_until(client, b"0\r\nX-Sum: 2\r\n\r\n"), "the trailer went on")


ANSWERS = [
    ("both framings", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("two lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
    ("a bare LF", b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"),
    ("a folded field", b"HTTP/1.1 200 OK\r\nX: y\r\n z\r\nContent-Length: 5\r\n\r\nhello"),
    ("chunks in HTTP/1.0", b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("a bad chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n"),
    ("a length in a 103", b"HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ("chunks in a 100", b"HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
    ("no HTTP", b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n"),
    ("an unasked 101", b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
    ("a 407", b"HTTP/1.1 407 Give me that\r\nProxy-Authenticate: Basic realm=\"adit\"\r\nContent-Length: 0\r\n\r\n"),
    ("an early end", b"HTTP/1.1 200 OK\r\nContent-"),
    ("nothing", b""),
]


@each(ANSWERS, lambda what, _: f"an answer with {what} becomes 502")
def _(what, answer):
    with Door() as door, Gateway() as gateway:
        client, _, origin = exchange(gateway, door, ask(door.port), answer)
        origin.shutdown(1)
        reply = HttpReply(client)
        equal(reply.status, 502, reply.head)
        check("proxy-authenticate" not in reply.fields, "the origin asks for the proxy's password")
        record = gateway.record()
        equal((record["ending"], record["rule"]), ("bad_answer", "loopback"))
        client.sendall(ask(closed_port()))
        contains(HttpReply(client).field("proxy-status"), "error=connection_refused")


@test("an answer that ends early is no complete one for the client either")
def _():
    with Door() as door, Gateway() as gateway:
        for version, answer in (("1.1", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello"),
                                ("1.0", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello"),
                                ("1.1", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello")):
            client, _, origin = exchange(gateway, door, ask(door.port, version=version), answer)
            read_until(client, b"hello")
            origin.close()
            try:
                rest = client.makefile("rb").read()
                check(b"0\r\n" not in rest and version == "1.1", f"a truncated answer looks whole: {rest!r}")
            except ConnectionResetError:
                pass
            equal(gateway.record()["ending"], "reset")


@test("a client's connection serves requests to different origins, in order, and each leaves a record with its own id")
def _():
    with Door() as one, Door() as other, Gateway() as gateway, dial(gateway.address()) as client:
        client.sendall(ask(one.port) + ask(other.port, path="/second") + ask(one.port, path="/third"))
        first = one.accept()
        read_until(first, CRLF2)
        first.sendall(OK.replace(b"ok", b"1."))
        second = other.accept()
        contains(read_until(second, CRLF2), b"GET /second ")
        second.sendall(OK.replace(b"ok", b"2."))
        contains(read_until(first, CRLF2), b"GET /third ")  # the connection is used again
        first.sendall(OK.replace(b"ok", b"3."))
        equal([HttpReply(client).body for _ in range(3)], ["1.", "2.", "3."])
        records = [gateway.record(protocol="http") for _ in range(3)]
        equal(len({record["id"] for record in records}), 3)
        equal([record["port"] for record in records], [one.port, other.port, one.port])


@test("a used connection that the origin has closed costs nothing: the request is sent once more on a fresh one")
def _():
    with Door() as door, Gateway(workers=1) as gateway:
        client, _, origin = exchange(gateway, door, ask(door.port), OK)
        HttpReply(client)
        client.sendall(ask(door.port))
        read_until(origin, CRLF2)
        origin.close()  # it has the request, and says nothing
        fresh = door.accept()
        read_until(fresh, CRLF2)
        fresh.sendall(OK)
        equal(HttpReply(client).status, 200)
        equal([gateway.record(protocol="http")["ending"] for _ in range(2)], ["finished", "finished"])


@test("a POST never travels on a used connection")
def _():
    with Door() as door, Gateway(workers=1) as gateway:
        client, _, origin = exchange(gateway, door, ask(door.port), OK)
        HttpReply(client)
        client.sendall(ask(door.port, "Content-Length: 2", method="POST", body=b"hi"))
        fresh = door.accept()
        contains(read_until(fresh, b"hi"), b"POST / ")
        fresh.sendall(OK)
        equal(HttpReply(client).status, 200)
        origin.close()


@test("a connection that has carried a body serves nobody else: an origin may take the body for a request")
def _():
    with Door() as door, Gateway(workers=1) as gateway:
        hidden = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
        client, _, origin = exchange(gateway, door, ask(door.port, f"Content-Length: {len(hidden)}", body=hidden), b"")
        equal(read_exactly(origin, len(hidden)), hidden)
        origin.sendall(OK)
        equal(HttpReply(client).body, "ok")
        with dial(gateway.address()) as other:
            other.sendall(ask(door.port, path="/other"))
            fresh = door.accept()
            contains(read_until(fresh, CRLF2), b"GET /other ")
            origin.sendall(OK.replace(b"ok", b"no"))
            fresh.sendall(OK)
            equal(HttpReply(other).body, "ok")


@test("the same client's next GET may use it")
def _():
    with Door() as door, Gateway(workers=1) as gateway:
        client, _, origin = exchange(gateway, door, ask(door.port, "Content-Length: 2", method="POST", body=b"hi"), b"")
        equal(read_exactly(origin, 2), b"hi")
        origin.sendall(OK)
        HttpReply(client)
        client.sendall(ask(door.port, path="/next"))
        contains(read_until(origin, CRLF2), b"GET /next ")
        origin.sendall(OK)
        equal(HttpReply(client).status, 200)


@test("an empty line behind a body is the beginning of no request, and is answered with nothing")
def _():
    with Door() as door, Gateway(limits={"handshake_timeout": "300ms", "idle_timeout": "1s"}) as gateway:
        body = ask(door.port, "Content-Length: 2", method="POST", body=b"hi\r\n")
        client, _, origin = exchange(gateway, door, body, b"")
        equal(read_exactly(origin, 2), b"hi")
        origin.sendall(OK)
        equal(HttpReply(client).status, 200)
        client.sendall(b"\r\n")
        equal(client.recv(1), b"", "something was said unasked")
        equal([record["ending"] for record in gateway.records()], ["finished"])


AHEAD = [("a byte", b"G"), ("a whole request", b"GET http://127.0.0.1/ HTTP/1.1\r\nHost: x\r\n\r\n"), ("40 KiB", b"x" * 40960)]


@each(AHEAD, lambda what, _: f"a client that leaves behind {what} sent ahead ends its exchange")
def _(what, ahead):
    with Door() as door, Gateway() as gateway:
        client, _, origin = exchange(gateway, door, ask(door.port), b"")
        client.sendall(ahead)
        reset(client)
        check(origin.recv(1) == b"", "the origin works for nobody")
        equal(gateway.record()["ending"], "client_gone")


@test("what an origin says unasked on an idle connection is nobody's answer")
def _():
    with Door() as door, Gateway(workers=1) as gateway:
        client, _, origin = exchange(gateway, door, ask(door.port), OK)
        HttpReply(client)
        origin.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
        client.sendall(ask(door.port))
        fresh = door.accept()
        read_until(fresh, CRLF2)
        fresh.sendall(OK)
        equal(HttpReply(client).body, "ok")


@test("a connection on which one client has logged in (NTLM) serves nobody else")
def _():
    with Door() as door, Gateway(workers=1) as gateway:
        client, _, origin = exchange(gateway, door, ask(door.port, "Authorization: NTLM abc"), OK)
        HttpReply(client)
        stranger, _, _ = exchange(gateway, door, ask(door.port), OK)  # a connection of its own
        HttpReply(stranger)
        client.sendall(ask(door.port, "Content-Length: 2", method="POST", body=b"hi"))
        contains(read_until(origin, b"hi"), b"POST ")
        origin.sendall(OK)
        equal(HttpReply(client).status, 200)


@test("a flood of requests that are all refused leaves the others of its worker their turn")
def _():
    denied, count = b"GET http://10.0.0.1/ HTTP/1.1\r\nHost: a\r\n\r\n", 20_000
    answers = [0]

    def read_answers(connection):
        rest = b""
        while piece := connection.recv(1 << 20):
            rest += piece
            answers[0] += rest.count(b"HTTP/1.1 403")
            rest = rest[-11:]

    with ProgramOrigin("cat") as origin, Gateway(workers=1) as gateway, dial(gateway.address()) as flood:
        neighbour = http_tunnel(gateway.address(), "127.0.0.1", origin.port)
        for work in (lambda: read_answers(flood), lambda: flood.sendall(denied * count)):
            threading.Thread(target=quietly, args=(work,), daemon=True).start()
        eventually(lambda: answers[0] > 0, "no answer to the flood")
        for _ in range(3):
            neighbour.sendall(b"ping")
            equal(read_exactly(neighbour, 4), b"ping")
        check(answers[0] < count - 1000, f"{answers[0]} of {count} were answered before the neighbour was")
        neighbour.close()
        reset(flood)


@test("each request is judged afresh: one denied in the middle keeps the connection for the next")
def _():
    with Door() as door, Gateway(rules=[{"name": "no", "action": "deny", "hosts": ["denied.example"]}, LOOPBACK]) as gateway, \
            dial(gateway.address()) as client:
        client.sendall(b"GET http://denied.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        reply = HttpReply(client)
        equal(reply.status, 403)
        contains(reply.field("proxy-status"), 'rule="no"')
        check("connection" not in reply.fields, reply.head)
        client.sendall(ask(door.port))
        origin = door.accept()
        read_until(origin, CRLF2)
        origin.sendall(OK)
        equal(HttpReply(client).status, 200)
        client.sendall(b"POST http://denied.example/ HTTP/1.1\r\nHost: x\r\nContent-Length: 44\r\n\r\n" + SMUGGLED.encode())
        equal(HttpReply(client).field("connection"), "close")
        client.shutdown(1)
        check(is_closed(client), "the reply was reset away")
        equal([gateway.record()["ending"] for _ in range(3)], ["not_allowed", "finished", "not_allowed"])


@test("a reload holds for the next request on the same connection")
def _():
    with Door() as door, Gateway() as gateway:
        client, _, _ = exchange(gateway, door, ask(door.port), OK)
        HttpReply(client)
        gateway.write(rules=[{"name": "closed", "action": "deny"}])
        gateway.reload()
        client.sendall(ask(door.port))
        contains(HttpReply(client).field("proxy-status"), 'rule="closed"')


@test("a reload that asks for a login asks on a connection that stands already")
def _():
    with Door() as door, Gateway() as gateway:
        client, _, _ = exchange(gateway, door, ask(door.port), OK)
        HttpReply(client)
        gateway.write(users={"alice": password_hash("secret")})
        gateway.reload()
        client.sendall(ask(door.port))
        equal(HttpReply(client).status, 407)
        client.sendall(ask(door.port, "Proxy-Authorization: Basic YWxpY2U6c2VjcmV0"))
        origin = door.accept()
        check(b"YWxpY2U" not in read_until(origin, CRLF2), "the proxy's password goes on to the origin")
        origin.sendall(OK)
        equal(HttpReply(client).status, 200)
        equal(gateway.record(user="alice")["ending"], "finished")


@test("CONNECT may follow a request on the same connection")
def _():
    with Door() as door, Gateway() as gateway:
        client, _, _ = exchange(gateway, door, ask(door.port), OK)
        HttpReply(client)
        client.sendall(connect_request("127.0.0.1", door.port) + b"ping")
        origin = door.accept()
        equal(HttpReply(client).status, 200)
        equal(read_exactly(origin, 4), b"ping")
        origin.close()
        client.close()
        gateway.record(protocol="connect")


@test("a body streams in both directions at once and with backpressure")
def _():
    with Door() as door, Gateway() as gateway, dial(gateway.address()) as client:
        client.sendall(ask(door.port, "Transfer-Encoding: chunked", method="POST"))
        origin = door.accept()
        read_until(origin, CRLF2)
        origin.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        read_until(client, CRLF2)
        for _ in range(3):
            client.sendall(b"4;ext=1\r\nping\r\n")
            equal(read_until(origin, b"ping\r\n"), b"4\r\nping\r\n")
            origin.sendall(b"4\r\npong\r\n")
            equal(read_until(client, b"pong\r\n"), b"4\r\npong\r\n")
        client.sendall(b"0\r\n\r\n")
        equal(read_exactly(origin, 5), b"0\r\n\r\n")

        before = gateway.memory()
        sent, full = [0], threading.Event()

        def pour():
            piece = b"10000\r\n" + bytes(65536) + b"\r\n"
            origin.settimeout(1)
            try:
                for _ in range(1000):
                    origin.sendall(piece)
                    sent[0] += len(piece)
            except TimeoutError:
                full.set()  # nobody reads, so nobody may write
        threading.Thread(target=pour, daemon=True).start()
        check(full.wait(20), "64 MB went into a client that does not read")
        check(gateway.memory() - before < 8 << 20, "the gateway keeps the body")
        reset(client)


@test("an upload streams with backpressure: an origin that does not read holds its client back, and nobody else")
def _():
    with Door() as door, Gateway(workers=1) as gateway, dial(gateway.address()) as client:
        size = 64 << 20
        client.sendall(ask(door.port, f"Content-Length: {size}", method="PUT"))
        origin = door.accept()
        read_until(origin, CRLF2)
        before = gateway.memory()
        client.settimeout(1)
        sent = 0
        try:
            while sent < size:
                sent += client.send(bytes(65536))
        except TimeoutError:
            pass  # nobody reads, so nobody may write
        check(sent < size // 2, f"{sent} bytes went into an origin that does not read")
        check(gateway.memory() - before < 8 << 20, "the gateway keeps the body")

        other, head, _ = exchange(gateway, door, ask(door.port), OK)
        equal(HttpReply(other).body, "ok")
        other.close()

        client.settimeout(20)
        threading.Thread(target=lambda: client.sendall(bytes(size - sent)), daemon=True).start()
        got = 0
        while got < size:
            got += len(origin.recv(1 << 20))
        equal(got, size)
        origin.sendall(OK)
        equal(HttpReply(client).body, "ok")


@test("events reach the client one by one, and a client that leaves ends the exchange")
def _():
    with Door() as door, Gateway() as gateway:
        client, _, origin = exchange(gateway, door, ask(door.port, "Accept: text/event-stream"),
                                     b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        read_until(client, CRLF2)
        for event in (b"data: 1\n\n", b"data: 2\n\n"):
            origin.sendall(event)
            contains(read_until(client, b"\n\n"), event)
        reset(client)
        check(origin.recv(1) == b"", "the origin goes on for nobody")
        equal(gateway.record()["ending"], "reset")


@test("an answer until close becomes chunks, and the client's connection serves on")
def _():
    with Door() as door, Gateway() as gateway:
        client, _, origin = exchange(gateway, door, ask(door.port), b"HTTP/1.0 200 OK\r\n\r\nhello")
        origin.close()
        contains(read_until(client, CRLF2), b"Transfer-Encoding: chunked")
        equal(read_until(client, b"0\r\n\r\n"), b"5\r\nhello\r\n0\r\n\r\n")
        client.sendall(ask(door.port))
        origin = door.accept()
        read_until(origin, CRLF2)
        origin.sendall(OK)
        equal(HttpReply(client).body, "ok")


@test("a client of HTTP/1.0 gets no chunks, no interim answer, and the end of its connection")
def _():
    with Door() as door, Gateway() as gateway:
        client, head, _ = exchange(
            gateway, door, ask(door.port, version="1.0"),
            b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
        contains(head, "Via: 1.0 adit-")
        answer = client.makefile("rb").read()
        check(answer.startswith(b"HTTP/1.1 200 OK\r\n") and answer.endswith(CRLF2 + b"hello"), f"{answer!r}")
        check(b"chunked" not in answer, f"{answer!r}")


@test("Expect: 100-continue is the origin's to answer, and nobody waits for anybody")
def _():
    with Door() as door, Gateway() as gateway, dial(gateway.address()) as client:
        client.sendall(ask(door.port, "Expect: 100-continue", "Content-Length: 5", method="PUT"))
        origin = door.accept()
        contains(read_until(origin, CRLF2), b"\r\nExpect: 100-continue\r\n")
        origin.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        contains(read_until(client, CRLF2), b"HTTP/1.1 100 Continue\r\n")
        client.sendall(b"hello")
        equal(read_exactly(origin, 5), b"hello")
        origin.sendall(OK)
        equal(HttpReply(client).status, 200)

        client.sendall(ask(door.port, "Expect: 100-continue", "Content-Length: 5", method="PUT"))
        origin = door.accept()
        read_until(origin, CRLF2)
        origin.sendall(b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n")
        reply = HttpReply(client)
        equal((reply.status, reply.field("connection")), (417, "close"))


@test("HEAD, 204 and 304 have no body, and the next answer is read where it begins")
def _():
    with Door() as door, Gateway(workers=1) as gateway:
        client, _, origin = exchange(gateway, door, ask(door.port, method="HEAD"),
                                     b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        contains(read_until(client, CRLF2), b"Content-Length: 5")
        for answer in (b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n", OK):
            client.sendall(ask(door.port))
            read_until(origin, CRLF2)
            origin.sendall(answer)
            equal(read_until(client, b" ").decode() + read_exactly(client, 3).decode(), answer[:12].decode())
            read_until(client, CRLF2)
        equal(read_exactly(client, 2), b"ok")


@test("a WebSocket becomes a tunnel in both directions, with what came early on either side")
def _():
    with Door() as door, Gateway() as gateway:
        client, head, origin = exchange(
            gateway, door, ask(door.port, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: k") + b"early",
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello")
        contains(head, "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n")
        contains(read_until(client, CRLF2), b"101 Switching Protocols\r\n")
        equal(read_exactly(client, 5), b"hello")
        equal(read_exactly(origin, 5), b"early")
        client.sendall(b"ping")
        equal(read_exactly(origin, 4), b"ping")
        origin.shutdown(1)
        equal(client.recv(1), b"")
        client.close()
        record = gateway.record(protocol="http")
        equal((record["ending"], record["closed_by"]), ("finished", "destination"))


@test("https:// in absolute-form is refused with words that help")
def _():
    with Gateway() as gateway, dial(gateway.address()) as client:
        client.sendall(b"GET https://127.0.0.1/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        reply = HttpReply(client)
        equal(reply.status, 501)
        contains(reply.body, "by CONNECT")


@test("two gateways in a circle end the request when it comes round")
def _():
    with Door() as door, Gateway() as gateway:
        _, head, origin = exchange(gateway, door, ask(door.port), b"")
        via = next(line for line in head.split("\r\n") if line.startswith("Via: "))
        client = dial(gateway.address())
        client.sendall(ask(door.port, via.replace("1.1", "1.1 first, 1.1") + " (comment)"))
        reply = HttpReply(client)
        equal(reply.status, 508)
        contains(reply.field("proxy-status"), "error=proxy_loop_detected")
        equal(gateway.record(ending="loop")["host"], "127.0.0.1")
        origin.close()


@test("a request to the gateway's own port goes nowhere")
def _():
    with Gateway() as gateway, dial(gateway.address()) as client:
        client.sendall(ask(gateway.port()))
        equal(HttpReply(client).status, 403)
        equal(gateway.record()["reason"], "own_listener")


@test("an origin that says nothing is given up after idle_timeout with 504")
def _():
    with Door() as door, Gateway(limits={"idle_timeout": "1s", "drain_timeout": "200ms"}) as gateway:
        client, _, _ = exchange(gateway, door, ask(door.port), b"")
        equal(HttpReply(client).status, 504)
        equal(gateway.record()["ending"], "timed_out")


@test("a stop ends connections that rest between requests at once, and waits for answers on their way")
def _():
    with Door() as door, Gateway(limits={"drain_timeout": "20s"}) as gateway:
        resting, _, _ = exchange(gateway, door, ask(door.port), OK)
        HttpReply(resting)
        busy = dial(gateway.address())
        busy.sendall(ask(door.port, "Content-Length: 1", method="POST", body=b"x"))
        origin = door.accept()
        read_until(origin, CRLF2 + b"x")
        gateway.signal(signal.SIGTERM)
        check(is_closed(resting), "a resting connection was reset")
        origin.sendall(OK)
        reply = HttpReply(busy)
        equal((reply.body, reply.field("connection")), ("ok", "close"))
        busy.close()


@test("a connection that has rested leaves no descriptor")
def _():
    with Door() as door, Gateway(workers=1) as gateway:
        before = gateway.descriptors()
        for _ in range(5):
            client, _, origin = exchange(gateway, door, ask(door.port, "Content-Length: 0", method="POST"),
                                         OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            HttpReply(client)
            client.close()
            origin.close()
        equal([gateway.record()["ending"] for _ in range(5)], ["finished"] * 5)
        eventually(lambda: gateway.descriptors() == before, "descriptors stay open")


main()
