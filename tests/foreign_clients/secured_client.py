#!/usr/bin/python3
"""Runs the program for Node of docs/CLIENTS.md against a server with TLS, client certificates and
tokens, and without one of what it needs.

usage: secured_client.py SERVER TRAINER ADVAE FOLDER

Takes advae-server, the fake trainer of tests/server, advae and a FOLDER with the npm packages
@grpc/grpc-js and @grpc/proto-loader. Exits with 77 without grpcio and numpy.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "tests/testing")]

try:
    import grpc  # noqa: F401
    import numpy
except ImportError:
    print("skipped: needs python3-grpcio and python3-numpy")
    sys.exit(77)

import certificates
import tested_server
from advae import Client


def node_program(address):
    """The program of the document, of this server and the sources' protos."""
    document = (ROOT / "docs/CLIENTS.md").read_text()
    program, = re.findall(r"^```js\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
    for old, new in (("advae.example:50051", address), ("/usr/share/advae/proto", str(ROOT / "proto"))):
        assert old in program, old
        program = program.replace(old, new)
    return program


def run(program, packages, folder):
    """What the program prints in `folder`."""
    file = pathlib.Path(packages) / "secured.mjs"  # beside node_modules
    file.write_text(program)
    result = subprocess.run(["node", file], cwd=folder, text=True, capture_output=True, check=False,
                            timeout=tested_server.LIMIT_SECONDS)
    assert result.returncode == 0, result.stderr
    return result.stdout


def main():
    server_program, trainer, advae, packages = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        certificates.make_certificates(folder)
        made = subprocess.run(
            [advae, "token", "create", f"--file={folder}/tokens.json", "--name=a", "--role=trainer"],
            check=True, capture_output=True, text=True)
        (folder / "token").write_text(made.stdout)
        server = tested_server.Server(server_program, trainer, name, flags=(
            f"--tls_cert={folder}/server.pem", f"--tls_key={folder}/server.key",
            f"--tls_client_ca={folder}/ca.pem", f"--tokens={folder}/tokens.json"))
        try:
            with Client(server.address, tls_ca=folder / "ca.pem", tls_cert=folder / "client.pem",
                        tls_key=folder / "client.key", token_file=folder / "token") as client:
                client.train("pump", numpy.arange(60.0).reshape(20, 3))
                expected = client.score("pump", [[1.5, 2.5, 3.5]])["score"][0]
            program = node_program(server.address)
            printed = run(program, packages, folder)
            assert float(re.fullmatch(r"scores (\S+)\n", printed).group(1)) == expected, printed

            unknown, unavailable, unauthenticated = (
                program.replace("model: 'pump'", "model: 'fan'"),
                program.replace("readFileSync('ca.pem')", "readFileSync('other.pem')"),
                program.replace("Bearer ", "Bearer advae_x"))
            no_certificate = program.replace(
                "readFileSync('ca.pem'), readFileSync('client.key'), readFileSync('client.pem')",
                "readFileSync('ca.pem')")
            for changed, code, word in ((unknown, 5, "fan"), (unavailable, 14, ""),
                                        (unauthenticated, 16, "token"), (no_certificate, 14, "")):
                assert changed != program
                printed = run(changed, packages, folder)
                assert printed.startswith(f"{code} ") and word in printed, (code, printed)
        finally:
            status, log = server.stop()
    assert status == 0, log
    print("ok")


main()
