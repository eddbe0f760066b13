"""adit explain: the deciding code, asked beforehand or about a tunnel of the past."""
import json
import tempfile
from pathlib import Path

from harness.gateway import Gateway, LOOPBACK, adit, password_hash
from harness.origins import ProgramOrigin
from harness.runner import check, contains, each, equal, main, test
from harness.wire import http_connect, http_tunnel

POLICY = {
    "listeners": [{"name": "main", "address": "127.0.0.1:1080"}],
    "rules": [
        {"name": "no evil", "action": "deny", "hosts": ["*.evil.example"]},
        {"name": "databases", "action": "allow", "clients": ["10.2.0.0/16"], "networks": ["10.8.0.0/16"], "ports": [5432]},
        {"name": "web", "action": "allow", "ports": [443]},
    ],
}


def explain(*words, policy=POLICY):
    with tempfile.TemporaryDirectory(prefix="adit-test-") as folder:
        path = Path(folder) / "adit.json"
        path.write_text(json.dumps(policy))
        return adit("explain", "--config", str(path), *words)


CASES = [
    (["a.example:443"], 0, "web"),
    (["a.example:22"], 1, "no rule matches"),
    (["x.evil.example:443"], 1, "no evil"),
    (["--client", "10.2.0.9", "--resolve", "10.8.1.1", "db.corp:5432"], 0, "databases"),
    (["--client", "10.3.0.9", "--resolve", "10.8.1.1", "db.corp:5432"], 1, ""),
    (["--resolve", "10.8.1.1", "db.corp:5432"], 2, "client"),
    (["--resolve", "10.0.0.5", "a.example:443"], 1, "web"),
    (["--protocol", "socks4", "--listener", "main", "8.8.8.8:443"], 0, "web"),
]


@each(CASES, lambda words, code, _: f"adit explain {' '.join(words)} is exit code {code}")
def _(words, code, part):
    done = explain(*words)
    equal(done.returncode, code, done.stdout + done.stderr)
    contains(done.stdout, part)
    told = json.loads(explain("--json", *words).stdout)
    check(told, "it is empty")


DOORS = {
    "listeners": [{"name": "in", "address": "127.0.0.1:1080"}, {"name": "open", "address": "127.0.0.1:1081", "login": "none"}],
    "users": {"alice": password_hash("x")},
    "rules": POLICY["rules"],
}


@each([([], 2, 'undecided: it depends on the listener'), (["--user", "alice"], 0, "allowed by the rule"),
       (["--listener", "in"], 1, 'denied: the listener "in" asks for a login'), (["--listener", "open"], 0, "allowed by the rule"),
       (["--protocol", "udp"], 1, 'the listener "open" does not open udp')],
      lambda words, code, _: f"where one listener asks for a login, adit explain {' '.join(words)} is exit code {code}")
def _(words, code, part):
    done = explain(*words, "a.example:443", policy=DOORS)
    equal(done.returncode, code, done.stdout + done.stderr)
    contains(done.stdout, part)
    told = json.loads(explain(*words, "--json", "a.example:443", policy=DOORS).stdout)
    equal({"verdict", "mode", "asked", "addresses", "limits"} - told.keys(), set())


@each([("no target", []), ("a target without a port", ["a.example"]), ("an address that is none", ["--client", "x", "a.example:1"]),
       ("a record that is none", ["--record", "{}"]), ("an id without a log", ["--id", "1"]),
       ("a time that is none", ["--at", "now", "a.example:1"])],
      lambda what, _: f"{what} is exit code 2 with words on standard error")
def _(what, words):
    done = explain(*words)
    equal(done.returncode, 2, done.stdout)
    check(done.stderr.strip(), "it said nothing")


@test("the record of a tunnel is explained as it was decided, from its line and by its id")
def _():
    with ProgramOrigin("cat") as origin, Gateway(rules=[LOOPBACK]) as gateway:
        http_tunnel(gateway.address(), "localhost", origin.port).close()
        allowed = gateway.record(verdict="allow")
        http_connect(gateway.address(), "10.0.0.1", 25)
        denied = gateway.record(verdict="deny")
        lines = gateway.stdout.all()
        config = str(gateway.path)
        for record, code in ((allowed, 0), (denied, 1)):
            line = next(line for line in lines if record["id"] in line)
            done = adit("explain", "--config", config, "--at", record["time"], "--record", line)
            equal(done.returncode, code, done.stdout + done.stderr)
            contains(done.stdout, record["id"])
            log = Path(gateway.folder.name) / "access.jsonl"
            log.write_text("not a record\n" + "\n".join(lines) + "\n")
            by_id = adit("explain", "--config", config, "--at", record["time"], "--id", record["id"], "--log", str(log))
            equal((by_id.returncode, by_id.stdout), (code, done.stdout), by_id.stderr)
        equal(adit("explain", "--config", config, "--id", "nobody", "--log", str(log)).returncode, 2)


@test("the record of what a token did not reach is explained as that, whatever the rules say")
def _():
    line = json.dumps({"v": 1, "time": "2026-11-24T02:48:32Z", "id": "ctaf2zhs11xy1", "listener": "main", "protocol": "connect",
                       "client": "10.2.0.9:40000", "user": "ci", "host": "a.example", "port": 443, "verdict": "deny",
                       "reason": "token_rights", "ending": "not_allowed"})
    done = explain("--record", line)
    equal(done.returncode, 1, done.stdout + done.stderr)
    contains(done.stdout, "denied (token_rights); it ended as not_allowed\n")
    contains(done.stdout, "\ndenied: the token does not reach so far\nasked: \"ci\" from 10.2.0.9 over connect")
    done = explain("--json", "--record", line)
    equal(done.returncode, 1, done.stdout + done.stderr)
    told = json.loads(done.stdout)
    equal((told["verdict"], told["reason"], told["addresses"]), ("denied", "token_rights", []))
    check(not {"rule", "by_name", "closed_doors"} & told.keys(), f"a rule was asked: {told}")


@test("the record of a UDP association is explained destination by destination; one denial is exit code 1")
def _():
    destinations = [{"host": "8.8.8.8", "port": 53, "address": "8.8.8.8:53", "verdict": "allow", "rule": "dns"},
                    {"host": "10.0.0.1", "port": 53, "verdict": "deny", "reason": "internal_address"}]
    line = {"v": 1, "time": "2026-11-24T02:48:32Z", "id": "ctaf2zhs11xy1", "listener": "gone", "protocol": "udp",
            "client": "10.2.0.9:40000", "udp": {"destinations": destinations, "others": {"destinations": 1}}, "ending": "finished"}
    policy = {**POLICY, "rules": [{"name": "dns", "action": "allow", "ports": [53]}]}
    done = explain("--record", json.dumps(line), policy=policy)
    equal(done.returncode, 1, done.stdout + done.stderr)
    contains(done.stdout, "3 destinations over UDP, of which 2 are known; it ended as finished\n")
    contains(done.stdout, '\n8.8.8.8:53: allowed by "dns"\nallowed by the rule "dns"\n')
    contains(done.stdout, "\n10.0.0.1:53: denied (internal_address)\ndenied: ")
    told = explain("--json", "--record", json.dumps(line), policy=policy).stdout.splitlines()
    equal([json.loads(one)["verdict"] for one in told], ["allowed", "denied"])
    line["udp"]["destinations"].pop()
    equal(explain("--record", json.dumps(line), policy=policy).returncode, 0)
    line["udp"]["destinations"].pop()
    equal(explain("--record", json.dumps(line), policy=policy).returncode, 2)


main()
