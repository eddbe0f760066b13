"""The command line: what it takes, what it says, how it exits."""
import datetime
import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from harness.clients import curl
from harness.gateway import PROGRAM, Gateway, LOOPBACK, Lines, adit, clean_environment, eventually, password_hash
from harness.origins import ProgramOrigin
from harness.runner import PATIENCE, check, contains, each, equal, main, test
from harness.wire import dial, http_tunnel, socks5_login

ROOT = Path(__file__).resolve().parents[2]
GOOD = {"listeners": [{"address": "127.0.0.1:0"}], "rules": [LOOPBACK]}


@test("adit version names itself and its version")
def _():
    done = adit("version")
    equal(done.returncode, 0)
    check(re.match(r"adit \d+\.\d+\.\d+", done.stdout), done.stdout)


@each([(), ("run",), ("check",), ("passwd",), ("version",)], lambda *words: f"adit {' '.join(words)} --help explains itself")
def _(*words):
    done = adit(*words, "--help")
    equal(done.returncode, 0, done.stderr)
    check(len(done.stdout) > 60, done.stdout)
    if not words:
        for command in ("run", "check", "passwd", "version"):
            contains(done.stdout, command)
    else:
        check("adit replay" not in done.stdout, f"it explains the others, too:\n{done.stdout}")


@each([("no command", []), ("an unknown command", ["walk"]), ("an unknown option", ["run", "--fast"]),
       ("check without a file", ["check"]), ("an address that is none", ["run", "--listen", "nonsense"]),
       ("a file that is not there", ["run", "--config", "/nowhere/adit.json"]),
       ("a file to check that is not there", ["check", "/nowhere/adit.json"])],
      lambda what, _: f"{what} is exit code 2 with words on standard error")
def _(what, words):
    done = adit(*words)
    equal(done.returncode, 2, done.stderr)
    check(done.stderr.strip(), "it said nothing")


@test("adit check passes a good file in silence or with a friendly word, exit code 0")
def _():
    done = adit("check", text=GOOD)
    equal(done.returncode, 0, done.stderr)


@test("adit check passes every file in config/")
def _():
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config"
        shutil.copytree(ROOT / "config", config)
        make_certificates(config / "examples" / "tls")
        files = [path for path in config.rglob("*.json") if not path.name.endswith(".schema.json")]
        check(files, "there are none")
        for path in files:
            done = adit("check", str(path))
            equal(done.returncode, 0, f"{path}: {done.stderr}{done.stdout}")


# The files that config/examples/tls.json names.
def make_certificates(folder):
    folder.mkdir()
    for name, key in (("gateway.pem", "gateway.key"), ("clients-ca.pem", "clients-ca.key")):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                        "-subj", "/CN=gateway", "-keyout", str(folder / key), "-out", str(folder / name)],
                       check=True, capture_output=True)


def ending_in(days):
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return {"listeners": [{"address": "127.0.0.1:0"}], "rules": [{**LOOPBACK, "expires": end.strftime("%Y-%m-%dT%H:%M:%SZ")}]}


@test("adit check warns of a rule that ends within a week or has ended, and --strict takes that for a mistake")
def _():
    for days, words in ((3, "within a week"), (-6, "this rule expired at")):
        done = adit("check", text=ending_in(days))
        equal(done.returncode, 0, done.stderr)
        contains(done.stderr, words)
        contains(done.stdout, "good")
        strict = adit("check", "--strict", text=ending_in(days))
        equal(strict.returncode, 2, strict.stdout)
        contains(strict.stderr, words)
        contains(strict.stderr, "1 warning, and --strict takes warnings for mistakes")
        equal(strict.stdout, "")


@test("adit check --strict is content with a file without warnings, also when a rule ends later than in a week")
def _():
    for text in (GOOD, ending_in(30)):
        done = adit("check", "--strict", text=text)
        equal(done.returncode, 0, done.stderr)
        equal(done.stderr, "")


@test("tests in the file stay about its own listeners under --listen")
def _():
    tests = [{"to": "127.0.0.1:22001", "expect": "deny"}]
    with Gateway(listeners=[{"address": "127.0.0.1:22001"}], tests=tests, arguments=["--listen", "127.0.0.1:0"]) as gateway:
        with dial(gateway.address("127.0.0.1:0")) as connection:
            connection.sendall(b"\x05\x01\x00")
            equal(connection.recv(2), b"\x05\x00")


