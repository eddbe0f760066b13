#!/usr/bin/env python3
"""Logins under attack: who guesses is slowed down and locked out, and nobody else notices."""
import base64
import contextlib

from harness.gateway import Gateway, adit, eventually, password_hash
from harness.origins import ProgramOrigin
from harness.runner import check, contains, equal, main, test
from harness.wire import HttpReply, connect_request, dial, http_connect, socks5_connect, socks5_login

USERS = {"alice": password_hash("secret"), "bob": password_hash("hush")}
FAST = {"delay": "0ms"}


def basic(user, password):
    return "Proxy-Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def attempt(gateway, user, password, port=1, source="127.0.0.1", header=b""):
    """The whole answer to a CONNECT with these credentials, behind a PROXY header if there is one."""
    with dial(gateway.address(), source=(source, 0)) as connection:
        connection.sendall(header + connect_request("127.0.0.1", port, basic(user, password)))
        return HttpReply(connection)


def lock_out(gateway, user, **more):
    for number in range(5):
        equal(attempt(gateway, user, f"wrong {number}", **more).status, 407)
        gateway.record(ending="login_failed", user=user)


def without_id(reply):
    request = reply.body.split("Request: ")[1].split("\n")[0]
    return (reply.head + reply.body).replace(request, "ID")


@test("after five wrong passwords the right one is refused, too, in the very same words")
def _():
    with Gateway(users=USERS, logins=FAST) as gateway:
        wrong = attempt(gateway, "alice", "wrong")
        for number in range(4):
            attempt(gateway, "alice", f"wrong {number}")
        right = attempt(gateway, "alice", "secret")
        equal(right.status, 407)
        equal(without_id(right), without_id(wrong))
        record = gateway.record(ending="login_locked")
        equal((record["user"], record["closed_by"]), ("alice", "gateway"))
        check("resolved" not in record and "verdict" not in record, f"something was judged before the login: {record}")
        with dial(gateway.address()) as connection:
            equal(socks5_login(connection, "alice", "secret"), 1)
        gateway.record(ending="login_locked", protocol="socks5")
        contains(gateway.stderr.text(), "too many failed logins from 127.0.0.1: locked out for 60 s")
        check("alice" not in gateway.stderr.text(), "the log names a user who may have typed a password there")


@test("a lock-out holds for one user from one client, on every worker")
def _():
    with ProgramOrigin("cat") as origin, Gateway(users=USERS, logins=FAST, workers=4) as gateway:
        lock_out(gateway, "alice")
        for _ in range(8):
            equal(attempt(gateway, "alice", "secret").status, 407)
        equal(attempt(gateway, "bob", "hush", origin.port).status, 200)
        equal(attempt(gateway, "alice", "secret", origin.port, source="127.0.0.2").status, 200)


@test("a lock-out ends by itself")
def _():
    with ProgramOrigin("cat") as origin, Gateway(users=USERS, logins={**FAST, "lockout": "300ms"}) as gateway:
        lock_out(gateway, "alice")
        eventually(lambda: attempt(gateway, "alice", "secret", origin.port).status == 200, "it lasts")


@test("a client that tries many names is locked out as a whole, and others are not")
def _():
    bounds = {**FAST, "failures": 3, "client_failures": 6}
    with ProgramOrigin("cat") as origin, Gateway(users=USERS, logins=bounds) as gateway:
        for number in range(6):
            equal(attempt(gateway, f"user {number}", "guess").status, 407)
        equal(attempt(gateway, "alice", "secret").status, 407)
        gateway.record(ending="login_locked", user="alice")
        equal(attempt(gateway, "alice", "secret", origin.port, source="127.0.0.2").status, 200)


@test("behind a proxy in front the client that it carries is locked out, not the proxy")
def _():
    def carries(client):
        return f"PROXY TCP4 {client} 127.0.0.1 4711 1080\r\n".encode()
    listener = {"name": "main", "address": "127.0.0.1:0", "proxy_protocol": {"from": ["127.0.0.1"]}}
    with ProgramOrigin("cat") as origin, Gateway(users=USERS, logins=FAST, listeners=[listener]) as gateway:
        lock_out(gateway, "alice", header=carries("192.0.2.9"))
        equal(attempt(gateway, "alice", "secret", origin.port, header=carries("192.0.2.9")).status, 407)
        gateway.record(ending="login_locked", user="alice")
        equal(attempt(gateway, "alice", "secret", origin.port, header=carries("198.51.100.7")).status, 200)
        contains(gateway.stderr.text(), "too many failed logins from 192.0.2.9: locked out")


@test("who was verified before is served at once while a flood of wrong passwords waits for its answers")
def _():
    slow = adit("passwd", stdin="secret\n").stdout.strip()  # yescrypt takes its time
    with ProgramOrigin("cat") as origin, contextlib.ExitStack() as stack, \
            Gateway(users={"alice": slow, "bob": slow}, workers=2) as gateway:
        equal(attempt(gateway, "alice", "secret", origin.port).status, 200)
        flood = []
        for number in range(200):
            connection = stack.enter_context(dial(gateway.address(), source=(f"127.0.{number % 40}.1", 0)))
            connection.sendall(connect_request("127.0.0.1", 1, basic("bob", f"guess {number}")))
            flood.append(connection)
        for _ in range(10):
            with http_connect(gateway.address(), "127.0.0.1", origin.port, basic("alice", "secret"))[0] as tunnel:
                tunnel.sendall(b"ping")
                equal(tunnel.recv(4), b"ping")
        connection, rep, _ = socks5_connect(gateway.address(), "127.0.0.1", origin.port, login=("alice", "secret"))
        connection.close()
        equal(rep, 0)
        flood[-1].setblocking(False)
        try:
            check(flood[-1].recv(1) == b"never", "the flood was through before alice was served")
        except BlockingIOError:
            pass


@test("adit rules counts failed logins, lock-outs and what was refused meanwhile")
def _():
    with Gateway(users=USERS, logins=FAST) as gateway:
        control = gateway.path.parent / "control.sock"
        gateway.write(control=str(control))
        gateway.reload()
        lock_out(gateway, "alice")
        attempt(gateway, "alice", "secret")
        contains(adit("rules", "--control", str(control)).stdout, "logins: failed 5, locked out 1, refused meanwhile 1\n")


main()
