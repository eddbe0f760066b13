"""TLS on the port: real clients inside it, beside it, with certificates of their own, and through a reload."""
import contextlib
import hashlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
from pathlib import Path

from harness.clients import curl, run
from harness.gateway import PROGRAM, Gateway, Lines, LOOPBACK, adit, password_hash
from harness.origins import HttpOrigin, Sshd
from harness.runner import PATIENCE, check, contains, each, equal, main, need, test
from harness.wire import connect_request, dial, read_exactly, read_socks5_reply, read_until, socks5_request

GREETING = b"hello from the origin\n"
folder = tempfile.TemporaryDirectory(prefix="adit-tls-")
place = Path(folder.name)
(place / "hello").write_bytes(GREETING)
(place / "large").write_bytes(bytes(range(256)) * 16384)

EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"]
USERS = {"alice": password_hash("secret"), "build-7": "*"}
TLS = {"certificate": str(place / "server.pem"), "key": str(place / "server.key")}
WITH_CLIENTS = {**TLS, "client_ca": str(place / "ca.pem")}


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], cwd=place, check=True, capture_output=True)


def issue(name, subject, alternatives="DNS:localhost,IP:127.0.0.1"):
    openssl("req", "-x509", "-CA", "ca.pem", "-CAkey", "ca.key", *EC, "-subj", subject, "-keyout", f"{name}.key",
            "-out", f"{name}.pem", "-addext", f"subjectAltName={alternatives}")


def prepare():
    need("openssl", "curl")
    openssl("req", "-x509", *EC, "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem")
    issue("server", "/CN=localhost")
    issue("second", "/CN=second.example")
    issue("build", "/CN=build-7", "DNS:agent.example,email:alice")
    issue("stranger", "/CN=nobody-here")


def listener(tls, **more):
    return {"name": "main", "address": "127.0.0.1:0", "tls": tls, **more}


def inside(gateway, *, name=None, context=None):
    """A connection to the gateway with TLS on it, as the owner of this certificate."""
    context = context or ssl.create_default_context(cafile=place / "ca.pem")
    if name:
        context.load_cert_chain(place / f"{name}.pem", place / f"{name}.key")
    return context.wrap_socket(dial(gateway.address()), server_hostname="localhost")


def proxy(gateway, scheme="https"):
    return ["--proxytunnel", "--proxy", f"{scheme}://127.0.0.1:{gateway.port()}", "--proxy-cacert", place / "ca.pem"]


def shows(name):
    return ["--proxy-cert", place / f"{name}.pem", "--proxy-key", place / f"{name}.key"]


@each(["1.2", "1.3"], lambda version: f"a tunnel stands through TLS {version}")
def _(version):
    with HttpOrigin(folder.name) as origin, Gateway(listeners=[listener(TLS)]) as gateway:
        context = ssl.create_default_context(cafile=place / "ca.pem")
        context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, f"TLSv1_{version[-1]}")
        with inside(gateway, context=context) as connection:
            connection.sendall(connect_request("localhost", origin.port))
            contains(read_until(connection, b"\r\n\r\n"), b" 200 ")
            connection.sendall(b"GET /hello HTTP/1.0\r\n\r\n")
            contains(read_until(connection, GREETING), GREETING)
        equal(gateway.record(protocol="connect")["tls"], version)


@test("curl fetches a page through https://")
def _():
    with HttpOrigin(folder.name) as origin, Gateway(listeners=[listener(TLS)]) as gateway:
        done = curl(*proxy(gateway), f"http://localhost:{origin.port}/large")
        equal((done.code, done.output), (0, (place / "large").read_bytes()), repr(done)[:300])
        record = gateway.record(ending="finished")
        equal((record["protocol"], record["tls"], record["host"]), ("connect", "1.3", "localhost"))
        done = curl("--proxytunnel", "--proxy", f"https://127.0.0.1:{gateway.port()}", "http://localhost/")
        equal(done.code, 60, "curl does not know the authority")


