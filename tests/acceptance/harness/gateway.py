"""The built program, started for one test: its words, its records, its signals, and a look at it from outside."""
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from .runner import PATIENCE, check, equal

PROGRAM = os.environ.get("ADIT_PROGRAM") or str(Path(__file__).resolve().parents[3] / "build/release/adit")

LOOPBACK = {"name": "loopback", "action": "allow", "networks": ["loopback"]}

# Every key a record may have, and which it must have.
RECORD_KEYS = {
    "v": int, "time": str, "id": str, "listener": str, "protocol": str, "tls": str, "client": str, "via": str, "uid": int, "user": str,
    "token_expires": str, "host": str,
    "port": int, "policy": str, "resolved": list, "address": str, "local": str, "verdict": str, "rule": str,
    "reason": str, "near": str, "would": str, "would_rule": str, "life": dict, "inner": dict,
    "ending": str, "closed_by": str, "cause": dict, "udp": dict, "up": int, "down": int, "ms": dict,
}
RECORD_ALWAYS = {"v", "time", "id", "listener", "client", "ending", "up", "down", "ms"}
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")


def clean_environment(home):
    """What clients and the gateway see: nothing of the person who runs the tests."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin", "HOME": str(home), "LANG": "C.UTF-8",
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "detect_leaks=1"), "TMPDIR": str(home),
            "TSAN_OPTIONS": os.environ.get("TSAN_OPTIONS", ""),
            "UBSAN_OPTIONS": os.environ.get("UBSAN_OPTIONS", "print_stacktrace=1")}


def well_formed(record):
    unknown = set(record) - set(RECORD_KEYS)
    check(not unknown, f"unknown keys {unknown} in {record}")
    missing = RECORD_ALWAYS - set(record)
    check(not missing, f"keys {missing} are missing in {record}")
    for key, value in record.items():
        check(type(value) is RECORD_KEYS[key], f"{key} is a {type(value).__name__} in {record}")
    equal(record["v"], 1)
    check(TIME.match(record["time"]), f"not RFC 3339: {record['time']}")
    check(set(record["ms"]) <= {"handshake", "dns", "connect", "first_byte", "total"}, f"ms: {record['ms']}")
    check("total" in record["ms"], "ms.total is missing")
    check(record.get("verdict", "allow") in ("allow", "deny"), f"verdict: {record}")
    check(record.get("closed_by", "client") in ("client", "destination", "gateway"), f"closed_by: {record}")
    for one in record.get("resolved", []):
        check(set(one) <= {"address", "verdict", "rule"} and one["verdict"] in ("allow", "deny"), f"resolved: {one}")
    return record


class Lines:
    """The lines of a stream as they come, read by a thread so that the writer never blocks on us."""

    def __init__(self, stream):
        self._lines, self._news, self.ended = [], threading.Condition(), False
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream):
        for line in iter(stream.readline, b""):
            with self._news:
                self._lines.append(line.decode("utf-8", "replace").rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self.ended = True
            self._news.notify_all()

    def all(self):
        with self._news:
            return list(self._lines)

    def count(self):
        with self._news:
            return len(self._lines)

    def text(self):
        return "\n".join(self.all())

    def wait(self, accept, start=0, patience=None):
        """The first line from number `start` on that `accept` (a function or a part of the line) likes."""
        wanted = accept if callable(accept) else (lambda line: accept in line)
        deadline = time.monotonic() + (PATIENCE if patience is None else patience)
        with self._news:
            looked_at = start
            while True:
                for line in self._lines[looked_at:]:
                    if wanted(line):
                        return line
                looked_at = len(self._lines)
                left = deadline - time.monotonic()
                if left <= 0 or (self.ended and looked_at == len(self._lines)):
                    raise AssertionError(f"no line with {accept!r} among:\n" + "\n".join(self._lines[start:]))
                self._news.wait(left)


class Gateway:
    """`adit run` with a configuration of its own in a folder of its own.

    Keys given replace those of a small default: one listener on a free loopback port, and loopback allowed. Leaving the
    `with` block stops the gateway, and then everything it said must be in order: its exit code, its records.
    """

    def __init__(self, *, arguments=(), text=None, namespace=None, prefix=(), **configuration):
        self.folder = tempfile.TemporaryDirectory(prefix="adit-test-")
        self.path = Path(self.folder.name) / "adit.json"
        self.configuration = {
            "workers": 2,
            "listeners": [{"name": "main", "address": "127.0.0.1:0"}],
            "limits": {"drain_timeout": "200ms"},
            "log": {"access": "stdout"},
            "rules": [LOOPBACK],
            **configuration,
        }
        self.write(text)
        self.arguments, self.namespace, self.prefix = arguments, namespace, tuple(prefix)
        self.expected_exit = 0
        self.taken = set()
        self.process = None

    def write(self, text=None, **changes):
        """The configuration file anew: this text, or the former keys with these changes."""
        self.configuration.update(changes)
        self.path.write_text(text if text is not None else json.dumps(self.configuration, indent=2))
        self.path.chmod(0o600)

    def start(self):
        command = [PROGRAM, "run", "--config", str(self.path), *self.arguments]
        command = list(self.prefix) + command
        if self.namespace:
            command = self.namespace.command(command)
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env=clean_environment(self.folder.name),
                                        cwd=self.folder.name, start_new_session=True)
        self.stdout, self.stderr = Lines(self.process.stdout), Lines(self.process.stderr)
        return self

    def ready(self):
        self.stderr.wait("ready")
        return self

    def __enter__(self):
        self.start()
        try:
            return self.ready()
        except BaseException:
            self.kill()
            raise

    def __exit__(self, kind, error, trace):
        try:
            if kind is None:
                self.stop()
                equal(self.process.returncode, self.expected_exit, f"exit code; it said:\n{self.stderr.text()}")
                self.records()
            else:
                self.kill()
                print("         the gateway said:")
                for line in self.stderr.all()[-40:] + self.stdout.all()[-10:]:
                    print(f"         | {line}")
        finally:
            self.kill()
            self.folder.cleanup()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it does not stop; it said:\n{self.stderr.text()}") from None
        self._read_to_the_end()

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def wait(self, patience=None):
        """Waits for it to end by itself; gives the exit code."""
        code = self.process.wait(PATIENCE if patience is None else patience)
        self._read_to_the_end()
        return code

    def _read_to_the_end(self):
        for lines in (self.stdout, self.stderr):
            try:
                lines.wait(lambda line: False)
            except AssertionError:
                pass

    def signal(self, number):
        self.process.send_signal(number)

    def say(self, number, words):
        """Sends a signal and waits for the words on standard error that answer it."""
        start = self.stderr.count()
        self.signal(number)
        return self.stderr.wait(words, start)

    def reload(self, words="reloaded"):
        return self.say(signal.SIGHUP, words)

    # Where it listens

    def address(self, name="main"):
        line = self.stderr.wait(lambda line: "listening on " in line and f"({name})" in line)
        host, port = re.search(r"listening on (\S+):(\d+) ", line).groups()
        return host.strip("[]"), int(port)

    def port(self, name="main"):
        return self.address(name)[1]

    def url(self, scheme="http", login="", name="main"):
        host, port = self.address(name)
        return f"{scheme}://{login + '@' if login else ''}{host}:{port}"

    def watched_by_workers(self):
        """How many descriptors each event loop watches, by the loop's own descriptor."""
        watched, folder = {}, Path(f"/proc/{self.process.pid}")
        for entry in os.listdir(folder / "fd"):
            try:
                if "eventpoll" in os.readlink(folder / "fd" / entry):
                    watched[entry] = (folder / "fdinfo" / entry).read_text().count("tfd:")
            except OSError:
                pass  # closed just now
        return watched

    # What it recorded

    def records(self):
        return [well_formed(json.loads(line)) for line in self.stdout.all()]

    def record(self, **facts):
        """The first record not yet taken that has these facts; waits for it."""
        def has_facts(line):
            record = json.loads(line)
            return record["id"] not in self.taken and all(record.get(key) == fact for key, fact in facts.items())

        record = well_formed(json.loads(self.stdout.wait(has_facts)))
        self.taken.add(record["id"])
        return record

    # What it is made of, seen from outside

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory(self):
        """Resident bytes."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("it has no VmRSS")

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def eventually(question, words, patience=None):
    """Asks again and again until the answer is true: for facts of the kernel, which tell nobody when they change."""
    deadline = time.monotonic() + (PATIENCE if patience is None else patience)
    pause = threading.Event()
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(words)
        pause.wait(0.02)


def adit(*arguments, stdin=None, text=None):
    """Runs another command of the program to its end. `text`: a configuration, whose path becomes the last argument."""
    with tempfile.TemporaryDirectory(prefix="adit-test-") as folder:
        if text is not None:
            path = Path(folder) / "adit.json"
            path.write_text(text if isinstance(text, str) else json.dumps(text))
            path.chmod(0o600)
            arguments = (*arguments, str(path))
        return subprocess.run([PROGRAM, *arguments], input=stdin, capture_output=True, text=True, timeout=PATIENCE,
                              env=clean_environment(folder), cwd=folder, check=False)


_hashes = {}


def password_hash(password):
    """SHA-crypt, made by somebody else's program."""
    if password not in _hashes:
        _hashes[password] = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=password, check=True,
                                           capture_output=True, text=True).stdout.strip()
    return _hashes[password]
