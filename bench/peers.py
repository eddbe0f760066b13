"""The proxies that are compared: how each is configured, started without privileges and stopped.

A peer keeps every file of its own (configuration, log, pid) in a folder of the run. Peers are set to their best: no log
where it can be turned off, no cache, no look-ups. Adit writes its access log and judges by a policy.
"""
import json
import os
import pwd
import resource
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

ECHO, SINK, SOURCE = 2000, 2001, 2002  # the origin's ports
PROXY_PORT = 3000
NOBODY = "nobody"


def descriptor_limit():
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def may_become_nobody():
    """Not without root, nor in a user namespace that knows one user only."""
    with open("/proc/self/uid_map", encoding="ascii") as mapped:
        return os.geteuid() == 0 and sum(int(line.split()[2]) for line in mapped) > 1


class CannotStart(Exception):
    pass


def which(*names):
    for name in names:
        found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin")
        if found:
            return found
    return None


class Peer:
    """One proxy. `address` is its own, so that no two share the port space of a pair of addresses."""
    name = ""
    title = ""
    protocol = "socks5"
    binaries = ()
    is_relay = False  # has no handshake: the kernel's price of carrying, not a rival

    def __init__(self, number, folder, core):
        self.address = f"127.0.0.{10 + number}"
        self.folder = Path(folder) / self.name
        self.core = core
        self.process = None
        self.is_given_up = False

    @classmethod
    def binary(cls):
        return which(*cls.binaries)

    # What a peer says about itself.
    def configuration(self):
        return ""

    def command(self, configuration):
        raise NotImplementedError

    def proxy_for(self, service):
        """Where the load connects to for a port of the origin."""
        return f"{self.address}:{PROXY_PORT}"

    def target_for(self, service):
        return f"{self.address}:{service}"

    def load_options(self, service):
        return ["--protocol", self.protocol, "--proxy", self.proxy_for(service), "--target", self.target_for(service)]

    # Its life.
    def start(self):
        self.folder.mkdir(exist_ok=True)
        path = self.folder / "configuration"
        path.write_text(self.configuration(), encoding="utf-8")
        if may_become_nobody():
            nobody = pwd.getpwnam(NOBODY)
            for each in (self.folder, path):
                os.chown(each, nobody.pw_uid, nobody.pw_gid)
        self.output = open(self.folder / "output", "wb")
        self.process = subprocess.Popen(
            self.command(path), stdin=subprocess.DEVNULL, stdout=self.output, stderr=subprocess.STDOUT, cwd=self.folder,
            start_new_session=True, preexec_fn=lambda: os.sched_setaffinity(0, {self.core}), **self.unprivileged())
        self.wait_until_it_listens()

    @staticmethod
    def unprivileged():
        if not may_become_nobody():
            return {}
        nobody = pwd.getpwnam(NOBODY)
        return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def wait_until_it_listens(self, patience=60):
        host, port = self.proxy_for(ECHO).split(":")
        until = time.monotonic() + patience
        while self.process.poll() is None and time.monotonic() < until:
            try:
                socket.create_connection((host, int(port)), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        was_running = self.process.poll() is None
        self.stop()
        why = f"it is not ready after {patience} s" if was_running else self.last_words()
        raise CannotStart(f"{self.name} does not start: {why}")

    def last_words(self):
        words = (self.folder / "output").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return words[-1] if words else "it says nothing"

    def stop(self):
        """Ends the processes of the session that start() began, and no others."""
        if self.process is None:
            return
        for how, patience in ((signal.SIGTERM, 2), (signal.SIGKILL, 5)):
            try:
                os.killpg(self.process.pid, how)
            except ProcessLookupError:
                pass
            try:
                self.process.wait(patience)
                if how == signal.SIGKILL:
                    break
            except subprocess.TimeoutExpired:
                continue
        self.process = None
        self.output.close()

    def processes(self):
        """The process that was started and all that descend from it."""
        if self.process is None:
            return []
        parents = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    stat = Path(f"/proc/{entry}/stat").read_text(encoding="utf-8", errors="replace")
                except OSError:
                    continue
                parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry))
        family, at = [self.process.pid], 0
        while at < len(family):
            family += parents.get(family[at], [])
            at += 1
        return family


class Direct(Peer):
    """No proxy at all: the load talks to the origin. What everything else is compared with in wall-clock time."""
    name = "direct"
    title = "no proxy"
    protocol = "direct"
    is_relay = True

    @classmethod
    def binary(cls):
        return "/bin/true"

    def start(self):
        pass

    def proxy_for(self, service):
        return self.target_for(service)


