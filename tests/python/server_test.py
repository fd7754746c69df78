#!/usr/bin/python3
"""The Python client against a real server, with real trainings.

usage: server_test.py FOLDER_OF_PROGRAMS
"""

import asyncio
import os
import signal
import unittest
import unittest.mock

import programs
import numpy as np
from programs import FAST

from advae import AsyncClient, Client, connection, errors, messages, rows as user_rows
from advae.requests import import_requests
from advae.private_server import PrivateServer

try:
    import pandas
except ImportError:
    pandas = None


def make_flows(rows, seed):
    """Flows of a network: those of udp are small, those of tcp are large."""
    random = np.random.default_rng(seed)
    protocol = random.choice(["tcp", "udp"], rows).astype(object)
    load = random.uniform(0, 1, rows)
    load[random.uniform(0, 1, rows) < 0.1] = np.nan
    return {
        "bytes": np.where(protocol == "tcp", 1000, 10) * random.uniform(1, 2, rows),
        "load": load,
        "encrypted": protocol == "tcp",
        "protocol": protocol,
        "start": np.datetime64("2026-01-05T00:00:00") + random.integers(0, 14 * 86_400, rows),
        "flow": np.array([f"flow {i}" for i in range(rows)]),
    }


def cut(flows, first, last):
    return {name: values[first:last] for name, values in flows.items()}


class RealServerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = PrivateServer(PROGRAMS / "advae-server")
        cls.addClassCleanup(cls.server.stop)
        cls.client = cls.server.client


class KeepaliveTest(unittest.TestCase):
    def test_gives_up_a_server_that_does_not_answer(self):
        with unittest.mock.patch.multiple(
            connection, _KEEPALIVE_MS=500, _KEEPALIVE_TIMEOUT_MS=500
        ):
            server = PrivateServer(PROGRAMS / "advae-server")
        self.addCleanup(server.stop)
        server.client.models()
        os.kill(server.process_id(), signal.SIGSTOP)
        try:
            with self.assertRaises(errors.UnavailableError):
                server.client.delete_model("pump")  # not tried again
        finally:
            os.kill(server.process_id(), signal.SIGCONT)


