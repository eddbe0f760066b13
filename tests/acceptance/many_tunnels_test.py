"""Ten thousand tunnels: opened, each used, closed; nothing is left behind."""
import asyncio
import os
import resource
import subprocess
import sys
import threading

from harness.gateway import Gateway, eventually
from harness.runner import SANITIZED, check, equal, main, test
from harness.wire import connect_request

WANTED = 10_000 if not SANITIZED else 1_000


def raise_limit():
    """Descriptors this process may open. Root may raise the hard limit as well."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (max(hard, 4 * WANTED), hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
            return limit
        except (ValueError, OSError):
            continue
    return soft


# The destination has a process of its own, so that each side has descriptors enough.
ECHO = """
import asyncio, sys
async def serve():
    async def echo(reader, writer):
        try:
            while data := await reader.read(4096):
                writer.write(data)
        except ConnectionError:
            pass
        writer.close()
    server = await asyncio.start_server(echo, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(serve())
"""


class EchoProcess:
    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, "-c", ECHO], stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


async def open_tunnel(gateway, port, gate):
    async with gate:
        reader, writer = await asyncio.open_connection(*gateway)
        writer.write(connect_request("127.0.0.1", port))
        head = await reader.readuntil(b"\r\n\r\n")
        check(b" 200 " in head.split(b"\r\n")[0], f"not opened: {head!r}")
        return reader, writer


async def use(tunnel, number, gate):
    async with gate:
        reader, writer = tunnel
        word = b"tunnel %06d" % number
        writer.write(word)
        equal(await reader.readexactly(len(word)), word)


async def open_and_use(gateway, port, count, while_open):
    gate = asyncio.Semaphore(200)
    tunnels = await asyncio.gather(*(open_tunnel(gateway, port, gate) for _ in range(count)))
    await asyncio.gather(*(use(tunnel, i, gate) for i, tunnel in enumerate(tunnels)))
    while_open()
    for _, writer in tunnels:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for _, writer in tunnels), return_exceptions=True)


@test("ten thousand tunnels are opened, each carries its own bytes, and none leaves a descriptor or memory behind", 240)
def _():
    limit = raise_limit()
    count = min(WANTED, (limit - 200) // 2)
    if count < WANTED:
        print(f"         only {count} tunnels: {limit} descriptors are allowed here")
    with EchoProcess() as echo, Gateway(log={"access": "off"}, workers=os.cpu_count() or 1) as gateway:
        asyncio.run(open_and_use(gateway.address(), echo.port, 200, lambda: None))  # caches and pools fill
        eventually(lambda: gateway.descriptors() < 100, "descriptors are left behind after 200")
        descriptors, memory = gateway.descriptors(), gateway.memory()
        open_memory = []

        def look():
            check(gateway.descriptors() >= 2 * count, f"{gateway.descriptors()} descriptors for {count} tunnels")
            open_memory.append(gateway.memory())
            began = gateway.cpu_seconds()
            threading.Event().wait(1)
            check(gateway.cpu_seconds() - began < 0.5, "idle tunnels cost time")

        for _ in range(2):
            asyncio.run(open_and_use(gateway.address(), echo.port, count, look))
            eventually(lambda: gateway.descriptors() <= descriptors, f"{gateway.descriptors()} descriptors, {descriptors} before")
        each_costs = (open_memory[0] - memory) / count
        left = gateway.memory() - memory
        print(f"         {count} tunnels: {each_costs / 1024:.1f} KiB each while open, {left / 1024:.0f} KiB left afterwards")
        if not SANITIZED:
            check(each_costs < 8 * 1024, "a tunnel costs too much while it is idle")
            # The allocator keeps the pages: a small object of Asio's for each descriptor stays in its pool and holds its
            # page. What was used once is used again, so the second time takes nothing more.
            grown = gateway.memory() - open_memory[0]
            check(grown < 4 << 20, f"the second time took {grown} bytes more than the first")


main()
