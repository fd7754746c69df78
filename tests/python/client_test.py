#!/usr/bin/python3
"""The Python client against a server in Python, which answers what the test wants.

usage: client_test.py
"""

import asyncio
import io
import os
import pathlib
import pickle
import subprocess
import tempfile
import threading
import unittest
import unittest.mock
import warnings

import programs
import certificates
import grpc
import numpy as np
from programs import FakeServer, model_response, score_response

import advae
from advae import AsyncClient, Client, errors, messages, progress

ROWS = np.arange(2000.0).reshape(1000, 2)


class ServerTest(unittest.TestCase):
    def serve(self, answers, credentials=None):
        server = FakeServer(answers, credentials)
        self.addCleanup(server.stop)
        return server

    def client(self, server, **arguments):
        return self.enterContext(Client(server.address, **arguments))

    @staticmethod
    def in_loop(server, function, **arguments):
        """What `function` of an AsyncClient gives."""

        async def run():
            async with AsyncClient(server.address, **arguments) as client:
                return await function(client)

        return asyncio.run(run())


class ScoreTest(ServerTest):
    def check(self, scores, server):
        self.assertEqual(scores["score"].tolist(), ROWS[:, 0].tolist())
        self.assertEqual(scores.is_anomaly.tolist(), (ROWS[:, 0] >= 1).tolist())
        self.assertEqual(set(scores["status"]), {"ok"})
        self.assertEqual((scores.model, scores.version, len(scores)), ("m", 7, 1000))
        versions = [request.version for _, request, _ in server.calls]
        self.assertEqual(versions, [0] + [7] * 9)  # that of the first answer

    def test_parts_are_of_one_version(self):
        server = self.serve(
            {
                messages.SCORE: lambda request, context: score_response(
                    request, version=request.version or 7
                )
            }
        )
        self.check(self.client(server).score("m", ROWS, rows_per_request=100), server)

    def test_parts_are_of_one_version_in_a_loop(self):
        server = self.serve(
            {
                messages.SCORE: lambda request, context: score_response(
                    request, version=request.version or 7
                )
            }
        )
        self.check(
            self.in_loop(server, lambda client: client.score("m", ROWS, rows_per_request=100)),
            server,
        )

    def test_a_threshold_applied_meanwhile_changes_no_verdict(self):
        server = self.serve(
            {
                messages.SCORE: lambda request, context: score_response(
                    request, threshold=1.0 if not request.version else 1e9, alpha=0.5
                )
            }
        )
        scores = self.client(server).score("m", [[2.0], [2.0], [0.0]], rows_per_request=1)
        self.assertEqual(scores.is_anomaly.tolist(), [True, True, False])
        self.assertEqual(scores.threshold, 1.0)

    def test_a_short_answer_is_an_error(self):
        def answer(request, context):
            response = score_response(request)
            del response.scores[-1]
            return response

        server = self.serve({messages.SCORE: answer})
        with self.assertRaisesRegex(errors.InternalError, "scored 999 of 1000 rows"):
            self.client(server).score("m", ROWS)

    def test_explanations_and_neighbours(self):
        def answer(request, context):
            response = score_response(request)
            for _ in range(2):
                part = response.explanations.add().contributions
                part.add(name="a", contribution=3, expected=1.5)
                part.add(name="b", contribution=2, value="icmp", expected_value="tcp", expected=0)
                part.add(name="c", contribution=1, expected=4, missing=True)
                response.nearest_rows.add(rows=[8, 9], distances=[0.5, 0.75])
            return response

        server = self.serve(
            {messages.SCORE: answer, messages.GET_MODEL: lambda *_: model_response("a")}
        )
        scores = self.client(server).score("m", {"a": [5.0, 6.0]}, top_features=3, nearest_rows=2)
        self.assertEqual(
            scores.contributions[1],
            [("a", 3, 6.0, 1.5), ("b", 2, "icmp", "tcp"), ("c", 1, None, 4)],
        )
        self.assertEqual(scores.nearest_rows[0], [(8, 0.5), (9, 0.75)])
        self.assertEqual(scores.contributions[0][0].feature, "a")

    def test_a_frame_keeps_its_index(self):
        try:
            import pandas
        except ImportError:
            self.skipTest("needs python3-pandas")
        server = self.serve(
            {
                messages.SCORE: lambda request, context: score_response(request),
                messages.GET_MODEL: lambda *_: model_response("a"),
            }
        )
        frame = pandas.DataFrame(
            {"a": [0.0, 2.0, 3.0]}, index=pandas.Index(["x", "y", "z"], name="id")
        )
        scores = self.client(server).score("m", frame[frame.a > 0], rows_per_request=1)
        self.assertEqual(list(scores.columns), ["score", "p_value", "is_anomaly", "status"])
        self.assertEqual((list(scores.index), scores.index.name), (["y", "z"], "id"))
        self.assertEqual(scores.attrs["threshold"], 1.0)

    def test_columns_for_a_version_without_schema(self):
        server = self.serve(
            {
                messages.SCORE: lambda request, context: score_response(request),
                messages.GET_MODEL: lambda *_: model_response("b", "a", kind=None),
            }
        )
        for score in (
            self.client(server).score,
            lambda *arguments: self.in_loop(server, lambda client: client.score(*arguments)),
        ):
            scores = score("m", {"a": ["1", "?"], "b": [True, False], "c": [{}, []]})
            self.assertEqual(scores["score"].tolist(), [1, 0])
            rows = server.calls[-1][1].rows
            self.assertEqual((list(rows.feature_names), rows.values[1]), (["b", "a"], 1))
            self.assertTrue(np.isnan(rows.values[3]))
            with self.assertRaisesRegex(ValueError, "column 'a', row 0: 'x' is not a number"):
                score("m", {"a": ["x"], "b": [1.0]})
            with self.assertRaisesRegex(ValueError, "no column 'b'; the columns are 'a'"):
                score("m", {"a": [1.0]})

    def test_a_version_is_asked_for_once(self):
        """Until another version answers, or an error might come of it."""
        serving = [1]

        def answer(request, context):
            if serving[0] == 3 and not request.HasField("version"):
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, "other columns")
            return score_response(request, version=request.version or serving[0])

        server = self.serve(
            {
                messages.SCORE: answer,
                messages.GET_MODEL: lambda *_: model_response("a", version=serving[0]),
            }
        )
        client = self.client(server)
        for version, asked, scored in ((1, 1, 1), (1, 0, 1), (2, 1, 2), (2, 0, 1), (3, 1, 2)):
            serving[0] = version
            server.calls.clear()
            scores = client.score("m", {"a": [5.0]})
            self.assertEqual((scores.version, scores["score"].tolist()), (version, [5.0]))
            paths = [path for path, _, _ in server.calls]
            self.assertEqual(paths.count(messages.GET_MODEL.path), asked)
            self.assertEqual(paths.count(messages.SCORE.path), scored)

    def test_a_loop_goes_on_while_rows_are_converted(self):
        server = self.serve(
            {
                messages.SCORE: lambda request, context: score_response(request),
                messages.GET_MODEL: lambda *_: model_response("a"),
            }
        )
        threads = set()

        class Values(list):
            def __array__(self, *_):
                threads.add(threading.current_thread())
                return np.ones(1000)

        self.in_loop(server, lambda client: client.score("m", {"a": Values([1.0] * 1000)}))
        self.assertEqual(len(threads), 1)
        self.assertNotIn(threading.main_thread(), threads)

    def test_wrong_arguments(self):
        client = Client("127.0.0.1:1")
        for rows, arguments, message in (
            (np.zeros((0, 2)), {}, "no rows"),
            (ROWS, {"rows_per_request": -1}, "at least 1"),
            (ROWS, {"version": "two"}, "version is 'two'"),
            (ROWS, {"alpha": "x"}, "alpha is 'x'"),
        ):
            with self.subTest(message), self.assertRaisesRegex((ValueError, TypeError), message):
                client.score("m", rows, **arguments)
        with self.assertRaisesRegex(
            TypeError, "no hyper-parameter 'epoch'; expected one of .*epochs"
        ):
            client.train("m", ROWS, epoch=3)
        with self.assertRaisesRegex(
            ValueError, "objective is 'gan'; expected one of 'advae', 'vae'"
        ):
            client.train("m", ROWS, objective="gan")