MISTAKES = [
    ("a syntax error", '{\n  "rules": [}\n', [r"adit\.json:2:1\d: "]),
    ("an unknown key, with the one that was meant", '{\n "listners": []\n}', [r"adit\.json:2:2: ", "listeners"]),
    ("a duplicate key", '{ "rules": [ {"action": "deny", "action": "allow"} ] }', [r"adit\.json:1:\d+: ", r"rules\[0\]", "action"]),
    ("a port that is none", '{ "rules": [ {"action": "allow",\n "ports": ["44 3"]} ] }',
     [r"adit\.json:2:\d+: rules\[0\]\.ports\[0\]", "44 3"]),
    ("a plain password", '{ "users": {"alice": "secret"}, "rules": [] }', [r"users\.alice", "adit passwd"]),
    ("an address in hosts", '{ "rules": [ {"action": "allow", "hosts": ["10.0.0.1"]} ] }', [r"rules\[0\]\.hosts\[0\]", "networks"]),
    ("a key that is planned but not built", '{ "rules": [ {"action": "allow", "limits": {}} ] }', [r"rules\[0\]", "limits"]),
]


@each(MISTAKES, lambda what, *_: f"adit check and adit run refuse {what}, with its place")
def _(what, text, patterns):
    done = adit("check", text=text)
    equal(done.returncode, 2, done.stdout + done.stderr)
    said = done.stdout + done.stderr
    for pattern in patterns:
        check(re.search(pattern, said), f"{pattern} is not in:\n{said}")
    check("secret" not in said.replace("adit passwd", ""), "it repeats what may be a password")
    run = adit("run", "--config", text=text)
    equal(run.returncode, 2, run.stderr)
    for pattern in patterns:
        check(re.search(pattern, run.stderr), f"{pattern} is not in:\n{run.stderr}")
    equal(run.stdout, "", "standard output is for records")


@test("all mistakes are told together, in the file's order")
def _():
    text = '{ "listeners": [{"address": "127.0.0.1:0"}], "colour": 1,\n "rules": [ {"action": "permit"},\n {"action": "allow", "ports": [0]},\n {"action": "allow", "usrs": []} ] }'
    done = adit("check", text=text)
    said = done.stdout + done.stderr
    lines = [int(line) for line in re.findall(r"adit\.json:(\d+):", said)]
    equal(lines[:4], [1, 2, 3, 4], said)


@test("comments and trailing commas are fine")
def _():
    text = '{\n // the way in\n "listeners": [ { "address": "127.0.0.1:0", }, ], /* all */ "rules": [], }'
    done = adit("check", text=text)
    equal(done.returncode, 0, done.stderr)


@test("a file with password hashes that others can read is warned about")
def _():
    with Gateway(users={"alice": password_hash("x")}) as gateway:
        check("others" not in gateway.stderr.text(), "a warning without a cause")
        gateway.path.chmod(0o644)
        gateway.reload()
        contains(gateway.stderr.text(), "chmod")


@test("adit passwd turns a piped password into a yescrypt hash that opens the door")
def _():
    done = adit("passwd", stdin="correct horse\n")
    equal(done.returncode, 0, done.stderr)
    made = re.search(r"\$y\$\S+?(?=[\"\s])", done.stdout + "\n")
    check(made, f"no yescrypt hash: {done.stdout}")
    check("correct horse" not in done.stdout + done.stderr, "it repeats the password")
    with Gateway(users={"alice": made.group(0)}) as gateway:
        with dial(gateway.address()) as connection:
            equal(socks5_login(connection, "alice", "correct horse"), 0)
        with dial(gateway.address()) as connection:
            equal(socks5_login(connection, "alice", "correct horsf"), 1)


@test("adit passwd asks twice at a terminal, shows nothing, and refuses two different answers")
def _():
    def at_terminal(first, second):
        terminal, other_end = pty.openpty()
        process = subprocess.Popen([PROGRAM, "passwd"], stdin=other_end, stdout=subprocess.PIPE, stderr=other_end,
                                   env=clean_environment("/tmp"), start_new_session=True)
        os.close(other_end)
        shown = b""
        for answer in (first, second):
            while not shown.rstrip(b" ").endswith(b":"):
                shown += os.read(terminal, 1000)
            os.write(terminal, answer + b"\n")
            shown += b"|"
        output = process.stdout.read().decode()
        code = process.wait(PATIENCE)
        os.close(terminal)
        return code, output, shown
    code, output, shown = at_terminal(b"sesame", b"sesame")
    equal(code, 0)
    contains(output, "$y$")
    check(b"sesame" not in shown, f"it echoes: {shown!r}")
    code, output, shown = at_terminal(b"sesame", b"sesamo")
    check(code != 0 and "$y$" not in output, f"{code}: {output}")


