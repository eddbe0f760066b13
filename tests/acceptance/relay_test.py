"""What a tunnel carries: bytes, ends, resets, pressure, and nothing else."""
import hashlib
import os
import socket
import threading

from harness.clients import run
from harness.dns import Dns
from harness.gateway import Gateway, eventually
from harness.origins import Door, ProgramOrigin, closed_port
from harness.runner import SANITIZED, Skip, check, each, equal, main, test
from harness.wire import (connect_request, dial, drip, http_tunnel, HttpReply, is_closed, read_exactly, read_socks5_reply,
                          read_to_end, reset, socks4_connect, socks4_request, socks5_connect, socks5_request)


def by_connect(gateway, port):
    return http_tunnel(gateway.address(), "localhost", port)


def by_socks5(gateway, port):
    connection, rep, _ = socks5_connect(gateway.address(), "127.0.0.1", port)
    equal(rep, 0)
    return connection


def by_socks4(gateway, port):
    connection, code = socks4_connect(gateway.address(), "127.0.0.1", port)
    equal(code, 0x5a)
    return connection


DIALECTS = [("CONNECT", by_connect), ("SOCKS5", by_socks5), ("SOCKS4", by_socks4)]


@each(DIALECTS, lambda name, _: f"a client that ends its half early still reads the answer ({name})")
def _(name, tunnel):
    # sha256sum says nothing until its input has ended.
    data = os.urandom(2_000_000)
    with ProgramOrigin("sha256sum") as origin, Gateway() as gateway:
        with tunnel(gateway, origin.port) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            answer = read_to_end(connection)
        equal(answer, f"{hashlib.sha256(data).hexdigest()}  -\n".encode())
        record = gateway.record()
        equal((record["ending"], record["closed_by"]), ("finished", "client"))
        equal((record["up"], record["down"]), (len(data), len(answer)))
        check("first_byte" in record["ms"], f"ms: {record['ms']}")


@test("a destination that ends its half early still gets the rest")
def _():
    with Door() as door, Gateway() as gateway:
        connection = by_connect(gateway, door.port)
        with connection, door.accept() as far:
            far.sendall(b"my last words")
            far.shutdown(socket.SHUT_WR)
            equal(read_to_end(connection), b"my last words")
            connection.sendall(b"and mine")
            connection.shutdown(socket.SHUT_WR)
            equal(read_to_end(far), b"and mine")
        record = gateway.record()
        equal((record["ending"], record["closed_by"], record["up"], record["down"]), ("finished", "destination", 8, 13))


@test("nc -N sends, ends its half and reads the answer")
def _():
    with ProgramOrigin("sha256sum") as origin, Gateway() as gateway:
        done = run("nc", "-N", "-X", "5", "-x", "127.0.0.1:%d" % gateway.port(), "127.0.0.1", str(origin.port), stdin=b"abc")
        equal(done.output, f"{hashlib.sha256(b'abc').hexdigest()}  -\n".encode(), repr(done))


@each(DIALECTS, lambda name, _: f"a client's reset reaches the destination as a reset ({name})")
def _(name, tunnel):
    with Door() as door, Gateway() as gateway:
        connection = tunnel(gateway, door.port)
        with door.accept() as far:
            reset(connection)
            check(not is_closed(far), "it came as a proper end")
        record = gateway.record()
        equal((record["ending"], record["closed_by"]), ("reset", "client"))


@each(DIALECTS, lambda name, _: f"a destination's reset reaches the client as a reset ({name})")
def _(name, tunnel):
    with Door() as door, Gateway() as gateway:
        with tunnel(gateway, door.port) as connection:
            reset(door.accept())
            check(not is_closed(connection), "it came as a proper end")
        record = gateway.record()
        equal((record["ending"], record["closed_by"]), ("reset", "destination"))


@test("a reset reaches the other side also when one half has already ended")
def _():
    with Door() as door, Gateway() as gateway:
        connection = by_connect(gateway, door.port)
        with door.accept() as far:
            far.shutdown(socket.SHUT_WR)
            equal(connection.recv(1), b"")
            reset(connection)
            far.settimeout(10)

            def broken():
                try:
                    far.send(b"x")
                    return False
                except (ConnectionResetError, BrokenPipeError):
                    return True
            eventually(broken, "the destination does not learn that the client is gone")
        equal(gateway.record()["ending"], "reset")


