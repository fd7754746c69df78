#!/usr/bin/python3
"""AdvaeDetector with scikit-learn, in pipelines and searches, as a pickle, and its private server.

usage: detector_test.py FOLDER_OF_PROGRAMS
"""

import copy
import os
import pathlib
import pickle
import signal
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
import warnings

import programs
import numpy as np
from programs import FAST, eventually

from advae import AdvaeDetector, errors
from advae.estimator import NotFittedError
from advae.private_server import PrivateServer

try:
    import sklearn
except ImportError:
    sklearn = None
try:
    import pandas
except ImportError:
    pandas = None

# check_estimator passes as it is: no check is left out.
EXCEPTIONS = {}


def make_rows(rows, seed, outliers=0):
    random = np.random.default_rng(seed)
    X = random.normal(size=(rows, 5))
    X[:outliers] += 15
    return X


def detector(**parameters):
    return AdvaeDetector(**{"programs": str(PROGRAMS), "random_state": 1, **FAST, **parameters})


class DetectorTest(unittest.TestCase):
    def test_scores_and_verdicts(self):
        fitted = detector().fit(make_rows(1000, 1))
        new = make_rows(1000, 2, outliers=20)
        decision = fitted.decision_function(new)
        np.testing.assert_array_equal(decision, fitted.score_samples(new) - fitted.offset_)
        np.testing.assert_array_equal(fitted.predict(new), np.where(decision < 0, -1, 1))
        self.assertTrue((fitted.predict(new[:20]) == -1).all())
        self.assertLess(np.mean(fitted.predict(new[20:]) == -1), 0.2)
        self.assertEqual((fitted.n_features_in_, fitted.version_.training_rows), (5, 1000))
        self.assertFalse(hasattr(fitted, "feature_names_in_"))

    def test_auto_decides_as_the_server(self):
        fitted = detector(alpha=0.03).fit(make_rows(500, 1))
        new = make_rows(200, 2)
        scores = fitted.explain(new, top_features=1)
        self.assertEqual(scores.alpha, 0.03)
        np.testing.assert_array_equal(scores.is_anomaly, fitted.predict(new) == -1)
        fitted.offset_ = -scores.threshold  # a score that equals the threshold is an outlier's
        self.assertEqual(
            np.nextafter(fitted.offset_, np.inf),
            detector(alpha=0.03).fit(make_rows(500, 1)).offset_,
        )

    def test_contamination_is_the_share_in_training(self):
        X = make_rows(1000, 1, outliers=50)
        fitted = detector(contamination=0.05)
        verdicts = fitted.fit_predict(X)
        self.assertEqual(np.flatnonzero(verdicts == -1).tolist(), list(range(50)))
        self.assertGreater(fitted.version_.message.left_out_rows, 0)
        for wrong in (0, 0.6, -1, "all", None):
            with self.subTest(wrong), self.assertRaisesRegex(
                ValueError, r"expected 'auto' or a number"
            ):
                detector(contamination=wrong).fit(X)

    def test_missing_values(self):
        X = make_rows(500, 1)
        X[::7, 2] = np.nan
        fitted = detector().fit(X)
        self.assertTrue(np.isfinite(fitted.score_samples(X)).all())
        with self.assertRaisesRegex(ValueError, "infinity in 'x1'"):
            fitted.predict([[0, np.inf, 0, 0, 0]])

    def test_seeds(self):
        X = make_rows(200, 1)
        same = [
            detector(random_state=state).fit(X).score_samples(X)
            for state in (7, 7, np.random.RandomState(3), np.random.RandomState(3))
        ]
        np.testing.assert_array_equal(same[0], same[1])
        np.testing.assert_array_equal(same[2], same[3])
        self.assertFalse(np.array_equal(same[0], same[2]))
        detector(random_state=np.random.default_rng(1)).fit(X)
        detector(random_state=None).fit(X)

    def test_every_column_is_a_feature(self):
        """Also those that training on a table would take for counters."""
        X = np.column_stack([np.arange(100.0), np.random.default_rng(0).normal(size=100)])
        fitted = detector().fit(X)
        self.assertEqual([column.role for column in fitted.version_.message.schema.columns], [1, 1])

    def test_hyperparameters(self):
        fitted = detector(
            epochs=2, latent_size=2, hyperparameters={"lambda": 0.25, "gamma": 0.01}
        ).fit(make_rows(100, 1))
        used = fitted.version_.message.hyperparameters
        self.assertEqual(
            (used.epochs, used.latent_size, getattr(used, "lambda"), used.gamma), (2, 2, 0.25, 0.01)
        )
        with self.assertRaisesRegex(errors.InvalidArgumentError, "learning_rate"):
            detector(learning_rate=-1.0).fit(make_rows(100, 1))

    def test_what_is_wrong_with_rows(self):
        fitted = detector().fit(make_rows(100, 1))
        for X, kind, message in (
            ([1, 2], ValueError, "Expected 2D array"),
            ([[1, 2]], ValueError, "expecting 5 features"),
            (np.zeros((0, 5)), ValueError, r"0 sample\(s\)"),
            ([[1j] * 5], ValueError, "Complex"),
            (np.array([[{}] * 5]), TypeError, "argument must be a string or a"),
        ):
            with self.subTest(message), self.assertRaisesRegex(kind, message):
                fitted.predict(X)
        with self.assertRaises(NotFittedError):
            detector().predict([[1]])
        with self.assertRaisesRegex(ValueError, "n_samples = 1"):
            detector().fit([[1, 2]])

    @unittest.skipIf(pandas is None, "needs python3-pandas")
    def test_frames(self):
        random = np.random.default_rng(0)
        frame = pandas.DataFrame(
            {
                "bytes": random.uniform(1, 2, 300),
                "protocol": random.choice(["tcp", "udp"], 300),
                "start": pandas.Timestamp("2026-01-05")
                + pandas.to_timedelta(random.integers(0, 14 * 86400, 300), unit="s"),
            }
        )
        fitted = detector().fit(frame)
        self.assertEqual(list(fitted.feature_names_in_), list(frame.columns))
        new = frame.head(3).set_axis(["a", "b", "c"])
        self.assertEqual(list(fitted.explain(new).index), ["a", "b", "c"])
        with self.assertRaisesRegex(ValueError, "unseen at fit time:\n- other"):
            fitted.predict(new.rename(columns={"bytes": "other"}))
        with self.assertRaisesRegex(ValueError, "same order"):
            fitted.predict(new[new.columns[::-1]])
        with self.assertWarnsRegex(UserWarning, "does not have valid feature names"):
            fitted.predict(new.to_numpy()[:1])

    def test_a_copy_scores_the_same_bits(self):
        X = make_rows(300, 1)
        fitted = detector().fit(X)
        scores = fitted.score_samples(X)
        for other in (
            copy.deepcopy(fitted),
            pickle.loads(pickle.dumps(fitted)),
            pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(fitted)))),
        ):
            np.testing.assert_array_equal(other.score_samples(X), scores)

    def test_a_model_goes_with_its_last_detector(self):
        X = make_rows(100, 1)
        fitted = detector().fit(X)
        server = PrivateServer.shared(PROGRAMS)
        name = fitted.version_.model
        other = pickle.loads(pickle.dumps(fitted))
        other.predict(X)
        del fitted
        server.delete_released()
        self.assertIn(name, [model.name for model in server.client.models()])
        data = pickle.dumps(other)
        del other
        server.delete_released()
        self.assertNotIn(name, [model.name for model in server.client.models()])
        pickle.loads(data).predict(X)  # which brings it back

    def test_a_server_of_others(self):
        server = PrivateServer(PROGRAMS / "advae-server")
        self.addCleanup(server.stop)
        X = make_rows(100, 1)
        for given in (server.client, server.client.server):
            fitted = detector(server=given, model="shared", programs=None).fit(X)
            other = pickle.loads(pickle.dumps(fitted))
            np.testing.assert_array_equal(other.score_samples(X), fitted.score_samples(X))
        self.assertEqual(server.client.model("shared").versions, [1, 2])
        self.assertEqual(server.client.model("shared").serving_version, 1)
        with self.assertRaisesRegex(ValueError, "name of a model"):
            detector(server=server.client).fit(X)


