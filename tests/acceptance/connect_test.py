"""`adit connect`, the ProxyCommand of ssh and git, and `adit ssh-config`, which writes it down."""
import contextlib
import hashlib
import os
import subprocess
import tempfile
import threading
from pathlib import Path

from harness.bridges import Bridge
from harness.clients import git, run
from harness.gateway import LOOPBACK, PROGRAM, Gateway, clean_environment, password_hash
from harness.origins import Certificate, Door, ProgramOrigin, Sshd, closed_port, make_repository
from harness.runner import PATIENCE, check, contains, each, equal, main, need, test
from harness.wire import read_until

# A scheme, and the protocol that the gateway then records.
SCHEMES = [("http", "connect"), ("https", "connect"), ("socks4", "socks4"), ("socks4a", "socks4"), ("socks5", "socks5"),
           ("socks5h", "socks5"), ("unix", "connect")]

folder = tempfile.TemporaryDirectory(prefix="adit-connect-")
certificate = sshd = None


def prepare():
    global certificate, sshd
    need("ssh", "scp", "git", "openssl")
    certificate = Certificate(folder.name)
    sshd = Sshd(folder.name).__enter__()


def connect(*words, stdin=b"", environment=None):
    return run(PROGRAM, "connect", *words, stdin=stdin, environment=environment)


@contextlib.contextmanager
def way_to(gateway, scheme):
    """The words that make `adit connect` reach the gateway by the scheme."""
    if scheme == "https":
        with Bridge(gateway.port(), context=certificate.context()) as bridge:
            yield ["--proxy", f"https://127.0.0.1:{bridge.port}", "--ca", str(certificate.path)]
    elif scheme == "unix":
        with tempfile.TemporaryDirectory(prefix="adit-unix-") as place, Bridge(gateway.port(), path=f"{place}/proxy") as bridge:
            yield ["--proxy", f"unix:{bridge.path}"]
    else:
        yield ["--proxy", gateway.url(scheme)]


def ssh_configuration(way):
    return sshd.client_configuration(" ".join([PROGRAM, "connect", *way, "%h", "%p"]))


# ssh, scp, git

@each(SCHEMES, lambda scheme, _: f"ssh runs a command through adit connect and {scheme}")
def _(scheme, protocol):
    data = os.urandom(1_000_000)
    with Gateway() as gateway, way_to(gateway, scheme) as way:
        done = run("ssh", "-F", ssh_configuration(way), "origin", "sha256sum; exit 7", stdin=data)
        equal((done.code, done.output), (7, f"{hashlib.sha256(data).hexdigest()}  -\n".encode()), repr(done))
        equal(done.words, "", "words where all is well")
        record = gateway.record(protocol=protocol)
        equal((record["port"], record["rule"]), (sshd.port, "loopback"))


@each(["http", "https", "socks5h"], lambda scheme: f"scp copies 8 MiB through adit connect and {scheme}, and back")
def _(scheme):
    with Gateway() as gateway, way_to(gateway, scheme) as way, tempfile.TemporaryDirectory(prefix="adit-scp-") as place:
        sent, far, back = (Path(place) / part for part in ("sent", "far", "back"))
        sent.write_bytes(os.urandom(8 << 20))
        configuration = ssh_configuration(way)
        equal(run("scp", "-q", "-F", configuration, sent, f"origin:{far}").code, 0)
        equal(run("scp", "-q", "-F", configuration, f"origin:{far}", back).code, 0)
        equal(*[hashlib.sha256(path.read_bytes()).hexdigest() for path in (back, sent)], "hash of what came back")


