"""The access record: one line a tunnel, the keys as promised, hostile text harmless, files that can be rotated."""
import json
import os
import signal
import stat
import threading
from pathlib import Path

from harness.gateway import Gateway, LOOPBACK, eventually, password_hash, well_formed
from harness.origins import ProgramOrigin, closed_port
from harness.runner import check, contains, each, equal, main, test
from harness.wire import dial, http_connect, http_tunnel, read_exactly, read_to_end, socks5_connect, socks5_login


@test("a tunnel's record has every key that applies, and no other")
def _():
    with ProgramOrigin("cat") as origin, Gateway(users={"alice": password_hash("x")}) as gateway:
        connection, rep, bound = socks5_connect(gateway.address(), "localhost", origin.port, login=("alice", "x"))
        client = connection.getsockname()
        connection.sendall(b"hello")
        read_exactly(connection, 5)
        connection.close()
        record = gateway.record()
        equal(set(record), {"v", "time", "id", "listener", "protocol", "client", "user", "host", "port", "policy", "resolved",
                            "address", "local", "verdict", "rule", "reason", "ending", "closed_by", "up", "down", "ms"})
        equal({key: record[key] for key in ("listener", "protocol", "client", "user", "host", "port", "verdict", "rule",
                                            "reason", "ending", "closed_by", "up", "down")},
              {"listener": "main", "protocol": "socks5", "client": "%s:%d" % client, "user": "alice", "host": "localhost",
               "port": origin.port, "verdict": "allow", "rule": "loopback", "reason": "rule", "ending": "finished",
               "closed_by": "client", "up": 5, "down": 5})
        contains([one["address"] for one in record["resolved"]], "127.0.0.1")
        equal(set(record["ms"]) - {"dns"}, {"handshake", "connect", "first_byte", "total"})
        equal(len(record["policy"]), 12)


@test("ids differ, and the one that a denied client is told finds the record")
def _():
    with Gateway(rules=[]) as gateway:
        told = []
        for _ in range(20):
            body = http_connect(gateway.address(), "127.0.0.1", 80)[1].body
            told.append(body)
        ids = [gateway.record(verdict="deny")["id"] for _ in range(20)]
        equal(len(set(ids)), 20)
        for body in told:
            check(any(one in body for one in ids), f"no id in {body!r}")


HOSTILE = [b'"}\n{"v":1,"verdict":"allow"}', b"\r\n\x1b[31mred\x07", b"\xff\xfe\xc0\xaf", b"\xe2\x80\xae backwards", b"a" * 255,
           b"\\u0000\\", b"\x7f\x80"]


@each(HOSTILE, lambda name: f"a hostile user name is escaped: {name[:24]!r}")
def _(name):
    with Gateway(users={"alice": password_hash("x")}) as gateway:
        with dial(gateway.address()) as connection:
            connection.sendall(b"\x05\x01\x02")
            equal(read_exactly(connection, 2), b"\x05\x02")
            connection.sendall(bytes([1, len(name)]) + name + b"\x01x")
            equal(read_exactly(connection, 2)[1], 1)
        gateway.record(ending="login_failed")
        gateway.stop()
        equal(len(gateway.stdout.all()), 1, "lines")
        check(all(32 <= ord(c) < 127 or ord(c) > 159 for c in gateway.stdout.text()), "control characters in a record")
        check(all(c == "\n" or 32 <= ord(c) < 127 or ord(c) > 159 for c in gateway.stderr.text()), "control characters in the log")


@test("hostile hosts, user ids and paths neither forge a line nor reach a terminal")
def _():
    with Gateway(log={"access": "stdout", "level": "debug"}) as gateway:
        for request in (b"CONNECT a\x1b[2Jb:443 HTTP/1.1\r\nHost: x\r\n\r\n", b"CONNECT \"},{\":443 HTTP/1.1\r\nHost: x\r\n\r\n",
                        b"\x04\x01\x00\x50\x00\x00\x00\x01me\n\x1b[2J\x00na\r\nme\x00", b"\x1b[2J\x1b]0;title\x07"):
            with dial(gateway.address()) as connection:
                connection.sendall(request)
                connection.shutdown(1)
                try:
                    read_to_end(connection)
                except ConnectionResetError:
                    pass
            gateway.record()
        gateway.stop()
        equal(len(gateway.stdout.all()), 4)
        check("\x1b" not in gateway.stdout.text() + gateway.stderr.text(), "an escape sequence got through")


