"""Real servers for clients to reach, each on a free port: http.server, sshd, git, and programs behind a port."""
import contextlib
import http.server
import os
import pwd
import shutil
import socket
import socketserver
import ssl
import subprocess
import tempfile
import threading
from pathlib import Path

from .gateway import Lines, clean_environment
from .runner import PATIENCE, Skip, need

NOWHERE = contextlib.nullcontext()


class Certificate:
    """A self-signed certificate for the names and addresses that tests use."""

    def __init__(self, folder):
        self.path, self.key = Path(folder) / "certificate.pem", Path(folder) / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-keyout", self.key, "-out", self.path, "-addext",
                        "subjectAltName=DNS:localhost,DNS:www.example.com,IP:127.0.0.1,IP:::1"],
                       check=True, capture_output=True)

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path, self.key)
        return context


class _Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format, *arguments):
        pass


class _GitHandler(_Quiet):
    """git's own http-backend behind Python's server."""

    def do_GET(self):
        self._backend(b"")

    def do_POST(self):
        self._backend(self._body())

    def _body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _backend(self, body):
        path, _, query = self.path.partition("?")
        answer = subprocess.run(["git", "http-backend"], input=body, capture_output=True, check=False, env={
            **clean_environment(self.directory), "GIT_PROJECT_ROOT": self.directory, "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""), "REMOTE_ADDR": "127.0.0.1"}).stdout
        head, _, content = answer.partition(b"\r\n\r\n")
        fields = [line.split(": ", 1) for line in head.decode().split("\r\n") if line]
        status = next((int(value.split()[0]) for name, value in fields if name == "Status"), 200)
        self.send_response(status)
        for name, value in fields:
            if name != "Status":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class _HttpServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a client that goes away is part of many tests


class HttpOrigin:
    """Serves the files of a folder. Plain, or TLS with a certificate; with `git`, the repositories in it."""

    def __init__(self, folder, certificate=None, address="127.0.0.1", port=0, namespace=None, git=False):
        handler = _GitHandler if git else _Quiet
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        server_class = type("Server", (_HttpServer,), {"address_family": family})
        with namespace.entered() if namespace else NOWHERE:
            self.server = server_class((address, port), lambda *a, **k: handler(*a, directory=str(folder), **k))
        if certificate:
            self.server.socket = certificate.context().wrap_socket(self.server.socket, server_side=True,
                                                                   do_handshake_on_connect=False)
        self.address, self.port = address, self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class ProgramOrigin:
    """A program behind a port, as inetd does it: its standard input and output are the connection."""

    def __init__(self, *command, address="127.0.0.1", port=0, namespace=None):
        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                subprocess.run(command, stdin=self.request, stdout=self.request, stderr=subprocess.DEVNULL, check=False)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address, daemon_threads = True, True
            address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
            request_queue_size = 128

        with namespace.entered() if namespace else NOWHERE:
            self.server = Server((address, port), Handler)
        self.address, self.port = address, self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Door:
    """A listening socket whose connections the test takes in its own hands."""

    def __init__(self, address="127.0.0.1", port=0, backlog=64, namespace=None):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with namespace.entered() if namespace else NOWHERE:
            self.socket = socket.create_server((address, port), family=family, backlog=backlog)
        self.socket.settimeout(PATIENCE)
        self.address, self.port = address, self.socket.getsockname()[1]

    def accept(self):
        connection, _ = self.socket.accept()
        connection.settimeout(PATIENCE)
        return connection

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def closed_port(address="127.0.0.1"):
    """A port that refuses: it was free a moment ago."""
    with socket.create_server((address, 0)) as server:
        return server.getsockname()[1]


class Sshd:
    """OpenSSH's server with a host key, a user key and a configuration of its own; logs in whoever runs the tests."""

    def __init__(self, folder, namespace=None, address="127.0.0.1", port=None):
        need("sshd", "ssh", "ssh-keygen")
        self.folder = Path(folder)
        self.address, self.port = address, port or closed_port()
        self.namespace = namespace
        person = pwd.getpwuid(os.getuid())
        if person.pw_shell.endswith(("/nologin", "/false")):
            raise Skip(f"sshd lets nobody in as {person.pw_name}, who has no shell")
        self.user = person.pw_name
        if os.geteuid() == 0:
            self._prepare_root()
        for name in ("host_key", "user_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / name], check=True)
        shutil.copy(self.folder / "user_key.pub", self.folder / "authorized_keys")
        host_key = (self.folder / "host_key.pub").read_text()
        (self.folder / "known_hosts").write_text("".join(f"{host} {host_key}" for host in ("origin", address)))
        (self.folder / "sshd_config").write_text(
            f"ListenAddress {address}:{self.port}\nHostKey {self.folder}/host_key\n"
            f"AuthorizedKeysFile {self.folder}/authorized_keys\nPidFile none\nStrictModes no\nUsePAM no\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n"
            "Subsystem sftp internal-sftp\nLogLevel VERBOSE\n")
        self.process = None

    @staticmethod
    def _prepare_root():
        try:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)  # sshd drops its privileges into it
        except OSError as error:
            raise Skip(f"sshd as root needs /run/sshd: {error}") from None

    def __enter__(self):
        command = [shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin"), "-D", "-e", "-f",
                   str(self.folder / "sshd_config")]
        if self.namespace:
            command = self.namespace.command(command)
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        env=clean_environment(self.folder))
        self.lines = Lines(self.process.stderr)
        self.lines.wait("Server listening")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE)

    def client_configuration(self, proxy_command):
        """A file for `ssh -F` in which the host `origin` is this server, reached by `proxy_command`."""
        path = Path(tempfile.mkstemp(dir=self.folder, prefix="ssh_config-")[1])
        path.write_text(
            f"Host origin\n  HostName {self.address}\n  HostKeyAlias origin\n  Port {self.port}\n  User {self.user}\n"
            f"  ProxyCommand {proxy_command}\n"
            f"  IdentityFile {self.folder}/user_key\n  IdentitiesOnly yes\n  IdentityAgent none\n"
            f"  UserKnownHostsFile {self.folder}/known_hosts\n  GlobalKnownHostsFile /dev/null\n"
            "  StrictHostKeyChecking yes\n  BatchMode yes\n  ConnectTimeout 20\n")
        return path


def make_repository(folder, name="project.git"):
    """A bare repository with some history and a file of some size. Gives its path and the newest commit."""
    work, bare = Path(folder) / "work", Path(folder) / name
    environment = {**clean_environment(folder), "GIT_CONFIG_NOSYSTEM": "1"}

    def git(*arguments, cwd=work):
        return subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@localhost", *arguments], cwd=cwd, check=True,
                              capture_output=True, text=True, env=environment).stdout.strip()

    work.mkdir()
    git("init", "--quiet", "--initial-branch=main")
    for i in range(5):
        (work / f"file{i}").write_bytes(os.urandom(200_000))
        git("add", ".")
        git("commit", "--quiet", "--message", f"commit {i}")
    git("clone", "--quiet", "--bare", str(work), str(bare), cwd=folder)
    return bare, git("rev-parse", "HEAD")
