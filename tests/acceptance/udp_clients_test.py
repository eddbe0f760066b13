"""Programs of others that send datagrams through SOCKS5: PySocks, Dante's client library, OpenVPN."""
import subprocess
import tempfile
from pathlib import Path

from harness.clients import run
from harness.dns import Dns
from harness.gateway import Gateway, Lines, LOOPBACK, clean_environment
from harness.runner import Skip, contains, equal, main, need, test
from harness.udp import udp_socket

# Dante's client goes nowhere near the address of its own proxy, so that is another one than the destinations'.
LISTENER = {"name": "main", "address": "127.0.0.9:0", "protocols": ["socks5", "udp"]}

# Asks the DNS server at the port given for www.example, and prints the last four bytes of the answer: the address.
ASK = r"""
import socket, struct, sys
def ask(port, made):
    made.settimeout(15)
    made.sendto(struct.pack(">HHHHHH", 0x1234, 0x0100, 1, 0, 0, 0) + b"\3www\7example\0\0\1\0\1", ("127.0.0.1", port))
    print(socket.inet_ntoa(made.recvfrom(512)[0][-4:]))
"""
PLAIN = "ask(int(sys.argv[1]), socket.socket(socket.AF_INET, socket.SOCK_DGRAM))"
PYSOCKS = r"""
import socks
made = socks.socksocket(socket.AF_INET, socket.SOCK_DGRAM)
made.set_proxy(socks.SOCKS5, sys.argv[2], int(sys.argv[3]))
ask(int(sys.argv[1]), made)
"""
DANTE = """logoutput: /dev/null
route {{
  from: 0.0.0.0/0 to: 0.0.0.0/0 via: {} port = {}
  proxyprotocol: socks_v5
  protocol: tcp udp
  command: connect udpassociate
  method: none
}}
"""


def serving():
    return Gateway(listeners=[LISTENER], rules=[LOOPBACK])


def equal_traffic(record, port, sent, received):
    told, = record["udp"]["destinations"]
    equal((told["port"], told["sent"], told["received"]), (port, sent, received))


@test("PySocks asks a DNS server")
def _():
    if run("/usr/bin/python3", "-c", "import socks").code != 0:
        raise Skip("python3-socks not installed (scripts/setup test)")
    with Dns({"www.example": ["192.0.2.7"]}) as dns, serving() as gateway:
        done = run("/usr/bin/python3", "-c", ASK + PYSOCKS, dns.port, *gateway.address())
        equal(done.output.decode().strip(), "192.0.2.7", repr(done))
        equal_traffic(gateway.record(protocol="udp", ending="finished"), dns.port, 1, 1)


@test("a program in Dante's wrapper asks a DNS server and does not know that there is a proxy")
def _():
    need("socksify")
    with Dns({"www.example": ["192.0.2.7"]}) as dns, serving() as gateway, tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "socks.conf"
        settings.write_text(DANTE.format(*gateway.address()))
        done = run("socksify", "/usr/bin/python3", "-c", ASK + PLAIN, dns.port,
                   environment={"SOCKS_CONF": str(settings), "SOCKS_AUTOADD_LANROUTES": "no"})
        equal(done.output.decode().strip(), "192.0.2.7", repr(done))
        equal_traffic(gateway.record(protocol="udp", ending="finished"), dns.port, 1, 1)


@test("two OpenVPNs find each other through it")
def _():
    need("openvpn")
    with serving() as gateway, tempfile.TemporaryDirectory() as folder:
        equal(run("openvpn", "--genkey", "secret", Path(folder) / "key").code, 0)

        def openvpn(*arguments):
            # A tunnel without a device: both sides only greet each other, once a second.
            command = ["openvpn", "--dev", "null", "--secret", "key", "--cipher", "AES-256-CBC", "--ping", "1", "--proto", "udp",
                       "--verb", "3", *map(str, arguments)]
            return subprocess.Popen(command, cwd=folder, env=clean_environment(folder), stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        with udp_socket() as free:
            port = free.getsockname()[1]  # nobody's, as soon as this block ends
        server = openvpn("--local", "127.0.0.1", "--lport", port)
        client = openvpn("--remote", "127.0.0.1", port, "--nobind", "--socks-proxy", *gateway.address())
        try:
            for process in (server, client):
                contains(Lines(process.stdout).wait("Peer Connection Initiated"), "127.0.0.1")
        finally:
            for process in (client, server):
                process.terminate()
                process.wait()
        told, = gateway.record(protocol="udp", ending="finished")["udp"]["destinations"]
        equal((told["host"], told["port"], told["verdict"]), ("127.0.0.1", port, "allow"))


main()