@test("git clones over ssh with the lines that adit ssh-config prints, and a login in a file")
def _():
    with Gateway(users={"alice": password_hash("secret")}) as gateway, \
            tempfile.TemporaryDirectory(prefix="adit-git-") as place:
        repository, newest = make_repository(place)
        login = Path(place) / "the login"
        login.write_text("alice:secret\n")
        login.chmod(0o600)
        printed = run(PROGRAM, "ssh-config", "--proxy", gateway.url("socks5h"), "--login-file", login)
        equal((printed.code, printed.words), (0, ""))
        contains(printed.output.decode(), PROGRAM)
        configuration = Path(sshd.client_configuration("none"))
        lines = [line for line in configuration.read_text().splitlines() if "ProxyCommand" not in line]
        # The address of the tests' sshd is this machine's, which the printed patterns leave out.
        snippet = printed.output.decode().replace("!127.0.0.1 ", "")
        configuration.write_text("\n".join(lines) + "\n" + snippet)
        done = git("clone", "--quiet", f"origin:{repository}", f"{place}/clone",
                   environment={"GIT_SSH_COMMAND": f"ssh -F {configuration}"})
        equal(done.code, 0, repr(done))
        equal(git("-C", f"{place}/clone", "rev-parse", "HEAD").output.decode().strip(), newest)
        gateway.record(protocol="socks5", user="alice", verdict="allow")


@test("adit ssh-config quotes what the shell and ssh would read, and leaves out a login")
def _():
    done = run(PROGRAM, "ssh-config", "--proxy", "http://alice:hidden@127.0.0.1:1080", "--ca", "/a b/it's 100%.pem",
               "--cert", "/me.pem", "--key", "/my key", "--host", "*.corp", "--host", "!x.corp", environment={"HOME": "/home/alice"})
    equal(done.code, 0, repr(done))
    said = done.output.decode()
    contains(said, "\nHost *.corp !x.corp\n")
    contains(said, "--proxy http://127.0.0.1:1080 --login-file /home/alice/.config/adit/login "
                   "--ca '/a b/it'\\''s 100%%.pem' --cert /me.pem --key '/my key' %h %p\n")
    contains(done.words, "/home/alice/.config/adit/login")
    check("hidden" not in said + done.words, f"a password: {said}{done.words}")
    # ssh makes one % of two, and adit connect reads %25 as %.
    contains(run(PROGRAM, "ssh-config", "--proxy", "unix:/run/100%25.sock").output.decode(),
             "--proxy unix:/run/100%%25.sock %h %p\n")
    equal(run(PROGRAM, "ssh-config").code, 2)
    equal(run(PROGRAM, "ssh-config", "--proxy", "https://proxy", "--key", "/me.key").code, 2)
    equal(run(PROGRAM, "ssh-config", "--proxy", "gopher://x").code, 2)


# Bytes

# Python's bridge cannot end one direction of TLS alone; there is a test of its own for https.
@each([case for case in SCHEMES if case[0] != "https"],
      lambda scheme, _: f"what is piped into adit connect by {scheme} ends, and its answer is read")
def _(scheme, protocol):
    data = os.urandom(300_000)
    with ProgramOrigin("sha256sum") as origin, Gateway() as gateway, way_to(gateway, scheme) as way:
        done = connect(*way, "127.0.0.1", origin.port, stdin=data)
        equal((done.code, done.words), (0, ""))
        equal(done.output, f"{hashlib.sha256(data).hexdigest()}  -\n".encode())
        equal(gateway.record(protocol=protocol)["ending"], "finished")


@contextlib.contextmanager
def tls_proxy(behave, names=None, address="127.0.0.1"):
    """One connection over TLS is handed to `behave`."""
    context = certificate.context()
    if names is not None:
        context.sni_callback = lambda _, name, __: names.append(name)

    def serve():
        with contextlib.suppress(OSError, AssertionError):
            with context.wrap_socket(door.accept(), server_side=True) as connection:
                behave(connection)
    with Door(address) as door:
        server = threading.Thread(target=serve, daemon=True)
        server.start()
        yield door.port
        server.join(PATIENCE)


def read_to_notify(connection):
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data


