"""adit replay: an access log, judged again."""
import json
import tempfile
from pathlib import Path

from harness.gateway import Gateway, LOOPBACK, adit
from harness.origins import ProgramOrigin
from harness.runner import check, contains, equal, main, test
from harness.wire import dial, http_connect, http_tunnel


def record(**members):
    line = {"v": 1, "time": "2026-11-24T02:48:32.500Z", "id": "ctaf2zhs11xy1", "listener": "main", "protocol": "connect",
            "client": "10.2.0.9:40000", "host": "a.example", "port": 443,
            "resolved": [{"address": "8.8.8.8", "verdict": "allow", "rule": "web"}], "address": "8.8.8.8:443",
            "verdict": "allow", "rule": "web", "reason": "rule", "ending": "finished", "up": 1, "down": 1, "ms": {"total": 1}}
    line.update(members)
    return json.dumps({key: value for key, value in line.items() if value is not None})


def replay(rules, lines, *words, against=None):
    with tempfile.TemporaryDirectory(prefix="adit-test-") as folder:
        log = Path(folder) / "access.jsonl"
        log.write_text("".join(line + "\n" for line in lines))
        arguments = []
        for option, what in (("--config", rules), ("--against", against)):
            if what is not None:
                path = Path(folder) / f"{option[2:]}.json"
                path.write_text(json.dumps({"listeners": [{"name": "main", "address": "127.0.0.1:1080"}], "rules": what}))
                arguments += [option, str(path)]
        return adit("replay", *arguments, *words, str(log))


WEB = {"name": "web", "action": "allow", "ports": [443]}
SSH = {"name": "ssh", "action": "allow", "ports": [22]}


@test("what would be newly denied is grouped, counted and shown, and is exit code 1")
def _():
    done = replay([SSH], [record(), record(user="alice"), record(port=22, rule="ssh")])
    equal(done.returncode, 1, done.stderr)
    contains(done.stdout, 'newly denied: 2\n  2: was allowed by "web", now denied (no_rule)\n')
    contains(done.stdout, '"alice" from 10.2.0.9 to a.example:443 by connect (8.8.8.8)')
    contains(done.stdout, "unchanged: 1\n")


@test("what is newly allowed, decided by another rule, or undecided is exit code 0")
def _():
    denied = record(verdict="deny", rule=None, reason="no_rule", resolved=None, address=None)
    renamed = {**WEB, "name": "the web"}
    done = replay([renamed], [record(), denied, record(verdict="deny", rule="no", host="8.8.8.8", resolved=None, address=None)])
    equal(done.returncode, 0, done.stdout + done.stderr)
    for words in ("newly denied: 0\n", "newly allowed: 1\n", "other rule: 1\n", "undecided: 1\n"):
        contains(done.stdout, words)


@test("two configurations are compared with --against")
def _():
    equal(replay([WEB], [record()], against=[WEB]).returncode, 0)
    done = replay([SSH], [record()], against=[WEB])
    equal(done.returncode, 1, done.stdout)


@test("lines that are no records are counted and told, never skipped in silence")
def _():
    done = replay([WEB], ["nonsense", record(), '{"v":2}', record(host=None, port=None, ending="malformed")])
    equal(done.returncode, 0, done.stdout)
    contains(done.stderr, "access.jsonl:1: not JSON")
    contains(done.stderr, "access.jsonl:3: version 2")
    contains(done.stdout, "unreadable: 2 of 4 lines")
    contains(done.stdout, "not judged: 1 without a complete request")
    equal(replay([WEB], ["nonsense"]).returncode, 2)


@test("rules that expire are judged as of --at")
def _():
    expiring = {**WEB, "expires": "2026-12-31"}
    equal(replay([expiring], [record()], "--at", "2026-12-31").returncode, 0)
    equal(replay([expiring], [record()], "--at", "2027-01-01").returncode, 1)
    equal(replay([WEB], [record()], "--at", "tomorrow").returncode, 2)


