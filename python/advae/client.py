"""The client that blocks."""

import collections
import functools

import grpc

from . import errors, messages, operations, progress as progress_bars
from .connection import Connection

IN_FLIGHT = 4  # requests of a Scoring


def to_wire(request):
    return request.SerializeToString()


class Client(operations.Operations):
    """Talks to an advae-server:

        from advae import Client

        client = Client("127.0.0.1:50051")
        client.train("pump", normal, alpha=0.02)      # a DataFrame, or an array of numbers
        scores = client.score("pump", today, top_features=2)
        print(scores[scores.is_anomaly])

    server: HOST:PORT or any other gRPC name; unless given ADVAE_SERVER, or 127.0.0.1:50051.
    tls_ca: file with the certificates of the authorities that sign the server's; turns TLS on.
    tls_cert, tls_key: files with the client's certificate and its key, for mutual TLS.
    token, token_file: goes along with each call. The file is read for each call, so a new token in
        it is used.
    tls: True for TLS with the authorities that gRPC knows; not needed with tls_ca.
    tls_server_name: the name in the server's certificate, if it is not that in `server`.
    environment: takes the place of the process's variables; {} for none.
    timeout: limit of each unary call in seconds, retries included. Trainings have none.

    tls_ca, tls_cert, tls_key and token_file are ADVAE_TLS_CA, ADVAE_TLS_CERT, ADVAE_TLS_KEY and
    ADVAE_TOKEN_FILE unless given. Does not wait for the connection. Thread-safe; not to be used in
    a process forked from the one that made it. A context manager; `close` ends its calls.
    """

    def __init__(self, server=None, *, timeout=30, **connection):
        self._arguments = {"timeout": timeout, **connection}
        self._connection = Connection(server, **connection)
        self._timeout = timeout
        self._channel = self._connection.open(grpc)

    @property
    def server(self):
        """The server's address."""
        return self._connection.target

    def close(self):
        self._channel.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __reduce__(self):
        if self._arguments.get("token") is not None:
            raise TypeError(
                "a client with a token is not pickled, as the pickle would have the secret "
                "in it; expected token_file"
            )
        return functools.partial(Client, self.server, **self._arguments), ()

    def __deepcopy__(self, memo):
        return self

    def __repr__(self):
        return f"<Client of {self.server}>"

    def _error(self, error):
        return errors.from_rpc_error(error, self.server)

    def _unary(self, method):
        return self._channel.unary_unary(
            method.path,
            request_serializer=to_wire,
            response_deserializer=method.response.FromString,
        )

    def _call(self, operation):
        try:
            response = self._unary(operation.method)(
                operation.request, timeout=self._timeout, metadata=self._connection.metadata()
            )
        except grpc.RpcError as error:
            raise self._error(error) from None
        return operation.convert(response)

    def _upload(self, method, requests, convert):
        stub = self._channel.stream_unary(
            method.path,
            request_serializer=to_wire,
            response_deserializer=method.response.FromString,
        )
        try:
            return convert(stub(requests, metadata=self._connection.metadata()))
        except grpc.RpcError as error:
            raise self._error(error) from None

    def _train(self, training, progress):
        bar = progress_bars.make(progress, "epoch")
        stub = self._channel.stream_stream(
            messages.TRAIN.path,
            request_serializer=to_wire,
            response_deserializer=messages.TRAIN.response.FromString,
        )
        call = stub(training.requests(), metadata=self._connection.metadata())
        try:
            for event in call:
                training.take(event, bar)
        except grpc.RpcError as error:
            raise self._error(error) from None
        finally:
            call.cancel()  # after Ctrl-C; otherwise it has ended
            bar.close()
        return training.result()

    def _score(self, scoring, progress):
        bar = (
            progress_bars.make(progress, "rows")
            if len(scoring.firsts) > IN_FLIGHT or callable(progress)
            else progress_bars.NoProgress()
        )
        try:
            return self._score_parts(scoring, bar)
        except errors.FailedPreconditionError:
            if scoring.rows.field != "table":
                raise
            details = self._call(
                operations.Operation(
                    messages.GET_MODEL,
                    messages.GetModelRequest(model=scoring.model),
                    lambda response: response,
                )
            )
            as_matrix = scoring.without_schema(details)
            if as_matrix is None:
                raise
            return self._score_parts(as_matrix, bar)
        finally:
            bar.close()

    def _score_parts(self, scoring, bar):
        stub = self._unary(messages.SCORE)
        waiting = collections.deque()

        def start(first):
            waiting.append(
                (
                    first,
                    stub.future(
                        scoring.request(first),
                        timeout=self._timeout,
                        metadata=self._connection.metadata(),
                    ),
                )
            )

        def finish():
            first, call = waiting.popleft()
            scoring.take(call.result(), first)
            bar.update(min(first + scoring.firsts.step, len(scoring.rows)), len(scoring.rows))

        try:
            for first in scoring.firsts:
                start(first)
                if first == 0 or len(waiting) == IN_FLIGHT:
                    finish()  # the first tells the version of all
            while waiting:
                finish()
        except grpc.RpcError as error:
            raise self._error(error) from None
        finally:
            for _, call in waiting:
                call.cancel()
        return scoring.result()
