"""The control socket: the running gateway answers its owner."""
import json
import os
import socket
import stat
from pathlib import Path

from harness.gateway import Gateway, LOOPBACK, adit, eventually
from harness.origins import ProgramOrigin
from harness.runner import check, contains, equal, main, test
from harness.wire import http_connect, http_tunnel

NINE = {"name": "nobody goes to port 9", "action": "deny", "ports": [9]}
RARE = {"name": "rarely used", "action": "allow", "ports": [7], "owner": "team a", "expires": "2999-12-31"}


class Controlled(Gateway):
    """A gateway with a control socket in its folder."""

    def __init__(self, **configuration):
        super().__init__(**{"rules": [NINE, RARE, LOOPBACK], **configuration})
        self.socket = str(Path(self.folder.name) / "control.sock")
        self.write(control=self.socket)

    def rules(self, *arguments):
        return adit("rules", "--control", self.socket, *arguments)

    def counts(self):
        told = json.loads(self.rules("--json").stdout)
        return {rule["name"]: rule["hits"] for rule in told["rules"]} | {"": told["no_rule"]["hits"]}

    def ask_raw(self, line):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.socket)
            connection.sendall(line)
            return json.loads(connection.makefile().readline())


def refused(gateway, host="127.0.0.1", port=9):
    connection, reply = http_connect(gateway.address(), host, port)
    connection.close()
    equal(reply.status, 403)


@test("the control socket is its owner's alone, whatever the umask, and goes with the gateway")
def _():
    with Controlled() as gateway:
        mode = os.stat(gateway.socket).st_mode
        check(stat.S_ISSOCK(mode), "no socket")
        equal(stat.S_IMODE(mode), 0o600)
        gateway.stop()
        check(not os.path.exists(gateway.socket), "the socket stays behind")


@test("without the key there is no control socket, and adit rules says so")
def _():
    with Gateway() as gateway:
        done = adit("rules", "--config", str(gateway.path))
        equal(done.returncode, 2)
        contains(done.stderr, 'it has no "control"')
    done = adit("rules", "--control", "/nonexistent/control.sock")
    equal(done.returncode, 1)
    contains(done.stderr, "ask the gateway at /nonexistent/control.sock: No such file or directory; is it running")


@test("adit rules counts what each rule decided: tunnels, refusals, and what no rule matched")
def _():
    with ProgramOrigin("cat") as origin, Controlled() as gateway:
        equal(set(gateway.counts().values()), {0})
        for _ in range(5):
            http_tunnel(gateway.address(), "127.0.0.1", origin.port).close()
        for _ in range(3):
            refused(gateway)
        refused(gateway, "10.0.0.1", 80)
        equal(gateway.counts(), {NINE["name"]: 3, RARE["name"]: 0, "loopback": 5, "": 1})
        lines = gateway.rules().stdout.splitlines()
        contains(lines[0], "counting since 20")
        rare = next(line for line in lines if RARE["name"] in line)
        contains(rare, "0  never ")
        contains(rare, "(expires 3000-01-01T00:00:00Z; owner team a)")
        by_config = adit("rules", "--config", str(gateway.path))
        equal((by_config.returncode, by_config.stdout), (0, gateway.rules().stdout))


@test("counts survive a reload for rules whose name stays the same")
def _():
    with Controlled() as gateway:
        refused(gateway)
        gateway.write(rules=[LOOPBACK, {"name": "new", "action": "deny"}, NINE])
        gateway.reload()
        eventually(lambda: gateway.counts() == {"loopback": 0, "new": 0, NINE["name"]: 1, "": 0}, "the counts")


@test("adit rules --unused lists the rules without a hit, and says when counting is too young to tell")
def _():
    with Controlled() as gateway:
        refused(gateway)
        done = gateway.rules("--unused", "30d")
        equal(done.returncode, 0)
        contains(done.stdout, RARE["name"])
        contains(done.stdout, "note: not every rule has been counted for 30d")
        check(NINE["name"] not in done.stdout, "a rule that was just hit is called unused")
        equal([rule["name"] for rule in json.loads(gateway.rules("--unused", "30d", "--json").stdout)["rules"]],
              [RARE["name"], "loopback"])
        equal(gateway.rules("--unused", "soon").returncode, 2)


@test("an observing rule counts what it would have decided")
def _():
    with Controlled(rules=[{**NINE, "name": "watching", "observe": True}, NINE, LOOPBACK]) as gateway:
        refused(gateway)
        contains(gateway.rules().stdout, "(observing: would have decided 1)")
        equal(gateway.counts()["watching"], 0)


