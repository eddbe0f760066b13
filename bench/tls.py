#!/usr/bin/env python3
"""What TLS to the client costs the gateway: the CPU time of one gigabyte through one tunnel, in plain text and in TLS 1.3.

    bench/tls.py [--adit build/release/adit] [--gigabytes 2]

Over loopback, with one worker and Python at both ends, which are slower than the gateway: so only its CPU time is told.
"""
import argparse
import json
import os
import re
import socket
import ssl
import subprocess
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIECE = bytes(256 << 10)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--adit", default=str(ROOT / "build/release/adit"))
    parser.add_argument("--gigabytes", type=float, default=2)
    options = parser.parse_args()
    size = int(options.gigabytes * 1e9)
    with tempfile.TemporaryDirectory(prefix="adit-bench-") as folder:
        process, port = start(options.adit, Path(folder))
        try:
            for name in ("plain", "TLS 1.3"):
                for way in ("download", "upload"):
                    before = cpu(process)
                    tunnel(port, Path(folder), name != "plain", way, size)
                    print(f"{name:8} {way:9} {(cpu(process) - before) / options.gigabytes:6.3f} s of CPU per GB", flush=True)
        finally:
            process.kill()
            process.wait()


def start(program, folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
                    "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out",
                    "certificate.pem"], cwd=folder, check=True, capture_output=True)
    (folder / "adit.json").write_text(json.dumps({
        "workers": 1,
        "listeners": [{"address": "127.0.0.1:0", "tls": {"certificate": "certificate.pem", "key": "key.pem"}}],
        "log": {"access": "off"},
        "rules": [{"action": "allow", "networks": ["loopback"]}],
    }))
    process = subprocess.Popen([program, "run", "--config", str(folder / "adit.json")], stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if found := re.search(r"listening on \S+:(\d+) ", line):
            return process, int(found[1])
    raise SystemExit("the gateway does not start")


def cpu(process):
    """Seconds, of all its threads."""
    return sum(int(Path(f"/proc/{process.pid}/task/{task}/schedstat").read_text().split()[0])
               for task in os.listdir(f"/proc/{process.pid}/task")) / 1e9


def tunnel(port, folder, with_tls, way, size):
    """Moves so many bytes through a tunnel of its own."""
    with socket.create_server(("127.0.0.1", 0)) as origin:
        client = socket.create_connection(("127.0.0.1", port))
        if with_tls:
            client = ssl.create_default_context(cafile=folder / "certificate.pem").wrap_socket(client, server_hostname="localhost")
        with client:
            target = f"127.0.0.1:{origin.getsockname()[1]}"
            client.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
            if b" 200 " not in client.recv(4096):
                raise SystemExit("no tunnel")
            far, _ = origin.accept()
            with far:
                source, sink = (far, client) if way == "download" else (client, far)
                writer = threading.Thread(target=pour, args=(source, size))
                writer.start()
                drain(sink, size)
                writer.join()


def pour(source, size):
    for _ in range(-(-size // len(PIECE))):
        source.sendall(PIECE)


def drain(sink, size):
    room = bytearray(len(PIECE))
    got = 0
    while got < size:
        count = sink.recv_into(room)
        if count == 0:
            raise SystemExit("closed in the middle")
        got += count


if __name__ == "__main__":
    main()