@test("curl in plain text uses the same port")
def _():
    with HttpOrigin(folder.name) as origin, Gateway(listeners=[listener(TLS)]) as gateway:
        for options in (proxy(gateway, "http"), ["--proxy", f"socks5h://127.0.0.1:{gateway.port()}"]):
            done = curl(*options, f"http://localhost:{origin.port}/hello")
            equal((done.code, done.output), (0, GREETING), repr(done))
            check("tls" not in gateway.record(ending="finished"), "it was plain text")


@test("inside TLS the help page and /proxy.pac say https")
def _():
    with Gateway(listeners=[listener(TLS)]) as gateway:
        page = curl("--cacert", place / "ca.pem", gateway.url("https")).output.decode()
        contains(page, f"curl -x {gateway.url('https')} https://")
        check("http://" not in page and "socks" not in page, page)
        pac = curl("--cacert", place / "ca.pem", gateway.url("https") + "/proxy.pac").output.decode()
        contains(pac, f'return "HTTPS 127.0.0.1:{gateway.port()}";')


@test("where TLS is required plain text is refused in words, and nothing is judged")
def _():
    with HttpOrigin(folder.name) as origin, Gateway(listeners=[listener({**TLS, "mode": "required"})]) as gateway:
        done = curl(*proxy(gateway), f"http://localhost:{origin.port}/hello")
        equal((done.code, done.output), (0, GREETING), repr(done))
        gateway.record(ending="finished")
        with dial(gateway.address()) as connection:
            connection.sendall(connect_request("localhost", origin.port))
            contains(read_until(connection, b"https://").decode(), "this listener speaks TLS only")
        record = gateway.record()
        equal((record["ending"], record["reason"]), ("not_allowed", "this listener speaks TLS only"))
        check("verdict" not in record and "host" not in record, f"judged: {record}")
        done = curl("--proxy", f"socks5h://127.0.0.1:{gateway.port()}", f"http://localhost:{origin.port}/hello")
        check(done.code != 0 and not done.output, repr(done))
        equal(gateway.record(protocol="socks5")["ending"], "not_allowed")


@test("SOCKS is spoken inside TLS, and TLS inside TLS is nobody's protocol")
def _():
    with HttpOrigin(folder.name) as origin, Gateway(listeners=[listener(TLS)]) as gateway:
        with inside(gateway) as connection:
            connection.sendall(b"\x05\x01\x00")
            equal(read_exactly(connection, 2), b"\x05\x00")
            connection.sendall(socks5_request("localhost", origin.port))
            equal(read_socks5_reply(connection)[0], 0)
            connection.sendall(b"GET /hello HTTP/1.0\r\n\r\n")
            contains(read_until(connection, GREETING), GREETING)
        equal(gateway.record(protocol="socks5")["tls"], "1.3")
        with inside(gateway) as connection:
            connection.sendall(b"\x16\x03\x01\x00\x05hello")
            equal(connection.recv(1), b"")
        equal(gateway.record(protocol="unknown")["ending"], "unknown_protocol")


@test("a client certificate logs its user in, and without one a password does")
def _():
    with HttpOrigin(folder.name) as origin, Gateway(
            users=USERS, listeners=[listener(WITH_CLIENTS)],
            rules=[{**LOOPBACK, "users": ["build-7", "alice"]}]) as gateway:
        url = f"http://localhost:{origin.port}/hello"
        for options, user in ((shows("build"), "build-7"), (["--proxy-user", "alice:secret"], "alice"),
                              ([*shows("stranger"), "--proxy-user", "alice:secret"], "alice")):
            done = curl(*proxy(gateway), *options, url)
            equal((done.code, done.output), (0, GREETING), repr(done))
            equal(gateway.record(ending="finished")["user"], user)
        for options, ending in (([], "login_needed"), (shows("stranger"), "login_needed"),
                                (["--proxy-user", "build-7:*"], "login_failed")):
            done = curl(*proxy(gateway), *options, url)
            check(done.code != 0 and not done.output, repr(done))
            gateway.record(ending=ending)


