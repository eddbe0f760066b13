"""A SOCKS5 client of UDP associations, byte for byte, and servers for datagrams."""
import contextlib
import ipaddress
import socket
import struct
import threading

from .runner import PATIENCE, equal
from .wire import dial, read_exactly, read_socks5_reply, socks5_address

ANY = bytes([1, 0, 0, 0, 0, 0, 0])


def datagram(host, port, payload, fragment=0):
    return bytes([0, 0, fragment]) + socks5_address(host) + struct.pack(">H", port) + payload


def read_datagram(data):
    """Gives where it came from and what it says."""
    equal(data[:3], b"\0\0\0", "RSV and FRAG")
    size = {1: 4, 4: 16}[data[3]]
    address = str(ipaddress.ip_address(data[4:4 + size]))
    return (address, struct.unpack(">H", data[4 + size:6 + size])[0]), data[6 + size:]


def associate(gateway, where=ANY, source=None):
    """Asks for an association; gives the TCP connection, the reply code and the relay's address."""
    connection = dial(gateway, source)
    connection.sendall(b"\x05\x01\x00")
    equal(read_exactly(connection, 2), b"\x05\x00")
    connection.sendall(b"\x05\x03\x00" + where)
    return connection, *read_socks5_reply(connection)


class Association:
    """One client: its association, and the socket it sends from."""

    def __init__(self, gateway, where=ANY, address="127.0.0.1"):
        self.control, rep, self.relay = associate(gateway, where)
        equal(rep, 0, "UDP ASSOCIATE")
        self.socket = udp_socket(address)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.control.close()
        self.socket.close()

    def send(self, host, port, payload, fragment=0):
        self.socket.sendto(datagram(host, port, payload, fragment), self.relay)

    def receive(self):
        return read_datagram(self.socket.recv(65536))

    def ask(self, host, port, payload):
        self.send(host, port, payload)
        return self.receive()


def udp_socket(address="127.0.0.1"):
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((address, 0))
    made.settimeout(PATIENCE)
    return made


class UdpEcho:
    """Answers every datagram with itself, and remembers from where it was sent what."""

    def __init__(self, address="127.0.0.1"):
        self.socket = udp_socket(address)
        self.socket.settimeout(None)
        self.port = self.socket.getsockname()[1]
        self.heard = []

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def _serve(self):
        while True:
            try:
                data, client = self.socket.recvfrom(65536)
                if not data and not client:
                    return
                self.heard.append((data, client))
                self.socket.sendto(data, client)
            except OSError:
                return
