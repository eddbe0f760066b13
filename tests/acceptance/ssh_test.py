"""OpenSSH through the gateway, by the three programs that people put into ProxyCommand."""
import hashlib
import os
import tempfile
from pathlib import Path

from harness.clients import run
from harness.gateway import Gateway, LOOPBACK, password_hash
from harness.origins import Sshd
from harness.runner import check, contains, each, equal, main, need, test

PROXY_COMMANDS = [
    ("nc -X connect", "nc -X connect -x 127.0.0.1:{port} %h %p", "connect"),
    ("nc -X 5", "nc -X 5 -x 127.0.0.1:{port} %h %p", "socks5"),
    ("nc -X 4", "nc -X 4 -x 127.0.0.1:{port} %h %p", "socks4"),
    ("ncat --proxy", "ncat --proxy 127.0.0.1:{port} --proxy-type http %h %p", "connect"),
    ("ncat --proxy-type socks5", "ncat --proxy 127.0.0.1:{port} --proxy-type socks5 %h %p", "socks5"),
    ("ncat --proxy-type socks4", "ncat --proxy 127.0.0.1:{port} --proxy-type socks4 %h %p", "socks4"),
]

folder = tempfile.TemporaryDirectory(prefix="adit-ssh-")
sshd = None


def prepare():
    global sshd
    need("ssh", "scp", "nc", "ncat")
    sshd = Sshd(folder.name).__enter__()


def ssh(gateway, proxy_command, *words, stdin=b""):
    configuration = sshd.client_configuration(proxy_command.format(port=gateway.port()))
    return run("ssh", "-F", configuration, "origin", *words, stdin=stdin)


@each(PROXY_COMMANDS, lambda name, *_: f"ssh runs a command through {name}")
def _(name, proxy_command, protocol):
    with Gateway() as gateway:
        done = ssh(gateway, proxy_command, "echo it works; exit 7")
        equal((done.code, done.output), (7, b"it works\n"), repr(done))
        record = gateway.record(protocol=protocol)
        equal((record["port"], record["rule"], record["verdict"]), (sshd.port, "loopback", "allow"))
        check(record["ending"] in ("finished", "reset"), f"ending: {record}")


@each(PROXY_COMMANDS[:3], lambda name, *_: f"ssh carries what it is piped through {name}, and its answer")
def _(name, proxy_command, protocol):
    data = os.urandom(3_000_000)
    with Gateway() as gateway:
        done = ssh(gateway, proxy_command, "sha256sum; echo done", stdin=data)
        equal(done.output, f"{hashlib.sha256(data).hexdigest()}  -\ndone\n".encode(), repr(done))


@each([PROXY_COMMANDS[0], PROXY_COMMANDS[1], PROXY_COMMANDS[3]], lambda name, *_: f"scp copies 20 MiB through {name} and back")
def _(name, proxy_command, protocol):
    with Gateway() as gateway, tempfile.TemporaryDirectory(prefix="adit-scp-") as place:
        sent, far, back = (Path(place) / part for part in ("sent", "far", "back"))
        sent.write_bytes(os.urandom(20 << 20))
        digest = hashlib.sha256(sent.read_bytes()).hexdigest()
        configuration = sshd.client_configuration(proxy_command.format(port=gateway.port()))
        done = run("scp", "-q", "-F", configuration, sent, f"origin:{far}")
        equal(done.code, 0, repr(done))
        done = run("scp", "-q", "-F", configuration, f"origin:{far}", back)
        equal(done.code, 0, repr(done))
        equal(hashlib.sha256(back.read_bytes()).hexdigest(), digest, "hash of what came back")
        check(gateway.record(protocol=protocol)["up"] > 20 << 20, "bytes up are not counted")
        check(gateway.record(protocol=protocol)["down"] > 20 << 20, "bytes down are not counted")


@test("ncat logs in over CONNECT and over SOCKS5")
def _():
    with Gateway(users={"alice": password_hash("secret")}) as gateway:
        for kind in ("http", "socks5"):
            command = f"ncat --proxy 127.0.0.1:{{port}} --proxy-type {kind} --proxy-auth alice:secret %h %p"
            done = ssh(gateway, command, "echo it works")
            equal((done.code, done.output), (0, b"it works\n"), f"{kind}: {done!r}")
        done = ssh(gateway, "ncat --proxy 127.0.0.1:{port} --proxy-type http --proxy-auth alice:wrong %h %p", "echo no")
        equal(done.code, 255, repr(done))


@test("ssh to a port that no rule allows ends at once and says why")
def _():
    with Gateway(rules=[{**LOOPBACK, "ports": [443]}]) as gateway:
        done = ssh(gateway, "nc -X connect -x 127.0.0.1:{port} %h %p", "echo no")
        equal(done.code, 255, repr(done))
        contains(done.words, "403")
        equal(gateway.record(protocol="connect")["reason"], "no_rule")


try:
    main(prepare)
finally:
    if sshd:
        sshd.__exit__()
