#!/usr/bin/env python3
"""Counts the instructions that Adit itself executes for a tunnel and for a round trip, with Valgrind's callgrind.

    scripts/instructions            # compare with what is recorded for this compiler and C library; 1 when it has grown
    scripts/instructions --record   # what is counted now is the record: the commit says why

What the kernel does is not in it, so it is the same on a busy machine as on a quiet one: a figure to notice by that our own
code has become slower. Each figure is the difference of two runs that differ in nothing else.
"""
import argparse
import json
import os
import platform
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import peers  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
RECORD = Path(__file__).with_suffix(".json")
MOST_GROWTH = 0.10
FEW, MANY = 100, 600  # set-ups
TRIPS = 2_000
WORD = bytes(64)


def main():
    parser = argparse.ArgumentParser(prog="scripts/instructions", description=__doc__.splitlines()[0])
    parser.add_argument("--adit", default=str(ROOT / "build/release/adit"), help="the program to count in")
    parser.add_argument("--record", action="store_true", help="write the figures down for this compiler and C library")
    options = parser.parse_args()

    few, many, trips = (count(options.adit, *work) for work in ((FEW, 0), (MANY, 0), (FEW, TRIPS)))
    figures = {"tunnel": (many - few) // (MANY - FEW), "round trip": (trips - few) // TRIPS}
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))
    before = recorded.get(toolchain(), {})
    grown = False
    print(f"instructions with {toolchain()}:")
    for name, figure in figures.items():
        growth = figure / before[name] - 1 if name in before else 0
        grown = grown or growth > MOST_GROWTH
        print(f"  {name:10} {figure:9,}  " + (f"{growth:+.1%} of {before[name]:,}" if name in before else "nothing recorded"))
    if options.record:
        recorded[toolchain()] = figures
        RECORD.write_text(json.dumps(recorded, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    elif grown:
        raise SystemExit(f"more than {MOST_GROWTH:.0%} above the record; mend it, or record it with a reason in the commit: "
                         "scripts/instructions --record")


def toolchain():
    compiler = subprocess.run(["g++", "-dumpfullversion"], capture_output=True, text=True, check=True).stdout.strip()
    return f"g++ {compiler}, {' '.join(platform.libc_ver())}, {platform.machine()}"


def count(program, set_ups, trips):
    """The instructions of a whole run: so many tunnels with one round trip each, then one with `trips` more."""
    with tempfile.TemporaryDirectory(prefix="adit-instructions-") as folder, Echo() as echo:
        report = Path(folder) / "callgrind"
        gateway = Gateway(program, Path(folder), report, echo.port)
        try:
            for _ in range(set_ups):
                tunnel(gateway.port, echo.port, 1)
            if trips:
                tunnel(gateway.port, echo.port, 1 + trips)
        finally:
            gateway.stop()
        return int(re.search(r"^(?:summary|totals): (\d+)", report.read_text(), re.MULTILINE)[1])


class Gateway:
    """As scripts/bench runs it: one worker, an access log, a hundred rules of which the last one matches."""

    def __init__(self, program, folder, report, destination):
        bench = peers.Adit(0, folder, 0)
        configuration = json.loads(bench.configuration())
        configuration["listeners"] = [{"address": "127.0.0.1:0"}]
        configuration["log"] = {"access": str(folder / "access.log")}
        configuration["rules"][-1]["ports"] = [destination]
        path = folder / "adit.json"
        path.write_text(json.dumps(configuration), encoding="utf-8")
        self.process = subprocess.Popen(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={report}", "--quiet", program, "run", "--config", str(path)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"})
        self.port = None
        said = []
        for line in self.process.stderr:
            said.append(line)
            if found := re.search(r"listening on \S+:(\d+) ", line):
                self.port = int(found[1])
            if "ready" in line:
                break
        if self.port is None:
            raise SystemExit("the gateway does not start under valgrind:\n" + "".join(said[-20:]))
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


class Echo:
    """Sends back what it gets, one connection at a time."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while data := connection.recv(65536):
                    connection.sendall(data)


def tunnel(proxy, destination, trips):
    with socket.create_connection(("127.0.0.1", proxy), timeout=60) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(b"\x05\x01\x00")
        expect(client, 2)
        client.sendall(b"\x05\x01\x00\x01\x7f\x00\x00\x01" + struct.pack(">H", destination))
        if expect(client, 10)[1] != 0:
            raise SystemExit("the gateway refused a tunnel")
        for _ in range(trips):
            client.sendall(WORD)
            expect(client, len(WORD))
        client.shutdown(socket.SHUT_WR)
        expect(client, 0)


def expect(client, size):
    """So many bytes; 0: the end."""
    got = b""
    while len(got) < max(size, 1):
        piece = client.recv(max(size, 1) - len(got))
        if not piece:
            if size == 0:
                return got
            raise SystemExit("a tunnel ended early")
        got += piece
    return got


if __name__ == "__main__":
    main()