@test("no password and no hash is ever written down")
def _():
    hashed = password_hash("hunter2")
    with Gateway(users={"alice": hashed}, log={"access": "stdout", "level": "debug"}) as gateway:
        for password in ("hunter2", "hunter3"):
            with dial(gateway.address()) as connection:
                socks5_login(connection, "alice", password)
        http_connect(gateway.address(), "127.0.0.1", closed_port(), "Proxy-Authorization: Basic YWxpY2U6aHVudGVyMg==")
        gateway.record(protocol="connect")
        said = gateway.stdout.text() + gateway.stderr.text()
        for secret in ("hunter", "YWxpY2U6", hashed[10:30]):
            check(secret not in said, f"{secret} was written")


def lines_of(path):
    return [well_formed(json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []


@each([("SIGUSR1", signal.SIGUSR1, "reopened"), ("SIGHUP", signal.SIGHUP, "reloaded")],
      lambda name, *_: f"records go to a file that is renamed and begun anew on {name}, and none is lost")
def _(name, number, words):
    with Gateway(log={"access": "./access.jsonl"}) as gateway:
        path = Path(gateway.folder.name) / "access.jsonl"

        def ask(count):
            for _ in range(count):
                http_connect(gateway.address(), "127.0.0.1", closed_port())[0].close()
        ask(3)
        eventually(lambda: len(lines_of(path)) == 3, "the records did not come")
        equal(stat.S_IMODE(path.stat().st_mode) & 0o007, 0, "others may read it")
        rotated = path.with_suffix(".1")
        path.rename(rotated)
        ask(2)
        eventually(lambda: len(lines_of(rotated)) == 5, "the old file is written to until it is told otherwise")
        gateway.say(number, words)
        eventually(path.exists, "no new file")
        ask(4)
        eventually(lambda: len(lines_of(path)) == 4, "the records did not come")
        equal(len(lines_of(rotated)), 5)
        equal(gateway.stdout.text(), "", "standard output")


@test("a log file that cannot be opened is an error at start, and at a reload changes nothing")
def _():
    refused = Gateway(log={"access": "/nowhere/access.jsonl"}).start()
    check(refused.wait() != 0, "it started")
    contains(refused.stderr.text(), "/nowhere/access.jsonl")
    with Gateway() as gateway:
        gateway.write(log={"access": "/nowhere/access.jsonl"})
        contains(gateway.reload("reload refused"), "/nowhere/access.jsonl")
        http_connect(gateway.address(), "127.0.0.1", closed_port())
        gateway.record()


@test("the access log can be off")
def _():
    with ProgramOrigin("cat") as origin, Gateway(log={"access": "off"}) as gateway:
        http_tunnel(gateway.address(), "127.0.0.1", origin.port).close()
        gateway.stop()
        equal(gateway.stdout.text(), "")


@test("five hundred tunnels leave five hundred records")
def _():
    with ProgramOrigin("true") as origin, Gateway(rules=[LOOPBACK]) as gateway:
        for _ in range(500):
            connection = http_tunnel(gateway.address(), "127.0.0.1", origin.port)
            connection.close()
        gateway.stop()
        records = gateway.records()
        equal(len(records), 500)
        equal(len({record["id"] for record in records}), 500)


@test("a reader of records who is slow loses none of them and does not stop the tunnels")
def _():
    with ProgramOrigin("cat") as origin:
        gateway = Gateway(log={"access": "./pipe"})
        pipe = Path(gateway.folder.name) / "pipe"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        with gateway:
            for _ in range(300):  # more than a pipe holds
                http_tunnel(gateway.address(), "127.0.0.1", origin.port).close()
            os.set_blocking(reader, True)
            whole = b""
            while whole.count(b"\n") < 300:
                whole += os.read(reader, 65536)
            equal(len([json.loads(line) for line in whole.splitlines()]), 300)
        os.close(reader)


@test("a log that drops keeps nobody waiting for a reader who has stopped reading, and says how many records are gone")
def _():
    gateway = Gateway(log={"access": "./pipe", "when_full": "drop"}, rules=[{"name": "nothing", "action": "deny"}])
    pipe = Path(gateway.folder.name) / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    host = ".".join(["x" * 60] * 4)  # long records fill it sooner
    asked, whole = 0, []

    def read_to_the_end():
        os.set_blocking(reader, True)
        while piece := os.read(reader, 65536):
            whole.append(piece)

    with gateway:
        while not any("records dropped" in line for line in gateway.stderr.all()):
            connection, reply = http_connect(gateway.address(), host, 443)
            connection.close()
            equal(reply.status, 403)
            asked += 1
            check(asked < 20_000, "it never filled up")
        reading = threading.Thread(target=read_to_the_end)
        reading.start()
        gateway.stop()
        reading.join()
    os.close(reader)
    written = [json.loads(line) for line in b"".join(whole).splitlines()]
    dropped = sum(int(line.rsplit(" ", 1)[1]) for line in gateway.stderr.all() if "records dropped" in line)
    check(dropped > 0)
    equal(len(written) + dropped, asked, "records written and dropped")


main()
