"""SIGHUP: all or nothing, and nobody who is allowed notices."""
import signal

from harness.gateway import Gateway, LOOPBACK, eventually, password_hash
from harness.origins import ProgramOrigin
from harness.runner import check, contains, each, equal, main, test
from harness.wire import (HttpReply, connect_request, dial, http_connect, http_tunnel, read_exactly, read_socks5_reply,
                          socks5_login, socks5_request)

NOTHING = [{"name": "nothing", "action": "deny"}]


def echoes(connection, word):
    connection.sendall(word)
    equal(read_exactly(connection, len(word)), word)


@test("a reload changes what is allowed, and a live tunnel lives on")
def _():
    with ProgramOrigin("cat") as origin, Gateway() as gateway:
        with http_tunnel(gateway.address(), "127.0.0.1", origin.port) as connection:
            gateway.write(rules=NOTHING)
            gateway.reload()
            eventually(lambda: http_connect(gateway.address(), "127.0.0.1", origin.port)[1].status == 403,
                       "the new rules are not in force")
            echoes(connection, b"still here")
        before = gateway.record(ending="finished")["policy"]
        after = gateway.record(ending="not_allowed")
        equal(after["rule"], "nothing")
        check(after["policy"] != before, "both records name the same policy")


MISTAKES = [
    ("broken syntax", '{ "rules": [', "reload refused"),
    ("an unknown key", '{ "listeners": [{"address": "127.0.0.1:0"}], "ruls": [] }', "rules"),
    ("a duplicate key", '{ "rules": [], "rules": [] }', "rules"),
    ("a port out of range", '{ "listeners": [{"address": "127.0.0.1:0"}], "rules": [{"action": "allow", "ports": [70000]}] }',
     "rules[0].ports[0]"),
]


@each(MISTAKES, lambda what, *_: f"a file with {what} changes nothing, and the gateway says where it is wrong")
def _(what, text, words):
    with ProgramOrigin("cat") as origin, Gateway() as gateway:
        gateway.write(text)
        line = gateway.reload("reload refused")
        contains(gateway.stderr.text(), "adit.json:1:", line)
        contains(gateway.stderr.text(), words)
        with http_tunnel(gateway.address(), "127.0.0.1", origin.port) as connection:
            echoes(connection, b"as before")
        gateway.write(rules=NOTHING)
        gateway.reload()


@test("a file that is gone changes nothing")
def _():
    with ProgramOrigin("cat") as origin, Gateway() as gateway:
        gateway.path.unlink()
        contains(gateway.reload("reload refused"), "adit.json")
        http_tunnel(gateway.address(), "127.0.0.1", origin.port).close()


@test("a listener that is added listens, one that is removed stops, one that stays never closes")
def _():
    stays, goes, comes = ({"name": name, "address": "127.0.0.1:0"} for name in ("stays", "goes", "comes"))
    with ProgramOrigin("cat") as origin, Gateway(listeners=[stays, goes]) as gateway:
        old = gateway.address("goes")
        with http_tunnel(old, "127.0.0.1", origin.port) as live:
            gateway.write(listeners=[stays, comes])
            gateway.reload()
            http_tunnel(gateway.address("stays"), "127.0.0.1", origin.port).close()
            http_tunnel(gateway.address("comes"), "127.0.0.1", origin.port).close()

            def is_gone():
                try:
                    dial(old).close()
                    return False
                except ConnectionRefusedError:
                    return True
            eventually(is_gone, "the removed listener still listens")
            echoes(live, b"its tunnel lives")
        gateway.record(listener="stays")
        gateway.record(listener="comes")
        gateway.record(listener="goes")


@test("no connection is refused while the gateway reloads")
def _():
    with ProgramOrigin("cat") as origin, Gateway() as gateway:
        for i in range(20):
            gateway.write(rules=[{**LOOPBACK, "name": f"loopback {i}"}])
            gateway.signal(signal.SIGHUP)
            for _ in range(5):
                http_tunnel(gateway.address(), "127.0.0.1", origin.port).close()
        for _ in range(100):
            equal(gateway.record()["verdict"], "allow")


@test("a listener that cannot be opened refuses the whole reload")
def _():
    with ProgramOrigin("cat") as origin, Gateway() as gateway:
        gateway.write(listeners=[*gateway.configuration["listeners"],
                                 {"name": "taken", "address": f"127.0.0.1:{origin.port}"}], rules=NOTHING)
        contains(gateway.reload("reload refused"), str(origin.port))
        http_tunnel(gateway.address(), "127.0.0.1", origin.port).close()


def may_log_in(gateway, user, password):
    with dial(gateway.address()) as connection:
        return socks5_login(connection, user, password) == 0


@test("a user who is removed, or whose password changes, is out at once")
def _():
    with Gateway(users={"alice": password_hash("one"), "bob": password_hash("one")}) as gateway:
        check(may_log_in(gateway, "alice", "one") and may_log_in(gateway, "bob", "one"), "the first login")
        check(may_log_in(gateway, "alice", "one"), "a cached login")
        gateway.write(users={"alice": password_hash("two")})
        gateway.reload()
        eventually(lambda: not may_log_in(gateway, "alice", "one"), "the old password still opens")
        check(not may_log_in(gateway, "bob", "one"), "a removed user still gets in")
        check(may_log_in(gateway, "alice", "two"), "the new password does not open")


@test("a reload that asks for a login asks whoever has connected and not yet said what it wants")
def _():
    with ProgramOrigin("cat") as origin, Gateway() as gateway:
        silent, greeted = dial(gateway.address()), dial(gateway.address())
        greeted.sendall(b"\x05\x01\x00")
        equal(read_exactly(greeted, 2), b"\x05\x00")
        gateway.write(users={"alice": password_hash("secret")})
        gateway.reload()
        silent.sendall(connect_request("127.0.0.1", origin.port))
        equal(HttpReply(silent).status, 407)
        greeted.sendall(socks5_request("127.0.0.1", origin.port))
        equal(read_socks5_reply(greeted)[0], 2)
        equal({gateway.record(protocol=word)["ending"] for word in ("connect", "socks5")}, {"login_needed"})


@test("many reloads leave no descriptor and no memory behind")
def _():
    with Gateway() as gateway:
        for _ in range(10):
            gateway.reload()
        descriptors, memory = gateway.descriptors(), gateway.memory()
        for _ in range(200):
            gateway.reload()
        eventually(lambda: gateway.descriptors() <= descriptors, f"{gateway.descriptors()} descriptors after {descriptors}")
        grown = gateway.memory() - memory
        check(grown < 12 << 20, f"200 reloads cost {grown} bytes")


main()
