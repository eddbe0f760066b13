"""UDP ASSOCIATE: datagrams of clients that speak SOCKS5, to destinations that the policy allows."""
import socket
import struct

from harness.dns import Dns
from harness.gateway import Gateway, LOOPBACK, eventually, password_hash
from harness.runner import check, contains, equal, main, test
from harness.udp import ANY, Association, UdpEcho, associate, datagram, udp_socket
from harness.wire import dial, is_closed, read_exactly, read_socks5_reply, socks5_address, socks5_connect

LISTENER = {"name": "main", "address": "127.0.0.1:0", "protocols": ["connect", "socks5", "udp"]}


def serving(**configuration):
    return Gateway(**{"listeners": [LISTENER], **configuration})


def dns_question(name):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">HHHHHH", 0x1234, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", 1, 1)


@test("a DNS question travels over an association, and its answer says from where it came")
def _():
    with Dns({"www.example": ["192.0.2.7"]}) as dns, serving() as gateway:
        with Association(gateway.address()) as client:
            equal(client.relay[0], "127.0.0.1", "the relay is where the TCP connection came in")
            question = dns_question("www.example")
            origin, answer = client.ask("127.0.0.1", dns.port, question)
            equal(origin, ("127.0.0.1", dns.port))
            equal(answer[:2], question[:2])
            contains(answer, socket.inet_aton("192.0.2.7"))
        record = gateway.record(protocol="udp")
        equal((record["ending"], record["closed_by"]), ("finished", "client"))
        equal((record["up"], record["down"]), (len(question), len(answer)))
        check("host" not in record and "verdict" not in record, f"an association has no destination: {record}")
        equal(record["udp"], {"destinations": [{
            "host": "127.0.0.1", "port": dns.port, "address": f"127.0.0.1:{dns.port}", "verdict": "allow",
            "rule": "loopback", "reason": "rule", "sent": 1, "received": 1, "up": len(question), "down": len(answer)}]})


@test("what the request names does not matter: PySocks asks for the name 0")
def _():
    with UdpEcho() as echo, serving() as gateway:
        for where in (socks5_address("0") + b"\0\0", socks5_address("") + b"\0\0", socks5_address("10.9.9.9") + b"\0\7",
                      socks5_address("::") + b"\0\0", socks5_address("a b") + b"\xff\xff"):
            with Association(gateway.address(), where) as client:
                equal(client.ask("127.0.0.1", echo.port, b"hello"), (("127.0.0.1", echo.port), b"hello"))


@test("a listener that does not list udp says that it knows no such command")
def _():
    with Gateway() as gateway:
        connection, rep, _ = associate(gateway.address())
        equal(rep, 7)
        check(is_closed(connection), "a refused client is not let go")
        equal(gateway.record(ending="not_allowed")["protocol"], "udp")


@test("an association is refused when the policy could allow it nothing, and not before")
def _():
    tunnels = {"name": "tunnels", "action": "allow", "networks": ["loopback"], "protocols": ["socks5"]}
    no_udp = {"name": "no udp", "action": "deny", "protocols": ["udp"]}
    with serving(rules=[tunnels]) as gateway:
        equal(associate(gateway.address())[1], 2)
        equal(gateway.record(protocol="udp")["reason"], "no_rule")
        gateway.write(rules=[no_udp, LOOPBACK])
        gateway.reload()
        equal(associate(gateway.address())[1], 2)
        equal(gateway.record(protocol="udp")["rule"], "no udp")
        gateway.write(rules=[{"name": "one", "action": "allow", "hosts": ["dns.example"], "ports": [53]}])
        gateway.reload()
        equal(associate(gateway.address())[1], 0)