@test("a second gateway does not take the place of the first, but that of one that crashed")
def _():
    with Controlled() as gateway:
        second = Gateway()
        second.write(control=gateway.socket)
        second.start()
        equal(second.wait(), 1)
        contains(second.stderr.text(), "another program (or another Adit) answers there")
        second.folder.cleanup()
        equal(gateway.rules().returncode, 0)

        gateway.kill()
        gateway.expected_exit = -9
        check(os.path.exists(gateway.socket), "SIGKILL left no socket")
        with Gateway() as third:
            third.write(control=gateway.socket)
            third.reload()
            equal(gateway.rules().returncode, 0)


@test("a reload moves the control socket, brings it back when it was removed, and closes it")
def _():
    with Controlled() as gateway:
        moved = gateway.socket + ".new"
        gateway.write(control=moved)
        gateway.reload()
        check(not os.path.exists(gateway.socket), "the old socket stays")
        equal(adit("rules", "--control", moved).returncode, 0)
        os.unlink(moved)
        gateway.reload()
        equal(adit("rules", "--control", moved).returncode, 0)
        del gateway.configuration["control"]
        gateway.write()
        gateway.reload()
        check(not os.path.exists(moved), "the socket stays without its key")


@test("a path that cannot be used refuses the start and the reload")
def _():
    with Controlled() as gateway:
        note = Path(gateway.folder.name) / "note"
        note.write_text("mine")
        gateway.write(control=str(note))
        contains(gateway.reload("reload refused"), "a file that is no socket stands there")
        equal(note.read_text(), "mine")
        equal(gateway.rules().returncode, 0)


@test("a question that is none is answered with what is wrong with it")
def _():
    with Controlled() as gateway:
        for line in (b"\n", b"what?\n", b"[]\n", b"{}\n", b'{"ask": 1}\n', b'{"ask": "password"}\n', b"\xff\xfe\n",
                     b'{"ask": "explain"}\n', b'{"ask": "explain", "to": "a:1", "resolve": 3}\n', b"[" * 60000 + b"\n",
                     b'{"ask": "explain", "to": "a:1", "token_refusal": "rule"}\n'):
            check(gateway.ask_raw(line).get("error"), f"{line[:40]!r} is no question")
        equal(gateway.rules().returncode, 0)


@test("the running gateway explains what it would do")
def _():
    with Controlled() as gateway:
        told = gateway.ask_raw(json.dumps({"ask": "explain", "to": "127.0.0.1:9", "client": "10.2.0.9",
                                           "protocol": "socks5", "listener": "main"}).encode() + b"\n")
        equal(told["conclusion"], "denied")
        contains(told["text"], NINE["name"])
        check(isinstance(told["explanation"], dict), f"no explanation for machines: {told}")


@test("adit explain --running says what the running gateway would do, not what a newer file says")
def _():
    with Controlled() as gateway:
        asked = ("explain", "--running", "--control", gateway.socket, "--client", "10.2.0.9", "127.0.0.1:9")
        denied = adit(*asked)
        equal(denied.returncode, 1, denied.stderr)
        contains(denied.stdout, NINE["name"])
        check(denied.stdout.startswith("running policy "), denied.stdout)
        gateway.write(rules=[LOOPBACK])
        equal(adit(*asked).returncode, 1)
        gateway.reload()
        allowed = adit("explain", "--running", "--config", str(gateway.path), "--json", "127.0.0.1:9")
        equal(allowed.returncode, 0, allowed.stderr)
        equal(json.loads(allowed.stdout)["verdict"], "allowed")
        unknown = adit("explain", "--running", "--control", gateway.socket, "--listener", "x", "127.0.0.1:9")
        equal(unknown.returncode, 1)
        contains(unknown.stdout, 'no listener is called "x"')
        unknown = adit("explain", "--running", "--control", gateway.socket, "--listener", "x", "--json", "127.0.0.1:9")
        equal(json.loads(unknown.stdout)["verdict"], "denied")
    equal(adit(*asked).returncode, 2)


@test("what a token did not reach stays denied when the running gateway is asked about its record")
def _():
    with Controlled() as gateway:
        record = {"v": 1, "time": "2026-11-24T02:48:32Z", "id": "ctaf2zhs11xy1", "listener": "main", "protocol": "connect",
                  "client": "127.0.0.1:40000", "user": "ci", "host": "127.0.0.1", "port": 443, "ending": "not_allowed"}

        def explain(*words, **members):
            return adit("explain", "--running", "--control", gateway.socket, *words,
                        "--record", json.dumps({**record, **members}))
        for reason, words in (("token_rights", "the token does not reach so far"), ("token_expired", "the token has expired")):
            done = explain(verdict="deny", reason=reason)
            equal(done.returncode, 1, done.stdout + done.stderr)
            contains(done.stdout, f"\ndenied: {words}\n")
            told = json.loads(explain("--json", verdict="deny", reason=reason).stdout)
            equal((told["verdict"], told["reason"]), ("denied", reason))
        equal(explain(verdict="deny", reason="no_rule").returncode, 0)


main()