@test("the destinations of UDP associations are judged, and those that were only counted are told")
def _():
    destination = {"host": "8.8.8.8", "port": 53, "address": "8.8.8.8:53", "verdict": "allow", "rule": "dns", "reason": "rule"}
    line = record(protocol="udp", host=None, port=None, resolved=None, address=None, verdict=None, rule=None, reason=None,
                  listener="gone", udp={"destinations": [destination], "others": {"destinations": 3, "sent": 3}})
    done = replay([{"name": "dns", "action": "allow", "ports": [53]}], [line])
    equal(done.returncode, 0, done.stdout + done.stderr)
    contains(done.stdout, "unchanged: 1\nnot judged: 3 destinations over UDP that the records only count\n")
    done = replay([WEB], [line])
    equal(done.returncode, 1, done.stdout + done.stderr)
    contains(done.stdout, 'was allowed by "dns", now denied (no_rule)\n      nobody from 10.2.0.9 to 8.8.8.8:53 by udp;')


@test("tunnels that would be held to what a rule now pins are told apart from the unchanged, and are exit code 0")
def _():
    pinning = {**WEB, "inner": "tls"}
    lines = [record(), record(inner={"pinned": "ssh"}), record(inner={"pinned": "tls", "server_name": "a.example"}),
             record(inner={"pinned": "tls", "why": "not TLS"}, ending="inner_mismatch"), record(ending="refused")]
    done = replay([pinning], lines)
    equal(done.returncode, 0, done.stdout + done.stderr)
    contains(done.stdout, '\nnewly pinned: 2\n  1: was allowed by "web", now allowed by "web", which pins "tls"\n')
    contains(done.stdout, "\nunchanged: 3\n")
    done = replay([pinning], lines, against=[WEB])
    equal(done.returncode, 0, done.stdout + done.stderr)
    contains(done.stdout, "\nnewly pinned: 5\n")
    contains(replay([pinning], lines, against=[pinning]).stdout, "\nnewly pinned: 0\n")


@test("a tunnel that was held to its pin changes nothing under the same policy")
def _():
    with ProgramOrigin("cat") as origin, Gateway(rules=[{**LOOPBACK, "inner": "ssh"}]) as gateway:
        with http_tunnel(gateway.address(), "localhost", origin.port) as tunnel:
            tunnel.sendall(b"SSH-2.0-kept\r\n")
            contains(tunnel.recv(100), b"SSH")
        gateway.record(inner={"pinned": "ssh"})
        with http_tunnel(gateway.address(), "localhost", origin.port) as tunnel:
            tunnel.sendall(b"GET / HTTP/1.1\r\n\r\n")
            gateway.record(ending="inner_mismatch")
        done = adit("replay", "--config", str(gateway.path), "-", stdin="\n".join(gateway.stdout.all()))
        equal(done.returncode, 0, done.stdout + done.stderr)
        contains(done.stdout, "\nnewly pinned: 0\n")
        contains(done.stdout, "\nunchanged: 2\n")


@test("what the gateway recorded changes nothing under the same policy")
def _():
    with ProgramOrigin("cat") as origin, Gateway(rules=[LOOPBACK]) as gateway:
        http_tunnel(gateway.address(), "localhost", origin.port).close()
        http_connect(gateway.address(), "10.0.0.1", 25)
        http_connect(gateway.address(), "127.0.0.1", gateway.port())
        with dial(gateway.address()) as connection:
            connection.sendall(b"nonsense\r\n\r\n")
        gateway.record(verdict="allow")
        gateway.record(ending="malformed")
        log = "\n".join(gateway.stdout.all())
        done = adit("replay", "--config", str(gateway.path), "-", stdin=log)
        equal(done.returncode, 0, done.stdout + done.stderr)
        contains(done.stdout, "unchanged: 3\n")
        check("unreadable" not in done.stdout, done.stdout)


main()
