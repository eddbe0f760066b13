"""What a client is told when there will be no tunnel, in each dialect, and what the record says of it."""
from harness.dns import Dns
from harness.gateway import Gateway, LOOPBACK, password_hash
from harness.origins import Door, closed_port
from harness.runner import check, contains, each, equal, main, test
from harness.wire import (HttpReply, connect_request, dial, http_connect, is_closed, read_exactly, read_to_end,
                          socks4_connect, socks5_connect, socks5_login)

WEB_ONLY = [{**LOOPBACK, "ports": [80, 443]}]
NO_DB = [{"name": "no database", "action": "deny", "hosts": ["db.example"]}, LOOPBACK]
NOT_HERE = [{"name": "not this one", "action": "deny", "networks": ["127.0.0.9"]}, LOOPBACK]

# Why, the rules, host, port, ending in the record, rule in the record, word of Proxy-Status.
DENIALS = [
    ("the port is not allowed", WEB_ONLY, "127.0.0.1", 25, "not_allowed", None, "http_request_denied"),
    ("the host is denied by name", NO_DB, "db.example", 443, "not_allowed", "no database", "http_request_denied"),
    ("the address is denied", NOT_HERE, "127.0.0.9", 443, "address_not_allowed", "not this one", "destination_ip_prohibited"),
    ("no rule matches", [{**LOOPBACK, "clients": ["10.0.0.0/8"]}], "127.0.0.1", 443, "not_allowed", None, "http_request_denied"),
    ("the address is internal", [{"name": "web", "action": "allow", "ports": [443]}], "127.0.0.1", 443, "address_not_allowed", None,
     "destination_ip_prohibited"),
    ("localhost is internal", [{"name": "web", "action": "allow", "ports": [443]}], "localhost", 443,
     "address_not_allowed", None, "destination_ip_prohibited"),
]


def polite(reply, connection, status):
    """What every refusal over HTTP has in common."""
    equal(reply.status, status, reply.body)
    equal(reply.field("connection").lower(), "close")
    check(reply.field("content-type").startswith("text/plain"), reply.head)
    check(20 < len(reply.body) < 1000, f"the body should say something short: {reply.body!r}")
    check(is_closed(connection), "the connection was reset")
    connection.close()


@each(DENIALS, lambda why, *_: f"CONNECT is answered 403 where {why}")
def _(why, rules, host, port, ending, rule, error):
    with Gateway(rules=rules) as gateway:
        connection, reply = http_connect(gateway.address(), host, port)
        polite(reply, connection, 403)
        contains(reply.field("proxy-status"), error or "error=")
        record = gateway.record(verdict="deny", host=host, port=port)
        check(record["ending"] == (ending or record["ending"]), f"ending: {record}")
        check(record["ending"] in ("not_allowed", "address_not_allowed"), f"ending: {record}")
        equal(record.get("rule"), rule)
        contains(reply.body, record["id"], "the person cannot find the record")
        if rule:
            contains(reply.body, rule)
        check("address" not in record, f"a refused destination was dialled: {record}")


@each(DENIALS, lambda why, *_: f"SOCKS5 is answered 2 where {why}")
def _(why, rules, host, port, ending, rule, error):
    with Gateway(rules=rules) as gateway:
        connection, rep, _ = socks5_connect(gateway.address(), host, port)
        equal(rep, 2)
        check(is_closed(connection), "the connection was reset")
        connection.close()
        equal(gateway.record(verdict="deny").get("rule"), rule)


@each(DENIALS, lambda why, *_: f"SOCKS4 is answered 0x5b where {why}")
def _(why, rules, host, port, ending, rule, error):
    with Gateway(rules=rules) as gateway:
        connection, code = socks4_connect(gateway.address(), host, port)
        equal(code, 0x5b)
        check(is_closed(connection), "the connection was reset")
        connection.close()
        equal(gateway.record(verdict="deny").get("rule"), rule)


@test("a name denied by name alone is not looked up, so that names leak nothing")
def _():
    with Dns({"db.example": ["127.0.0.1"]}) as dns, Gateway(rules=NO_DB, resolver={"servers": [dns.server]}) as gateway:
        equal(http_connect(gateway.address(), "db.example", 443)[1].status, 403)
        equal(http_connect(gateway.address(), "DB.example.", 443)[1].status, 403)
        equal(dns.asked, [])
        check("resolved" not in gateway.record(), "it was looked up")


