#!/usr/bin/python3
"""Runs the commands of docs/TUTORIAL.md, with shorter trainings.

usage: tutorial_test.py FOLDER_OF_PROGRAMS
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import readme

sys.path.insert(0, str(readme.ROOT / "tests" / "monitoring"))
import stack  # noqa: E402

TEXT = (readme.ROOT / "docs/TUTORIAL.md").read_text()
FAST = "--epochs=2 --ensemble-size=1 --hidden-size=16"


class TutorialTest(unittest.TestCase):
    def test_commands(self):
        script = "\n".join(readme.blocks(TEXT, "sh"))
        script, trainings = re.subn(r"^advae train .*", rf"\g<0> {FAST}", script, flags=re.M)
        self.assertEqual(trainings, 2)
        # Removed once the server has stopped.
        name = self.enterContext(tempfile.TemporaryDirectory())
        folder = pathlib.Path(name)
        (folder / "examples").symlink_to(readme.ROOT / "examples")
        server = stack.Server(PROGRAMS, folder / "models", folder / "log")
        self.addCleanup(server.stop)
        result = subprocess.run(
            ["bash", "-euxo", "pipefail", "-c", script], cwd=folder, text=True,
            env={"PATH": f"{PROGRAMS}:{os.environ['PATH']}", "HOME": name,
                 "ADVAE_SERVER": server.address}, capture_output=True, timeout=500)
        self.assertEqual(result.returncode, 0, result)
        self.assertIn("504 rows, ", result.stderr)  # as the page shows
        self.assertIn(",vibration_mm_s,", (folder / "verdicts.csv").read_text())
        self.assertIn("deleted_version  1\n", result.stdout)
        self.assertTrue((folder / "training.html").exists())


if __name__ == "__main__":
    PROGRAMS = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
