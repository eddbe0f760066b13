"""git clones through the gateway, over https and over ssh."""
import contextlib
import tempfile
from pathlib import Path

from harness.clients import git
from harness.gateway import Gateway, password_hash
from harness.origins import Certificate, HttpOrigin, Sshd, make_repository
from harness.runner import check, each, equal, main, need, test

folder = tempfile.TemporaryDirectory(prefix="adit-git-")
certificate = repository = newest = None


def prepare():
    global certificate, repository, newest
    need("git", "openssl")
    certificate = Certificate(folder.name)
    repository, newest = make_repository(folder.name)


@contextlib.contextmanager
def clone_of(*arguments, environment=None):
    with tempfile.TemporaryDirectory(prefix="adit-clone-") as place:
        done = git(*arguments, Path(place) / "clone", environment=environment)
        equal(done.code, 0, repr(done))
        equal(git("-C", Path(place) / "clone", "rev-parse", "HEAD").output.decode().strip(), newest)
        equal(git("-C", Path(place) / "clone", "fsck", "--full").code, 0, "git fsck")
        yield


@each(["http", "socks5h", "socks4a"], lambda scheme: f"git clones over https through {scheme}://")
def _(scheme):
    with HttpOrigin(folder.name, certificate, git=True) as origin, Gateway() as gateway:
        with clone_of("-c", f"http.proxy={gateway.url(scheme)}", "-c", f"http.sslCAInfo={certificate.path}",
                      "clone", "--quiet", f"https://localhost:{origin.port}/project.git"):
            record = gateway.record(host="localhost", port=origin.port)
        check(record["down"] > 900_000, f"the history went elsewhere: {record}")


@each(["http", "socks5h"], lambda scheme: f"git clones over https through {scheme}:// with a login")
def _(scheme):
    with HttpOrigin(folder.name, certificate, git=True) as origin, Gateway(users={"ci": password_hash("secret")}) as gateway:
        with clone_of("-c", f"http.proxy={gateway.url(scheme, 'ci:secret')}", "-c", f"http.sslCAInfo={certificate.path}",
                      "clone", "--quiet", f"https://localhost:{origin.port}/project.git"):
            gateway.record(user="ci", verdict="allow")


@test("git clones over https with https_proxy in the environment")
def _():
    with HttpOrigin(folder.name, certificate, git=True) as origin, Gateway() as gateway:
        with clone_of("-c", f"http.sslCAInfo={certificate.path}", "clone", "--quiet",
                      f"https://localhost:{origin.port}/project.git", environment={"https_proxy": gateway.url()}):
            gateway.record(protocol="connect", verdict="allow")


@test("git clones over ssh")
def _():
    with tempfile.TemporaryDirectory(prefix="adit-sshd-") as place, Sshd(place) as sshd, Gateway() as gateway:
        configuration = sshd.client_configuration(f"nc -X 5 -x 127.0.0.1:{gateway.port()} %h %p")
        with clone_of("clone", "--quiet", f"origin:{repository}", environment={"GIT_SSH_COMMAND": f"ssh -F {configuration}"}):
            record = gateway.record(protocol="socks5", port=sshd.port)
        check(record["down"] > 900_000, f"the history went elsewhere: {record}")


main(prepare)
