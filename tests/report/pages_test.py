#!/usr/bin/python3
"""The reports that the programs write, drawn by Chromium.

usage: pages_test.py FOLDER_OF_PROGRAMS

Exits with 77 when Chromium or Python's imaging library is not installed.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    from PIL import Image
except ImportError as error:
    print(f"skipped: {error} (python3-pil)")
    sys.exit(77)
if shutil.which("chromium") is None:
    print("skipped: no chromium")
    sys.exit(77)

import chromium

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "monitoring"))
import stack

WIDE = 1280
NARROW = 500  # the narrowest window that Chromium makes
LARGEST_PAGE_BYTES = 600_000

TRAINING = {
    "Training": [], "Loss curves": ["Losses", "Reconstruction errors",
                                    "Divergences from the prior", "Hinges", "Rows with an active hinge"],
    "Columns": [],
    "Scores": ["Scores", "Calibration: share of the rows with p ≤ alpha"],
    "Most anomalous training rows": [],
    "Hyper-parameters and provenance": []}
EVALUATION = {
    "Measures": [], "Ranking": ["ROC curve", "Precision-recall curve"],
    "Scores and calibration": ["Scores in the order of the rows", "Scores", "Calibration: share of the normal rows with p ≤ alpha"],
    "Most anomalous rows": [], "Features of the most anomalous rows": [], "False alarms": [], "Missed anomalies": [], "Columns": [],
    "Hyper-parameters and provenance": []}


FEATURES = (stack.PUMP / "train.csv").read_text(encoding="utf-8").splitlines()[0].split(",")


class PagesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls._folder.cleanup)
        cls.folder = pathlib.Path(cls._folder.name)
        server = stack.Server(PROGRAMS, cls.folder / "models", cls.folder / "server.log")
        cls.addClassCleanup(server.stop)

        def advae(*arguments):
            subprocess.run([PROGRAMS / "advae", f"--server={server.address}", *arguments],
                           check=True, capture_output=True)

        advae("train", "station", f"--data={stack.PUMP / 'train.csv'}", "--epochs=4",
              "--hidden-size=16", "--ensemble-size=2", f"--report={cls.folder / 'training.html'}")
        advae("evaluate", "station", f"--data={stack.PUMP / 'test.csv'}",
              f"--report={cls.folder / 'evaluation.html'}")

    def check_page(self, name, title, sections):
        path = self.folder / name
        self.assertLess(path.stat().st_size, LARGEST_PAGE_BYTES)
        for width in (NARROW, WIDE):
            page = chromium.Page(path, width)
            self.assertEqual(page.title, title)
            # Warnings come first, when there are any.
            self.assertEqual([h for h in page.headings if h != "Warnings"], list(sections))
            # Which features an evaluation shows is up to the model.
            titles = [chart["title"] for chart in page.charts]
            self.assertEqual([title for title in titles if title not in FEATURES],
                             [chart for charts in sections.values() for chart in charts])
            self.assertEqual(any(title in FEATURES for title in titles),
                             "Features of the most anomalous rows" in sections)
            for chart in page.charts:
                self.assertGreater(chart["share"], 0.01, chart["title"])
            self.assertEqual(page.overflow, 0, f"{name} is wider than {width} pixels")
        self.check_picture(path, page)

    def check_picture(self, path, page):
        """Each chart has colour where it stands: axes are grey, lines are not."""
        picture = self.folder / "page.png"
        chromium.screenshot(path, picture, WIDE, page.height)
        with Image.open(picture) as image:
            self.assertEqual(image.size, (WIDE, page.height))
            for chart in page.charts:
                hues = image.convert("HSV").crop([round(edge) for edge in chart["box"]])
                vivid = sum(saturation > 60 for saturation in hues.getdata(band=1))
                self.assertGreater(vivid, 100, chart["title"])

    def test_training(self):
        self.check_page("training.html", "Training of station, version 1", TRAINING)

    def test_evaluation(self):
        self.check_page("evaluation.html", "Evaluation of station, version 1", EVALUATION)


if __name__ == "__main__":
    PROGRAMS = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
