#!/usr/bin/env python3
"""Measures Adit, no proxy at all and whichever peers are installed, in turns, in one run.

    scripts/bench [--quick] [--only setup,trips,bulk,idle,policy,calls] [--peers adit,direct,microsocks] [--save]

Everything happens in a network namespace of its own, on loopback and with Reno, the proxy on one core, the load and the
origin on another. What is compared is the CPU time of the proxy's processes for a unit of work.
"""
import argparse
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import measure  # noqa: E402
import peers  # noqa: E402
import report  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
WORKS = ["idle", "setup", "trips", "bulk", "policy", "calls"]
STREAMS = [(1, "download"), (1, "upload"), (1, "both"), (8, "download"), (8, "upload"), (8, "both"), (64, "download")]
SERVICE_OF = {"download": peers.SOURCE, "upload": peers.SINK, "both": peers.SOURCE}


class Size:
    """How much is done for one figure."""

    def __init__(self, quick):
        self.rounds = 3 if quick else 5
        self.set_ups = 2_000 if quick else 10_000
        self.trip_seconds = 0.6 if quick else 3.0
        self.bulk_seconds = 0.3 if quick else 1.5
        # A tunnel is two descriptors, and the hard limit may not be ours to raise.
        self.idle = min(2_000 if quick else 10_000, (peers.descriptor_limit() - 200) // 2)
        self.held = 1_000 if quick else 5_000
        self.traced = 200 if quick else 500


def main():
    options = read_options()
    if os.environ.get("ADIT_BENCH_NAMESPACE") != "own":
        enter_namespace()
    prepare_network()
    raise_descriptor_limit()
    with tempfile.TemporaryDirectory(prefix="adit-bench-") as folder:
        os.chmod(folder, 0o755)
        run = Run(options, folder)
        try:
            run.measure()
        finally:
            run.stop()
    results = {"machine": report.machine(ROOT, run.cores, options), "figures": run.figures, "complaints": run.complaints}
    print(report.as_text(results))
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if options.save:
        report.save(results, ROOT / "docs")


def read_options():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="three rounds of shorter loads: good for a first look")
    parser.add_argument("--only", type=words, default=WORKS, metavar="WORKS", help=",".join(WORKS))
    parser.add_argument("--peers", type=words, default=[kind.name for kind in peers.RIVALS], metavar="PEERS",
                        help=",".join(peers.ALL))
    parser.add_argument("--rounds", type=int, help="instead of 5 (3 with --quick)")
    parser.add_argument("--in-flight", type=int, default=8, help="tunnels that are being set up at a time (8)")
    parser.add_argument("--adit", default=str(ROOT / "build/release/adit"), help="the program to measure")
    parser.add_argument("--load", default=str(ROOT / "build/release/bench/bench_load"), help="the load tool")
    parser.add_argument("--json", metavar="FILE", help="all figures of all rounds")
    parser.add_argument("--save", action="store_true", help="write the tables and pictures of docs/performance.md")
    options = parser.parse_args()
    for asked, known in ((options.only, WORKS), (options.peers, list(peers.ALL))):
        for word in asked:
            if word not in known:
                parser.error(f"'{word}' is not one of {', '.join(known)}")
    return options


def words(text):
    return [word for word in text.split(",") if word]


def enter_namespace():
    """Runs this program again where nothing else uses the network. Without root the user namespace comes along."""
    as_user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    os.environ["ADIT_BENCH_NAMESPACE"] = "own"
    os.execvp("unshare", ["unshare", *as_user, "--net", sys.executable, *sys.argv])


def prepare_network():
    import fcntl
    import socket
    get_flags, set_flags, up = 0x8913, 0x8914, 0x1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, get_flags, request))[1]
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh14x", b"lo", flags | up))
    Path("/proc/sys/net/ipv4/tcp_congestion_control").write_text("reno", encoding="ascii")
    Path("/proc/sys/net/ipv4/ip_local_port_range").write_text("10000 65535", encoding="ascii")


