"""curl, in every dialect it speaks, with and without a login."""
import tempfile
from pathlib import Path

from harness.clients import curl
from harness.gateway import Gateway, LOOPBACK, password_hash
from harness.origins import Certificate, HttpOrigin, closed_port
from harness.runner import check, contains, each, equal, main, test

GREETING = b"hello from the origin\n"
folder = tempfile.TemporaryDirectory(prefix="adit-curl-")
(Path(folder.name) / "hello").write_bytes(GREETING)
(Path(folder.name) / "large").write_bytes(bytes(range(256)) * 16384)
certificate = Certificate(folder.name)

# What curl is told, and what the record must say: protocol and the host as asked for.
DIALECTS = [
    ("CONNECT", ["--proxytunnel", "--proxy", "http://{}"], "connect", "localhost"),
    ("CONNECT in HTTP/1.0", ["--proxytunnel", "--proxy1.0", "{}"], "connect", "localhost"),
    ("SOCKS4", ["--proxy", "socks4://{}"], "socks4", "127.0.0.1"),
    ("SOCKS4a", ["--proxy", "socks4a://{}"], "socks4", "localhost"),
    ("SOCKS5 with an address", ["--ipv4", "--proxy", "socks5://{}"], "socks5", "127.0.0.1"),
    ("SOCKS5 with a name", ["--proxy", "socks5h://{}"], "socks5", "localhost"),
]
WITH_LOGIN = [(name, options) for name, options, protocol, _ in DIALECTS if protocol != "socks4"]

USERS = {"alice": password_hash("open sesame: 1")}
LOGIN = ["--proxy-user", "alice:open sesame: 1"]


def endpoint(gateway):
    return "%s:%d" % gateway.address()


def told(options, gateway):
    return [option.format(endpoint(gateway)) for option in options]


@each(DIALECTS, lambda name, *_: f"curl fetches a page through {name}")
def _(name, options, protocol, host):
    with HttpOrigin(folder.name) as origin, Gateway() as gateway:
        done = curl(*told(options, gateway), f"http://localhost:{origin.port}/hello")
        equal((done.code, done.output), (0, GREETING), repr(done))
        record = gateway.record(protocol=protocol)
        equal((record["host"], record["port"], record["address"]), (host, origin.port, f"127.0.0.1:{origin.port}"))
        equal((record["verdict"], record["rule"], record["ending"]), ("allow", "loopback", "finished"))
        check(record["down"] > len(GREETING) and record["up"] > 0, f"bytes: {record}")


@each(DIALECTS, lambda name, *_: f"curl speaks TLS to the origin through {name}")
def _(name, options, protocol, host):
    with HttpOrigin(folder.name, certificate) as origin, Gateway() as gateway:
        done = curl(*told(options, gateway), "--cacert", certificate.path, f"https://localhost:{origin.port}/large")
        equal((done.code, done.output), (0, bytes(range(256)) * 16384), repr(done)[:300])


@each(WITH_LOGIN, lambda name, _: f"curl logs in through {name}, and the record names the user")
def _(name, options):
    with HttpOrigin(folder.name) as origin, Gateway(users=USERS) as gateway:
        done = curl(*told(options, gateway), *LOGIN, f"http://localhost:{origin.port}/hello")
        equal((done.code, done.output), (0, GREETING), repr(done))
        equal(gateway.record(ending="finished")["user"], "alice")


@each(WITH_LOGIN, lambda name, _: f"a wrong password is refused through {name}")
def _(name, options):
    with HttpOrigin(folder.name) as origin, Gateway(users=USERS) as gateway:
        done = curl(*told(options, gateway), "--proxy-user", "alice:wrong", f"http://localhost:{origin.port}/hello")
        check(done.code != 0 and done.output == b"", repr(done))
        record = gateway.record()
        equal(record["ending"], "login_failed")
        check("address" not in record and "resolved" not in record, f"nothing is looked up before the login: {record}")
        check("wrong" not in gateway.stdout.text() + gateway.stderr.text(), "the password was written down")