@test("a port in use is said in words, also when another Adit has it")
def _():
    with Gateway() as gateway:
        second = Gateway(listeners=[{"name": "main", "address": "127.0.0.1:%d" % gateway.port()}]).start()
        equal(second.wait(), 1)
        contains(second.stderr.text(), str(gateway.port()))
        contains(second.stderr.text(), "in use")
        equal(second.stdout.text(), "")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        third = Gateway(listeners=[{"name": "main", "address": "127.0.0.1:%d" % taken.getsockname()[1]}]).start()
        equal(third.wait(), 1)
        contains(third.stderr.text(), "in use")


@test("a port can be used again at once after a stop with live tunnels")
def _():
    with ProgramOrigin("cat") as origin:
        with Gateway() as gateway:
            address = gateway.address()
            connection = http_tunnel(address, "127.0.0.1", origin.port)
            gateway.stop()
            connection.close()
        with Gateway(listeners=[{"name": "main", "address": "%s:%d" % address}]):
            pass


@test("--listen replaces the file's listeners")
def _():
    with ProgramOrigin("cat") as origin, \
            Gateway(listeners=[{"name": "main", "address": "127.0.0.1:1"}],
                    arguments=["--listen", "127.0.0.1:0", "--listen", "127.0.0.2:0"]) as gateway:
        found = re.findall(r"listening on (\S+):(\d+) ", gateway.stderr.text())
        equal([host for host, _ in found], ["127.0.0.1", "127.0.0.2"])
        for host, port in found:
            http_tunnel((host, int(port)), "127.0.0.1", origin.port).close()


@test("without a file it runs the default, prints it, and prints lines to copy")
def _():
    with tempfile.TemporaryDirectory(prefix="adit-test-") as folder:
        process = subprocess.Popen([PROGRAM, "run", "--listen", "127.0.0.1:0"], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, env=clean_environment(folder))
        try:
            words, records = Lines(process.stderr), Lines(process.stdout)
            words.wait("no_proxy=")  # the last of the lines to copy
            said = words.text()
            port = re.search(r"listening on 127\.0\.0\.1:(\d+) ", said).group(1)
            for part in ("web and ssh", "8443", "curl", "ssh", "git", "ProxyCommand", "https_proxy"):
                contains(said, part)
            contains(said, f"127.0.0.1:{port}", "the lines to copy name the real port")
            contains(said, f"ProxyCommand='{PROGRAM} connect --proxy http://127.0.0.1:", "ssh goes by this program")
            done = curl("--proxytunnel", "--proxy", f"http://127.0.0.1:{port}", "http://127.0.0.1:80/")
            contains(done.words, "403")
            record = json.loads(records.wait("not_allowed"))
            equal((record["reason"], record["near"]), ("internal_address", "web and ssh"))
        finally:
            process.send_signal(signal.SIGTERM)
            equal(process.wait(PATIENCE), 0)
            process.stdout.close()
            process.stderr.close()


@test("it raises its own limit of descriptors to the hard limit")
def _():
    with Gateway(prefix=["prlimit", "--nofile=64:2048"]) as gateway:
        limits = Path(f"/proc/{gateway.process.pid}/limits").read_text()
        soft = re.search(r"Max open files\s+(\d+)", limits).group(1)
        equal(soft, "2048")


@test("standard input and output that are closed at start stay empty places, whatever is opened later")
def _():
    with ProgramOrigin("cat") as origin, Gateway(prefix=["sh", "-c", 'exec "$@" <&- >&-', "sh"]) as gateway:
        http_tunnel(gateway.address(), "127.0.0.1", origin.port).close()
        for descriptor in (0, 1):
            equal(os.readlink(f"/proc/{gateway.process.pid}/fd/{descriptor}"), "/dev/null")
        gateway.stop()
        check("access log" not in gateway.stderr.text(), gateway.stderr.text())


@test("standard error that is closed at start stays an empty place, too")
def _():
    with tempfile.TemporaryDirectory() as folder, ProgramOrigin("cat") as origin:
        path = Path(folder) / "proxy.sock"
        configuration = {**GOOD, "listeners": [{"address": f"unix:{path}"}]}
        (Path(folder) / "adit.json").write_text(json.dumps(configuration))
        process = subprocess.Popen(["sh", "-c", 'exec "$@" 2>&-', "sh", PROGRAM, "run", "--config", folder + "/adit.json"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=clean_environment(folder))
        try:
            eventually(path.exists, "it does not listen")
            http_tunnel(str(path), "127.0.0.1", origin.port).close()
            equal(os.readlink(f"/proc/{process.pid}/fd/2"), "/dev/null")
        finally:
            process.terminate()
            output, _ = process.communicate(timeout=PATIENCE)
        equal(process.returncode, 0)
        equal(json.loads(output)["ending"], "finished")


main()
