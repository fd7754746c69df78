"""The client that blocks."""

import functools

from .operations import Operations


class Client(Operations):
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

    def _run(self, coroutine):
        try:
            coroutine.send(None)
        except StopIteration as end:
            return end.value
        raise RuntimeError("a call waits for a loop; expected one that blocks")

    def _start(self, stub, request, **arguments):
        return getattr(stub, "future", stub)(request, **arguments)  # a stream of responses has none

    async def _wait(self, call):
        return call.result()

    async def _events(self, call):
        for event in call:
            yield event

    def _stream(self, requests):
        return requests

    async def _work(self, function, *arguments):
        return function(*arguments)
