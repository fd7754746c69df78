"""The client for asyncio."""

import collections

import grpc
import grpc.aio

from . import errors, messages, operations, progress as progress_bars
from .client import IN_FLIGHT, to_wire
from .connection import Connection


class AsyncClient(operations.Operations):
    """`Client` for asyncio: takes the same arguments, and has the same methods, to be awaited.

        async with AsyncClient("127.0.0.1:50051") as client:
            scores = await client.score("pump", today)

    A task that is cancelled cancels its call on the server, trainings included. To be made and used
    in one event loop.
    """

    def __init__(self, server=None, *, timeout=30, **connection):
        self._connection = Connection(server, **connection)
        self._timeout = timeout
        self._channel = self._connection.open(grpc.aio)

    @property
    def server(self):
        """The server's address."""
        return self._connection.target

    async def close(self):
        await self._channel.close()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.close()

    def __repr__(self):
        return f"<AsyncClient of {self.server}>"

    def _error(self, error):
        return errors.from_rpc_error(error, self.server)

    def _unary(self, method):
        return self._channel.unary_unary(
            method.path,
            request_serializer=to_wire,
            response_deserializer=method.response.FromString,
        )

    async def _call(self, operation):
        try:
            response = await self._unary(operation.method)(
                operation.request, timeout=self._timeout, metadata=self._connection.metadata()
            )
        except grpc.RpcError as error:
            raise self._error(error) from None
        return operation.convert(response)

    async def _upload(self, method, requests, convert):
        stub = self._channel.stream_unary(
            method.path,
            request_serializer=to_wire,
            response_deserializer=method.response.FromString,
        )
        try:
            return convert(await stub(requests, metadata=self._connection.metadata()))
        except grpc.RpcError as error:
            raise self._error(error) from None

    async def _train(self, training, progress):
        bar = progress_bars.make(progress, "epoch")
        stub = self._channel.stream_stream(
            messages.TRAIN.path,
            request_serializer=to_wire,
            response_deserializer=messages.TRAIN.response.FromString,
        )
        call = stub(training.requests(), metadata=self._connection.metadata())
        try:
            async for event in call:
                training.take(event, bar)
        except grpc.RpcError as error:
            raise self._error(error) from None
        finally:
            call.cancel()
            bar.close()
        return training.result()

    async def _score(self, scoring, progress):
        bar = (
            progress_bars.make(progress, "rows")
            if len(scoring.firsts) > IN_FLIGHT or callable(progress)
            else progress_bars.NoProgress()
        )
        try:
            return await self._score_parts(scoring, bar)
        except errors.FailedPreconditionError:
            if scoring.rows.field != "table":
                raise
            details = await self._call(
                operations.Operation(
                    messages.GET_MODEL,
                    messages.GetModelRequest(model=scoring.model),
                    lambda response: response,
                )
            )
            as_matrix = scoring.without_schema(details)
            if as_matrix is None:
                raise
            return await self._score_parts(as_matrix, bar)
        finally:
            bar.close()

    async def _score_parts(self, scoring, bar):
        stub = self._unary(messages.SCORE)
        waiting = collections.deque()

        def start(first):
            waiting.append(
                (
                    first,
                    stub(
                        scoring.request(first),
                        timeout=self._timeout,
                        metadata=self._connection.metadata(),
                    ),
                )
            )

        async def finish():
            first, call = waiting.popleft()
            try:
                scoring.take(await call, first)
            finally:
                call.cancel()  # with the task; otherwise it has ended
            bar.update(min(first + scoring.firsts.step, len(scoring.rows)), len(scoring.rows))

        try:
            for first in scoring.firsts:
                start(first)
                if first == 0 or len(waiting) == IN_FLIGHT:
                    await finish()
            while waiting:
                await finish()
        except grpc.RpcError as error:
            raise self._error(error) from None
        finally:
            for _, call in waiting:
                call.cancel()
        return scoring.result()
