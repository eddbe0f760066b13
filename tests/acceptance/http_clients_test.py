"""Real clients that know the gateway as their HTTP proxy for http:// addresses, and as a web server by mistake."""
import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

from harness.clients import curl, run
from harness.gateway import Gateway, LOOPBACK, password_hash
from harness.origins import Door, HttpOrigin, ProgramOrigin
from harness.runner import check, contains, each, equal, main, need, test
from harness.wire import HttpReply, dial

folder = tempfile.TemporaryDirectory(prefix="adit-http-")
ROOT = Path(folder.name)
LARGE = bytes(range(256)) * 16384  # 4 MiB
(ROOT / "hello").write_bytes(b"hello from the origin\n")
(ROOT / "large").write_bytes(LARGE)

# A server that reads a whole request with a body and answers with the body's length and SHA-256.
ECHO = r"""
import hashlib, sys
source, out = sys.stdin.buffer, sys.stdout.buffer
head = {}
method = source.readline().decode().split()[0]
while (line := source.readline().decode().strip()):
    name, value = line.split(": ", 1)
    head[name.lower()] = value
if head.get("expect") == "100-continue":
    out.write(b"HTTP/1.1 100 Continue\r\n\r\n"); out.flush()
body = b""
if head.get("transfer-encoding") == "chunked":
    while (size := int(source.readline(), 16)):
        body += source.read(size); source.readline()
    source.readline()
else:
    body = source.read(int(head.get("content-length", 0)))
answer = f"{method} {len(body)} {hashlib.sha256(body).hexdigest()} {head.get('expect')}".encode()
out.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer)); out.flush()
"""


def echo():
    return ProgramOrigin("python3", "-B", "-c", ECHO)


@test("curl gets http:// addresses of several origins over one connection to its proxy")
def _():
    with HttpOrigin(ROOT) as one, HttpOrigin(ROOT) as other, Gateway() as gateway:
        pages = [f"http://localhost:{origin.port}/{page}" for page in ("hello", "large") for origin in (one, other)]
        done = curl("--proxy", gateway.url(), "--write-out", "%{num_connects}\n", *pages)
        equal((done.code, len(done.output)), (0, 2 * 22 + 2 * len(LARGE) + 8), repr(done)[:300])
        equal(done.output.count(b"\n1\n") + done.output.count(b"\n0\n"), 2, "connections to the proxy")
        for origin in (one, other, one, other):
            record = gateway.record(port=origin.port)
            equal((record["protocol"], record["host"], record["ending"]), ("http", "localhost", "finished"))


@each([("POST", []), ("PUT", ["--expect100-timeout", "20", "--header", "Expect: 100-continue"]),
       ("POST", ["--header", "Transfer-Encoding: chunked"]), ("PUT", ["--http1.0"])],
      lambda method, options: f"curl uploads 4 MiB by {method} {' '.join(options)}")
def _(method, options):
    with echo() as origin, Gateway() as gateway:
        done = curl("--proxy", gateway.url(), "--request", method, "--data-binary", f"@{ROOT}/large", *options,
                    f"http://localhost:{origin.port}/")
        expected = f"{method} {len(LARGE)} {hashlib.sha256(LARGE).hexdigest()}"
        equal((done.code, done.output.decode().rsplit(" ", 1)[0]), (0, expected), repr(done))
        check(gateway.record()["up"] > len(LARGE), "the record does not count the body")


@test("curl logs in for http:// addresses, also after a 407, and the origin never sees the password")
def _():
    with HttpOrigin(ROOT) as origin, Gateway(users={"alice": password_hash("secret")}) as gateway:
        page = f"http://localhost:{origin.port}/hello"
        for options in ([], ["--proxy-anyauth"]):
            done = curl("--proxy", gateway.url(), "--proxy-user", "alice:secret", *options, page)
            equal((done.code, done.output), (0, b"hello from the origin\n"), repr(done))
            gateway.record(user="alice", ending="finished")
        gateway.record(ending="login_needed")
        contains(curl("--proxy", gateway.url(), "--fail", page).words, "407")


@test("curl is told why it may not: the status, the rule, the reason")
def _():
    with Gateway(rules=[{"name": "only ssh", "action": "allow", "ports": [22]}]) as gateway:
        done = curl("--proxy", gateway.url(), "--include", "http://localhost:80/")
        contains(done.output.decode(), "HTTP/1.1 403 Forbidden")
        contains(done.output.decode(), "Refused: the policy of this gateway does not allow")


