#!/usr/bin/python3
"""A real server, and clients that share no code with it: each method of each service, ours and gRPC's,
is finished, cancelled and abandoned, and the server is well after each.

usage: foreign_clients.py SERVER TRAINER [FOLDER]

Takes advae-server and the fake trainer of tests/server. The methods and their messages are what the
server's reflection tells; each needs a case in cases.json. Calls them with Python's grpcio or, if there
is a FOLDER with the npm packages @grpc/grpc-js and @grpc/proto-loader, with those. Exits with 77
without grpcio.
"""

import pathlib
import subprocess
import sys
import tempfile

try:
    import grpc
except ImportError:
    print("skipped: needs python3-grpcio")
    sys.exit(77)

import tested_server
from python_client import PythonClient


def call_with_python(server, services, files, pool):
    calls, lasting = PythonClient(server, services, files, pool).run()
    status, log = server.stop()
    for channel, call in lasting:
        try:
            list(call)
        except grpc.RpcError:
            pass
        assert call.code() == grpc.StatusCode.UNAVAILABLE, call.code()
        channel.close()
    return calls, status, log


def call_with_node(server, files, folder, packages):
    description = pathlib.Path(folder) / "services.bin"
    description.write_bytes(files.SerializeToString())
    here = pathlib.Path(__file__).parent
    client = subprocess.run(
        ["node", here / "node_client.mjs", packages, server.address, description, here],
        stdout=subprocess.PIPE, text=True, check=False)
    status, log = server.stop()
    assert client.returncode == 0, "the client has failed"
    return int(client.stdout), status, log


def main():
    program, trainer, *packages = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        server = tested_server.Server(program, trainer, folder)
        try:
            services, files, pool = tested_server.describe(server.address)
            if packages:
                calls, status, log = call_with_node(server, files, folder, packages[0])
            else:
                calls, status, log = call_with_python(server, services, files, pool)
            assert status == 0, f"the server ended with {status}"
        except BaseException:
            print(server.stop()[1])
            raise
    assert " error " not in log, log
    print(f"ok: {calls} calls of {sum(len(file.service) for file in files.file)} services")


main()