@unittest.skipIf(sklearn is None, "needs python3-sklearn")
class ScikitLearnTest(unittest.TestCase):
    def test_check_estimator(self):
        from sklearn.utils import estimator_checks

        checks = list(estimator_checks.check_estimator(detector(), generate_only=True))
        self.assertGreater(len(checks), 30)
        for instance, check in checks:
            name = check.func.__name__
            with self.subTest(name), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                if name not in EXCEPTIONS:
                    check(instance)

    def test_checks_of_names_and_numbers_of_features(self):
        from sklearn.utils import estimator_checks

        estimator_checks.check_n_features_in_after_fitting("AdvaeDetector", detector())
        if pandas is not None:
            estimator_checks.check_dataframe_column_names_consistency("AdvaeDetector", detector())

    def test_pipeline_and_search(self):
        from sklearn.metrics import make_scorer, roc_auc_score
        from sklearn.model_selection import GridSearchCV
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        X = make_rows(300, 1, outliers=30)
        y = np.where(np.arange(300) < 30, -1, 1)
        order = np.random.default_rng(0).permutation(300)
        search = GridSearchCV(
            make_pipeline(StandardScaler(), detector(contamination=0.1)),
            {"advaedetector__epochs": [1, 2]},
            cv=2,
            n_jobs=2,
            scoring=make_scorer(roc_auc_score, needs_threshold=True),
        )
        search.fit(X[order], y[order])
        self.assertGreater(search.best_score_, 0.95)
        self.assertEqual((search.predict(X)[:30] == -1).mean(), 1)

    def test_clone(self):
        from sklearn.base import clone

        first = detector(contamination=0.2, hyperparameters={"gamma": 0.1})
        first.fit(make_rows(50, 1))
        second = clone(first)
        self.assertEqual(second.get_params(), first.get_params())
        self.assertFalse(hasattr(second, "offset_"))