class ErrorTest(ServerTest):
    def test_each_status_has_its_class(self):
        def answer(request, context):
            context.abort(getattr(grpc.StatusCode, request.model), "it is so")

        server = self.serve({messages.DELETE_MODEL: answer})
        client = self.client(server)
        for code in grpc.StatusCode:
            if code in (grpc.StatusCode.OK, grpc.StatusCode.UNKNOWN):
                continue
            with self.subTest(code):
                name = "".join(word.capitalize() for word in code.name.split("_")) + "Error"
                with self.assertRaises(getattr(errors, name)) as raised:
                    client.delete_model(code.name)
                error = raised.exception
                self.assertEqual(error.code, code.name)
                self.assertIn("it is so", error.message)
                self.assertIsNone(error.__cause__)
                self.assertTrue(error.__suppress_context__)  # no trace of gRPC's
                copy = pickle.loads(pickle.dumps(error))
                self.assertEqual((type(copy), str(copy)), (type(error), str(error)))
                with self.assertRaises(type(error)):
                    self.in_loop(server, lambda client: client.delete_model(code.name))

    def details_of(self, *carried, raw=None):
        """What an error has whose status carries these messages, in both clients."""
        status = messages.RpcStatus(code=5, message="it is so")
        for message in carried:
            status.details.add(
                type_url=f"type.googleapis.com/{message.DESCRIPTOR.full_name}",
                value=message.SerializeToString(),
            )
        encoded = status.SerializeToString() if raw is None else raw

        def answer(request, context):
            context.set_trailing_metadata((("grpc-status-details-bin", encoded),))
            context.abort(grpc.StatusCode.NOT_FOUND, "it is so")

        server = self.serve({messages.DELETE_MODEL: answer})
        with self.assertRaises(errors.NotFoundError) as raised:
            self.client(server).delete_model("m")
        with self.assertRaises(errors.NotFoundError) as raised_in_loop:
            self.in_loop(server, lambda client: client.delete_model("m"))
        details = raised.exception.details
        self.assertEqual(raised_in_loop.exception.details, details)
        self.assertEqual(pickle.loads(pickle.dumps(raised.exception)).details, details)
        return details

    def test_details(self):
        bad = messages.BadRequest()
        bad.field_violations.add(field="spec.alpha", description="alpha is 2")
        bad.field_violations.add(field="rows", description="none")
        retry = messages.RetryInfo()
        retry.retry_delay.seconds = 1
        retry.retry_delay.nanos = 250_000_000
        resource = messages.ResourceInfo(resource_type="advae.v1.Version", resource_name="pump/3")
        details = self.details_of(bad, retry, resource, messages.ScoreRequest(model="m"))
        self.assertEqual(
            [(violation.field, violation.description) for violation in details.field_violations],
            [("spec.alpha", "alpha is 2"), ("rows", "none")],
        )
        self.assertEqual(details.retry_after, 1.25)
        self.assertEqual((details.resource.type, details.resource.name), ("advae.v1.Version", "pump/3"))

    def test_errors_without_details(self):
        for details in (
            self.details_of(),
            self.details_of(raw=b"\xff"),
            self.details_of(raw=b"\x1a\x29\x0a\x24type.googleapis.com/google.rpc.RetryInfo\x12\x01\xff"),
            errors.NotFoundError("of our own").details,
        ):
            self.assertEqual(details.field_violations, ())
            self.assertIsNone(details.retry_after)
            self.assertIsNone(details.resource)

    def test_no_server(self):
        with self.assertRaisesRegex(errors.UnavailableError, "server 127.0.0.1:1: ") as raised:
            Client("127.0.0.1:1").delete_model("m")
        self.assertIsInstance(raised.exception, ConnectionError)

    def test_time_limit(self):
        release = threading.Event()
        server = self.serve({messages.DELETE_MODEL: lambda request, context: release.wait(60)})
        with self.assertRaises(TimeoutError):
            self.client(server, timeout=0.1).delete_model("m")
        release.set()