@test("a rule for the protocol http holds for forwarded requests alone")
def _():
    with HttpOrigin(ROOT) as origin, Gateway(rules=[{**LOOPBACK, "protocols": ["http"]}]) as gateway:
        page = f"http://localhost:{origin.port}/hello"
        equal(curl("--proxy", gateway.url(), page).output, b"hello from the origin\n")
        contains(curl("--proxy", gateway.url(), "--proxytunnel", page).words, "403")
    with HttpOrigin(ROOT) as origin, Gateway(
            listeners=[{"name": "main", "address": "127.0.0.1:0", "protocols": ["connect"]}]) as gateway:
        page = f"http://localhost:{origin.port}/hello"
        contains(curl("--proxy", gateway.url(), "--fail", page).words, "405")
        equal(curl("--proxy", gateway.url(), "--proxytunnel", page).output, b"hello from the origin\n")


# A server of WebSockets (RFC 6455) that says hello and closes.
GREETER = r"""
import base64, hashlib, sys
source, out = sys.stdin.buffer, sys.stdout.buffer
head = {}
source.readline()
while (line := source.readline().decode().strip()):
    name, value = line.split(": ", 1)
    head[name.lower()] = value
accepted = hashlib.sha1((head["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
out.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "
          + base64.b64encode(accepted) + b"\r\n\r\n\x81\x05hello"); out.flush()
"""


@test("curl opens a WebSocket through an http:// proxy")
def _():
    asked = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
    with ProgramOrigin("python3", "-B", "-c", GREETER) as origin, Gateway() as gateway:
        done = curl("--include", "--no-buffer", "-x", gateway.url(), f"http://127.0.0.1:{origin.port}/",
                    *(word for field in asked for word in ("-H", field)))
        contains(done.output, b" 101 ", repr(done))
        contains(done.output, b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")
        check(done.output.endswith(b"\r\n\r\n\x81\x05hello"), repr(done.output))
        gateway.record(protocol="http", ending="finished")


@test("wget downloads through http_proxy")
def _():
    need("wget")
    with HttpOrigin(ROOT) as origin, Gateway() as gateway:
        done = run("wget", "--no-config", "--quiet", "--output-document", "-", f"http://localhost:{origin.port}/large",
                   f"http://localhost:{origin.port}/hello", environment={"http_proxy": gateway.url()})
        equal((done.code, done.output), (0, LARGE + b"hello from the origin\n"), repr(done)[:300])


def debian_repository(folder):
    """A flat repository with one package."""
    package = folder / "package" / "DEBIAN"
    package.mkdir(parents=True)
    (package / "control").write_text("Package: adit-greeting\nVersion: 1.0\nArchitecture: all\nMaintainer: t <t@localhost>\n"
                                     "Description: nothing\n")
    (folder / "package" / "blob").write_bytes(os.urandom(300_000))
    repository = folder / "repository"
    repository.mkdir()
    deb = repository / "adit-greeting_1.0_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", folder / "package", deb], check=True, capture_output=True)
    content = deb.read_bytes()
    (repository / "Packages").write_text((package / "control").read_text() + f"Filename: ./{deb.name}\n"
                                         f"Size: {len(content)}\nSHA256: {hashlib.sha256(content).hexdigest()}\n\n")
    return repository, content


@test("apt updates and downloads through Acquire::http::Proxy")
def _():
    need("apt-get", "dpkg-deb")
    with tempfile.TemporaryDirectory(prefix="adit-apt-") as home:
        home = Path(home)
        repository, content = debian_repository(home)
        home.chmod(0o755)
        root = home / "root"  # apt touches nothing outside of it
        for part in ("etc/apt/sources.list.d", "etc/apt/preferences.d", "etc/apt/apt.conf.d", "state/lists/partial",
                     "cache/archives/partial", "dpkg"):
            (root / part).mkdir(parents=True)
        (root / "dpkg/status").touch()
        with HttpOrigin(repository) as origin, Gateway() as gateway:
            (root / "etc/apt/sources.list").write_text(f"deb [trusted=yes] http://localhost:{origin.port}/ ./\n")
            settings = [f"Dir={root}", "Dir::State=state", "Dir::Cache=cache", f"Dir::State::status={root}/dpkg/status",
                        f"Acquire::http::Proxy={gateway.url()}", "APT::Sandbox::User=root", "Acquire::Languages=none",
                        "Acquire::Retries=0"]
            options = [word for setting in settings for word in ("-o", setting)]
            environment = {"APT_CONFIG": "/dev/null"}
            done = run("apt-get", *options, "update", environment=environment)
            equal(done.code, 0, repr(done))
            done = run("apt-get", *options, "install", "--yes", "--download-only", "adit-greeting", environment=environment)
            equal(done.code, 0, repr(done))
            equal((root / "cache/archives/adit-greeting_1.0_all.deb").read_bytes(), content)
            check(all(record["protocol"] == "http" and record["ending"] == "finished" for record in gateway.records()),
                  f"{gateway.records()}")