@test("over TLS, too, the end of standard input is passed on and the answer read")
def _():
    asked = []

    def behave(connection):
        asked.append(read_until(connection, b"\r\n\r\n"))
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nearly ")
        asked.append(read_to_notify(connection))
        connection.sendall(b"late " * 100_000)
        connection.unwrap()
    names = []
    data = os.urandom(300_000)
    with tls_proxy(behave, names) as port:
        done = connect("--proxy", f"https://localhost:{port}", "--ca", certificate.path, "example.com", 22, stdin=data)
    equal((done.code, done.words), (0, ""))
    equal(done.output, b"early " + b"late " * 100_000)
    equal(asked[1], data)
    equal(names, ["localhost"])


@test("a TLS stream that is cut is told as broken")
def _():
    def behave(connection):
        read_until(connection, b"\r\n\r\n")
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nhalf")
        os.close(connection.detach())
    with tls_proxy(behave) as port:
        done = connect("--proxy", f"https://127.0.0.1:{port}", "--ca", certificate.path, "example.com", 22)
    equal((done.code, done.output), (1, b"half"), repr(done))
    contains(done.words, "broke")


@test("a destination that ends first is read to its end, while standard input stays open")
def _():
    with ProgramOrigin("printf", "all of it") as origin, Gateway() as gateway:
        process = subprocess.Popen([PROGRAM, "connect", "--proxy", gateway.url(), "127.0.0.1", str(origin.port)],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=clean_environment(folder.name))
        equal(process.stdout.read(), b"all of it")
        process.stdin.close()
        process.wait(PATIENCE)
        process.stdout.close()


@each([("http", "localhost"), ("socks4a", "localhost"), ("socks5h", "localhost"), ("socks4", "127.0.0.1"), ("socks5", None)],
      lambda scheme, _: f"by {scheme} a name is looked up " + ("here" if scheme in ("socks4", "socks5") else "by the proxy"))
def _(scheme, host):
    with ProgramOrigin("cat") as origin, Gateway() as gateway:
        done = connect("--proxy", gateway.url(scheme), "localhost", origin.port, stdin=b"x")
        record = gateway.record(port=origin.port)
        if host:
            equal((done.code, done.output, record["host"]), (0, b"x", host))
        else:
            check(record["host"] in ("127.0.0.1", "::1"), record)  # whichever the system names first


@each(["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"], lambda name: f"without --proxy, {name} names the proxy")
def _(name):
    with ProgramOrigin("cat") as origin, Gateway() as gateway:
        done = connect("127.0.0.1", origin.port, stdin=b"x", environment={name: gateway.url("socks5h")})
        equal((done.code, done.output), (0, b"x"), repr(done))
        gateway.record(protocol="socks5")


# Logins

def write_login(text, mode=0o600):
    path = Path(folder.name) / "login"
    path.write_text(text)
    path.chmod(mode)
    return path


WAYS_TO_LOG_IN = {
    "the URL": lambda gateway, scheme, password: (["--proxy", gateway.url(scheme, f"alice:{password.replace('%', '%25')}")], {}),
    "a file": lambda gateway, scheme, password: (
        ["--proxy", gateway.url(scheme, "eve:no"), "--login-file", write_login(f"alice:{password}\n")], {}),
    "the environment": lambda gateway, scheme, password: (
        ["--proxy", gateway.url(scheme)], {"ADIT_USER": "alice", "ADIT_PASSWORD": password}),
}


@each([(scheme, way) for scheme in ("http", "socks5h") for way in WAYS_TO_LOG_IN],
      lambda scheme, way: f"adit connect logs in by {scheme} with a login from {way}; a wrong one is told, not repeated")
