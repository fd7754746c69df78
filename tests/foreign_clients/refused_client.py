#!/usr/bin/python3
"""Calls of somebody without a token, of each method of cases.json: finished, cancelled, and with the
connection cut.

usage: refused_client.py SERVER TRAINER

Takes advae-server and a trainer that is not used. Exits with 77 when grpcio is not installed.
"""

import json
import pathlib
import sys
import tempfile

try:
    import grpc
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

from tested_server import LIMIT_SECONDS, Line, Server

CASES = json.loads((pathlib.Path(__file__).parent / "cases.json").read_text())
TIMES = 20  # each call, as what goes wrong depends on the moment
ANYTHING = b"\x0a\x04pump"  # field 1 of many requests is the model


def call(channel, method):
    return channel.stream_stream(f"/{method}", request_serializer=bytes, response_deserializer=bytes)(
        iter([ANYTHING]), timeout=LIMIT_SECONDS)


def code_of(answers):
    """How a call ends."""
    try:
        list(answers)
    except grpc.RpcError:
        pass
    return answers.code()


def try_method(address, method):
    with grpc.insecure_channel(address) as channel:
        code = code_of(call(channel, method))
        assert code == grpc.StatusCode.UNAUTHENTICATED, (method, code)
        for _ in range(TIMES):
            cancelled = call(channel, method)
            cancelled.cancel()
            code = code_of(cancelled)
            assert code in (grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAUTHENTICATED), code
    line = Line(address)
    with grpc.insecure_channel(line.address) as channel:
        calls = [call(channel, method) for _ in range(TIMES)]
        line.cut()
        for abandoned in calls:
            code_of(abandoned)


def main():
    methods = sorted({name.split(" ")[0] for name in CASES})
    with tempfile.TemporaryDirectory() as folder:
        tokens = pathlib.Path(folder) / "tokens.json"
        tokens.write_text('{"grants": []}')
        server = Server(*sys.argv[1:], folder, flags=(f"--tokens={tokens}", "--open_health=false"))
        try:
            for method in methods:
                try_method(server.address, method)
        finally:
            status, log = server.stop()
    assert status == 0, log
    print(f"refused {len(methods)} methods, finished, cancelled and cut")


main()
