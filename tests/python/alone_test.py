#!/usr/bin/python3
"""The Python package where nothing but grpcio, its Protobuf, and NumPy is installed.

usage: alone_test.py FOLDER_OF_PROGRAMS
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import programs

PROGRAM = """
import importlib.util, pickle, sys

for name in ("sklearn", "pandas", "scipy", "grpc_tools", "IPython"):
    assert importlib.util.find_spec(name) is None, name

import numpy as np
from advae import AdvaeDetector, AdvaeError, Client

X = np.random.default_rng(0).normal(size=(200, 3))
detector = AdvaeDetector(programs=sys.argv[1], epochs=1, ensemble_size=1, memory_rows=32,
                         random_state=1)
verdicts = detector.fit_predict(X)
assert verdicts.shape == (200,), verdicts
assert (detector.predict(X + 100) == -1).all()
assert detector.get_params()["epochs"] == 1
assert repr(detector).startswith("AdvaeDetector(epochs=1, ")
try:
    detector.set_params(epoch=1)
except ValueError as error:
    assert "'epoch'" in str(error)
else:
    raise AssertionError
copy = pickle.loads(pickle.dumps(detector))
assert (copy.score_samples(X) == detector.score_samples(X)).all()
try:
    AdvaeDetector().predict(X)
except (ValueError, AttributeError) as error:
    assert "not fitted" in str(error)
else:
    raise AssertionError

from advae.private_server import PrivateServer
client = Client(PrivateServer.shared(sys.argv[1]).client.server)
version = client.train("table", {"bytes": X[:, 0], "protocol": ["tcp", "udp"] * 100}, epochs=1,
                       ensemble_size=1, memory_rows=32)
scores = client.score("table", {"protocol": ["tcp", None], "bytes": [0.5, 1e6]}, top_features=1)
assert list(scores.status) == ["ok", "incomplete"], scores.status
assert list(scores["is_anomaly"])[1]
try:
    client.model("none")
except AdvaeError as error:
    assert error.code == "NOT_FOUND"
else:
    raise AssertionError
print("ok")
"""


class AloneTest(unittest.TestCase):
    def test_everything_works(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("grpc", "numpy", "google"):
                module = __import__(name)
                (pathlib.Path(folder) / name).symlink_to(pathlib.Path(module.__path__[0]))
            # -S: nothing of the system's own packages.
            result = subprocess.run(
                # Without those about so short a training.
                [sys.executable, "-S", "-W", "ignore::UserWarning", "-c", PROGRAM, PROGRAMS],
                text=True,
                capture_output=True,
                env={"PYTHONPATH": f"{programs.PACKAGE}:{folder}", "PATH": "/usr/bin:/bin"},
            )
        self.assertEqual((result.stdout, result.returncode), ("ok\n", 0), result.stderr)
        self.assertEqual(result.stderr, "")


if __name__ == "__main__":
    PROGRAMS = programs.take_programs()
    unittest.main()