class PrivateServerTest(unittest.TestCase):
    def run_python(self, program, folder, **options):
        return subprocess.Popen(
            [sys.executable, "-c", program, str(PROGRAMS)],
            text=True,
            stdout=subprocess.PIPE,
            env={
                "PYTHONPATH": str(programs.PACKAGE),
                "TMPDIR": str(folder),
                "PATH": "/usr/bin:/bin",
            },
            **options,
        )

    FIT = """
import sys, os, signal, numpy as np
from advae import AdvaeDetector
from advae.private_server import PrivateServer
X = np.random.default_rng(0).normal(size=(50, 2))
detector = AdvaeDetector(programs=sys.argv[1], epochs=1, ensemble_size=1, memory_rows=8).fit(X)
print(PrivateServer.shared(sys.argv[1]).client.server, flush=True)
"""

    def expect_nothing_left(self, folder, address):
        import grpc

        eventually(lambda: not list(pathlib.Path(folder).iterdir()), f"{folder} is empty")
        with grpc.insecure_channel(address) as channel, self.assertRaises(grpc.FutureTimeoutError):
            grpc.channel_ready_future(channel).result(timeout=0.1)

    def test_ends_with_the_process(self):
        for end in (
            "",
            "sys.exit(3)",
            "raise RuntimeError",
            "os.kill(os.getpid(), signal.SIGKILL)",
            "os.kill(os.getpid(), signal.SIGTERM)",
            "os._exit(1)",
        ):
            with self.subTest(end), tempfile.TemporaryDirectory() as folder:
                process = self.run_python(self.FIT + end, folder, stderr=subprocess.DEVNULL)
                address = process.communicate()[0].strip()
                self.assertRegex(address, r"^127\.0\.0\.1:\d+$")
                self.expect_nothing_left(folder, address)

    def test_a_forked_process_does_not_keep_it(self):
        fork = """
if os.fork() == 0:
    sys.stdout.close()
    os.close(1)
    signal.pause()
    os._exit(0)
print(os.getpid(), flush=True)
os._exit(0)
"""
        with tempfile.TemporaryDirectory() as folder:
            process = self.run_python(
                self.FIT + fork, folder, stderr=subprocess.DEVNULL, start_new_session=True
            )
            try:
                self.expect_nothing_left(folder, process.communicate()[0].split()[0])
            finally:
                os.killpg(process.pid, signal.SIGKILL)  # the forked one

    def test_nothing_is_left_when_it_has_ended_in_order(self):
        with tempfile.TemporaryDirectory() as folder:
            self.run_python(self.FIT, folder).communicate()
            self.assertEqual(list(pathlib.Path(folder).iterdir()), [])

    def test_pickle_for_another_process(self):
        X = make_rows(100, 1)
        fitted = detector().fit(X)
        program = """
import sys, pickle, numpy as np
fitted, X = pickle.load(open(sys.argv[1], "rb"))
np.save(sys.argv[2], fitted.score_samples(X))
"""
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "pickle").write_bytes(pickle.dumps((fitted, X)))
            subprocess.run(
                [sys.executable, "-c", program, folder / "pickle", folder / "scores.npy"],
                check=True,
                env={"PYTHONPATH": str(programs.PACKAGE)},
            )
            np.testing.assert_array_equal(np.load(folder / "scores.npy"), fitted.score_samples(X))

    def test_programs_are_found_on_path(self):
        with unittest.mock.patch.dict("os.environ", {"PATH": f"/usr/bin:/bin:{PROGRAMS}"}):
            detector(programs=None).fit(make_rows(50, 1))

    def test_no_programs(self):
        with unittest.mock.patch.dict("os.environ", {"PATH": "/nowhere"}), self.assertRaisesRegex(
            FileNotFoundError, "no advae-server on PATH; expected"
        ):
            detector(programs=None).fit(make_rows(50, 1))
        with self.assertRaisesRegex(FileNotFoundError, "/nowhere/advae-server"):
            detector(programs="/nowhere").fit(make_rows(50, 1))

    def test_server_that_does_not_start(self):
        with self.assertRaisesRegex(errors.UnavailableError, "did not start: .*no_such_flag"):
            PrivateServer(PROGRAMS / "advae-server", "--no_such_flag=1")

    def test_a_server_that_was_killed_is_replaced(self):
        X = make_rows(50, 1)
        with tempfile.TemporaryDirectory() as folder:
            programs_of_test = pathlib.Path(folder)  # and with them a server of its own
            for name in ("advae-server", "advae-trainer"):
                (programs_of_test / name).symlink_to(PROGRAMS / name)
            old = detector(programs=folder).fit(X)
            server = PrivateServer.shared(folder)
            os.kill(server.process_id(), signal.SIGKILL)
            eventually(lambda: not server.is_running(), "the server has ended")
            with self.assertRaisesRegex(RuntimeError, "has ended"):
                old.predict(X)
            self.assertEqual(detector(programs=folder).fit(X).predict(X).shape, (50,))
            self.assertIsNot(PrivateServer.shared(folder), server)
            self.assertFalse(server.repository.exists())

    def test_variables_of_other_servers_do_not_count(self):
        variables = {
            "ADVAE_LISTEN": "192.0.2.1:1",
            "ADVAE_TLS_CA": "/none",
            "ADVAE_TOKEN_FILE": "/none",
        }
        with unittest.mock.patch.dict("os.environ", variables):
            server = PrivateServer(PROGRAMS / "advae-server")
        server.stop()
        self.assertFalse(server.repository.exists())


if __name__ == "__main__":
    PROGRAMS = programs.take_programs()
    unittest.main()
