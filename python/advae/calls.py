"""How calls are made, written once for the client that blocks and the one for asyncio.

Calls are coroutines. Those of a client that blocks never wait for a loop: what they await blocks,
so that they run to their end at the first step.
"""

import abc
import collections
import time

import grpc

from . import errors, messages, progress as progress_bars
from .connection import Connection
from .requests import StaleTarget

IN_FLIGHT = 4  # requests of a Scoring
_FEW_ROWS = 256
# A model may be deleted, and another one be trained that has its name and versions.
_TARGET_SECONDS = 10
_MAX_TARGETS = 64
# What scoring for a version may fail with when it is another one by now.
_MAYBE_STALE = (
    StaleTarget,
    errors.InvalidArgumentError,
    errors.NotFoundError,
    errors.FailedPreconditionError,
)


class Calls(abc.ABC):
    """Makes calls over a channel of `module`, grpc or grpc.aio."""

    module = grpc

    def __init__(self, server=None, *, timeout=30, **connection):
        self._arguments = {"timeout": timeout, **connection}
        self._connection = Connection(server, **connection)
        self._timeout = timeout
        self._channel = self._connection.open(self.module)
        self._targets = {}  # by model and version, with the time until which they may be used

    @property
    def server(self):
        """The server's address."""
        return self._connection.target

    def __repr__(self):
        return f"<{type(self).__name__} of {self.server}>"

    @abc.abstractmethod
    def _run(self, coroutine):
        """What a method returns for its coroutine."""

    @abc.abstractmethod
    def _start(self, stub, request, **arguments):
        """Starts a call, without waiting for it."""

    @abc.abstractmethod
    async def _wait(self, call):
        """The response of a call."""

    @abc.abstractmethod
    def _events(self, call):
        """An asynchronous iterator of the responses of a call."""

    @abc.abstractmethod
    def _stream(self, requests):
        """The requests of an iterator, in the form that a channel takes."""

    @abc.abstractmethod
    async def _work(self, function, *arguments):
        """What a function gives that computes for as long as there are rows."""

    async def _work_on(self, rows, function, *arguments):
        """The same at once where there are few rows, for which it costs less than a thread."""
        if len(rows) <= _FEW_ROWS:
            return function(*arguments)
        return await self._work(function, *arguments)

    def _call(self, operation):
        """Makes a unary call."""
        return self._run(self._answer(operation))

    def _upload(self, method, make_requests, convert):
        """Makes a call with a stream of requests and one response."""
        return self._run(self._upload_all(method, make_requests, convert))

    def _train(self, make_training, progress):
        """Makes a call of Train, for a Training."""
        return self._run(self._train_to_end(make_training, progress))

    def _score(self, make_scoring, progress):
        """Makes the calls of a Scoring."""
        return self._run(self._score_all(make_scoring, progress))

    def _send(self, shape, method, request, **limits):
        stub = getattr(self._channel, shape)(
            method.path,
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=method.response.FromString,
        )
        return self._start(stub, request, metadata=self._connection.metadata(), **limits)

    def _send_unary(self, method, request):
        return self._send("unary_unary", method, request, timeout=self._timeout)

    async def _finish(self, call):
        try:
            return await self._wait(call)
        except grpc.RpcError as error:
            raise errors.from_rpc_error(error, self.server) from None
        finally:
            call.cancel()  # with its task, or after Ctrl-C; otherwise it has ended

    async def _answer(self, operation):
        call = self._send_unary(operation.method, operation.request)
        return operation.convert(await self._finish(call))

    async def _upload_all(self, method, make_requests, convert):
        requests = self._stream(await self._work(make_requests))
        self._targets.clear()
        return convert(await self._finish(self._send("stream_unary", method, requests)))

    async def _train_to_end(self, make_training, progress):
        training = await self._work(make_training)
        self._targets.clear()
        bar = progress_bars.make(progress, "epoch")
        call = self._send("stream_stream", messages.TRAIN, self._stream(training.requests()))
        try:
            async for event in self._events(call):
                training.take(event, bar)
        except grpc.RpcError as error:
            raise errors.from_rpc_error(error, self.server) from None
        finally:
            call.cancel()
            bar.close()
        return training.result()

    async def _score_all(self, make_scoring, progress):
        scoring = await self._work(make_scoring)
        if not scoring.needs_target():
            return await self._score_parts(scoring, progress)
        key = scoring.model_and_version
        target, until = self._targets.get(key, (None, 0))
        if time.monotonic() < until and await self._work_on(
            scoring.rows, scoring.try_to_fit, target
        ):
            try:
                return await self._score_parts(scoring, progress)
            except _MAYBE_STALE:
                pass
        details = await self._answer(scoring.describe())
        target = await self._work(scoring.target_of, details)
        if target is not None:
            if len(self._targets) >= _MAX_TARGETS:
                self._targets.clear()
            self._targets[key] = (target, time.monotonic() + _TARGET_SECONDS)
        await self._work_on(scoring.rows, scoring.fit_to, target)
        return await self._score_parts(scoring, progress)

    async def _score_parts(self, scoring, progress):
        bar = progress_bars.NoProgress()
        if len(scoring.firsts) > IN_FLIGHT or callable(progress):
            bar = progress_bars.make(progress, "rows")
        waiting = collections.deque()

        async def finish():
            first, call = waiting.popleft()
            response = await self._finish(call)
            await self._work_on(scoring.rows, scoring.take, response, first)
            bar.update(scoring.end(first), len(scoring.rows))

        try:
            for first in scoring.firsts:
                request = await self._work_on(scoring.rows, scoring.request, first)
                waiting.append((first, self._send_unary(messages.SCORE, request)))
                if first == 0 or len(waiting) == IN_FLIGHT:
                    await finish()  # the first tells the version of all
            while waiting:
                await finish()
        finally:
            for _, call in waiting:
                call.cancel()
            bar.close()
        return await self._work_on(scoring.rows, scoring.result)
