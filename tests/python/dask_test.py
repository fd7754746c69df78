#!/usr/bin/python3
"""Runs examples/dask/score_frame.py with few rows.

usage: dask_test.py FOLDER_OF_PROGRAMS
"""

import subprocess
import sys
import unittest

import programs

from advae.private_server import PrivateServer

try:
    import dask.dataframe  # noqa: F401
    import distributed  # noqa: F401
except ImportError:
    raise SystemExit(print("skipped: needs python3-distributed and python3-pandas") or 77)

EXAMPLE = programs.ROOT / "examples/dask/score_frame.py"


class DaskTest(unittest.TestCase):
    def run_example(self, *arguments):
        result = subprocess.run(
            [sys.executable, EXAMPLE, "--rows=12000", "--part-rows=3000", "--check", *arguments],
            env={"PYTHONPATH": str(programs.PACKAGE), "PATH": "/usr/bin:/bin"},
            text=True,
            capture_output=True,
        )
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("every score has the same bits without Dask\n", result.stdout)
        return result.stdout.split(" outliers")[0]

    def test_servers_of_workers_score_as_a_service_does(self):
        own = self.run_example("--workers=2", f"--programs={PROGRAMS}")
        self.assertRegex(own, r"^12,000 rows, \d+$")
        server = PrivateServer(PROGRAMS / "advae-server")
        self.addCleanup(server.stop)
        shared = self.run_example("--workers=2", f"--server={server.client.server}")
        self.assertEqual(own, shared)
        self.assertEqual(server.client.model("flows").versions, [1])


if __name__ == "__main__":
    PROGRAMS = programs.take_programs()
    unittest.main()