@test("a denial says which rule would have allowed, were the address public")
def _():
    with Gateway(rules=[{"name": "web", "action": "allow", "ports": [443]}]) as gateway:
        http_connect(gateway.address(), "127.0.0.1", 443)
        record = gateway.record()
        equal((record["reason"], record["near"]), ("internal_address", "web"))


@test("of two addresses of a name only the allowed one is dialled, and the record shows both")
def _():
    with Door() as door, Dns({"two.example": ["127.0.0.9", "127.0.0.1"]}) as dns, \
            Gateway(rules=NOT_HERE, resolver={"servers": [dns.server]}) as gateway:
        connection, reply = http_connect(gateway.address(), "two.example", door.port)
        equal(reply.status, 200)
        connection.close()
        door.accept().close()
        record = gateway.record()
        equal(record["address"], f"127.0.0.1:{door.port}")
        verdicts = {one["address"]: (one["verdict"], one.get("rule")) for one in record["resolved"]}
        equal(verdicts, {"127.0.0.9": ("deny", "not this one"), "127.0.0.1": ("allow", "loopback")})


@test("the gateway itself is never a destination")
def _():
    with Gateway() as gateway:
        host, port = gateway.address()
        for name in (host, "::ffff:127.0.0.1"):
            equal(http_connect((host, port), name, port)[1].status, 403, name)
            equal(gateway.record()["reason"], "own_listener")
        for anywhere in ("0.0.0.0", "::"):
            equal(http_connect((host, port), anywhere, 80)[1].status, 403)
            equal(gateway.record()["reason"], "bad_destination")


@test("a name that does not exist is 502 with dns_error, REP 4, 0x5b")
def _():
    with Dns({}) as dns, Gateway(resolver={"servers": [dns.server]}) as gateway:
        connection, reply = http_connect(gateway.address(), "nowhere.example", 80)
        polite(reply, connection, 502)
        contains(reply.field("proxy-status"), "error=dns_error")
        equal(socks5_connect(gateway.address(), "nowhere.example", 80)[1], 4)
        equal(socks4_connect(gateway.address(), "nowhere.example", 80)[1], 0x5b)
        for protocol in ("connect", "socks5", "socks4"):
            equal(gateway.record(protocol=protocol)["ending"], "name_unknown")
        check(dns.names_asked().count("nowhere.example") <= 4, f"that it does not exist is forgotten: {dns.asked}")


@test("a silent name server is 504 with dns_timeout, REP 4, 0x5b")
def _():
    with Dns({"slow.example": "silent"}) as dns, \
            Gateway(resolver={"servers": [dns.server], "timeout": "500ms"}) as gateway:
        connection, reply = http_connect(gateway.address(), "slow.example", 80)
        polite(reply, connection, 504)
        contains(reply.field("proxy-status"), "error=dns_timeout")
        equal(socks5_connect(gateway.address(), "slow.example", 80)[1], 4)
        equal(socks4_connect(gateway.address(), "slow.example", 80)[1], 0x5b)
        equal(gateway.record(protocol="connect")["ending"], "name_timeout")


@test("a closed port is 502 with connection_refused, REP 5, 0x5b")
def _():
    with Gateway() as gateway:
        port = closed_port()
        connection, reply = http_connect(gateway.address(), "127.0.0.1", port)
        polite(reply, connection, 502)
        contains(reply.field("proxy-status"), "error=connection_refused")
        equal(socks5_connect(gateway.address(), "127.0.0.1", port)[1], 5)
        equal(socks4_connect(gateway.address(), "127.0.0.1", port)[1], 0x5b)
        for protocol in ("connect", "socks5", "socks4"):
            equal(gateway.record(protocol=protocol)["ending"], "refused")


USERS = {"alice": password_hash("secret")}


@test("a 407 names the scheme and closes without resetting the reply away, whatever came behind the request")
def _():
    with Gateway(users=USERS) as gateway:
        for behind in (b"", b"GET http://127.0.0.1/ HTTP/1.1\r\nHost: x\r\n\r\n", b"x" * 60_000):
            connection = dial(gateway.address())
            connection.sendall(connect_request("127.0.0.1", 80) + behind)
            reply = HttpReply(connection)
            check(reply.field("proxy-authenticate").startswith("Basic realm="), reply.head)
            polite(reply, connection, 407)
        for _ in range(3):
            equal(gateway.record()["ending"], "login_needed")