def _(scheme, way):
    with ProgramOrigin("cat") as origin, Gateway(users={"alice": password_hash("se:%cret")}) as gateway:
        words, environment = WAYS_TO_LOG_IN[way](gateway, scheme, "se:%cret")
        done = connect(*words, "127.0.0.1", origin.port, stdin=b"x", environment=environment)
        equal((done.code, done.output, done.words), (0, b"x", ""))
        gateway.record(user="alice", verdict="allow")
        words, environment = WAYS_TO_LOG_IN[way](gateway, scheme, "mistyped")
        done = connect(*words, "127.0.0.1", origin.port, environment=environment)
        equal(done.code, 3, repr(done))
        contains(done.words, "check the user name and the password")
        check("mistyped" not in done.words, f"it repeats the password: {done.words}")
        gateway.record(ending="login_failed")


@each(["http", "socks5h"], lambda scheme: f"adit connect says how to log in when {scheme} asks for it")
def _(scheme):
    with Gateway(users={"alice": password_hash("secret")}) as gateway:
        done = connect("--proxy", gateway.url(scheme), "127.0.0.1", 9)
        equal(done.code, 3, repr(done))
        contains(done.words, "--login-file")


@test("a login file that others can read is warned of, one without a login is refused")
def _():
    with ProgramOrigin("cat") as origin, Gateway() as gateway:
        path = write_login("alice:secret", mode=0o644)
        done = connect("--proxy", gateway.url(), "--login-file", path, "127.0.0.1", origin.port, stdin=b"x")
        equal((done.code, done.output), (0, b"x"), repr(done))
        contains(done.words, f"chmod 600 {path}")
        done = connect("--proxy", gateway.url(), "--login-file", write_login("secret\n"), "127.0.0.1", origin.port)
        equal(done.code, 2, repr(done))
        check("secret" not in done.words, done.words)
        equal(connect("--proxy", gateway.url(), "--login-file", "/nowhere", "127.0.0.1", origin.port).code, 2)


@test("SOCKS4 takes a user name, and a password for it is a mistake")
def _():
    with ProgramOrigin("cat") as origin, Gateway() as gateway:
        equal(connect("--proxy", gateway.url("socks4", "alice"), "127.0.0.1", origin.port, stdin=b"x").output, b"x")
        done = connect("--proxy", gateway.url("socks4", "alice:hidden"), "127.0.0.1", origin.port)
        equal(done.code, 2, repr(done))
        check("hidden" not in done.words, done.words)


# Refusals and failures

@test("a refusal by policy tells its reason and the request id on standard error, exit code 3")
def _():
    with Gateway(rules=[{**LOOPBACK, "ports": [443]}]) as gateway:
        done = connect("--proxy", gateway.url(), "127.0.0.1", 9)
        equal((done.code, done.output), (3, b""), repr(done))
        record = gateway.record(reason="no_rule")
        contains(done.words, f"request {record['id']}")
        contains(done.words, "403 Forbidden (http_request_denied")
        contains(done.words, "  Refused: the policy of this gateway does not allow this request.\n")
        done = run("ssh", "-F", ssh_configuration(["--proxy", gateway.url()]), "origin", "true")
        equal(done.code, 255)
        contains(done.words, f"request {gateway.record(reason='no_rule')['id']}", "ssh shows it")


@test("a refusal has been told by the time standard output ends: ssh does not wait any longer")
def _():
    with Gateway(rules=[{**LOOPBACK, "ports": [443]}]) as gateway:
        for _ in range(20):
            command = [PROGRAM, "connect", "--proxy", gateway.url(), "127.0.0.1", "9"]
            with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  env=clean_environment("/")) as process:
                equal(process.stdout.read(), b"")
                os.set_blocking(process.stderr.fileno(), False)
                contains(process.stderr.read() or b"", b"request ")


@each([("socks5h", "the policy of the proxy does not allow this tunnel"), ("socks4", "rejected or failed")],
      lambda scheme, _: f"a refusal by {scheme} is told in words, exit code 3")
def _(scheme, words):
    with Gateway(rules=[{**LOOPBACK, "ports": [443]}]) as gateway:
        done = connect("--proxy", gateway.url(scheme), "127.0.0.1", 9)
        equal(done.code, 3, repr(done))
        contains(done.words, words)


