#!/usr/bin/python3
"""Runs the commands of the examples of tables, and holds their pages against what they give.

usage: examples_test.py FOLDER_OF_PROGRAMS
"""

import json
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

EXAMPLES = ("plant_telemetry", "network_flows", "payments")
TOLERANCE = 0.03  # of average precisions; processors differ in the last digits of a training
MOST_BYTES = 300_000


def advae(*arguments, server):
    return subprocess.run(
        ["advae", *arguments], cwd=readme.ROOT, text=True, capture_output=True, timeout=300,
        env={"PATH": f"{PROGRAMS}:{os.environ['PATH']}", "ADVAE_SERVER": server})


class ExamplesTest(unittest.TestCase):
    def setUp(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        server = stack.Server(PROGRAMS, folder / "models", folder / "log")
        self.addCleanup(server.stop)
        self.address = server.address

    def run_command(self, command):
        result = advae(*command.split()[1:], server=self.address)
        self.assertEqual(result.returncode, 0, (command, result.stderr))
        return result.stdout

    def test_files_are_those_of_the_generator(self):
        for name in EXAMPLES:
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                example = readme.ROOT / "examples" / name
                subprocess.run([sys.executable, example / "generate.py", folder], check=True)
                for file in ("train.csv", "test.csv"):
                    made = (pathlib.Path(folder) / file).read_bytes()
                    self.assertEqual(made, (example / file).read_bytes(), file)
                    self.assertLess(len(made), MOST_BYTES)

    def test_commands_give_what_the_pages_say(self):
        for name in EXAMPLES:
            page = (readme.ROOT / "examples" / name / "README.md").read_text()
            with self.subTest(name):
                self.check_page(page)

    def check_page(self, page):
        (block,) = readme.blocks(page, "sh")
        train, evaluate, score = block.splitlines()
        self.assertIn("advae train ", train)
        self.run_command(train)
        self.check_precision(evaluate, re.search(r"^\| all \| (\.\d+) \|", page, re.M)[1])
        self.assertIn("%, expected ", self.run_command(score))

        flags, precision = re.search(r"^\| numbers alone \(`(.*)`\) \| (\.\d+) \|", page, re.M).groups()
        plain = re.sub(r" --column=\S+", "", train)
        self.run_command(f"{plain} {flags}")
        self.check_precision(evaluate, precision)

    def check_precision(self, evaluate, documented):
        measures = json.loads(self.run_command(f"{evaluate} --output=json"))
        self.assertAlmostEqual(measures["average_precision"], float(documented), delta=TOLERANCE)


if __name__ == "__main__":
    PROGRAMS = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