EARLY = [
    ("CONNECT", lambda port: connect_request("127.0.0.1", port), lambda c: equal(HttpReply(c).status, 200)),
    ("SOCKS4", lambda port: socks4_request("127.0.0.1", port), lambda c: equal(read_exactly(c, 8)[1], 0x5a)),
    ("SOCKS5", lambda port: b"\x05\x01\x00" + socks5_request("127.0.0.1", port),
     lambda c: equal((read_exactly(c, 2), read_socks5_reply(c)[0]), (b"\x05\x00", 0))),
]


@each(EARLY, lambda name, *_: f"bytes that come with the request reach the destination, first and once ({name})")
def _(name, request, read_reply):
    early = b"SSH-2.0-hasty\r\n" + os.urandom(1000)
    with ProgramOrigin("cat") as origin, Gateway() as gateway, dial(gateway.address()) as connection:
        connection.sendall(request(origin.port) + early)
        read_reply(connection)
        equal(read_exactly(connection, len(early)), early)
        connection.sendall(b"later")
        connection.shutdown(socket.SHUT_WR)
        equal(read_to_end(connection), b"later")
        equal(gateway.record()["up"], len(early) + 5)


@each(EARLY, lambda name, *_: f"a request that comes byte by byte is understood ({name})")
def _(name, request, read_reply):
    with ProgramOrigin("cat") as origin, Gateway() as gateway, dial(gateway.address()) as connection:
        drip(connection, request(origin.port) + b"abc")
        read_reply(connection)
        connection.shutdown(socket.SHUT_WR)
        equal(read_to_end(connection), b"abc")


@each(EARLY, lambda name, *_: f"a large piece of early data that outruns the dial arrives whole ({name})")
def _(name, request, read_reply):
    early = os.urandom(1_500_000)
    with ProgramOrigin("sha256sum") as origin, Gateway() as gateway, dial(gateway.address()) as connection:
        sender = threading.Thread(target=lambda: (connection.sendall(request(origin.port) + early),
                                                  connection.shutdown(socket.SHUT_WR)))
        sender.start()
        read_reply(connection)
        equal(read_to_end(connection), f"{hashlib.sha256(early).hexdigest()}  -\n".encode())
        sender.join()


@test("both directions flow at once, byte for byte")
def _():
    size = 30_000_000 if not SANITIZED else 5_000_000
    block = os.urandom(1 << 20)
    with ProgramOrigin("cat") as origin, Gateway() as gateway, by_socks5(gateway, origin.port) as connection:
        def send():
            left = size
            while left:
                piece = block[:left]
                connection.sendall(piece)
                left -= len(piece)
            connection.shutdown(socket.SHUT_WR)
        sender = threading.Thread(target=send)
        sender.start()
        digest, received = hashlib.sha256(), 0
        while piece := connection.recv(1 << 18):
            digest.update(piece)
            received += len(piece)
        sender.join()
        whole = hashlib.sha256()
        for start in range(0, size, len(block)):
            whole.update(block[:size - start])
        equal((received, digest.hexdigest()), (size, whole.hexdigest()))
        record = gateway.record()
        equal((record["up"], record["down"]), (size, size))


@test("a slow reader makes the sender wait, and the gateway does not grow")
def _():
    with Door() as door, Gateway(workers=1) as gateway:
        with by_connect(gateway, door.port) as warm, door.accept() as far:
            warm.sendall(b"x" * 100_000)
            far.sendall(b"x" * 100_000)
            read_exactly(far, 100_000)
            read_exactly(warm, 100_000)
            before = gateway.memory()
        tunnels = [(by_connect(gateway, door.port), door.accept()) for _ in range(20)]
        block = bytes(1 << 20)
        held = 0
        for connection, far in tunnels:  # nobody reads
            for sender in (connection, far):
                sender.settimeout(0.1)
                try:
                    while True:
                        held += sender.send(block)
                except TimeoutError:
                    pass
        check(held > 20 << 20, f"only {held} bytes were taken")
        grown = gateway.memory() - before
        check(grown < (64 << 20 if SANITIZED else 12 << 20), f"40 stuck directions cost {grown} bytes")
        began = gateway.cpu_seconds()
        threading.Event().wait(0.5)
        check(gateway.cpu_seconds() - began < 0.25, "it spins while nobody reads")
        for connection, far in tunnels:
            connection.close()
            far.close()
        for _ in range(21):
            gateway.record()


