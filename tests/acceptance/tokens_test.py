#!/usr/bin/env python3
"""Short-lived passwords, made by `adit token` and used by curl over CONNECT and SOCKS5."""
import base64
import os
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

from harness.clients import curl
from harness.gateway import Gateway, adit, eventually, password_hash
from harness.origins import HttpOrigin, ProgramOrigin
from harness.runner import check, contains, each, equal, main, test
from harness.udp import ANY, UdpEcho, datagram, read_datagram, udp_socket
from harness.wire import dial, http_tunnel, read_socks5_reply, socks5_login

USERS = {"ci": password_hash("the real one"), "alice": password_hash("hers")}
GREETING = b"hello from the origin\n"
folder = tempfile.TemporaryDirectory(prefix="adit-origin-")
(Path(folder.name) / "hello").write_bytes(GREETING)

WAYS = [("CONNECT", "connect", ["--proxytunnel"], "http"), ("SOCKS5", "socks5", [], "socks5h")]


class WithTokens(Gateway):
    """A gateway whose key lies beside its configuration."""

    def __init__(self, **configuration):
        super().__init__(users=USERS, tokens={"key_file": "token.key"},
                         **{"logins": {"delay": "0ms"}, **configuration})
        equal(adit("token", "--new-key", str(self.path.parent / "token.key")).returncode, 0)

    def token(self, *arguments, user="ci", ttl="15m"):
        """`user:password`"""
        done = adit("token", "--config", str(self.path), "--user", user, "--ttl", ttl, *arguments)
        equal((done.returncode, done.stdout.count("\n")), (0, 1), done.stderr)
        return done.stdout.strip()

    def fetch(self, way, login, host, port):
        _, _, options, scheme = way
        return curl(*options, "--proxy", self.url(scheme, login), f"http://{host}:{port}/hello")


@each(WAYS, lambda name, *_: f"a token logs in through {name}, and the record tells its user and its expiry")
def _(*way):
    with HttpOrigin(folder.name) as origin, WithTokens() as gateway:
        token = gateway.token()
        done = gateway.fetch(way, token, "localhost", origin.port)
        equal((done.code, done.output), (0, GREETING), repr(done))
        record = gateway.record(ending="finished", protocol=way[1])
        equal(record["user"], "ci")
        check("token_expires" in record, f"{record}")
        check(token.split(":")[1] not in gateway.stdout.text() + gateway.stderr.text(), "the token was written down")


@each(WAYS, lambda name, *_: f"an expired token, a forged one and somebody else's are wrong passwords through {name}")
def _(*way):
    with HttpOrigin(folder.name) as origin, WithTokens() as gateway:
        good = gateway.token()
        for login, reason in ((gateway.token("--at", "2020-01-01T00:00:00Z"), "token_expired"),
                              (good[:-2] + ("AA" if good[-2:] != "AA" else "BA"), "token_forged"),
                              (good.replace("ci:", "alice:"), "token_forged"),
                              (good.replace("adit1~", "adit1~9"), "token_forged"),
                              ("ci:adit9~what may come", "token_forged")):
            done = gateway.fetch(way, login.replace(" ", "%20"), "localhost", origin.port)
            check(done.code != 0 and done.output == b"", f"{login}: {done!r}")
            record = gateway.record(ending="login_failed", reason=reason)
            check("verdict" not in record and "resolved" not in record, f"something was judged before the login: {record}")


@each(WAYS, lambda name, *_: f"a token reaches only the hosts and ports it names through {name}")
def _(*way):
    with HttpOrigin(folder.name) as origin, HttpOrigin(folder.name) as other, WithTokens() as gateway:
        narrow = gateway.token("--host", "localhost", "--host", "*.example.com", "--port", str(origin.port))
        equal(gateway.fetch(way, narrow, "localhost", origin.port).output, GREETING)
        for host, port in (("localhost", other.port), ("127.0.0.1", origin.port), ("x.localhost", origin.port)):
            done = gateway.fetch(way, narrow, host, port)
            check(done.code != 0 and done.output == b"", f"{host}:{port}: {done!r}")
            record = gateway.record(verdict="deny", reason="token_rights")
            equal((record["ending"], record["user"], record["host"]), ("not_allowed", "ci", host))
            check("rule" not in record and "resolved" not in record, f"a rule or a look-up was asked: {record}")


