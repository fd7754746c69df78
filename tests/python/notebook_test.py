#!/usr/bin/python3
"""Runs examples/notebook/pumping_station.ipynb in a kernel.

usage: notebook_test.py FOLDER_OF_PROGRAMS
"""

import os
import pathlib
import tempfile
import unittest
import unittest.mock

import programs

try:
    import ipykernel  # noqa: F401  # the kernel
    import matplotlib  # noqa: F401
    import nbclient
    import nbformat
    import pandas  # noqa: F401
except ImportError as error:
    raise SystemExit(
        print(
            f"skipped: {error}: needs python3-nbclient, python3-ipykernel, "
            "python3-matplotlib and python3-pandas"
        )
        or 77
    )

EXAMPLES = programs.ROOT / "examples"


class NotebookTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        (cls.folder / "notebook").mkdir()
        (cls.folder / "pumping_station").symlink_to(EXAMPLES / "pumping_station")
        environment = {
            "PYTHONPATH": str(programs.PACKAGE),
            "ADVAE_PROGRAMS": str(PROGRAMS),
            "HOME": folder.name,
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        }
        cls.notebook = nbformat.read(EXAMPLES / "notebook/pumping_station.ipynb", as_version=4)
        with unittest.mock.patch.dict(os.environ, environment):
            nbclient.NotebookClient(
                cls.notebook,
                timeout=300,
                resources={"metadata": {"path": str(cls.folder / "notebook")}},
            ).execute()

    def outputs(self):
        """What all cells show, as texts."""
        for cell in self.notebook.cells:
            for output in cell.get("outputs", []):
                yield output.get("text") or output.get("data", {}).get("text/plain", "")

    def test_it_is_kept_without_results(self):
        stored = nbformat.read(EXAMPLES / "notebook/pumping_station.ipynb", as_version=4)
        nbformat.validate(stored)
        for cell in stored.cells:
            self.assertFalse(cell.get("outputs") or cell.get("execution_count"))

    def test_the_week_has_anomalies(self):
        text = "\n".join(self.outputs())
        self.assertRegex(text, r"\d+ of 1008 rows are anomalies")
        self.assertIn("<Version 1 of station: 3024 rows, 12 features", text)
        self.assertIn("vibration_mm_s", text)
        self.assertIn("1.0\n", text)  # the detector's verdicts are the client's

    def test_progress_is_a_bar(self):
        bars = [
            output.data["text/html"]
            for cell in self.notebook.cells
            for output in cell.get("outputs", [])
            if output.output_type == "display_data" and "text/html" in output.get("data", {})
        ]
        self.assertEqual(len([bar for bar in bars if bar.startswith("<progress ")]), 1)

    def test_it_draws_and_reports(self):
        pictures = [
            output
            for cell in self.notebook.cells
            for output in cell.get("outputs", [])
            if "image/png" in output.get("data", {})
        ]
        self.assertEqual(len(pictures), 1)
        self.assertGreater((self.folder / "notebook/report.html").stat().st_size, 100_000)


if __name__ == "__main__":
    PROGRAMS = programs.take_programs()
    unittest.main()