@test("each destination is judged by itself, and refusals do not stop the others")
def _():
    with UdpEcho() as good, UdpEcho() as bad:
        rules = [{"name": "not there", "action": "deny", "ports": [bad.port]}, LOOPBACK]
        with serving(rules=rules) as gateway, Association(gateway.address()) as client:
            client.send("127.0.0.1", bad.port, b"refused")
            client.send("10.0.0.1", 53, b"internal")
            equal(client.ask("127.0.0.1", good.port, b"allowed")[1], b"allowed")
            equal(bad.heard, [])
            client.close()
            record = gateway.record(protocol="udp")
            told = {one["port"]: (one["verdict"], one["reason"], one.get("rule"), one["sent"])
                    for one in record["udp"]["destinations"]}
            equal(told, {good.port: ("allow", "rule", "loopback", 1), bad.port: ("deny", "rule", "not there", 0),
                         53: ("deny", "no_rule", None, 0)})
            equal(record["udp"]["dropped"], {"refused": 2})


@test("each destination's record tells what the answer would be if nothing observed")
def _():
    with UdpEcho() as watched, UdpEcho() as plain:
        rules = [{"name": "watching", "action": "deny", "ports": [watched.port], "observe": True}, LOOPBACK]
        with serving(rules=rules) as gateway, Association(gateway.address()) as client:
            for echo in (watched, plain):
                equal(client.ask("127.0.0.1", echo.port, b"hello")[1], b"hello")
            client.close()
            told = {one["port"]: (one["verdict"], one["rule"], one["would"], one["would_rule"])
                    for one in gateway.record(protocol="udp")["udp"]["destinations"]}
            equal(told, {watched.port: ("allow", "loopback", "deny", "watching"),
                         plain.port: ("allow", "loopback", "allow", "loopback")})


@test("strangers, fragments and nonsense get nowhere, and take no association")
def _():
    with UdpEcho() as echo, serving() as gateway, Association(gateway.address()) as client:
        with udp_socket("127.0.0.2") as stranger, udp_socket() as latecomer:
            good = datagram("127.0.0.1", echo.port, b"not mine")
            stranger.sendto(good, client.relay)
            latecomer.sendto(b"", client.relay)
            latecomer.sendto(b"\0\0\0\x01\x7f", client.relay)
            latecomer.sendto(datagram("127.0.0.1", echo.port, b"piece", fragment=1), client.relay)
            latecomer.sendto(datagram("127.0.0.1", echo.port, b"last piece", fragment=0x82), client.relay)
            equal(client.ask("127.0.0.1", echo.port, b"mine")[1], b"mine")
            latecomer.sendto(good, client.relay)
            equal(client.ask("127.0.0.1", echo.port, b"still mine")[1], b"still mine")
        equal([data for data, _ in echo.heard], [b"mine", b"still mine"])
        client.close()
        equal(gateway.record(protocol="udp")["udp"]["dropped"], {"stranger": 2, "malformed": 2, "fragment": 2})


@test("answers come only from where the client wrote to")
def _():
    with UdpEcho() as echo, serving() as gateway, Association(gateway.address()) as client:
        client.ask("127.0.0.1", echo.port, b"where are you")
        outside = echo.heard[0][1]
        with udp_socket() as stranger:
            stranger.sendto(b"listen to me", outside)
            equal(client.ask("127.0.0.1", echo.port, b"next")[1], b"next")
        client.close()
        equal(gateway.record(protocol="udp")["udp"]["dropped"], {"unasked": 1})


@test("a destination that nobody listens at, and a name that nobody knows, do not stop the others")
def _():
    zone = {"echo.example": ["127.0.0.1"], "slow.example": "silent"}
    with Dns(zone) as dns, UdpEcho() as echo, serving(resolver={"servers": [dns.server]}) as gateway:
        with Association(gateway.address()) as client:
            with udp_socket() as closed:
                nobody = closed.getsockname()[1]
            client.send("slow.example", 53, b"waits")
            client.send("127.0.0.1", nobody, b"port unreachable")
            client.send("unknown.example", 53, b"no such name")
            equal(client.ask("echo.example", echo.port, b"by name"), (("127.0.0.1", echo.port), b"by name"))
            equal(client.ask("127.0.0.1", echo.port, b"by address")[1], b"by address")
            client.send("127.0.0.1", nobody, b"port unreachable")
            equal(client.ask("127.0.0.1", echo.port, b"again")[1], b"again")
        record = gateway.record(protocol="udp")
        names = {one["host"]: one for one in record["udp"]["destinations"]}
        equal(names["echo.example"]["address"], f"127.0.0.1:{echo.port}")
        check("verdict" not in names["unknown.example"], f"a name without an address was judged: {record}")


