"""adit suggest: a configuration from what was seen."""
import tempfile
from pathlib import Path

from harness.gateway import Gateway, LOOPBACK, adit, password_hash
from harness.origins import ProgramOrigin
from harness.runner import check, contains, equal, main, test
from harness.wire import http_connect, http_tunnel, socks5_connect


@test("what is suggested passes adit check, and allows what the gateway saw and no more")
def _():
    with ProgramOrigin("cat") as origin, \
            Gateway(rules=[LOOPBACK], users={"alice": password_hash("x")},
                    listeners=[{"name": "main", "address": "127.0.0.1:0", "login": "optional"}]) as gateway:
        http_tunnel(gateway.address(), "127.0.0.1", origin.port).close()
        connection, rep, _ = socks5_connect(gateway.address(), "localhost", origin.port, login=("alice", "x"))
        equal(rep, 0)
        connection.close()
        http_connect(gateway.address(), "10.0.0.1", 25)
        gateway.record(user="alice")
        gateway.record(protocol="connect", verdict="allow")
        gateway.record(verdict="deny")
        log = "".join(line + "\n" for line in gateway.stdout.all())
        done = adit("suggest", "-", stdin=log)
        equal(done.returncode, 0, done.stderr)
        contains(done.stdout, '"alice to localhost"')
        contains(done.stdout, "Left out: 1 record of what was denied")
        with tempfile.TemporaryDirectory(prefix="adit-test-") as folder:
            path = Path(folder) / "suggested.json"
            path.write_text(done.stdout)
            path.chmod(0o600)
            checked = adit("check", str(path))
            equal(checked.returncode, 0, checked.stdout + checked.stderr)
            again = adit("replay", "--config", str(path), "-", stdin=log)
            equal(again.returncode, 0, again.stdout)
            contains(again.stdout, "newly allowed: 0\n")
            here = ["--client", "127.0.0.1", "--resolve", "127.0.0.1"]
            equal(adit("explain", "--config", str(path), *here, f"evil.example:{origin.port}").returncode, 1)


@test("--generalise folds three hosts below one domain")
def _():
    line = '{"v":1,"time":"2026-11-24T02:48:32Z","listener":"m","protocol":"connect","client":"10.2.0.9:4","host":"%s",' \
           '"port":443,"resolved":[{"address":"8.8.8.8","verdict":"allow"}],"verdict":"allow"}\n'
    log = "".join(line % name for name in ("a.example.com", "b.example.com", "c.example.com", "example.com"))
    contains(adit("suggest", "-", stdin=log).stdout, '"a.example.com", "b.example.com", "c.example.com", "example.com"')
    contains(adit("suggest", "--generalise", "-", stdin=log).stdout, '["*.example.com", "example.com"]')


@test("what a pin cut off is left out, and what kept to it is pinned again")
def _():
    line = '{"v":1,"time":"2026-11-24T02:48:32Z","listener":"m","protocol":"connect","client":"10.2.0.9:4","host":"%s",' \
           '"port":443,"resolved":[{"address":"8.8.8.8","verdict":"allow"}],"verdict":"allow","inner":{"pinned":"tls"},' \
           '"ending":"%s"}\n'
    done = adit("suggest", "-", stdin=line % ("a.example", "finished") + line % ("b.example", "inner_mismatch"))
    equal(done.returncode, 0, done.stderr)
    contains(done.stdout, '"hosts": ["a.example"]')
    contains(done.stdout, '"inner": "tls"')
    contains(done.stdout, "// Left out: 1 record of what a pin cut off.\n")
    check("b.example" not in done.stdout, done.stdout)


main()