@each([("http", "connection_refused"), ("socks5h", "the destination refused the connection")],
      lambda scheme, _: f"a destination that refuses is told by {scheme}, exit code 3")
def _(scheme, words):
    with Gateway() as gateway:
        done = connect("--proxy", gateway.url(scheme), "127.0.0.1", closed_port())
        equal(done.code, 3, repr(done))
        contains(done.words, words)


@test("a proxy that cannot be reached is exit code 4 and named without the login")
def _():
    for url, words in [(f"http://alice:hidden@127.0.0.1:{closed_port()}", "Connection refused"),
                       ("unix:/nowhere/proxy.sock", "No such file"),
                       ("socks5://alice:hidden@no-such-name.invalid", "resolved")]:
        done = connect("--proxy", url, "--timeout", "10s", "127.0.0.1", 22)
        equal(done.code, 4, repr(done))
        contains(done.words, words)
        check("hidden" not in done.words, done.words)


@test("a proxy that is silent, or none at all, is exit code 4")
def _():
    with Door() as silent:
        for scheme in ("http", "socks5", "https"):
            done = connect("--proxy", f"{scheme}://127.0.0.1:{silent.port}", "--timeout", "200ms", "127.0.0.1", 22)
            equal(done.code, 4, repr(done))
            contains(done.words, "in time")
    for scheme in ("http", "socks4", "socks5"):
        done = connect("--proxy", f"{scheme}://127.0.0.1:{sshd.port}", "127.0.0.1", 22)
        equal(done.code, 4, repr(done))
        contains(done.words, "its answer is not understood")


@test("a certificate that nobody vouches for, or for another name, is refused before a login is sent")
def _():
    heard = []
    for address, words in [("127.0.0.1", []), ("127.0.0.2", ["--ca", certificate.path])]:
        with tls_proxy(lambda connection: heard.append(connection.recv(1)), address=address) as port:
            done = connect("--proxy", f"https://alice:hidden@{address}:{port}", *words, "127.0.0.1", 22)
        equal(done.code, 4, repr(done))
        contains(done.words, "its certificate is not trusted")
        check("hidden" not in done.words, done.words)
    equal(heard, [], "it spoke")


@test("SSL_CERT_FILE names whom to trust, and --ca goes before it")
def _():
    def behave(connection):
        read_until(connection, b"\r\n\r\n")
        connection.sendall(b"HTTP/1.1 403 No\r\n\r\n")
    with tls_proxy(behave) as port:
        done = connect("--proxy", f"https://localhost:{port}", "127.0.0.1", 22,
                       environment={"SSL_CERT_FILE": str(certificate.path)})
        equal(done.code, 3, repr(done))
    with tls_proxy(behave) as port:
        done = connect("--proxy", f"https://localhost:{port}", "--ca", "/nowhere.pem", "127.0.0.1", 22,
                       environment={"SSL_CERT_FILE": str(certificate.path)})
        equal(done.code, 4, repr(done))
        contains(done.words, "/nowhere.pem")


@each([("no proxy", ["127.0.0.1", "22"]),
       ("a scheme that is none", ["--proxy", "ftp://127.0.0.1", "127.0.0.1", "22"]),
       ("a port that is none", ["--proxy", "http://127.0.0.1", "127.0.0.1", "0"]),
       ("a host that is none", ["--proxy", "http://127.0.0.1", "a b", "22"]),
       ("a timeout that is none", ["--proxy", "http://127.0.0.1", "--timeout", "soon", "127.0.0.1", "22"]),
       ("no port", ["--proxy", "http://127.0.0.1", "127.0.0.1"])],
      lambda what, _: f"adit connect with {what} is exit code 2 with words")
def _(what, words):
    done = connect(*words)
    equal((done.code, done.output), (2, b""), repr(done))
    check(done.words.strip(), "it said nothing")


try:
    main(prepare)
finally:
    if sshd:
        sshd.__exit__()