@test("datagrams that wait for a name are sent in their order once it is known")
def _():
    with Dns({"echo.example": ["127.0.0.1"]}) as dns, UdpEcho() as echo:
        with serving(resolver={"servers": [dns.server]}) as gateway, Association(gateway.address()) as client:
            for number in range(5):
                client.send("echo.example", echo.port, b"%d" % number)
            equal([client.receive()[1] for _ in range(5)], [b"%d" % number for number in range(5)])


@test("a name is judged before it is looked up, and then by its address")
def _():
    zone = {"inner.example": ["10.1.2.3"], "denied.example": ["127.0.0.1"]}
    rules = [{"name": "no such host", "action": "deny", "hosts": ["denied.example"]}, LOOPBACK]
    with Dns(zone) as dns, UdpEcho() as echo:
        with serving(resolver={"servers": [dns.server]}, rules=rules) as gateway:
            with Association(gateway.address()) as client:
                client.send("denied.example", echo.port, b"x")
                client.send("inner.example", echo.port, b"x")
                equal(client.ask("127.0.0.1", echo.port, b"after them")[1], b"after them")
                dns.wait_until_asked("inner.example")
                equal(len(echo.heard), 1)
                check("denied.example" not in dns.names_asked(), "a name that is refused was looked up")
            record = gateway.record(protocol="udp")
            verdicts = {one["host"]: one.get("rule") for one in record["udp"]["destinations"]}
            equal(verdicts["denied.example"], "no such host")


@test("two clients keep their datagrams apart")
def _():
    with UdpEcho() as echo, serving() as gateway:
        with Association(gateway.address()) as one, Association(gateway.address()) as other:
            check(one.relay != other.relay, "they share a relay")
            one.send("127.0.0.1", echo.port, b"one")
            other.send("127.0.0.1", echo.port, b"other")
            equal((one.receive()[1], other.receive()[1]), (b"one", b"other"))
            equal(len({client for _, client in echo.heard}), 2)


@test("a reload takes a destination away from a live association, and gives it back")
def _():
    with UdpEcho() as echo, UdpEcho() as other, serving() as gateway, Association(gateway.address()) as client:
        client.ask("127.0.0.1", echo.port, b"before")
        outside = echo.heard[0][1]
        gateway.write(rules=[{"name": "no more", "action": "deny", "ports": [echo.port]}, LOOPBACK])
        gateway.reload()
        client.send("127.0.0.1", echo.port, b"refused")
        echo.socket.sendto(b"unwanted answer", outside)
        equal(client.ask("127.0.0.1", other.port, b"elsewhere")[1], b"elsewhere")
        equal([data for data, _ in echo.heard], [b"before"])
        gateway.write(rules=[LOOPBACK])
        gateway.reload()
        equal(client.ask("127.0.0.1", echo.port, b"after")[1], b"after")


@test("a reload that allows nothing any more ends the association, if tunnels are closed then")
def _():
    with UdpEcho() as echo, serving(on_reload={"tunnels": "close", "grace": "0s"}) as gateway:
        with Association(gateway.address()) as client:
            client.ask("127.0.0.1", echo.port, b"before")
            gateway.write(rules=[{"name": "nothing", "action": "deny"}])
            contains(gateway.reload("no longer allowed"), "any destination by UDP (rule nothing)")
            check(is_closed(client.control), "the TCP connection stays open")
            equal(gateway.record(ending="policy_changed")["cause"]["rule"], "nothing")