@test("what a token did not reach is explained and judged again as that, whatever the rules say now")
def _():
    with HttpOrigin(folder.name) as origin, WithTokens() as gateway:
        gateway.fetch(WAYS[0], gateway.token("--port", "1"), "localhost", origin.port)
        gateway.record(reason="token_rights")
        line = gateway.stdout.all()[-1]
        done = adit("explain", "--config", str(gateway.path), "--record", line)
        equal(done.returncode, 1, done.stdout + done.stderr)
        contains(done.stdout, "\ndenied: the token does not reach so far\n")
        contains(adit("replay", "--config", str(gateway.path), "-", stdin=line).stdout, "\nunchanged: 1\n")


@test("the rules decide about a token as about its user, who must still exist")
def _():
    rules = [{"name": "alice only", "action": "allow", "users": ["alice"], "networks": ["loopback"]}]
    with HttpOrigin(folder.name) as origin, WithTokens(rules=rules) as gateway:
        token = gateway.token(user="alice")
        equal(gateway.fetch(WAYS[0], token, "localhost", origin.port).output, GREETING)
        gateway.fetch(WAYS[0], gateway.token(), "localhost", origin.port)
        equal(gateway.record(user="ci")["reason"], "no_rule")
        gateway.write(users={"ci": USERS["ci"]}, rules=[{"name": "all", "action": "allow", "networks": ["loopback"]}])
        gateway.reload()
        check(gateway.fetch(WAYS[1], token, "localhost", origin.port).code != 0, "alice is gone")
        equal(gateway.record(ending="login_failed", user="alice")["reason"], "user_gone")


@test("a tunnel outlives the key of the token that opened it, and a reload with another key ends all tokens")
def _():
    with ProgramOrigin("cat") as origin, WithTokens() as gateway:
        user, password = gateway.token().split(":")
        with dial(gateway.address()) as connection:
            equal(socks5_login(connection, user, password), 0)
        basic = base64.b64encode(f"{user}:{password}".encode()).decode()
        with http_tunnel(gateway.address(), "127.0.0.1", origin.port, f"Proxy-Authorization: Basic {basic}") as tunnel:
            key = gateway.path.parent / "token.key"
            key.unlink()
            equal(adit("token", "--new-key", str(key)).returncode, 0)
            gateway.reload()
            with dial(gateway.address()) as connection:
                equal(socks5_login(connection, user, password), 1)
            tunnel.sendall(b"still here")
            equal(tunnel.recv(10), b"still here")
        gateway.record(ending="login_failed", reason="token_forged")


class Datagrams:
    """A SOCKS5 client that has logged in and asked for a UDP association."""

    def __init__(self, gateway, login):
        self.control, self.socket = dial(gateway.address()), udp_socket()
        equal(socks5_login(self.control, *login.split(":")), 0)
        self.control.sendall(b"\x05\x03\x00" + ANY)
        rep, self.relay = read_socks5_reply(self.control)
        equal(rep, 0, "UDP ASSOCIATE")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.control.close()
        self.socket.close()

    def answered(self, echo):
        """Whether a datagram to this destination comes back, soon."""
        self.socket.settimeout(0.5)
        self.socket.sendto(datagram("127.0.0.1", echo.port, b"hello"), self.relay)
        try:
            equal(read_datagram(self.socket.recv(100)), (("127.0.0.1", echo.port), b"hello"))
            return True
        except TimeoutError:
            return False


@test("a UDP association reaches nothing once its token has expired, be it known to it or new")
def _():
    listener = {"name": "main", "address": "127.0.0.1:0", "protocols": ["socks5", "udp"]}
    with UdpEcho() as echo, UdpEcho() as other, WithTokens(listeners=[listener]) as gateway:
        with Datagrams(gateway, gateway.token(ttl="3s")) as client:
            check(client.answered(echo), "a good token does not reach it")
            eventually(lambda: not client.answered(echo), "the token has expired and still reaches what it did")
            check(not client.answered(other), "the token has expired and reaches what it never did")
            equal(other.heard, [])
        record = gateway.record(protocol="udp", ending="finished")
        told = {one["port"]: (one["verdict"], one["reason"]) for one in record["udp"]["destinations"]}
        equal(told, {port: ("deny", "token_expired") for port in (echo.port, other.port)})
        check(record["udp"]["dropped"]["refused"] >= 2, f"{record}")


@test("wrong tokens count as failed logins, and a good one passes the lock-out")
def _():
    with HttpOrigin(folder.name) as origin, WithTokens(logins={"failures": 3, "delay": "0ms"}) as gateway:
        expired = gateway.token("--at", "2020-01-01T00:00:00Z")
        for _ in range(3):
            gateway.fetch(WAYS[1], expired, "localhost", origin.port)
            gateway.record(ending="login_failed", reason="token_expired")
        gateway.fetch(WAYS[1], expired, "localhost", origin.port)
        gateway.record(ending="login_locked")
        equal(gateway.fetch(WAYS[1], gateway.token(), "localhost", origin.port).output, GREETING)


