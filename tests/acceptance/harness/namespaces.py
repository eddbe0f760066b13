"""Two networks of our own: a site, where the gateway and its clients are, and an internet with public-looking addresses.

Nothing leaves them: they are joined to each other by one cable and to nothing else. As root they are made directly,
otherwise inside a user namespace, where that is allowed.
"""
import contextlib
import ctypes
import os
import subprocess
import sys

from .runner import Skip, need

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)

# On the internet's side of the cable. Public as IANA sees it; here they exist in one namespace only.
WEB = "93.184.216.34"
WEB6 = "2606:2800:220:1::34"
OTHER = "8.8.4.4"
RESOLVER = "9.9.9.9"
PRIVATE = "10.77.0.1"
METADATA = "169.254.169.254"
SITE = "10.77.0.2"
SILENT = "45.33.32.156"  # packets to it vanish
UNREACHABLE_HOST = "45.33.32.157"
UNREACHABLE_NETWORK = "1.0.0.1"  # no route


class Namespace:
    """A network namespace kept alive by a process that does nothing."""

    def __init__(self):
        self.keeper = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo up; exec cat"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if self.keeper.stdout.readline() != b"up\n":
            raise Skip("no network namespaces here: " + self.keeper.stderr.read().decode(errors="replace").strip())
        self.pid = self.keeper.pid

    def close(self):
        self.keeper.stdin.close()
        self.keeper.wait()
        self.keeper.stdout.close()
        self.keeper.stderr.close()

    def command(self, words):
        return ["nsenter", "-t", str(self.pid), "-n", "--", *words]

    def ip(self, *words):
        done = subprocess.run(self.command(["ip", *words]), capture_output=True, text=True, check=False)
        if done.returncode:
            raise Skip(f"ip {' '.join(words)}: {done.stderr.strip()}")

    @contextlib.contextmanager
    def entered(self):
        """Sockets that this thread opens meanwhile belong to the namespace, also afterwards."""
        with open("/proc/thread-self/ns/net", "rb") as here, open(f"/proc/{self.pid}/ns/net", "rb") as there:
            self._set(there.fileno())
            try:
                yield
            finally:
                self._set(here.fileno())

    @staticmethod
    def _set(descriptor):
        if _libc.setns(descriptor, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")


def prepare():
    """To be called before anything else: without root, goes on inside a user namespace."""
    need("unshare", "nsenter", "ip")
    if os.geteuid() == 0:
        return
    if os.environ.get("ADIT_UNSHARED"):
        raise Skip("a user namespace gives no root here")
    trial = subprocess.run(["unshare", "-Urn", "true"], capture_output=True, text=True, check=False)
    if trial.returncode:
        raise Skip(f"network namespaces take root or user namespaces: {trial.stderr.strip()}")
    os.environ["ADIT_UNSHARED"] = "yes"
    os.execvp("unshare", ["unshare", "-Urn", sys.executable, "-B", *sys.argv])


class Internet:
    """`with Internet() as (site, internet):` two joined namespaces."""

    def __enter__(self):
        self.site, self.internet = Namespace(), Namespace()
        for namespace in (self.site, self.internet):
            namespace.ip("link", "set", "lo", "up")
        self.site.ip("link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", str(self.internet.pid))
        self.site.ip("addr", "add", f"{SITE}/24", "dev", "cable")
        self.site.ip("-6", "addr", "add", "fd77::2/64", "dev", "cable", "nodad")
        self.internet.ip("addr", "add", f"{PRIVATE}/24", "dev", "cable")
        self.internet.ip("-6", "addr", "add", "fd77::1/64", "dev", "cable", "nodad")
        for address in (WEB, OTHER, RESOLVER, METADATA):
            self.internet.ip("addr", "add", f"{address}/32", "dev", "lo")
        self.internet.ip("-6", "addr", "add", f"{WEB6}/128", "dev", "lo", "nodad")
        for namespace in (self.site, self.internet):
            namespace.ip("link", "set", "cable", "up")
        for address in (WEB, OTHER, RESOLVER, METADATA, SILENT):
            self.site.ip("route", "add", f"{address}/32", "via", PRIVATE)
        self.site.ip("route", "add", "unreachable", f"{UNREACHABLE_HOST}/32")
        self.site.ip("-6", "route", "add", "2606:2800::/32", "via", "fd77::1")
        return self.site, self.internet

    def __exit__(self, *_):
        self.site.close()
        self.internet.close()
