"""Every wait has a deadline, and no byte extends it."""
import threading

from harness.dns import Dns
from harness.gateway import Gateway
from harness.origins import ProgramOrigin
from harness.runner import check, equal, main, test
from harness.wire import (HttpReply, connect_request, dial, http_connect, http_tunnel, is_closed, read_exactly, read_to_end,
                          socks4_connect, socks5_connect)

SHORT = {"handshake_timeout": "1s", "connect_timeout": "1s", "drain_timeout": "200ms"}


def soon(record, words=""):
    check(800 <= record["ms"]["total"] < 8000, f"{words}: ended after {record['ms']['total']} ms")


@test("a client that says nothing is let go without a word")
def _():
    with Gateway(limits=SHORT) as gateway, dial(gateway.address()) as connection:
        equal(read_to_end(connection), b"")
        record = gateway.record(ending="handshake_timeout")
        equal(record["closed_by"], "gateway")
        soon(record)


@test("half an HTTP request is answered 408")
def _():
    with Gateway(limits=SHORT) as gateway, dial(gateway.address()) as connection:
        connection.sendall(b"CONNECT example.com:443 HTTP/1.1\r\nHost: exam")
        reply = HttpReply(connection)
        equal(reply.status, 408)
        equal(reply.field("connection").lower(), "close")
        check(is_closed(connection), "the reply was reset away")
        soon(gateway.record(ending="handshake_timeout"))


@test("bytes that trickle do not extend the handshake")
def _():
    with Gateway(limits=SHORT) as gateway, dial(gateway.address()) as connection:
        enough = threading.Event()

        def trickle():
            try:
                while not enough.wait(0.1):
                    connection.sendall(b"C")
            except OSError:
                pass
        trickler = threading.Thread(target=trickle)
        trickler.start()
        record = gateway.record(ending="handshake_timeout")
        enough.set()
        trickler.join()
        check(record["ms"]["total"] < 5000, f"{record['ms']}")


@test("half a SOCKS handshake is closed")
def _():
    with Gateway(limits=SHORT) as gateway:
        for half in (b"\x05", b"\x05\x01\x00", b"\x05\x01\x00\x05\x01\x00\x01\x7f", b"\x04\x01\x00"):
            with dial(gateway.address()) as connection:
                connection.sendall(half)
                try:
                    read_to_end(connection)
                except ConnectionResetError:
                    pass
            soon(gateway.record(ending="handshake_timeout"), repr(half))


@test("a tunnel that does not come to stand in time is 504, REP 6 and 0x5b")
def _():
    with Dns({"slow.example": "silent"}) as dns, \
            Gateway(limits=SHORT, resolver={"servers": [dns.server], "timeout": "30s"}) as gateway:
        connection, reply = http_connect(gateway.address(), "slow.example", 80)
        equal(reply.status, 504)
        check(is_closed(connection), "the reply was reset away")
        connection, rep, _ = socks5_connect(gateway.address(), "slow.example", 80)
        check(rep in (4, 6), f"REP {rep}")
        connection, code = socks4_connect(gateway.address(), "slow.example", 80)
        equal(code, 0x5b)
        for protocol in ("connect", "socks5", "socks4"):
            record = gateway.record(protocol=protocol)
            check(record["ending"] in ("timed_out", "name_timeout"), f"ending: {record}")
            soon(record)


@test("a client that ends its half during the dial extends nothing, and still reads the refusal")
def _():
    with Dns({"slow.example": "silent"}) as dns, Gateway(resolver={"servers": [dns.server], "timeout": "20s"},
                                                        limits={**SHORT, "connect_timeout": "500ms"}) as gateway:
        with dial(gateway.address()) as connection:
            connection.sendall(connect_request("slow.example", 80))
            connection.shutdown(1)
            equal(HttpReply(connection).status, 504)
        record = gateway.record()
        equal((record["ending"], record["closed_by"]), ("client_gone", "client"))
        check(record["ms"]["total"] < 900, f"{record['ms']}")


@test("bytes that trickle in early do not extend the dial")
def _():
    with Dns({"slow.example": "silent"}) as dns, \
            Gateway(limits=SHORT, resolver={"servers": [dns.server], "timeout": "30s"}) as gateway, \
            dial(gateway.address()) as connection:
        connection.sendall(connect_request("slow.example", 80))
        enough = threading.Event()

        def trickle():
            try:
                while not enough.wait(0.1):
                    connection.sendall(b"x")
            except OSError:
                pass
        trickler = threading.Thread(target=trickle)
        trickler.start()
        equal(HttpReply(connection).status, 504)
        enough.set()
        trickler.join()
        soon(gateway.record())


@test("a tunnel that stands is under none of these limits")
def _():
    with ProgramOrigin("cat") as origin, Gateway(limits=SHORT) as gateway, \
            http_tunnel(gateway.address(), "localhost", origin.port) as connection:
        with dial(gateway.address()) as other:
            is_closed(other)  # lasts longer than either limit
        connection.sendall(b"still here")
        equal(read_exactly(connection, 10), b"still here")


@test("fifty silent names do not delay a tunnel to an address")
def _():
    zone = {f"silent{i}.example": "silent" for i in range(50)}
    with Dns(zone) as dns, ProgramOrigin("cat") as origin, \
            Gateway(workers=1, resolver={"servers": [dns.server], "timeout": "5s"}) as gateway:
        waiting = [dial(gateway.address()) for _ in zone]
        for connection, name in zip(waiting, zone):
            connection.sendall(connect_request(name, 80))
        for name in zone:
            dns.wait_until_asked(name)
        with http_tunnel(gateway.address(), "127.0.0.1", origin.port) as connection:
            connection.sendall(b"abc")
            equal(read_exactly(connection, 3), b"abc")
        record = gateway.record(ending="finished")
        check(record["ms"]["connect"] < 500, f"{record['ms']}")
        for connection in waiting:
            connection.close()


main()