@test("a user who is gone after a reload sends no more datagrams")
def _():
    listener = {**LISTENER, "login": "required"}
    users = {"alice": password_hash("secret"), "bob": password_hash("secret")}
    with UdpEcho() as echo, serving(listeners=[listener], users=users) as gateway:
        equal(associate_as(gateway, "alice", b"wrong")[0], 1)
        status, control, relay = associate_as(gateway, "alice", b"secret")
        equal(status, 0)
        with control, udp_socket() as client:
            client.sendto(datagram("127.0.0.1", echo.port, b"hello"), relay)
            client.recv(100)
            gateway.write(users={"bob": users["bob"]})
            gateway.reload()
            client.sendto(datagram("127.0.0.1", echo.port, b"gone"), relay)
            control.close()
            record = gateway.record(protocol="udp", ending="finished")
        equal((record["user"], record["udp"]["destinations"][0]["reason"]), ("alice", "user_gone"))
        equal([data for data, _ in echo.heard], [b"hello"])


def associate_as(gateway, user, password):
    """Gives the reply code, or that of the login, the TCP connection and the relay's address."""
    connection = dial(gateway.address())
    connection.sendall(b"\x05\x01\x02")
    equal(read_exactly(connection, 2), b"\x05\x02")
    connection.sendall(bytes([1, len(user)]) + user.encode() + bytes([len(password)]) + password)
    status = read_exactly(connection, 2)[1]
    if status != 0:
        return status, connection, None
    connection.sendall(b"\x05\x03\x00" + ANY)
    rep, relay = read_socks5_reply(connection)
    return rep, connection, relay


@test("the association ends with its TCP connection, and its ports are free again")
def _():
    with UdpEcho() as echo, serving() as gateway:
        before = gateway.descriptors()
        client = Association(gateway.address())
        client.ask("127.0.0.1", echo.port, b"hello")
        check(gateway.descriptors() > before, "an association takes descriptors")
        client.control.close()
        gateway.record(protocol="udp", ending="finished")
        eventually(lambda: gateway.descriptors() == before, "descriptors are left over")
        client.send("127.0.0.1", echo.port, b"too late")
        client.socket.close()
        equal(len(echo.heard), 1)


@test("an association in which nothing moves ends, and so does its TCP connection")
def _():
    with serving(limits={"idle_timeout": "200ms"}) as gateway, Association(gateway.address()) as client:
        gateway.record(protocol="udp", ending="idle_timeout")
        check(is_closed(client.control), "the TCP connection stays open")


@test("a stop waits for associations as for tunnels, and then ends them")
def _():
    with UdpEcho() as echo, serving() as gateway, Association(gateway.address()) as client:
        client.ask("127.0.0.1", echo.port, b"hello")
        gateway.stop()
        check(is_closed(client.control), "the TCP connection stays open")
        equal(gateway.record(protocol="udp")["ending"], "stopped")


@test("the relay takes its port from the range, and tells clients the advertised address")
def _():
    with udp_socket() as probe:
        port = probe.getsockname()[1]
    udp = {"ports": f"{port}-{port}", "advertise": "203.0.113.7", "bind": "127.0.0.3"}
    with UdpEcho() as echo, serving(listeners=[{**LISTENER, "udp": udp}]) as gateway:
        control, rep, relay = associate(gateway.address())
        equal((rep, relay), (0, ("203.0.113.7", port)))
        equal(associate(gateway.address())[1], 1)
        gateway.record(protocol="udp", ending="limit")
        with udp_socket() as client:
            client.sendto(datagram("127.0.0.1", echo.port, b"hello"), ("127.0.0.3", port))
            contains(client.recv(100), b"hello")
        control.close()
        equal(gateway.record(protocol="udp", ending="finished")["local"], f"127.0.0.3:{port}")


@test("an association speaks the family that its TCP connection came in by, and reaches both")
def _():
    with UdpEcho() as four, UdpEcho("::1") as six:
        listeners = [{**LISTENER, "name": "six", "address": "[::1]:0"}, {**LISTENER, "address": "*:0", "open": True}]
        with serving(listeners=listeners) as gateway:
            port = gateway.port()
            for door, address in ((("::1", gateway.port("six")), "::1"), (("::1", port), "::1"),
                                  (("127.0.0.1", port), "127.0.0.1")):
                with Association(door, address=address) as client:
                    equal(client.relay[0], address, f"relay for a client of {door}")
                    equal(client.ask("::1", six.port, b"over six"), (("::1", six.port), b"over six"))
                    equal(client.ask("127.0.0.1", four.port, b"over four"), (("127.0.0.1", four.port), b"over four"))
                record = gateway.record(protocol="udp")
                equal({one["address"] for one in record["udp"]["destinations"]},
                      {f"[::1]:{six.port}", f"127.0.0.1:{four.port}"})


