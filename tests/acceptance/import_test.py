"""adit import squid: the rules of another proxy."""
import tempfile
from pathlib import Path

from harness.gateway import adit
from harness.runner import contains, each, equal, main, test

CLASSIC = """http_port 127.0.0.1:3128
acl SSL_ports port 443 22 8443
acl CONNECT method CONNECT
http_access deny CONNECT !SSL_ports
http_access allow CONNECT
"""


def imported(text, folder):
    source = Path(folder) / "squid.conf"
    source.write_text(text)
    done = adit("import", "squid", str(source))
    path = Path(folder) / "adit.json"
    path.write_text(done.stdout)
    path.chmod(0o600)
    checked = adit("check", str(path))
    equal(checked.returncode, 0, done.stdout + checked.stderr)
    return done, str(path)


@each([("a.example:443", 0), ("a.example:22", 0), ("a.example:80", 1), ("a.example:8444", 1)],
      lambda target, code: f"after the import of the classic lines, {target} is {'denied' if code else 'allowed'}")
def _(target, code):
    with tempfile.TemporaryDirectory(prefix="adit-test-") as folder:
        done, path = imported(CLASSIC, folder)
        equal(done.returncode, 0, done.stderr)
        equal(done.stderr, "")
        equal(adit("explain", "--config", path, "--protocol", "connect", target).returncode, code)


@test("lists in files are read, and what has no equivalent is told with its line and is exit code 1")
def _():
    with tempfile.TemporaryDirectory(prefix="adit-test-") as folder:
        (Path(folder) / "sites").write_text(".example.com\n")
        text = f'acl ours dstdomain "{folder}/sites"\nacl night time 20:00-06:00\nhttp_access allow ours\n' \
               'http_access allow night\nhttp_access deny all\n'
        done, path = imported(text, folder)
        equal(done.returncode, 1, done.stdout)
        contains(done.stderr, "squid.conf:2: not imported: 20:00-06:00 in the list night")
        contains(done.stdout, "! line 2: not imported")
        equal(adit("explain", "--config", path, "www.example.com:443").returncode, 0)
        equal(adit("explain", "--config", path, "www.example.org:443").returncode, 1)


@test("lists of times become windows that adit check takes, in the zone of this machine or in UTC")
def _():
    with tempfile.TemporaryDirectory(prefix="adit-test-") as folder:
        text = "acl work time MTWHF 08:00-17:29\nacl odd dstdom_regex ^ci-[0-9]+\\.example\\.com$\n" \
               "http_access allow work !odd\nhttp_access deny all\n"
        done, _ = imported(text, folder)
        contains(done.stdout, '"not": { "hosts": ["/ci-[0-9]+\\\\.example\\\\.com/"] }')
        contains(done.stdout, '"when": { "days": ["mon-fri"], "hours": ["08:00-17:30"]')
        if done.returncode == 0:
            contains(done.stderr, "this machine's time zone")
        else:
            contains(done.stderr, "so times are in UTC")


@test("a file that is not there is exit code 2")
def _():
    equal(adit("import", "squid", "/nowhere/squid.conf").returncode, 2)
    equal(adit("import").returncode, 2)


main()