class RetryTest(ServerTest):
    def failing(self, code, times):
        attempts = []

        def answer(request, context):
            attempts.append(request)
            if len(attempts) <= times:
                context.set_trailing_metadata((("grpc-retry-pushback-ms", "1"),))
                context.abort(code, "not now")
            return (
                messages.LIST_MODELS.response()
                if not hasattr(request, "rows")
                else score_response(request)
            )

        return answer, attempts

    def test_calls_that_may_be_repeated(self):
        for code in ("UNAVAILABLE", "RESOURCE_EXHAUSTED", "CANCELLED"):
            for in_loop in (False, True):
                with self.subTest(code=code, in_loop=in_loop):
                    answer, attempts = self.failing(getattr(grpc.StatusCode, code), 3)
                    server = self.serve({messages.SCORE: answer})
                    if in_loop:
                        self.in_loop(server, lambda client: client.score("m", ROWS))
                    else:
                        self.client(server).score("m", ROWS)
                    self.assertEqual(len(attempts), 4)

    def test_calls_that_may_not(self):
        answer, attempts = self.failing(grpc.StatusCode.UNAVAILABLE, 3)
        server = self.serve({messages.DELETE_MODEL: answer})
        with self.assertRaises(errors.UnavailableError):
            self.client(server).delete_model("m")
        self.assertEqual(len(attempts), 1)


