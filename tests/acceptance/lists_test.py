"""What a policy reads from other files, and rules that hold by pattern and by time: in a running gateway, through reloads."""
import datetime
import hashlib
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

from harness.gateway import Gateway, LOOPBACK, PROGRAM, adit, clean_environment, password_hash
from harness.origins import ProgramOrigin
from harness.runner import PATIENCE, check, contains, each, equal, main, test
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


@test("a FIFO where a list, users or rules should stand is refused, by a check and by a reload, and nothing waits for it")
def _():
    with tempfile.TemporaryDirectory() as folder:
        fifo = Path(folder) / "fifo"
        os.mkfifo(fifo)
        for keys, path in (({"rules": [{"action": "deny", "hosts": [f"file:{fifo}"]}]}, "rules[0].hosts[0]"),
                           ({"rules": [], "user_files": [str(fifo)]}, "user_files[0]"),
                           ({"rules": [], "includes": [str(fifo)]}, "includes[0]")):
            with Gateway() as gateway:
                gateway.write(**keys)
                contains(gateway.reload("reload refused"), "stays")
                said = f'{path}: cannot read "{fifo}": read {fifo}: it is no regular file'
                contains(gateway.stderr.text(), said)
                done = adit("check", str(gateway.path))
                equal(done.returncode, 2, done.stdout + done.stderr)
                contains(done.stdout + done.stderr, said)


@test("the configuration itself may come through a pipe")
def _():
    text = json.dumps({"listeners": [{"address": "127.0.0.1:0"}], "rules": [LOOPBACK]})
    done = adit("check", "/dev/stdin", stdin=text)
    equal(done.returncode, 0, done.stdout + done.stderr)


@test("clocks are put forward and back beyond the years that a zone's file lists")
def _():
    def at(time, expect):
        return {"to": "example.com:443", "at": time, "expect": expect}
    rule = {"name": "office", "action": "allow", "ports": [443], "when": {"hours": ["10:00-11:00"], "zone": "Europe/Berlin"}}
    done = adit("check", text={"listeners": [{"address": "127.0.0.1:0"}], "rules": [rule], "tests": [
        at("2045-01-16T09:30:00Z", "allow"), at("2045-01-16T08:30:00Z", "deny"),
        at("2045-07-17T08:30:00Z", "allow"), at("2045-07-17T09:30:00Z", "deny")]})
    equal(done.returncode, 0, done.stdout + done.stderr)


@test("adit check tells a mistake in a list with the list's name and line")
def _():
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "nets").write_text("10.0.0.0/8\n10.0.0.1/8\n")
        (Path(folder) / "adit.json").write_text(
            '{ "listeners": [ { "address": "127.0.0.1:0" } ], "rules": [ { "action": "deny", "networks": ["file:nets"] } ] }')
        done = adit("check", str(Path(folder) / "adit.json"))
        equal(done.returncode, 2, done.stdout + done.stderr)
        contains(done.stdout + done.stderr, f"{folder}/nets:2:1: ")


def policy_of(path, folder):
    """The hash that names the policy in this file, whose path is typed in this folder."""
    done = subprocess.run([PROGRAM, "check", str(path)], cwd=folder, env=clean_environment(folder), capture_output=True, text=True,
                          timeout=PATIENCE, check=False)
    equal(done.returncode, 0, done.stdout + done.stderr)
    return re.search(r"; policy ([0-9a-f]{12})$", done.stdout, re.MULTILINE).group(1)


@test("a policy that other files belong to is named by what is written, however the configuration's path was typed")
def _():
    with tempfile.TemporaryDirectory(prefix="adit-test-") as folder:
        place = Path(folder) / "etc"
        (place / "lists").mkdir(parents=True)
        (place / "lists/first").write_text("a.example\nb.example\n")
        (place / "lists/second").write_text("c.example\n")
        (place / "nets").write_text("10.0.0.0/8\n")
        (place / "more.json").write_text('{ "rules": [ { "action": "deny", "networks": ["file:nets"] } ] }')
        (place / "users").write_text(f"alice:{password_hash('secret')}\n")
        configuration = place / "adit.json"
        configuration.write_text(json.dumps({
            "listeners": [{"address": "127.0.0.1:0"}], "user_files": ["users"], "includes": ["more.json"],
            "rules": [{"action": "deny", "hosts": ["file:lists/first", "file:lists/second"]},
                      {"action": "deny", "networks": [f"file:{place}/nets"]}]}))
        here = policy_of("adit.json", place)
        for path, where in (("./adit.json", place), (configuration, place), (configuration, "/"), ("etc/adit.json", folder),
                            ("../adit.json", place / "lists")):
            equal(policy_of(path, where), here, f"{path} in {where}")

        (place / "lists/first").write_text("a.example\n")
        fewer = policy_of("adit.json", place)
        (place / "lists/second").write_text("b.example\nc.example\n")
        check(len({here, fewer, policy_of("adit.json", place)}) == 3, "other lists have the same name")


@test("a policy in one file is named by that file's sha256sum")
def _():
    with tempfile.TemporaryDirectory(prefix="adit-test-") as folder:
        text = b'{ "listeners": [ { "address": "127.0.0.1:0" } ], "rules": [ { "action": "deny" } ] }'
        (Path(folder) / "adit.json").write_bytes(text)
        equal(policy_of("adit.json", folder), hashlib.sha256(text).hexdigest()[:12])


main()