def raise_descriptor_limit(wanted=100_000):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, hard), max(wanted, hard)))
    except (ValueError, PermissionError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Run:
    def __init__(self, options, folder):
        self.options = options
        self.size = Size(options.quick)
        self.rounds = options.rounds or self.size.rounds
        self.folder = folder
        self.figures = {}  # work -> peer -> [figure of each round]
        self.complaints = []
        cores = sorted(os.sched_getaffinity(0))
        self.cores = {"load": cores[0], "proxy": cores[-1]}
        if len(cores) == 1:
            self.complain("there is one core only: proxy and load disturb each other")
        os.sched_setaffinity(0, {self.cores["load"]})
        peers.Adit.path = options.adit
        self.rivals = self.installed(options.peers)
        self.variants = self.installed([kind.name for kind in peers.VARIANTS] if "policy" in options.only else [])
        self.idle_kernel_of_direct = None
        self.origin = subprocess.Popen([options.load, "origin", "--at", f"0.0.0.0:{peers.ECHO}"], stdout=subprocess.PIPE)
        self.origin.stdout.readline()

    def installed(self, names):
        found = []
        for name in names:
            if peers.ALL[name].binary():
                found.append(peers.ALL[name](len(found) + (100 if name.endswith("rules") else 0), self.folder,
                                             self.cores["proxy"]))
            else:
                self.complain(f"{name} is not installed and not measured")
        return found

    def stop(self):
        for peer in self.rivals + self.variants:
            peer.stop()
        self.origin.kill()
        self.origin.wait()

    def complain(self, text):
        if text not in self.complaints:
            self.complaints.append(text)
            print(f"bench: {text}", file=sys.stderr)

    def measure(self):
        for turn in range(self.rounds):
            # `direct` goes first, for what the kernel holds for it is part of what it holds for a tunnel; the others rotate.
            proxies = [peer for peer in self.rivals if not isinstance(peer, peers.Direct)]
            shift = turn % max(1, len(proxies))
            order = [peer for peer in self.rivals if isinstance(peer, peers.Direct)] + proxies[shift:] + proxies[:shift]
            for peer in order:
                print(f"bench: round {turn + 1} of {self.rounds}, {peer.name}", file=sys.stderr)
                self.measure_peer(peer, [work for work in WORKS if work in self.options.only and work != "policy"], turn)
            for peer in self.variants:
                self.measure_peer(peer, ["setup"], turn)

    def measure_peer(self, peer, works, turn):
        if peer.is_given_up:
            return
        try:
            peer.start()
        except peers.CannotStart as why:
            self.complain(str(why))
            peer.is_given_up = True
            return
        try:
            for work in works:
                try:
                    getattr(self, f"measure_{work}")(peer, turn)
                except (RuntimeError, OSError, ValueError) as why:
                    self.complain(f"{peer.name}, {work}: {why}")
        finally:
            peer.stop()

    def note(self, work, peer, figure):
        self.figures.setdefault(work, {}).setdefault(peer.name, []).append(figure)

    @contextmanager
    def load(self, work, peer, service, **options):
        """The load, stopped at its first gate."""
        command = [self.options.load, work, *peer.load_options(service), "--gate", "yes"]
        for name, value in options.items():
            command += ["--" + name.replace("_", "-"), str(value)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as process:
            load = Load(process)
            try:
                load.hear("ready")
                yield load
            finally:
                process.stdin.close()  # ends it at whichever gate it stands
                process.stdin = None
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()

    def cost(self, peer, load):
        """Lets the load work; returns its result and the CPU seconds that the proxy used meanwhile."""
        family = peer.processes()
        before = measure.cpu_seconds(family)
        result = load.work()
        settle()
        return result, measure.cpu_seconds(peer.processes()) - before

    # A figure is a dictionary of what was measured; report.py knows which of it makes a row.
    def measure_setup(self, peer, turn):
        self.warm_up(peer)
        figure = self.set_up(peer)
        if figure:
            self.note("setup", peer, figure)
        if isinstance(peer, peers.Adit) and peer in self.rivals:
            with self.load("idle", peer, peers.ECHO, tunnels=self.size.held, in_flight=64) as idle:
                idle.work()
                figure = self.set_up(peer)
                if figure:
                    self.note("setup_held", peer, figure)

    def set_up(self, peer):
        count = self.size.set_ups
        with self.load("setup", peer, peers.ECHO, tunnels=count, in_flight=self.options.in_flight) as load:
            result, cpu = self.cost(peer, load)
        if result["failed"]:
            self.complain(f"{peer.name}, setup: {result['failed']} of {count} failed: {result['failure']}")
        if not result["tunnels"]:
            return None
        return {"cpu_us": cpu / result["tunnels"] * 1e6, "p50_us": result["p50_us"], "p99_us": result["p99_us"],
                "per_second": result["tunnels"] / result["seconds"]}

    def warm_up(self, peer):
        with self.load("setup", peer, peers.ECHO, tunnels=100, in_flight=4) as load:
            load.work()

    def measure_trips(self, peer, turn):
        with self.load("trips", peer, peers.ECHO, tunnels=64, in_flight=8, seconds=self.size.trip_seconds) as load:
            result, cpu = self.cost(peer, load)
        self.note("trips", peer, {"cpu_us": cpu / result["trips"] * 1e6, "p50_us": result["p50_us"],
                                  "p99_us": result["p99_us"], "per_second": result["trips"] / result["seconds"]})

    def measure_bulk(self, peer, turn):
        for tunnels, direction in STREAMS:
            with self.load("bulk", peer, SERVICE_OF[direction], tunnels=tunnels, in_flight=8, direction=direction,
                           seconds=self.size.bulk_seconds) as load:
                result, cpu = self.cost(peer, load)
            gigabytes = (result["down"] + result["up"]) / 1e9
            self.note(f"bulk_{tunnels}_{direction}", peer,
                      {"cpu_s": cpu / gigabytes, "gb_per_second": gigabytes / result["seconds"],
                       "fairness": result["fairness"]})

    def measure_idle(self, peer, turn):
        count = self.size.idle
        self.warm_up(peer)
        family = peer.processes()
        with self.load("idle", peer, peers.ECHO, tunnels=count, in_flight=64) as load:
            user, kernel, open_before = measure.user_kib(family), measure.kernel_kib(), measure.descriptors(family)
            load.work()
            settle()
            family = peer.processes()
            kernel = (measure.kernel_kib() - kernel) / count
            user = (measure.user_kib(family) - user) / count
            opened = (measure.descriptors(family) - open_before) / count
            before, seconds = measure.cpu_seconds(family), 0.5
            time.sleep(seconds)
            busy = (measure.cpu_seconds(family) - before) / seconds
        if isinstance(peer, peers.Direct):
            self.idle_kernel_of_direct = kernel
            return
        figure = {"user_kib": user, "descriptors": opened, "busy_percent": busy * 100}
        if self.idle_kernel_of_direct is not None:
            figure["kernel_kib"] = kernel - self.idle_kernel_of_direct
        self.note("idle", peer, figure)

    def measure_calls(self, peer, turn):
        strace = peers.which("strace")
        if turn > 0 or isinstance(peer, peers.Direct):
            return
        if strace is None:
            return self.complain("strace is not installed: no system calls are counted")
        count = self.size.traced
        with self.load("setup", peer, peers.ECHO, tunnels=count, in_flight=1) as load:
            calls = measure.SystemCalls(strace, peer.processes(), self.folder)
            load.work()
            settle()
            counted = calls.stop()
        if not counted:
            return self.complain("strace may not trace here: no system calls are counted")
        self.note("calls", peer, {"calls": sum(counted.values()) / count,
                                  "by_name": {name: round(number / count, 2) for name, number in counted.items()}})


class Load:
    def __init__(self, process):
        self.process = process

    def hear(self, expected=None):
        line = self.process.stdout.readline()
        if not line or (expected and line.strip() != expected):
            raise RuntimeError(self.process.stderr.read().strip() or "the load ended early")
        return line

    def work(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.hear())


def settle():
    """The last closes are still on their way when the load has seen its last byte."""
    time.sleep(0.05)


if __name__ == "__main__":
    main()
