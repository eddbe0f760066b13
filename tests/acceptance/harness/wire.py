"""Clients that say exactly what a test wants said, byte for byte. For everything else there are real ones."""
import ipaddress
import socket
import struct

from .runner import PATIENCE, equal


def dial(address, source=None):
    """To (host, port), or to the path of a unix socket."""
    if isinstance(address, str):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE)
        connection.connect(address)
        return connection
    connection = socket.create_connection(address, timeout=PATIENCE, source_address=source)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def read_exactly(connection, count):
    data = bytearray()
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise AssertionError(f"the stream ended after {len(data)} of {count} bytes: {bytes(data)!r}")
        data += piece
    return bytes(data)


def read_to_end(connection):
    data = bytearray()
    while piece := connection.recv(65536):
        data += piece
    return bytes(data)


def read_until(connection, end):
    """Byte by byte: what follows belongs to somebody else."""
    data = bytearray()
    while not data.endswith(end):
        piece = connection.recv(1)
        if not piece:
            raise AssertionError(f"the stream ended before {end!r}: {bytes(data)!r}")
        data += piece
    return bytes(data)


def drip(connection, data):
    """One byte a segment."""
    for i in range(len(data)):
        connection.sendall(data[i:i + 1])


class HttpReply:
    def __init__(self, connection):
        self.head = read_until(connection, b"\r\n\r\n").decode("latin-1")
        status_line, *lines = self.head[:-4].split("\r\n")
        self.version, code, self.reason = (status_line.split(" ", 2) + [""])[:3]
        self.status = int(code)
        self.fields = {}
        for line in lines:
            name, value = line.split(":", 1)
            self.fields.setdefault(name.lower(), []).append(value.strip())
        self.body = ""
        if "content-length" in self.fields:
            self.body = read_exactly(connection, int(self.field("content-length"))).decode()

    def field(self, name):
        values = self.fields.get(name, [])
        equal(len(values), 1, f"fields named {name} in {self.head!r}")
        return values[0]


def connect_request(host, port, *fields, version="1.1"):
    authority = f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
    lines = [f"CONNECT {authority} HTTP/{version}", *([f"Host: {authority}"] if version == "1.1" else []), *fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def http_connect(gateway, host, port, *fields, version="1.1", early=b""):
    """Gives the connection and the reply."""
    connection = dial(gateway)
    connection.sendall(connect_request(host, port, *fields, version=version) + early)
    return connection, HttpReply(connection)


def http_tunnel(gateway, host, port, *fields, early=b""):
    connection, reply = http_connect(gateway, host, port, *fields, early=early)
    equal(reply.status, 200, reply.body)
    return connection


def socks5_address(host):
    try:
        packed = ipaddress.ip_address(host).packed
        return bytes([1 if len(packed) == 4 else 4]) + packed
    except ValueError:
        name = host.encode() if isinstance(host, str) else host
        return bytes([3, len(name)]) + name


def socks5_request(host, port, command=1):
    return bytes([5, command, 0]) + socks5_address(host) + struct.pack(">H", port)


def read_socks5_reply(connection):
    """Gives the REP code and BND as (address, port)."""
    version, rep, reserved, kind = read_exactly(connection, 4)
    equal((version, reserved), (5, 0), "SOCKS5 reply")
    size = {1: 4, 4: 16}[kind]
    address = ipaddress.ip_address(read_exactly(connection, size))
    return rep, (str(address), struct.unpack(">H", read_exactly(connection, 2))[0])


def socks5_login(connection, user, password):
    """Offers 00 and 02 (RFC 1929). Gives the status of the login; 255 when no method was chosen."""
    connection.sendall(b"\x05\x02\x00\x02")
    version, method = read_exactly(connection, 2)
    equal(version, 5)
    if method != 2:
        return method
    connection.sendall(bytes([1, len(user)]) + user.encode() + bytes([len(password)]) + password.encode())
    version, status = read_exactly(connection, 2)
    equal(version, 1)
    return status


def socks5_connect(gateway, host, port, command=1, login=None):
    """Gives the connection, the REP code and BND."""
    connection = dial(gateway)
    if login:
        equal(socks5_login(connection, *login), 0, "status of the login")
    else:
        connection.sendall(b"\x05\x01\x00")
        equal(read_exactly(connection, 2), b"\x05\x00", "method chosen")
    connection.sendall(socks5_request(host, port, command))
    rep, bound = read_socks5_reply(connection)
    return connection, rep, bound


def socks4_request(host, port, command=1, user=b""):
    """A name makes it a 4a request."""
    try:
        return bytes([4, command]) + struct.pack(">H", port) + ipaddress.IPv4Address(host).packed + user + b"\0"
    except ValueError:
        name = host.encode() if isinstance(host, str) else host
        return bytes([4, command]) + struct.pack(">H", port) + b"\0\0\0\1" + user + b"\0" + name + b"\0"


def socks4_connect(gateway, host, port, command=1, user=b""):
    """Gives the connection and the code: 0x5a granted, 0x5b not."""
    connection = dial(gateway)
    connection.sendall(socks4_request(host, port, command, user))
    version, code = read_exactly(connection, 8)[:2]
    equal(version, 0, "first byte of a SOCKS4 reply")
    return connection, code


def reset(connection):
    """Closes with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def is_closed(connection):
    """Waits for the other side to close. True for FIN, False for RST."""
    try:
        rest = connection.recv(1)
    except ConnectionResetError:
        return False
    equal(rest, b"", "bytes where an end was expected")
    return True