class Adit(Peer):
    name = "adit"
    title = "Adit"
    rules = 100
    hosts_per_rule = 2
    path = "build/release/adit"  # run.py --adit

    @classmethod
    def binary(cls):
        return cls.path if os.access(cls.path, os.X_OK) else None

    def configuration(self):
        """Every rule but the last concerns somebody else. Names that end in .localhost are this machine's, without DNS."""
        rules = [{
            "name": f"team {i}",
            "action": "deny" if i % 10 == 0 else "allow",
            "hosts": [f"{'*.' if j % 2 else ''}service{j}.team{i}.example" for j in range(self.hosts_per_rule)],
            "ports": [443, 5432],
        } for i in range(self.rules - 1)]
        rules.append({"name": "the load", "action": "allow", "networks": ["127.0.0.0/8"], "ports": [f"{ECHO}-{SOURCE}"]})
        return json.dumps({
            "workers": 1,
            "listeners": [{"address": f"{self.address}:{PROXY_PORT}"}],
            "log": {"access": str(self.folder / "access.log"), "level": "warning"},
            "rules": rules,
        }, indent=1)

    def command(self, configuration):
        # A copy, for the tree may be where nobody else may read.
        program = self.folder / "adit"
        shutil.copy(self.path, program)
        return [str(program), "run", "--config", str(configuration)]


class AditConnect(Adit):
    name = "adit-connect"
    title = "Adit (CONNECT)"
    protocol = "connect"


class AditFewRules(Adit):
    """The same, asked by name, so that the entries for hosts count."""
    name = "adit-10-rules"
    title = "Adit, 10 rules"
    rules = 10

    def load_options(self, service):
        return super().load_options(service) + ["--name", "bench.localhost"]


class AditManyRules(AditFewRules):
    name = "adit-10000-rules"
    title = "Adit, 10,000 rules"
    rules = 10_000
    hosts_per_rule = 10


class Microsocks(Peer):
    name = title = "microsocks"
    binaries = ("microsocks",)

    def command(self, configuration):
        return [self.binary(), "-i", self.address, "-p", str(PROXY_PORT)]


class Dante(Peer):
    name = "dante"
    title = "Dante"
    binaries = ("danted", "sockd")

    def configuration(self):
        return f"""\
errorlog: {self.folder}/error.log
internal: {self.address} port = {PROXY_PORT}
external: 127.0.0.1
clientmethod: none
socksmethod: none
user.privileged: {NOBODY}
user.unprivileged: {NOBODY}
client pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
socks pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
"""

    def command(self, configuration):
        return [self.binary(), "-f", str(configuration), "-p", str(self.folder / "pid")]


class Squid(Peer):
    name = "squid"
    title = "Squid"
    protocol = "connect"
    binaries = ("squid",)

    def configuration(self):
        return f"""\
http_port {self.address}:{PROXY_PORT}
http_access allow all
cache deny all
cache_mem 0
access_log none
cache_store_log none
cache_log {self.folder}/cache.log
pid_filename {self.folder}/pid
coredump_dir {self.folder}
pinger_enable off
max_filedescriptors {descriptor_limit()}
shutdown_lifetime 0 seconds
visible_hostname bench
"""

    def command(self, configuration):
        # Its shared memory would be named after the service.
        return [self.binary(), "-N", "-n", f"bench{os.getpid()}", "-f", str(configuration)]


class Tinyproxy(Peer):
    name = title = "tinyproxy"
    protocol = "connect"
    binaries = ("tinyproxy",)

    def configuration(self):
        return f"""\
Listen {self.address}
Port {PROXY_PORT}
Timeout 3600
MaxClients 100000
Allow 127.0.0.0/8
LogLevel Critical
LogFile "{self.folder}/log"
PidFile "{self.folder}/pid"
"""

    def command(self, configuration):
        return [self.binary(), "-d", "-c", str(configuration)]


class Haproxy(Peer):
    """As a fixed relay in front of each port of the origin: no handshake, nothing judged."""
    name = "haproxy"
    title = "HAProxy (fixed relay)"
    protocol = "direct"
    binaries = ("haproxy",)
    is_relay = True

    def configuration(self):
        text = f"""\
global
    nbthread 1
    maxconn {(descriptor_limit() - 100) // 2}
defaults
    mode tcp
    timeout connect 10s
    timeout client 1h
    timeout server 1h
"""
        for service in (ECHO, SINK, SOURCE):
            text += f"""\
listen to{service}
    bind {self.proxy_for(service)}
    server origin {self.target_for(service)}
"""
        return text

    def command(self, configuration):
        return [self.binary(), "-db", "-f", str(configuration)]

    def proxy_for(self, service):
        return f"{self.address}:{PROXY_PORT + service - ECHO}"


RIVALS = [Adit, Direct, Microsocks, Dante, Squid, Tinyproxy, Haproxy]
VARIANTS = [AditFewRules, AditManyRules]
ALL = {kind.name: kind for kind in [*RIVALS, AditConnect, *VARIANTS]}