@test("behind a proxy in front the datagrams are those of the carried client, and nobody else's")
def _():
    listener = {**LISTENER, "proxy_protocol": {"from": ["127.0.0.1"]}, "open": True}
    with UdpEcho() as echo, serving(listeners=[listener]) as gateway, dial(gateway.address()) as control:
        control.sendall(b"PROXY TCP4 127.0.0.5 127.0.0.1 4711 1080\r\n\x05\x01\x00")
        equal(read_exactly(control, 2), b"\x05\x00")
        control.sendall(b"\x05\x03\x00" + ANY)
        rep, relay = read_socks5_reply(control)
        equal((rep, relay[0]), (0, "127.0.0.1"))
        with udp_socket() as proxy, udp_socket("127.0.0.5") as client:
            proxy.sendto(datagram("127.0.0.1", echo.port, b"not mine"), relay)
            client.sendto(datagram("127.0.0.1", echo.port, b"mine"), relay)
            contains(client.recv(100), b"mine")
        equal([data for data, _ in echo.heard], [b"mine"])
        control.close()
        record = gateway.record(protocol="udp")
        equal((record["client"], record["udp"]["dropped"]), ("127.0.0.5:4711", {"stranger": 1}))


@test("at a unix socket, whose clients have no address, there is no UDP")
def _():
    with serving() as gateway:
        place = gateway.folder.name + "/proxy.sock"
        gateway.write(listeners=[LISTENER, {**LISTENER, "name": "local", "address": "unix:" + place}])
        gateway.reload()
        control, rep, _ = associate(place)
        equal(rep, 7)
        check(is_closed(control), "a refused client is not let go")
        equal(gateway.record(protocol="udp")["client"], "unix")


@test("datagrams of every size come through whole, and many at once")
def _():
    with UdpEcho() as echo, serving() as gateway, Association(gateway.address()) as client:
        for size in (0, 1, 1472, 9000, 65000):
            payload = bytes([size % 251]) * size
            equal(client.ask("127.0.0.1", echo.port, payload)[1], payload)
        for turn in range(10):
            words = {b"%d %d" % (turn, number) for number in range(20)}
            for word in words:
                client.send("127.0.0.1", echo.port, word)
            equal({client.receive()[1] for _ in words}, words)


@test("a client has at most 64 associations, and a place that is given back is free")
def _():
    with serving() as gateway:
        clients = [Association(gateway.address()) for _ in range(64)]
        equal(associate(gateway.address())[1], 1)
        gateway.record(protocol="udp", ending="limit")
        clients.pop().close()
        gateway.record(protocol="udp", ending="finished")
        with Association(gateway.address()):
            pass
        for client in clients:
            client.close()


@test("what a record of an association tells is bounded, and nothing is lost from its sums")
def _():
    with UdpEcho() as echo, serving() as gateway, Association(gateway.address()) as client:
        for number in range(1, 301):
            client.send(f"127.1.{number // 250}.{number % 250}", 9, b"x")
            if number % 30 == 0:  # no faster than the gateway reads
                equal(client.ask("127.0.0.1", echo.port, b"last")[1], b"last")
        client.close()
        record = gateway.record(protocol="udp")
        equal(len(record["udp"]["destinations"]), 32)
        equal(record["udp"]["others"]["destinations"], 269)
        equal(record["udp"]["others"]["sent"] + sum(one["sent"] for one in record["udp"]["destinations"]), 310)
        equal(record["up"], 340)


@test("CONNECT goes on working beside associations")
def _():
    with UdpEcho(), serving() as gateway:
        equal(socks5_connect(gateway.address(), "127.0.0.1", 1)[1], 5)


main()
