"""A reload, or a rule that expires, judges the live tunnels again."""
import datetime
import socket
import time

from harness.gateway import Gateway, LOOPBACK, eventually, password_hash
from harness.origins import ProgramOrigin
from harness.runner import check, contains, equal, main, test
from harness.wire import http_tunnel, is_closed, read_exactly, socks5_connect

NOTHING = {"name": "nothing", "action": "deny"}


def echoes(connection, word=b"still here"):
    connection.sendall(word)
    equal(read_exactly(connection, len(word)), word)


def in_utc(seconds):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@test("by default a live tunnel keeps what it was allowed")
def _():
    with ProgramOrigin("cat") as origin, Gateway() as gateway:
        with http_tunnel(gateway.address(), "127.0.0.1", origin.port) as tunnel:
            gateway.write(rules=[NOTHING])
            gateway.reload()
            echoes(tunnel)
        check("cause" not in gateway.record(ending="finished"), "a tunnel that nobody ended has a cause")


@test("close: a tunnel that is no longer allowed ends after the grace time, and its record says why")
def _():
    on_reload = {"tunnels": "close", "grace": "300ms"}
    with ProgramOrigin("cat") as origin, ProgramOrigin("cat") as other, Gateway(on_reload=on_reload) as gateway:
        with http_tunnel(gateway.address(), "127.0.0.1", origin.port) as goes, \
                http_tunnel(gateway.address(), "127.0.0.1", other.port) as stays:
            gateway.write(rules=[{"name": "not there", "action": "deny", "ports": [origin.port]}, LOOPBACK])
            began = time.monotonic()
            line = gateway.reload("no longer allowed")
            contains(line, f"reload: 1 of 2 live tunnels are no longer allowed; they are closed in 300 ms: 127.0.0.1:")
            contains(line, f"-> 127.0.0.1:{origin.port} (rule not there)")
            echoes(goes)
            check(not is_closed(goes), "the end of a tunnel that was cut looks like a proper one")
            check(time.monotonic() - began > 0.25, "the grace time was not waited for")
            echoes(stays)
            record = gateway.record(ending="policy_changed")
        equal((record["closed_by"], record["verdict"], record["rule"]), ("gateway", "allow", "loopback"))
        after = gateway.record(ending="finished")
        cause = record["cause"]
        equal((cause["event"], cause["reason"], cause["rule"]), ("reload", "rule", "not there"))
        check(cause["policy"] != record["policy"] == after["policy"], f"the cause names the old policy: {record}")


@test("report: the tunnels that are no longer allowed are told, and go on")
def _():
    with ProgramOrigin("cat") as origin, Gateway(on_reload="report") as gateway:
        tunnels = [http_tunnel(gateway.address(), "127.0.0.1", origin.port) for _ in range(5)]
        gateway.write(rules=[NOTHING])
        line = gateway.reload("no longer allowed")
        contains(line, "reload: 5 of 5 live tunnels are no longer allowed; they go on: ")
        equal(line.count(f"-> 127.0.0.1:{origin.port} (rule nothing)"), 3, "examples")
        for tunnel in tunnels:
            echoes(tunnel)
            tunnel.close()
            gateway.record(ending="finished")


@test("a reload that allows a tunnel again within the grace time pardons it")
def _():
    on_reload = {"tunnels": "close", "grace": "2s"}
    with ProgramOrigin("cat") as origin, Gateway(on_reload=on_reload) as gateway:
        with http_tunnel(gateway.address(), "127.0.0.1", origin.port) as tunnel:
            gateway.write(rules=[NOTHING])
            gateway.reload("no longer allowed")
            gateway.write(rules=[LOOPBACK])
            gateway.reload("all 1 live tunnels are still allowed")
            tunnel.settimeout(2.5)
            try:
                equal(tunnel.recv(1), None, "the tunnel was closed all the same")
            except socket.timeout:
                pass
            echoes(tunnel)
        gateway.record(ending="finished")


