"""SIGTERM and Ctrl-C: nobody new, those who are there get their time."""
import signal
import threading
import time

from harness.gateway import Gateway, eventually
from harness.origins import ProgramOrigin
from harness.runner import check, contains, each, equal, main, test
from harness.wire import dial, http_tunnel, is_closed, read_exactly

PATIENT = {"drain_timeout": "30s"}


def no_longer_listens(gateway):
    try:
        dial(gateway.address()).close()
        return False
    except (ConnectionRefusedError, ConnectionResetError):
        return True


@each([("SIGTERM", signal.SIGTERM), ("Ctrl-C", signal.SIGINT)],
      lambda name, _: f"{name} ends an idle gateway at once, with exit code 0")
def _(name, number):
    with Gateway(limits=PATIENT) as gateway:
        began = time.monotonic()
        gateway.signal(number)
        equal(gateway.wait(), 0)
        check(time.monotonic() - began < 5, "it took its time")


@each([("SIGTERM", signal.SIGTERM), ("Ctrl-C", signal.SIGINT)],
      lambda name, _: f"{name} lets a live tunnel finish, and ends when it has")
def _(name, number):
    with ProgramOrigin("cat") as origin, Gateway(limits=PATIENT) as gateway:
        with http_tunnel(gateway.address(), "127.0.0.1", origin.port) as connection:
            gateway.say(number, "stopping")
            eventually(lambda: no_longer_listens(gateway), "it still listens")
            connection.sendall(b"one last thing")
            equal(read_exactly(connection, 14), b"one last thing")
            check(gateway.process.poll() is None, "it did not wait")
        equal(gateway.wait(), 0)
        equal(gateway.record()["ending"], "finished")


@test("after drain_timeout the tunnels that are left are ended and recorded")
def _():
    with ProgramOrigin("cat") as origin, Gateway(limits={"drain_timeout": "500ms"}) as gateway:
        with http_tunnel(gateway.address(), "127.0.0.1", origin.port) as connection:
            began = time.monotonic()
            gateway.say(signal.SIGTERM, "stopping")
            check(not is_closed(connection), "an interrupted tunnel must not look like a finished one")
            check(0.3 < time.monotonic() - began < 8, f"after {time.monotonic() - began:.1f} s")
        equal(gateway.wait(), 0)
        record = gateway.record()
        equal((record["ending"], record["closed_by"]), ("stopped", "gateway"))


@each([("SIGTERM", signal.SIGTERM), ("Ctrl-C", signal.SIGINT)], lambda name, _: f"a second {name} ends at once")
def _(name, number):
    with ProgramOrigin("cat") as origin, Gateway(limits=PATIENT) as gateway:
        with http_tunnel(gateway.address(), "127.0.0.1", origin.port) as connection:
            gateway.say(number, "stopping")
            gateway.signal(number)
            equal(gateway.wait(10), 0)
            is_closed(connection)
        equal(gateway.record()["ending"], "stopped")


@test("clients that are still asking when it stops are let go by their own deadline at the latest")
def _():
    with Gateway(limits={"drain_timeout": "30s", "handshake_timeout": "1s"}) as gateway:
        idle = gateway.descriptors()
        with dial(gateway.address()), dial(gateway.address()) as halfway:
            halfway.sendall(b"CONNECT exam")
            eventually(lambda: gateway.descriptors() >= idle + 2, "the clients were not accepted")
            gateway.signal(signal.SIGTERM)
            equal(gateway.wait(10), 0)


@test("a reload while it stops is refused")
def _():
    with ProgramOrigin("cat") as origin, Gateway(limits=PATIENT) as gateway:
        with http_tunnel(gateway.address(), "127.0.0.1", origin.port):
            gateway.say(signal.SIGTERM, "stopping")
            contains(gateway.reload("reload refused"), "stopping")
        equal(gateway.wait(), 0)


@test("a burst of signals does not confuse it")
def _():
    with Gateway() as gateway:
        done = threading.Event()
        for _ in range(50):
            gateway.signal(signal.SIGHUP)
            gateway.signal(signal.SIGUSR1)
            done.wait(0.002)
        gateway.stderr.wait("reloaded")


main()