@test("a slow reader gets every byte")
def _():
    size = 8_000_000
    with Door() as door, Gateway() as gateway, by_connect(gateway, door.port) as connection:
        far = door.accept()
        data = os.urandom(size)
        sender = threading.Thread(target=lambda: (far.sendall(data), far.close()))
        sender.start()
        received = bytearray()
        while piece := connection.recv(4096 if len(received) < 400_000 else 1 << 20):
            received += piece
        sender.join()
        equal(hashlib.sha256(received).hexdigest(), hashlib.sha256(data).hexdigest())


@test("a tunnel in which nothing moves ends after idle_timeout, a busy one does not")
def _():
    with ProgramOrigin("cat") as origin, Gateway(limits={"idle_timeout": "1s", "drain_timeout": "200ms"}) as gateway:
        busy, idle = by_connect(gateway, origin.port), by_connect(gateway, origin.port)
        ended = threading.Event()

        def chat():
            while not ended.wait(0.2):
                busy.sendall(b"x")
                read_exactly(busy, 1)
        chatter = threading.Thread(target=chat)
        chatter.start()
        is_closed(idle)
        ended.set()
        chatter.join()
        record = gateway.record(ending="idle_timeout")
        equal(record["closed_by"], "gateway")
        check(900 <= record["ms"]["total"] < 6000, f"after {record['ms']['total']} ms")
        busy.sendall(b"still there")
        equal(read_exactly(busy, 11), b"still there")
        busy.close()


LEAVING = [("", b"", lambda connection: connection.close()), (" behind bytes sent ahead, by RST,", b"early", reset)]


@each(LEAVING, lambda how, *_: f"a client that leaves{how} during the dial has its dial given up")
def _(how, ahead, leave):
    with Dns({"slow.example": "silent"}) as dns, Gateway(resolver={"servers": [dns.server], "timeout": "20s"},
                                                        limits={"connect_timeout": "20s", "drain_timeout": "200ms"}) as gateway:
        connection = dial(gateway.address())
        connection.sendall(connect_request("slow.example", 80))
        dns.wait_until_asked("slow.example")
        connection.sendall(ahead)
        leave(connection)
        record = gateway.record()
        equal((record["ending"], record["closed_by"]), ("client_gone", "client"))
        check(record["ms"]["total"] < 10_000, f"{record['ms']}")


@test("BND.ADDR and BND.PORT are the gateway's real address towards the destination")
def _():
    with Door() as door, Gateway() as gateway:
        connection, rep, bound = socks5_connect(gateway.address(), "127.0.0.1", door.port)
        with connection, door.accept() as far:
            equal((rep, bound), (0, far.getpeername()))
        equal(gateway.record()["local"], "%s:%d" % bound)


@test("IPv6 destinations are reached, as a literal and as an address type")
def _():
    if not os.path.exists("/proc/net/if_inet6"):
        raise Skip("no IPv6 on this machine")
    with ProgramOrigin("cat", address="::1") as origin, Gateway() as gateway:
        for connection in (http_tunnel(gateway.address(), "::1", origin.port),
                           socks5_connect(gateway.address(), "::1", origin.port)[0]):
            with connection:
                connection.sendall(b"six")
                equal(read_exactly(connection, 3), b"six")
            equal(gateway.record()["address"], f"[::1]:{origin.port}")


@test("success is said only when the destination is connected")
def _():
    with Gateway() as gateway:
        for _ in range(5):
            port = closed_port()
            connection, rep, _ = socks5_connect(gateway.address(), "127.0.0.1", port)
            equal(rep, 5)
            connection.close()


@test("a few long tunnels are spread over the workers, whatever the kernel's hash says")
def _():
    with ProgramOrigin("cat") as origin, Gateway(workers=4) as gateway:
        for _ in range(5):
            tunnels = [http_tunnel(gateway.address(), "127.0.0.1", origin.port) for _ in range(12)]
            full = gateway.watched_by_workers()
            for tunnel in tunnels:
                tunnel.close()
                gateway.record(ending="finished")
            idle = gateway.watched_by_workers()
            held = [(full[loop] - idle[loop]) // 2 for loop in idle]
            equal(sum(held), 12, f"{held}")
            check(max(held) <= 5, f"tunnels of each loop: {held}")


main()
