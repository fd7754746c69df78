#!/usr/bin/python3
"""Runs the examples of docs/PYTHON.md, one after the other.

usage: documents_test.py FOLDER_OF_PROGRAMS
"""

import contextlib
import io
import os
import re
import unittest

import programs

from advae.private_server import PrivateServer

try:
    import pandas  # noqa: F401
except ImportError:
    raise SystemExit(print("skipped: needs python3-pandas") or 77)

TEXT = (programs.ROOT / "docs/PYTHON.md").read_text()


class DocumentTest(unittest.TestCase):
    def test_examples(self):
        server = PrivateServer(PROGRAMS / "advae-server")
        self.addCleanup(server.stop)
        blocks = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
        program = "\n".join(blocks)
        self.assertIn('"127.0.0.1:50051"', program)
        program = program.replace("127.0.0.1:50051", server.client.server)
        program = program.replace("build/release/bin", str(PROGRAMS))
        os.chdir(programs.ROOT)
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec(compile(program, "docs/PYTHON.md", "exec"), {})  # pylint: disable=exec-used
        self.assertIn('there is no model "fan"', output.getvalue())
        self.assertIn("contributions", output.getvalue())
        self.assertIn("\n[100, 100]\n", output.getvalue())
        self.assertIn("feature='bytes'", output.getvalue())


if __name__ == "__main__":
    PROGRAMS = programs.take_programs()
    unittest.main()
