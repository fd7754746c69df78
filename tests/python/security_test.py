#!/usr/bin/python3
"""The Python client against a real server with TLS, client certificates and tokens.

usage: security_test.py FOLDER_OF_PROGRAMS
"""

import asyncio
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import unittest.mock

import programs
import certificates
import numpy as np
from programs import FAST

from advae import AsyncClient, Client, errors

ROWS = np.random.default_rng(1).normal(size=(200, 3))


class SecurityTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        certificates.make_certificates(self.folder)
        self.tls = {"tls_ca": self.folder / "ca.pem"}

    def path(self, name):
        return self.folder / name

    def start(self, *flags):
        """The address of a server with TLS and these flags."""
        process = subprocess.Popen(
            [
                PROGRAMS / "advae-server",
                f"--repository={self.path('models')}",
                f"--trainer={PROGRAMS / 'advae-trainer'}",
                "--listen=127.0.0.1:0",
                "--metrics_listen=127.0.0.1:0",
                f"--tls_cert={self.path('server.pem')}",
                f"--tls_key={self.path('server.key')}",
                *flags,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, programs.LIMIT_SECONDS)
        self.addCleanup(process.terminate)
        return re.search(r"grpc=(\S+)", process.stdout.readline()).group(1)

    def give(self, name, role):
        """Makes a token, and the file of it."""
        made = subprocess.run(
            [
                PROGRAMS / "advae",
                *("token", "create", f"--file={self.path('tokens.json')}"),
                *(f"--name={name}", f"--role={role}"),
            ],
            check=True,
            capture_output=True,
            text=True,
        )
        self.path(f"{name}.token").write_text(made.stdout)
        return self.path(f"{name}.token")

    def check(self, server, **connection):
        """Trains and scores, in both clients."""
        with Client(server, **connection) as client:
            version = client.train("pump", ROWS, **FAST)
            scores = client.score("pump", ROWS)

        async def run():
            async with AsyncClient(server, **connection) as client:
                return await client.score("pump", ROWS, version=version.version)

        self.assertEqual(list(asyncio.run(run())["score"]), list(scores["score"]))

    def refused(self, kind, message, server, **connection):
        with Client(server, timeout=5, **connection) as client:
            with self.assertRaisesRegex(kind, message):
                client.models()

        async def run():
            async with AsyncClient(server, timeout=5, **connection) as client:
                await client.models()

        with self.assertRaisesRegex(kind, message):
            asyncio.run(run())

    def test_tls(self):
        server = self.start()
        self.check(server, **self.tls)
        self.refused(errors.UnavailableError, "", server, tls_ca=self.path("other.pem"))
        self.refused(errors.UnavailableError, "", server, tls=True)  # of nobody that gRPC knows
        self.refused(errors.UnavailableError, "", server)

    def test_certificates_of_clients(self):
        server = self.start(f"--tls_client_ca={self.path('ca.pem')}")
        own = {"tls_cert": self.path("client.pem"), "tls_key": self.path("client.key")}
        self.check(server, **self.tls, **own)
        self.refused(errors.UnavailableError, "", server, **self.tls)
        stranger = {"tls_cert": self.path("other.pem"), "tls_key": self.path("other.key")}
        self.refused(errors.UnavailableError, "", server, **self.tls, **stranger)

    def test_tokens(self):
        trainer = self.give("trainer", "trainer")
        viewer = self.give("viewer", "viewer")
        server = self.start(f"--tokens={self.path('tokens.json')}")
        self.check(server, **self.tls, token_file=trainer)
        variables = {
            "ADVAE_SERVER": server,
            "ADVAE_TLS_CA": str(self.path("ca.pem")),
            "ADVAE_TOKEN_FILE": str(viewer),
        }
        with unittest.mock.patch.dict(os.environ, variables), Client() as client:
            self.assertEqual([model.name for model in client.models()], ["pump"])
            with self.assertRaisesRegex(errors.PermissionDeniedError, "viewer.*needs the role scorer"):
                client.score("pump", ROWS)
            # The file is read for each call.
            viewer.write_text(trainer.read_text())
            client.score("pump", ROWS)
        self.refused(errors.UnauthenticatedError, "expected .authorization", server, **self.tls)
        self.refused(
            errors.UnauthenticatedError, "form of a token", server, **self.tls, token="secret"
        )


if __name__ == "__main__":
    PROGRAMS = programs.take_programs()
    unittest.main()