@test("whom a certificate has logged in shows it anew when a reload changes what is taken for one")
def _():
    with HttpOrigin(folder.name) as origin, Gateway(users=USERS, listeners=[listener(WITH_CLIENTS)]) as gateway:
        with inside(gateway, name="build") as connection:
            request = f"GET http://localhost:{origin.port}/hello HTTP/1.1\r\nHost: x\r\n\r\n".encode()
            connection.sendall(request)
            contains(read_until(connection, GREETING), b" 200 ")
            equal(gateway.record(ending="finished")["user"], "build-7")
            gateway.write(listeners=[listener(TLS)])
            gateway.reload()
            connection.sendall(request)
            with contextlib.suppress(ssl.SSLError, ConnectionError):
                equal(connection.recv(1), b"", "an answer for a certificate that counts no more")


@test("the user's name may be among the alternative names, and SOCKS then asks for no password")
def _():
    with HttpOrigin(folder.name) as origin, Gateway(
            users=USERS, listeners=[listener({**WITH_CLIENTS, "user_from": "san"})]) as gateway:
        with inside(gateway, name="build") as connection:
            connection.sendall(b"\x05\x01\x00")
            equal(read_exactly(connection, 2), b"\x05\x00")
            connection.sendall(socks5_request("localhost", origin.port))
            equal(read_socks5_reply(connection)[0], 0)
        equal(gateway.record(protocol="socks5")["user"], "alice")


def forge():
    openssl("req", "-x509", *EC, "-subj", "/CN=build-7", "-keyout", "wrong.key", "-out", "wrong.pem")


def outlive():
    openssl("req", "-new", *EC[:-2], "-subj", "/CN=build-7", "-keyout", "wrong.key", "-out", "wrong.csr")
    openssl("x509", "-req", "-in", "wrong.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "-1", "-out", "wrong.pem")


@each([("of another authority", forge), ("that has expired", outlive)],
      lambda what, _: f"a client certificate {what} is refused in the handshake, with a record")
def _(_what, make):
    make()
    with Gateway(users=USERS, listeners=[listener(WITH_CLIENTS)]) as gateway:
        with contextlib.suppress(ssl.SSLError, ConnectionError), inside(gateway, name="wrong") as connection:
            connection.recv(1)
        record = gateway.record(ending="tls_failed")
        equal(record["reason"], "certificate verify failed")
        check("user" not in record, f"a user without a good certificate: {record}")


@test("nobody renegotiates: a client that asks for it is told no, and its tunnel stands")
def _():
    with HttpOrigin(folder.name) as origin, Gateway(listeners=[listener(TLS)]) as gateway:
        client = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port()}", "-tls1_2",
                                   "-CAfile", place / "ca.pem"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = Lines(client.stdout)
        try:
            client.stdin.write(connect_request("localhost", origin.port))
            client.stdin.flush()
            said.wait(" 200 ")
            client.stdin.write(b"R\n")  # for s_client itself: renegotiate
            client.stdin.flush()
            said.wait("no renegotiation")
        finally:
            client.kill()
            client.wait()
        gateway.record(protocol="connect", tls="1.2")


@test("a proxy in front says who the client is before TLS begins")
def _():
    fronted = listener(TLS, proxy_protocol={"from": ["127.0.0.1"]}, open=True)
    with HttpOrigin(folder.name) as origin, Gateway(listeners=[fronted]) as gateway:
        with dial(gateway.address()) as plain:
            plain.sendall(b"PROXY TCP4 192.0.2.9 127.0.0.1 4711 1080\r\n")
            context = ssl.create_default_context(cafile=place / "ca.pem")
            with context.wrap_socket(plain, server_hostname="localhost") as connection:
                connection.sendall(connect_request("localhost", origin.port))
                contains(read_until(connection, b"\r\n\r\n"), b" 200 ")
        record = gateway.record(protocol="connect")
        equal((record["client"], record["tls"]), ("192.0.2.9:4711", "1.3"))
        with contextlib.suppress(ssl.SSLError, ConnectionError), inside(gateway) as connection:
            connection.recv(1)  # no header, TLS first
        check("tls" not in gateway.record(reason="the PROXY header that this source must send is missing"), "TLS was begun")