@test("curl that takes the gateway for a web server is told how to use it, without a login and without the policy")
def _():
    with Gateway(users={"alice": password_hash("secret")}, rules=[{**LOOPBACK, "name": "secret rule"}]) as gateway:
        done = curl("--include", gateway.url())
        text = done.output.decode()
        contains(text, "HTTP/1.1 200 OK")
        contains(text, "Content-Type: text/plain")
        for line in ("curl -x {} https://", "git config --global http.proxy {}"):
            contains(text, line.format(gateway.url(login="user:password")))
        contains(text, f"adit connect --proxy {gateway.url()} --login-file ")
        contains(text, f"{gateway.url()}/proxy.pac")
        check("secret" not in text and "alice" not in text, text)
        contains(curl("--header", "Accept: text/html", "--include", gateway.url()).output.decode(), "Content-Type: text/html")
        record = gateway.record()
        equal((record["protocol"], record["ending"]), ("http", "help"))
        check("host" not in record and "verdict" not in record, f"{record}")


@test("the line that the page gives for curl works as it stands")
def _():
    with HttpOrigin(ROOT) as origin, Gateway() as gateway:
        page = curl(gateway.url()).output.decode()
        line = next(line for line in page.splitlines() if line.startswith("curl"))
        words = line.split()[2:]
        equal(words[0], "-x")
        done = curl(words[0], words[1], "--proxytunnel", f"http://localhost:{origin.port}/hello")
        equal(done.output, b"hello from the origin\n", repr(done))


@test("the page of a listener that only tunnels tells of nothing else")
def _():
    with Gateway(listeners=[{"name": "main", "address": "127.0.0.1:0", "protocols": ["connect"]}]) as gateway:
        text = curl(gateway.url()).output.decode()
        contains(text, f"adit connect --proxy {gateway.url()} %h %p")
        check("socks" not in text and " http_proxy" not in text, text)


@test("/proxy.pac names the gateway as the client knows it, and other pages do not exist")
def _():
    with Gateway() as gateway:
        done = curl("--include", gateway.url() + "/proxy.pac")
        contains(done.output.decode(), "application/x-ns-proxy-autoconfig")
        contains(done.output.decode(), 'return "PROXY 127.0.0.1:%d";' % gateway.port())
        contains(curl("--fail", gateway.url() + "/favicon.ico").words, "404")
        contains(curl("--fail", "--data", "x", gateway.url()).words, "400")
        contains(curl("--fail", "--request", "PUT", gateway.url()).words, "405")
        for host in ('a"b', "<script>", "a b", "127.1"):
            with dial(gateway.address()) as client:
                client.sendall(f"GET /proxy.pac HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                reply = HttpReply(client)
                equal(reply.status, 400)
                check(host not in reply.body, "the page repeats what a stranger sent")


@test('"help": false leaves no page, only the word that this is a proxy')
def _():
    with Gateway(listeners=[{"name": "main", "address": "127.0.0.1:0", "help": False}]) as gateway:
        for path in ("/", "/proxy.pac"):
            done = curl("--include", gateway.url() + path)
            contains(done.output.decode(), "HTTP/1.1 400 Bad Request")
            check("curl" not in done.output.decode(), done.output.decode())
        equal(gateway.record()["ending"], "malformed")


@test("a client that half-closes after its request still gets its answer")
def _():
    with Door() as door, Gateway() as gateway, dial(gateway.address()) as client:
        client.sendall(f"GET http://127.0.0.1:{door.port}/ HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        origin = door.accept()
        client.shutdown(1)
        origin.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        equal(HttpReply(client).body, "ok")
        equal(gateway.record()["ending"], "finished")


main()