@each(WITH_LOGIN, lambda name, _: f"nobody gets through {name} where a login is asked for")
def _(name, options):
    with HttpOrigin(folder.name) as origin, Gateway(users=USERS) as gateway:
        done = curl(*told(options, gateway), f"http://localhost:{origin.port}/hello")
        check(done.code != 0 and done.output == b"", repr(done))
        equal(gateway.record()["ending"], "login_needed")


@test("curl --proxy-anyauth, which first asks without credentials, gets through after the 407")
def _():
    with HttpOrigin(folder.name) as origin, Gateway(users=USERS) as gateway:
        done = curl("--proxytunnel", "--proxy", gateway.url(), "--proxy-anyauth", *LOGIN,
                    f"http://localhost:{origin.port}/hello")
        equal((done.code, done.output), (0, GREETING), repr(done))
        gateway.record(ending="login_needed")
        gateway.record(ending="finished", user="alice")


@test("SOCKS4 is closed where a login is asked for, because it has no password")
def _():
    with HttpOrigin(folder.name) as origin, Gateway(users=USERS) as gateway:
        for scheme in ("socks4", "socks4a"):
            done = curl("--proxy", gateway.url(scheme, "alice"), f"http://localhost:{origin.port}/hello")
            equal(done.code, 97, repr(done))
        equal(gateway.record(protocol="socks4")["ending"], "not_allowed")


@test("where the login is optional, a rule for users asks nobody to log in and lets a user through")
def _():
    with HttpOrigin(folder.name) as origin, Gateway(
            users=USERS, listeners=[{"name": "main", "address": "127.0.0.1:0", "login": "optional"}],
            rules=[{**LOOPBACK, "users": ["alice"]}]) as gateway:
        page = f"http://localhost:{origin.port}/hello"
        done = curl("--proxytunnel", "--proxy", gateway.url(), page)
        contains(done.words, "407")
        done = curl("--proxytunnel", "--proxy", gateway.url(), *LOGIN, page)
        equal((done.code, done.output), (0, GREETING), repr(done))
        done = curl("--proxytunnel", "--proxy", gateway.url(), "--proxy-user", "alice:wrong", page)
        contains(done.words, "407")
        equal(curl("--proxy", gateway.url("socks4a"), page).code, 97)
        equal(curl("--proxy", gateway.url("socks5h"), *LOGIN, page).output, GREETING)


@test("a refusal reaches the person at curl with its status")
def _():
    with Gateway(rules=[{**LOOPBACK, "ports": [443]}]) as gateway:
        done = curl("--proxytunnel", "--proxy", gateway.url(), "http://localhost:22/")
        equal(done.code, 56, repr(done))
        contains(done.words, "403")
        done = curl("--proxy", gateway.url("socks5h"), "http://localhost:22/")
        equal(done.code, 97, repr(done))


@test("a closed port is told as refused, not as an empty answer")
def _():
    with Gateway() as gateway:
        port = closed_port()
        contains(curl("--proxytunnel", "--proxy", gateway.url(), f"http://localhost:{port}/").words, "502")
        done = curl("--proxy", gateway.url("socks5h"), f"http://localhost:{port}/")
        contains(done.words, "(5)")
        equal(gateway.record(protocol="connect")["ending"], "refused")
        equal(gateway.record(protocol="socks5")["ending"], "refused")


@each(["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"], lambda variable: f"{variable} in the environment is enough")
def _(variable):
    with HttpOrigin(folder.name, certificate) as origin, Gateway() as gateway:
        done = curl("--cacert", certificate.path, f"https://localhost:{origin.port}/hello",
                    environment={variable: gateway.url("http" if "http" in variable.lower() else "socks5h")})
        equal((done.code, done.output), (0, GREETING), repr(done))
        equal(gateway.record()["host"], "localhost")


@test("credentials offered where no login is asked for are ignored")
def _():
    with HttpOrigin(folder.name) as origin, Gateway() as gateway:
        for options in (["--proxytunnel", "--proxy", gateway.url()], ["--proxy", gateway.url("socks5h")]):
            done = curl(*options, *LOGIN, f"http://localhost:{origin.port}/hello")
            equal((done.code, done.output), (0, GREETING), repr(done))
        check("user" not in gateway.record(protocol="connect"), "a user was believed without a check")


main()