@test("a certificate is renewed by a reload, and a live tunnel does not notice")
def _():
    with HttpOrigin(folder.name) as origin, tempfile.TemporaryDirectory(prefix="adit-tls-") as renewed:
        own = {key: str(Path(renewed) / f"own.{key}") for key in ("certificate", "key")}

        def take(name):
            shutil.copy(place / f"{name}.pem", own["certificate"])
            shutil.copy(place / f"{name}.key", own["key"])

        def subject(gateway):
            with inside(gateway, context=relaxed) as connection:
                return ssl.DER_cert_to_PEM_cert(connection.getpeercert(binary_form=True))

        relaxed = ssl.create_default_context(cafile=place / "ca.pem")
        relaxed.check_hostname = False
        take("server")
        with Gateway(listeners=[listener(own)]) as gateway, inside(gateway) as tunnel:
            tunnel.sendall(connect_request("localhost", origin.port))
            contains(read_until(tunnel, b"\r\n\r\n"), b" 200 ")
            before = subject(gateway)
            take("second")
            gateway.reload()
            after = subject(gateway)
            check(before != after, "the old certificate is still shown")

            Path(own["key"]).write_text("no key at all\n")
            said = gateway.reload("reload refused")
            contains(gateway.stderr.text(), f'listeners[0].tls.key: "{own["key"]}" holds no private key')
            contains(said, "stays")
            Path(own["certificate"]).unlink()
            gateway.reload("reload refused")
            contains(gateway.stderr.text(), "No such file or directory")
            equal(subject(gateway), after, "after a refused reload")

            tunnel.sendall(b"GET /hello HTTP/1.0\r\n\r\n")
            contains(read_until(tunnel, GREETING), GREETING)


@test("a slow handshake is cut at the deadline, in its middle too")
def _():
    with Gateway(listeners=[listener(TLS)], limits={"handshake_timeout": "300ms", "drain_timeout": "200ms"}) as gateway:
        outgoing = ssl.MemoryBIO()
        hello = ssl.create_default_context(cafile=place / "ca.pem").wrap_bio(ssl.MemoryBIO(), outgoing,
                                                                            server_hostname="localhost")
        with contextlib.suppress(ssl.SSLWantReadError):
            hello.do_handshake()
        whole = outgoing.read()
        for said in (whole[:1], whole[:100], whole):
            with dial(gateway.address()) as connection:
                connection.sendall(said)
                while connection.recv(4096):  # the server's half, if ours was whole, and then its end
                    pass
            equal(gateway.record()["ending"], "handshake_timeout")


@test("what only begins like TLS is refused, and the record says why")
def _():
    with Gateway(listeners=[listener(TLS)]) as gateway:
        with dial(gateway.address()) as connection:
            connection.sendall(b"\x16 is a number, and this is a sentence\r\n")
            while connection.recv(4096):
                pass
        record = gateway.record(ending="tls_failed")
        equal(record["protocol"], "unknown")
        check(record["reason"], "no reason")


@test("a client that shakes hands and leaves is a health check")
def _():
    with Gateway(listeners=[listener(TLS)]) as gateway:
        with inside(gateway) as connection, contextlib.suppress(ssl.SSLError):
            connection.unwrap()  # nobody has said anything, so no close_notify answers it
        with inside(gateway) as connection:
            connection.sendall(b"?")
        equal(gateway.record()["ending"], "unknown_protocol")
        equal(len(gateway.records()), 1)