class TokenTest(ServerTest):
    def seen(self, server):
        return server.calls[-1][2].get("authorization")

    def setUp(self):
        self.server = self.serve(
            {
                messages.LIST_MODELS: lambda *_: messages.LIST_MODELS.response(),
                messages.SCORE: lambda request, _: score_response(request),
            }
        )
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.file = self.folder / "token"
        self.file.write_text("first\n")

    def test_goes_along(self):
        self.client(self.server).models()
        self.assertIsNone(self.seen(self.server))
        client = self.client(self.server, token="secret")
        client.models()
        self.assertEqual(self.seen(self.server), "Bearer secret")
        client.score("m", ROWS)
        self.assertEqual(self.seen(self.server), "Bearer secret")
        self.in_loop(self.server, lambda client: client.models(), token="other")
        self.assertEqual(self.seen(self.server), "Bearer other")

    def test_file_is_read_for_each_call(self):
        client = self.client(self.server, token_file=self.file)
        client.models()
        self.assertEqual(self.seen(self.server), "Bearer first")
        self.file.write_text("second\n")
        client.models()
        self.assertEqual(self.seen(self.server), "Bearer second")

    def test_variables(self):
        with unittest.mock.patch.dict(
            os.environ, {"ADVAE_TOKEN_FILE": str(self.file), "ADVAE_SERVER": self.server.address}
        ):
            with Client() as client:
                client.models()
            self.assertEqual(self.seen(self.server), "Bearer first")
            self.client(self.server, token="mine").models()
            self.assertEqual(self.seen(self.server), "Bearer mine")

    def test_what_is_no_token(self):
        for token in ("", "two words", "line\nline", "é"):
            with self.subTest(token), self.assertRaises(ValueError) as raised:
                Client(self.server.address, token=token)
            if token:
                self.assertNotIn(token, str(raised.exception))
        with self.assertRaisesRegex(ValueError, "expected one"):
            Client(self.server.address, token="a", token_file=self.file)
        with self.assertRaises(FileNotFoundError):
            Client(self.server.address, token_file=self.folder / "none")

    def test_secret_is_not_pickled_or_shown(self):
        client = self.client(self.server, token="secret")
        self.assertNotIn("secret", repr(client))
        with self.assertRaisesRegex(TypeError, "expected token_file"):
            pickle.dumps(client)
        copy = pickle.loads(pickle.dumps(self.client(self.server, token_file=self.file)))
        copy.models()
        self.assertEqual(self.seen(self.server), "Bearer first")

    def test_warns_where_others_may_read_it(self):
        with self.assertWarnsRegex(UserWarning, "without TLS"):
            Client("192.0.2.1:50051", token="secret")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for server in (
                "127.0.0.1:1",
                "localhost:1",
                "[::1]:1",
                "unix:/run/x",
                "dns:///localhost:1",
            ):
                Client(server, token="secret")