@test("a key that everyone can read, or that is short or missing, refuses the start, the check and the reload")
def _():
    with WithTokens() as gateway:
        key = gateway.path.parent / "token.key"
        key.chmod(0o644)
        contains(gateway.reload("reload refused"), "everyone on this machine can read it")
        done = adit("check", str(gateway.path))
        equal(done.returncode, 2)
        contains(done.stderr, f"{gateway.path}: tokens.key_file: the key {key}: everyone on this machine can read it")
        key.chmod(0o600)
        key.write_text("short\n")
        contains(gateway.reload("reload refused"), "it has 5 bytes, and a key has at least 32")
        key.unlink()
        contains(gateway.reload("reload refused"), "No such file")
        equal(adit("run", "--config", str(gateway.path)).returncode, 2)
        # What needs no secret works without it.
        equal(adit("explain", "--config", str(gateway.path), "--user", "ci", "127.0.0.1:1").returncode, 0)


@each([("a:b", "a user name cannot hold a colon (RFC 7617)"), ("@x", '"@" in front marks groups'), ("*", "anyone who is logged in"),
       ("a\x1fb", "a user name holds no control characters"), ("x" * 256, "a user name has at most 255 bytes (RFC 1929)")],
      lambda user, _: f"with the key alone adit token makes none for {user[:9]!r}, for no configuration knows such a user")
def _(user, words):
    with tempfile.TemporaryDirectory(prefix="adit-test-") as place:
        key = str(Path(place) / "token.key")
        equal(adit("token", "--new-key", key).returncode, 0)
        done = adit("token", "--key-file", key, "--user", user, "--ttl", "15m")
        equal((done.returncode, done.stdout), (2, ""))
        contains(done.stderr, "--user: ")
        contains(done.stderr, words)
        equal(adit("token", "--key-file", key, "--user", "x" * 255, "--ttl", "15m").returncode, 0)


@test("adit token says what is wrong with what it was asked for")
def _():
    with WithTokens() as gateway:
        config = ["--config", str(gateway.path), "--user", "ci"]
        tomorrow = f"{datetime.now(timezone.utc) + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
        for arguments, words in (
                ([*config], "a token needs --user and --ttl"),
                (["--user", "ci", "--ttl", "15m"], "where is the key?"),
                ([*config, "--ttl", "15"], '--ttl: "15" is no duration'),
                ([*config, "--ttl", "0s"], '--ttl: "0s" is no duration'),
                ([*config, "--ttl", "15m", "--at", "noon"], '--at: "noon" is no time'),
                ([*config, "--ttl", "15m", "--at", "9999-01-01T00:00:00Z"],
                 "--at: that token would be good until 9999-01-01T00:15:00Z, and no token is good for longer than 365d from now"),
                ([*config, "--ttl", "15m", "--at", "5100-01-01T00:00:00Z"], "good until 5100-01-01T00:15:00Z"),
                ([*config, "--ttl", "365d", "--at", tomorrow], "no token is good for longer than 365d from now"),
                ([*config, "--ttl", "15m", "--host", ".example.com"], "begins with a dot"),
                ([*config, "--ttl", "15m", "--host", "10.0.0.1"], "is an address"),
                ([*config, "--ttl", "15m", "--host", "*"], "leave --host out"),
                ([*config, "--ttl", "15m", "--port", "0"], "--port: "),
                ([*config, "--ttl", "15m", *sum((["--host", f"host-{i}.example.com"] for i in range(20)), [])],
                 "SOCKS5 carries no more than 255"),
                (["--config", str(gateway.path), "--user", "bob", "--ttl", "15m"], 'no user is called "bob"')):
            done = adit("token", *arguments)
            equal((done.returncode, done.stdout), (2, ""), f"{arguments}: {done.stderr}")
            contains(done.stderr, words)
        for ttl, at in (("365d", []), ("15m", ["--at", tomorrow])):
            equal(adit("token", *config, "--ttl", ttl, *at).returncode, 0)
        key = str(gateway.path.parent / "token.key")
        contains(adit("token", "--key-file", key, "--user", "whoever", "--ttl", "15m").stdout, "whoever:adit1~")
        equal(os.stat(key).st_mode & 0o7777, 0o600)
        equal(adit("token", "--new-key", key).returncode, 1)
        contains(adit("token", *config, "--ttl", "15m", "--host", "*.a.example", "--port", "1-2").stderr,
                 "a token for ci, good until 20")


main()