@test("half-closes pass through TLS: the client's end, then the whole answer")
def _():
    server = socket.create_server(("127.0.0.1", 0))
    with server, Gateway(listeners=[listener(TLS)]) as gateway:
        server.settimeout(PATIENCE)
        with inside(gateway) as connection:
            connection.sendall(connect_request("127.0.0.1", server.getsockname()[1]))
            contains(read_until(connection, b"\r\n\r\n"), b" 200 ")
            far, _ = server.accept()
            with far:
                far.settimeout(PATIENCE)
                connection.sendall(b"question")
                connection.setblocking(False)
                with contextlib.suppress(ssl.SSLWantReadError):
                    connection.unwrap()  # says close_notify and does not wait for the other's
                equal(read_exactly(far, 8), b"question")
                equal(far.recv(1), b"", "FIN for the destination")
                answer = os.urandom(1 << 20)
                far.sendall(answer)
            connection.settimeout(PATIENCE)
            check(read_exactly(connection, len(answer)) == answer, "the answer is another one")
            try:
                equal(connection.recv(1), b"")
            except ssl.SSLZeroReturnError:
                pass  # a close_notify, in the words of a module that has sent its own
        record = gateway.record(ending="finished")
        equal((record["up"], record["down"], record["closed_by"]), (8, len(answer), "client"))


@test("ssh runs a command through TLS")
def _():
    need("ssh")
    with tempfile.TemporaryDirectory(prefix="adit-ssh-") as ssh_folder, Sshd(ssh_folder) as sshd, \
            Gateway(listeners=[listener(TLS)]) as gateway:
        command = f"{PROGRAM} connect --proxy https://localhost:{gateway.port()} --ca {place / 'ca.pem'} %h %p"
        data = os.urandom(3_000_000)
        done = run("ssh", "-F", sshd.client_configuration(command), "origin", "sha256sum; exit 7", stdin=data)
        equal((done.code, done.output), (7, f"{hashlib.sha256(data).hexdigest()}  -\n".encode()), repr(done))
        equal(gateway.record(protocol="connect")["tls"], "1.3")


@test("adit connect shows the certificate that it is given, which logs its user in")
def _():
    with HttpOrigin(folder.name) as origin, Gateway(listeners=[listener(WITH_CLIENTS)], users=USERS) as gateway:
        words = [PROGRAM, "connect", "--proxy", f"https://localhost:{gateway.port()}", "--ca", place / "ca.pem"]
        where = ["127.0.0.1", origin.port]
        (place / "both.pem").write_bytes((place / "build.pem").read_bytes() + (place / "build.key").read_bytes())
        for own in (["--cert", place / "build.pem", "--key", place / "build.key"], ["--cert", place / "both.pem"]):
            done = run(*words, *own, *where, stdin=b"GET /hello HTTP/1.0\r\n\r\n")
            equal(done.code, 0, repr(done))
            contains(done.output, GREETING)
            gateway.record(user="build-7", ending="finished")
        equal(run(*words, *where).code, 3, "without a certificate")
        done = run(*words, "--cert", place / "build.pem", "--key", place / "server.key", *where)
        equal(done.code, 4, repr(done))
        contains(done.words, "server.key")


@test("adit check looks into the files, and says where they are named")
def _():
    text = json.dumps({"listeners": [{"address": "127.0.0.1:0", "tls": {"certificate": "a.pem", "key": "b.pem"}}],
                       "rules": []})
    done = adit("check", text=text)
    equal(done.returncode, 2)
    contains(done.stderr, "listeners[0].tls.certificate: cannot read ")
    contains(done.stderr, "/a.pem\": No such file or directory")
    contains(done.stderr, "listeners[0].tls.key: cannot read ")

    open_key = place / "open.key"
    shutil.copy(TLS["key"], open_key)
    open_key.chmod(0o644)
    done = adit("check", text=json.dumps({"listeners": [{"address": "127.0.0.1:0", "tls": {**TLS, "key": str(open_key)}}],
                                          "rules": []}))
    equal(done.returncode, 0, done.stderr)
    contains(done.stderr, "everyone on this machine can read the key")


main(prepare)
