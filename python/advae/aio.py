"""The client for asyncio."""

import asyncio

import grpc.aio

from .operations import Operations


class AsyncClient(Operations):
    """`Client` for asyncio: takes the same arguments, and has the same methods, to be awaited.

        async with AsyncClient("127.0.0.1:50051") as client:
            scores = await client.score("pump", today)

    A task that is cancelled cancels its call on the server, trainings included. Many rows are
    converted in threads, so that the loop goes on meanwhile. To be made and used in one event loop.
    """

    module = grpc.aio

    async def close(self):
        await self._channel.close()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.close()

    def _run(self, coroutine):
        return coroutine

    def _start(self, stub, request, **arguments):
        return stub(request, **arguments)

    async def _wait(self, call):
        return await call

    def _events(self, call):
        return call

    async def _stream(self, requests):
        while (request := await self._work(next, requests, None)) is not None:
            yield request

    async def _work(self, function, *arguments):
        return await asyncio.to_thread(function, *arguments)
