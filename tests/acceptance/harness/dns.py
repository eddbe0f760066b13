"""A small DNS server whose zone a test writes down, and which counts what it was asked."""
import contextlib
import ipaddress
import socket
import struct
import threading

from .gateway import eventually

TYPES = {1: "A", 28: "AAAA"}


class Dns:
    """`zone`: name -> list of addresses, or a word: "silent" never answers, "broken" answers SERVFAIL. Other names do
    not exist. A key "A name" or "AAAA name" speaks for one type only."""

    def __init__(self, zone, address="127.0.0.1", port=0, namespace=None):
        self.zone, self.asked = dict(zone), []
        with namespace.entered() if namespace else contextlib.nullcontext():
            self.socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.bind((address, port))
        self.port = self.socket.getsockname()[1]
        self.server = f"{address}:{self.port}"

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.socket.close()

    def names_asked(self):
        return [name for name, _ in self.asked]

    def wait_until_asked(self, name):
        eventually(lambda: name in self.names_asked(), f"nobody asked for {name}: {self.asked}")

    def _serve(self):
        while True:
            try:
                query, client = self.socket.recvfrom(4096)
            except OSError:
                return
            with contextlib.suppress(OSError):
                answer = self._answer(query)
                if answer:
                    self.socket.sendto(answer, client)

    def _answer(self, query):
        name, kind, end = self._question(query)
        self.asked.append((name, TYPES.get(kind, str(kind))))
        entry = self.zone.get(f"{TYPES.get(kind)} {name}", self.zone.get(name))
        if entry == "silent":
            return None
        code, addresses = 0, []
        if entry is None:
            code = 3
        elif entry == "broken":
            code = 2
        else:
            version = {1: 4, 28: 6}.get(kind)
            addresses = [a for a in map(ipaddress.ip_address, entry) if a.version == version]
        head = query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(addresses), 0, 0)
        records = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(a.packed)) + a.packed for a in addresses)
        return head + query[12:end] + records

    @staticmethod
    def _question(query):
        labels, position = [], 12
        while size := query[position]:
            labels.append(query[position + 1:position + 1 + size].decode("latin-1"))
            position += 1 + size
        kind = struct.unpack(">H", query[position + 1:position + 3])[0]
        return ".".join(labels).lower(), kind, position + 5