class TableTest(RealServerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flows = make_flows(20_000, 1)
        cls.version = cls.client.train("flows", cls.flows, alpha=0.05, seed=3, keys="flow", **FAST)

    def test_version(self):
        self.assertEqual(
            (self.version.model, self.version.version, self.version.training_rows),
            ("flows", 1, 20_000),
        )
        self.assertEqual(self.version.alpha, 0.05)
        roles = {column.name: column.role for column in self.version.message.schema.columns}
        self.assertEqual(roles["flow"], 3)
        self.assertEqual(list(roles), list(self.flows))

    def test_scores_do_not_depend_on_parts(self):
        new = make_flows(3000, 2)
        new["bytes"][7] = 1e9
        new["protocol"][8] = "icmp"
        whole = self.client.score("flows", new, top_features=5)
        self.assertTrue(np.isfinite(whole["score"]).all())
        for step in (1000, 64):
            parts = self.client.score("flows", new, rows_per_request=step)
            self.assertEqual(parts["score"].tobytes(), whole["score"].tobytes())
        self.assertTrue(whole.is_anomaly[7])
        first = whole.contributions[7][0]
        self.assertEqual((first.feature, first.value), ("bytes", 1e9))
        incomplete = np.isnan(new["load"])
        incomplete[8] = True
        self.assertEqual((whole.status == "incomplete").tolist(), incomplete.tolist())
        values = {part.feature: part.value for part in whole.contributions[8]}
        self.assertEqual(values["protocol"], "icmp")

    @unittest.skipIf(pandas is None, "needs python3-pandas")
    def test_a_frame_scores_as_its_columns(self):
        new = make_flows(200, 3)
        frame = pandas.DataFrame(new, index=np.arange(200) + 1000)
        frame["protocol"] = frame["protocol"].astype("category")
        frame = frame[sorted(frame.columns)]  # in another order
        scores = self.client.score("flows", frame, top_features=2, nearest_rows=3)
        self.assertEqual(
            scores["score"].tolist(), self.client.score("flows", new)["score"].tolist()
        )
        self.assertEqual(list(scores.index), list(frame.index))
        self.assertEqual(len(scores.nearest_rows.iloc[0]), 3)
        anomalies = scores[scores.is_anomaly]
        self.assertEqual(len(anomalies), int(scores.is_anomaly.sum()))

    def test_in_a_loop(self):
        new = make_flows(500, 4)

        async def run():
            async with AsyncClient(self.client.server) as client:
                version = await client.train("loop", self.flows, ignore=["flow", "start"], **FAST)
                self.assertTrue(await client.is_ready())
                names = [model.name for model in await client.models()]
                scores, again = await asyncio.gather(
                    client.score("loop", new, rows_per_request=64), client.score("loop", new)
                )
                await client.delete_model("loop")
                return version, names, scores, again

        version, names, scores, again = asyncio.run(run())
        self.assertEqual(version.version, 1)
        self.assertIn("loop", names)
        self.assertEqual(scores["score"].tolist(), again["score"].tolist())

    def test_a_missing_column_is_named(self):
        new = make_flows(3, 5)
        del new["load"]
        with self.assertRaisesRegex(ValueError, "no column 'load'"):
            self.client.score("flows", new)


class ArrayTest(RealServerTest):
    def train(self, model, **settings):
        return self.client.train(
            model, np.random.default_rng(0).normal(size=(500, 4)), **{**FAST, **settings}
        )

    def test_life_of_a_model(self):
        self.assertTrue(self.client.is_ready())
        self.train("pump", seed=1)
        version = self.train(
            "pump",
            seed=2,
            keep_serving=True,
            alpha=0.2,
            lambda_=0.3,
            samples=4,
            objective="advae",
            sampler="monte_carlo",
        )
        self.assertEqual(version.version, 2)
        parameters = version.message.hyperparameters
        self.assertEqual((parameters.epochs, getattr(parameters, "lambda")), (1, 0.3))
        self.assertEqual(version.message.latent_plan.sampler, 1)

        (model,) = [model for model in self.client.models() if model.name == "pump"]
        self.assertEqual(
            (model.serving_version, model.versions, model.training), (1, [1, 2], False)
        )
        self.assertEqual(self.client.promote("pump", 2).serving_version, 2)
        self.assertEqual(self.client.model("pump").details[1].version, 2)
        self.assertEqual(self.client.delete_version("pump", 1).versions, [2])
        with self.assertRaises(errors.FailedPreconditionError):
            self.client.delete_version("pump", 2)

        threshold = self.client.threshold("pump", alpha=0.01, curve_points=5)
        self.assertGreater(float(threshold), version.threshold)
        self.assertEqual(threshold.curve["cdf"].shape, (5,))
        self.assertEqual(self.client.threshold("pump").alpha, 0.2)
        self.client.threshold("pump", alpha=0.01, apply=True)
        self.assertEqual(self.client.score("pump", np.zeros((1, 4))).alpha, 0.01)

        (deleted,) = self.client.deleted("pump")
        self.assertEqual((deleted.model, deleted.version), ("pump", 1))
        self.assertGreater(deleted.expire_time, deleted.delete_time)
        self.assertEqual(self.client.undelete("pump", 1).versions, [1, 2])
        with self.assertRaises(errors.NotFoundError):
            self.client.undelete("pump")

        self.client.delete_model("pump")
        self.assertEqual(self.client.undelete("pump").serving_version, 2)
        self.client.delete_model("pump", permanently=True)
        self.assertEqual(self.client.deleted("pump"), [])
        with self.assertRaises(LookupError):
            self.client.model("pump")

    def test_an_array_is_a_matrix(self):
        version = self.train("matrix")
        self.assertFalse(version.message.HasField("schema"))
        rows = np.random.default_rng(1).normal(size=(100, 4))
        scores = self.client.score("matrix", rows, nearest_rows=2, top_features=9)
        named = self.client.score(
            "matrix", {name: rows[:, i] for i, name in enumerate(version.features)}
        )
        self.assertEqual(named["score"].tolist(), scores["score"].tolist())
        self.assertEqual(len(scores.contributions[0]), 4)
        infinite = self.client.score("matrix", [[np.inf, 0, 0, 0], [np.nan, 0, 0, 0]])
        self.assertEqual(list(infinite.status), ["not finite"] * 2)
        self.assertTrue(infinite.is_anomaly.all())

    def test_server_errors_have_its_words(self):
        with self.assertRaisesRegex(
            errors.NotFoundError, 'NOT_FOUND: there is no model "fan"'
        ) as raised:
            self.client.score("fan", np.zeros((1, 2)))
        self.assertEqual(raised.exception.details.resource, ("advae.v1.Model", "fan"))
        self.train("words")
        with self.assertRaisesRegex(ValueError, "INVALID_ARGUMENT: .*4"):
            self.client.score("words", np.zeros((1, 3)))
        with self.assertRaisesRegex(ValueError, "epochs") as raised:
            self.train("words", epochs=2_000_000)
        (violation,) = raised.exception.details.field_violations
        self.assertEqual(violation.field, "spec.hyperparameters.epochs")
        self.assertEqual(violation.description, raised.exception.message)

    def test_progress_and_its_errors(self):
        seen = []
        self.train("progress", epochs=30, progress=lambda *arguments: seen.append(arguments))
        self.assertEqual(seen[-1][:2], (30, 30))

        def interrupt(*_):
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            self.train("interrupted", epochs=100_000, progress=interrupt)

        # The training ends on the server, too.
        def train_again():
            try:
                return self.train("interrupted")
            except errors.FailedPreconditionError:
                return None

        programs.eventually(train_again, "another training is accepted")
        self.assertEqual(self.client.model("interrupted").versions, [1])

    def test_a_cancelled_task_cancels_its_training(self):
        async def run():
            async with AsyncClient(self.client.server) as client:
                started = asyncio.Event()
                task = asyncio.create_task(
                    client.train(
                        "cancelled",
                        np.zeros((10, 2)) + np.arange(10)[:, None],
                        epochs=1_000_000,
                        progress=lambda *_: started.set(),
                    )
                )
                await started.wait()
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task
                while any(model.training for model in await client.models()):
                    pass
                with self.assertRaises(errors.NotFoundError):
                    await client.model("cancelled")

        asyncio.run(run())

    def test_import(self):
        with self.assertRaisesRegex(errors.InvalidArgumentError, "encoder"):
            self.client.import_version("imported", b"no weights", b"none", np.zeros((10, 2)))

    def test_import_sends_all_it_is_given(self):
        sent = list(
            import_requests(
                messages.ImportSpec(model="m"),
                b"abcde",
                b"fg",
                user_rows.from_user(np.eye(2)),
                chunk_bytes=2,
            )
        )
        fields = [request.WhichOneof("payload") for request in sent]
        self.assertEqual(fields, ["spec"] + ["encoder_chunk"] * 3 + ["generator_chunk", "rows"])
        self.assertEqual(b"".join(request.encoder_chunk for request in sent), b"abcde")


class LimitsTest(unittest.TestCase):
    def test_many_rows_within_a_small_server(self):
        """A server of which one message may have 4 MiB takes any number of rows."""
        server = PrivateServer(PROGRAMS / "advae-server", "--max_message_bytes=4194304")
        self.addCleanup(server.stop)
        rows = np.random.default_rng(0).normal(size=(200_000, 8)).astype("f4")
        server.client.train("big", rows, **FAST)
        scores = server.client.score("big", rows)
        few = server.client.score("big", rows[-5:])
        self.assertEqual(scores["score"][-5:].tolist(), few["score"].tolist())
        self.assertIsInstance(Client(server.client.server), Client)


if __name__ == "__main__":
    PROGRAMS = programs.take_programs()
    unittest.main()