@each([("403", {"rules": WEB_ONLY}, 25, 403), ("407", {"users": USERS}, 80, 407), ("502", {}, None, 502)],
      lambda name, *_: f"what follows a CONNECT answered {name} is not served as a request (RFC 9931)")
def _(name, configuration, port, status):
    with Door() as door, Gateway(**configuration) as gateway:
        connection = dial(gateway.address())
        second = connect_request("127.0.0.1", door.port, "Proxy-Authorization: Basic YWxpY2U6c2VjcmV0")
        connection.sendall(connect_request("127.0.0.1", port or closed_port()) + second)
        equal(HttpReply(connection).status, status)
        equal(read_to_end(connection), b"")
        door.socket.settimeout(0.2)
        try:
            door.accept()
            check(False, "the second request was served")
        except TimeoutError:
            pass


@test("a wrong password is answered 407 and, for SOCKS5, with status 1 and a close")
def _():
    with Gateway(users=USERS) as gateway:
        connection, reply = http_connect(gateway.address(), "127.0.0.1", 80, "Proxy-Authorization: Basic YWxpY2U6d3Jvbmc=")
        polite(reply, connection, 407)
        for user, password in (("alice", "wrong"), ("alice", "secret\0"), ("alice", "secre"), ("mallory", "secret"), ("", "")):
            with dial(gateway.address()) as connection:
                equal(socks5_login(connection, user, password), 1, f"{user}:{password}")
                check(is_closed(connection), "the connection was reset")
        contains({gateway.record()["ending"]}, "login_failed")


@test("a SOCKS5 client that offers no login where one is required gets FF")
def _():
    with Gateway(users=USERS) as gateway:
        with dial(gateway.address()) as connection:
            connection.sendall(b"\x05\x01\x00")
            equal(read_exactly(connection, 2), b"\x05\xff")
            check(is_closed(connection), "the connection was reset")
        equal(gateway.record()["ending"], "login_needed")


@test("a SOCKS5 client cannot skip the login that was chosen")
def _():
    with Door() as door, Gateway(users=USERS) as gateway:
        with dial(gateway.address()) as connection:
            connection.sendall(b"\x05\x02\x00\x02")
            equal(read_exactly(connection, 2), b"\x05\x02")
            connection.sendall(b"\x05\x01\x00\x01\x7f\x00\x00\x01" + door.port.to_bytes(2, "big"))
            rest = b""
            try:
                rest = read_to_end(connection)
            except ConnectionResetError:
                pass
            check(not rest.startswith(b"\x05\x00") and b"\x01\x00" not in rest[:2], f"it was let through: {rest!r}")
        door.socket.settimeout(0.2)
        try:
            door.accept()
            check(False, "it was let through")
        except TimeoutError:
            pass


@test("BIND and UDP ASSOCIATE are answered 7, unknown address types 8")
def _():
    with Gateway() as gateway:
        for command in (2, 3):
            equal(socks5_connect(gateway.address(), "127.0.0.1", 80, command=command)[1], 7)
        with dial(gateway.address()) as connection:
            connection.sendall(b"\x05\x01\x00")
            read_exactly(connection, 2)
            connection.sendall(b"\x05\x01\x00\x09\x7f\x00\x00\x01\x00\x50")
            equal(read_exactly(connection, 4)[1], 8)
        equal(socks4_connect(gateway.address(), "127.0.0.1", 80, command=2)[1], 0x5b)


@test("a protocol that the listener does not offer is refused")
def _():
    with Gateway(listeners=[{"name": "main", "address": "127.0.0.1:0", "protocols": ["socks5"]}]) as gateway:
        connection, reply = http_connect(gateway.address(), "127.0.0.1", 80)
        equal(reply.status, 403)
        equal(socks4_connect(gateway.address(), "127.0.0.1", 80)[1], 0x5b)
        equal(socks5_connect(gateway.address(), "127.0.0.1", closed_port())[1], 5)


@test("a refused client that never closes is not waited for")
def _():
    with Gateway(rules=WEB_ONLY) as gateway:
        connection, reply = http_connect(gateway.address(), "127.0.0.1", 25)
        equal(reply.status, 403)
        equal(connection.recv(1), b"")
        gateway.record(ending="not_allowed")  # comes when the connection is closed
        connection.close()


main()
