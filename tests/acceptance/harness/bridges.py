"""What stands before a proxy in some places: TLS, or a unix socket, passed on to a TCP port."""
import asyncio
import contextlib
import threading


class Bridge:
    """Passes connections on to `port` of 127.0.0.1. Comes in by a unix `path`, or by a free TCP port; with `context`, over TLS."""

    def __init__(self, port, path=None, context=None):
        self.target, self.path, self.context = port, path, context
        self.loop = asyncio.new_event_loop()

    def __enter__(self):
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.server = self._run(self._listen())
        if not self.path:
            self.port = self.server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_):
        self._run(self._stop())
        self.loop.call_soon_threadsafe(self.loop.stop)

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)

    async def _listen(self):
        if self.path:
            return await asyncio.start_unix_server(self._serve, self.path)
        return await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.context)

    async def _stop(self):
        self.server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader, writer):
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer), return_exceptions=True)
        for one in (writer, far_writer):
            one.close()

    @staticmethod
    async def _carry(reader, writer):
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
        else:
            writer.close()
