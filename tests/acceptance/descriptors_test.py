"""Out of descriptors: Adit pauses accepting, says so once, serves the tunnels it has, and recovers."""
import contextlib
import threading

from harness.gateway import Gateway, eventually
from harness.namespaces import SITE, Internet
from harness.origins import Door, ProgramOrigin
from harness.runner import check, equal, main, need, test
from harness.wire import HttpReply, connect_request, dial, http_connect, http_tunnel, read_exactly

LIMIT = 120


def fill(gateway, door):
    """Connections until nobody answers any more. Gives the tunnels, and the connection that waits."""
    tunnels = []
    while len(tunnels) < LIMIT:
        connection = dial(gateway.address())
        connection.sendall(connect_request("127.0.0.1", door.port))
        connection.settimeout(1.5)
        try:
            reply = HttpReply(connection)
        except (TimeoutError, AssertionError, ConnectionResetError):
            return tunnels, connection
        connection.settimeout(20)
        if reply.status != 200:
            check(reply.status in (502, 503), reply.head)
            connection.close()
            continue
        tunnels.append((connection, door.accept()))
    raise AssertionError("it never ran out")


@test("out of descriptors it pauses, says so once, keeps its tunnels and recovers")
def _():
    need("prlimit")
    with Door(backlog=256) as door, Gateway(workers=1, prefix=["prlimit", f"--nofile={LIMIT}"]) as gateway:
        idle = gateway.descriptors()
        tunnels, waiting = fill(gateway, door)
        check(len(tunnels) > 30, f"only {len(tunnels)} tunnels under {LIMIT} descriptors")
        more = [dial(gateway.address()) for _ in range(20)]
        gateway.stderr.wait("accept")
        began = gateway.cpu_seconds()
        for i, (near, far) in enumerate(tunnels * 3):
            near.sendall(b"up%03d" % i)
            equal(read_exactly(far, 5), b"up%03d" % i)
            far.sendall(b"dn%03d" % i)
            equal(read_exactly(near, 5), b"dn%03d" % i)
        threading.Event().wait(1)
        check(gateway.cpu_seconds() - began < 0.6, "it spins")
        said = [line for line in gateway.stderr.all() if "accept" in line]
        equal(len(said), 1, "times it said so")

        for connection in more:
            connection.close()
        for near, far in tunnels:
            near.close()
            far.close()
        waiting.close()
        eventually(lambda: gateway.descriptors() <= idle + 2, "descriptors are left behind")
        with ProgramOrigin("cat") as origin, http_tunnel(gateway.address(), "127.0.0.1", origin.port) as connection:
            connection.sendall(b"back")
            equal(read_exactly(connection, 4), b"back")


@test("out of descriptors its own addresses stay refused, and what it cannot read is said once")
def _():
    need("prlimit", "ip", "unshare", "nsenter")
    anything = [{"name": "anything", "action": "allow", "networks": ["public", "private"]}]
    with contextlib.ExitStack() as stack:
        site, _ = stack.enter_context(Internet())
        gateway = stack.enter_context(Gateway(
            workers=1, namespace=site, rules=anything, limits={"handshake_timeout": "60s", "drain_timeout": "200ms"},
            prefix=["prlimit", "--nofile=40"]))
        stack.enter_context(site.entered())

        def own():
            connection, reply = http_connect(gateway.address(), SITE, 4)
            connection.close()
            return reply.status, gateway.record()["reason"]

        refused = (403, "no_rule")
        equal(own(), refused)
        held = [dial(gateway.address()) for _ in range(60)]
        gateway.stderr.wait("read this machine's own addresses: Too many open files")
        for connection in held:
            connection.close()
        gateway.stderr.wait("descriptors again")
        equal(own(), refused)
        gateway.stderr.wait("own addresses can be read again")
        equal(own(), refused)
        check("addresses have changed" not in gateway.stderr.text(), "what it could not read was taken for news")


main()