class TlsTest(ServerTest):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        certificates.make_certificates(cls.folder)

    def read(self, name):
        return (self.folder / name).read_bytes()

    def serve_tls(self, mutual):
        return self.serve(
            {messages.LIST_MODELS: lambda *_: messages.LIST_MODELS.response()},
            grpc.ssl_server_credentials(
                [(self.read("server.key"), self.read("server.pem"))],
                self.read("ca.pem") if mutual else None,
                mutual,
            ),
        )

    def test_authority(self):
        server = self.serve_tls(mutual=False)
        self.assertEqual(self.client(server, tls_ca=self.folder / "ca.pem").models(), [])
        self.assertEqual(
            self.in_loop(server, lambda client: client.models(), tls_ca=self.folder / "ca.pem"), []
        )
        for arguments in ({}, {"tls": True}, {"tls_ca": self.folder / "other.pem"}):
            with self.subTest(arguments), self.assertRaises(errors.UnavailableError):
                self.client(server, timeout=5, **arguments).models()

    def test_certificate_of_the_client(self):
        server = self.serve_tls(mutual=True)
        variables = {
            "ADVAE_TLS_CA": str(self.folder / "ca.pem"),
            "ADVAE_TLS_CERT": str(self.folder / "client.pem"),
            "ADVAE_TLS_KEY": str(self.folder / "client.key"),
        }
        with unittest.mock.patch.dict(os.environ, variables):
            self.assertEqual(self.client(server).models(), [])
        with self.assertRaises(errors.UnavailableError):
            self.client(server, tls_ca=self.folder / "ca.pem", timeout=5).models()

    def test_wrong_arguments(self):
        with self.assertRaisesRegex(ValueError, "belong together"):
            Client("127.0.0.1:1", tls_cert=self.folder / "client.pem")
        with self.assertRaisesRegex(ValueError, "tls is False"):
            Client("127.0.0.1:1", tls=False, tls_ca=self.folder / "ca.pem")
        with self.assertRaises(FileNotFoundError):
            Client("127.0.0.1:1", tls_ca=self.folder / "none.pem")


class ProgressTest(ServerTest):
    def test_terminal(self):
        class Terminal(io.StringIO):
            def isatty(self):
                return True

        for argument, shown in ((None, True), (True, True), (False, False)):
            with self.subTest(argument), unittest.mock.patch("sys.stderr", Terminal()) as terminal:
                bar = progress.make(argument, "epoch")
                bar.update(1, 4, 75)
                bar.update(4, 4, 0)
                bar.close()
                text = terminal.getvalue()
                self.assertEqual("epoch 1/4  1:15 left" in text, shown)
                self.assertEqual(text.endswith("\n"), shown)

    def test_no_terminal(self):
        with unittest.mock.patch("sys.stderr", io.StringIO()) as stream:
            progress.make(None, "epoch").update(1, 4)
            self.assertEqual(stream.getvalue(), "")

    def test_function(self):
        server = self.serve({messages.SCORE: lambda request, _: score_response(request)})
        seen = []
        self.client(server).score(
            "m", ROWS, rows_per_request=400, progress=lambda *arguments: seen.append(arguments)
        )
        self.assertEqual(seen, [(400, 1000, None), (800, 1000, None), (1000, 1000, None)])


class PackageTest(unittest.TestCase):
    def test_descriptors_are_current(self):
        result = subprocess.run(
            [programs.ROOT / "scripts/python-descriptors", "--check"],
            text=True,
            capture_output=True,
        )
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_version_is_that_of_the_project(self):
        project = (programs.ROOT / "CMakeLists.txt").read_text()
        self.assertIn(f"project(advae VERSION {advae.__version__} ", project)


if __name__ == "__main__":
    unittest.main()
