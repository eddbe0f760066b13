"""What a policy reads from other files, and rules that hold by pattern and by time: in a running gateway, through reloads."""
import datetime
import tempfile
from pathlib import Path

from harness.gateway import Gateway, LOOPBACK, adit, password_hash
from harness.origins import ProgramOrigin
from harness.runner import contains, each, equal, main, test
from harness.wire import connect_request, dial, http_connect, socks5_login, HttpReply


def asks(gateway, host, port):
    connection, reply = http_connect(gateway.address(), host, port)
    connection.close()
    return reply.status


@test("hosts in a file are read when the gateway starts and again at each reload")
def _():
    with tempfile.TemporaryDirectory() as folder, ProgramOrigin("cat") as origin:
        listed = Path(folder) / "blocked.txt"
        listed.write_text("# nobody yet\n")
        with Gateway(rules=[{"name": "blocked", "action": "deny", "hosts": [f"file:{listed}"]}, LOOPBACK]) as gateway:
            equal(asks(gateway, "localhost", origin.port), 200)
            before = gateway.record(ending="finished")["policy"]
            listed.write_text("localhost  # since today\n")
            gateway.reload()
            equal(asks(gateway, "localhost", origin.port), 403)
            record = gateway.record(ending="not_allowed")
            equal(record["rule"], "blocked")
            assert record["policy"] != before, "another list is another policy"

            listed.write_text("localhost\n0.0.0.0 evil.example\n")
            said = gateway.reload("reload refused")
            contains(said, "stays")
            contains(gateway.stderr.text(), f"{listed}:2:1: ")
            equal(asks(gateway, "localhost", origin.port), 403)


@test("users in a file log in, and are out when a reload no longer finds them")
def _():
    with tempfile.TemporaryDirectory() as folder:
        users = Path(folder) / "users"
        users.write_text(f"# ours\nalice:{password_hash('secret')}\n")
        users.chmod(0o600)

        def may_log_in(gateway):
            with dial(gateway.address()) as connection:
                return socks5_login(connection, "alice", "secret") == 0
        with Gateway(user_files=[str(users)]) as gateway:
            assert may_log_in(gateway), "a user in a file is none"
            equal(asks(gateway, "127.0.0.1", 9), 407)
            users.write_text(f"bob:{password_hash('other')}\n")
            gateway.reload()
            assert not may_log_in(gateway), "who is gone from the file still gets in"


@test("rules of other files are asked after those of the configuration, in the order of the list")
def _():
    with tempfile.TemporaryDirectory() as folder, ProgramOrigin("cat") as origin:
        first, second = Path(folder) / "1.json", Path(folder) / "2.json"
        first.write_text('{ "rules": [ { "name": "first", "action": "deny", "hosts": ["localhost"] } ] }')
        second.write_text('{ "rules": [ { "name": "second", "action": "allow", "networks": ["loopback"] } ] }')
        with Gateway(rules=[], includes=[str(first), str(second)]) as gateway:
            equal(asks(gateway, "localhost", origin.port), 403)
            equal(gateway.record(ending="not_allowed")["rule"], "first")
            equal(asks(gateway, "127.0.0.1", origin.port), 200)
            equal(gateway.record(ending="finished")["rule"], "second")


@test("a regular expression holds for the whole name, and `not` takes out what it matches")
def _():
    rules = [{"name": "no builds", "action": "deny", "hosts": ["/local[a-z]+/"], "not": {"clients": ["127.0.0.2"]}}, LOOPBACK]
    with ProgramOrigin("cat") as origin, Gateway(rules=rules) as gateway:
        equal(asks(gateway, "localhost", origin.port), 403)
        equal(asks(gateway, "x.localhost", origin.port), 200)
        with dial(gateway.address(), source=("127.0.0.2", 0)) as connection:
            connection.sendall(connect_request("localhost", origin.port))
            equal(HttpReply(connection).status, 200)


def window(begins, ends):
    now = datetime.datetime.now(datetime.timezone.utc)
    return {"hours": ["-".join((now + datetime.timedelta(hours=hours)).strftime("%H:%M") for hours in (begins, ends))],
            "zone": "UTC"}


@each([("now", window(-2, 2), 200), ("later today", window(3, 5), 403)],
      lambda when, *_: f"a rule that holds {when} is asked by the clock, also when a reload brings it")
def _(when, times, status):
    with ProgramOrigin("cat") as origin, Gateway(rules=[{"name": "closed", "action": "deny"}]) as gateway:
        equal(asks(gateway, "127.0.0.1", origin.port), 403)
        gateway.write(rules=[{**LOOPBACK, "when": times}])
        gateway.reload()
        equal(asks(gateway, "127.0.0.1", origin.port), status)


@test("adit check tells a mistake in a list with the list's name and line")
def _():
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "nets").write_text("10.0.0.0/8\n10.0.0.1/8\n")
        (Path(folder) / "adit.json").write_text(
            '{ "listeners": [ { "address": "127.0.0.1:0" } ], "rules": [ { "action": "deny", "networks": ["file:nets"] } ] }')
        done = adit("check", str(Path(folder) / "adit.json"))
        equal(done.returncode, 2, done.stdout + done.stderr)
        contains(done.stdout + done.stderr, f"{folder}/nets:2:1: ")


main()