@test("reloads in a row do not prolong the grace time")
def _():
    on_reload = {"tunnels": "close", "grace": "1500ms"}
    with ProgramOrigin("cat") as origin, Gateway(on_reload=on_reload) as gateway:
        with http_tunnel(gateway.address(), "127.0.0.1", origin.port) as tunnel:
            tunnel.settimeout(0.3)
            began = time.monotonic()
            gateway.write(rules=[NOTHING])
            while time.monotonic() - began < 10:
                gateway.reload("reloaded")
                try:
                    tunnel.recv(1)
                    raise AssertionError("the tunnel ended properly")
                except socket.timeout:
                    continue
                except ConnectionResetError:
                    break
            check(time.monotonic() - began < 5, "the tunnel outlives its grace time")
        gateway.record(ending="policy_changed")


@test("a user who is gone is refused, others stay")
def _():
    users = {"alice": password_hash("one"), "bob": password_hash("one")}
    on_reload = {"tunnels": "close", "grace": "0s"}
    with ProgramOrigin("cat") as origin, Gateway(users=users, on_reload=on_reload) as gateway:
        alice, bob = (socks5_connect(gateway.address(), "127.0.0.1", origin.port, login=(name, "one"))[0]
                      for name in ("alice", "bob"))
        gateway.write(users={"bob": users["bob"]})
        contains(gateway.reload("no longer allowed"), "alice at 127.0.0.1:")
        check(not is_closed(alice), "no reset")
        echoes(bob)
        record = gateway.record(ending="policy_changed")
        equal((record["user"], record["cause"]["reason"]), ("alice", "user_gone"))
        check("rule" not in record["cause"], f"{record['cause']}")
        bob.close()
        gateway.record(ending="finished")


@test("a rule that expires is an event like a reload")
def _():
    on_reload = {"tunnels": "close", "grace": "0s"}
    rules = [{**LOOPBACK, "name": "for a moment", "expires": in_utc(4), "owner": "alice"}]
    with ProgramOrigin("cat") as origin, Gateway(rules=rules, on_reload=on_reload) as gateway:
        with http_tunnel(gateway.address(), "127.0.0.1", origin.port) as tunnel:
            echoes(tunnel)
            check(not is_closed(tunnel), "no reset")
        contains(gateway.stderr.wait("has expired"), 'the rule "for a moment" has expired; its owner is alice')
        contains(gateway.stderr.wait("no longer allowed"), "expiry: 1 of 1 live tunnels")
        record = gateway.record(ending="policy_changed")
        equal((record["cause"]["event"], record["rule"]), ("expiry", "for a moment"))


@test("a tunnel that is judged by its address again asks no DNS: its connected address decides")
def _():
    on_reload = {"tunnels": "close", "grace": "0s"}
    rules = [{"name": "by name", "action": "allow", "hosts": ["localhost"], "networks": ["loopback"]}]
    with ProgramOrigin("cat") as origin, Gateway(rules=rules, on_reload=on_reload) as gateway:
        with http_tunnel(gateway.address(), "localhost", origin.port) as tunnel:
            gateway.write(rules=[*rules, NOTHING])
            gateway.reload("all 1 live tunnels are still allowed")
            echoes(tunnel)
            gateway.write(rules=[{**rules[0], "networks": ["10.0.0.0/8"]}])
            gateway.reload("no longer allowed")
            check(not is_closed(tunnel), "no reset")
        equal(gateway.record(ending="policy_changed")["cause"]["reason"], "no_rule")


@test("hundreds of tunnels are judged and closed, and none is forgotten")
def _():
    on_reload = {"tunnels": "close", "grace": "0s"}
    with ProgramOrigin("cat") as origin, Gateway(on_reload=on_reload) as gateway:
        tunnels = [http_tunnel(gateway.address(), "127.0.0.1", origin.port) for _ in range(300)]
        gateway.write(rules=[NOTHING])
        gateway.reload("300 of 300 live tunnels are no longer allowed")
        for tunnel in tunnels:
            check(not is_closed(tunnel), "no reset")
            tunnel.close()
        eventually(lambda: sum(record["ending"] == "policy_changed" for record in gateway.records()) == 300,
                   "not every record tells the cause")


main()
