#!/usr/bin/python3
"""Builds sdist and wheel of the Python package, and imports what the wheel has.

usage: build_test.py
"""

import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile

import programs

try:
    from setuptools import build_meta
    import wheel  # noqa: F401  # what the build needs
except ImportError:
    raise SystemExit(print("skipped: needs python3-setuptools and python3-wheel") or 77)

BUILD = f"import {build_meta.__name__} as build; print(build.build_{{}}({{!r}}))"


class BuildTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.source = self.folder / "python"
        shutil.copytree(programs.PACKAGE, self.source, ignore=shutil.ignore_patterns("__pycache__"))

    def build(self, kind, source):
        """The file that a build makes of a folder."""
        result = subprocess.run(
            [sys.executable, "-c", BUILD.format(kind, str(self.folder))],
            cwd=source,
            text=True,
            capture_output=True,
        )
        self.assertEqual(result.returncode, 0, result.stderr)
        return self.folder / result.stdout.splitlines()[-1]

    def test_wheel_of_sdist_has_the_package(self):
        with tarfile.open(self.build("sdist", self.source)) as archive:
            archive.extractall(self.folder / "unpacked")
        (source,) = (self.folder / "unpacked").iterdir()
        file = self.build("wheel", source)
        self.assertRegex(file.name, r"^advae-\d+\.\d+\.\d+-py3-none-any\.whl$")
        installed = self.folder / "installed"
        with zipfile.ZipFile(file) as archive:
            archive.extractall(installed)
        wanted = {path.name for path in (programs.PACKAGE / "advae").iterdir() if path.is_file()}
        self.assertEqual({path.name for path in (installed / "advae").iterdir()}, wanted)
        version = subprocess.run(
            [sys.executable, "-c", "import advae; advae.Client(); print(advae.__version__)"],
            env={"PYTHONPATH": str(installed)},
            text=True,
            capture_output=True,
            check=True,
        ).stdout
        self.assertIn(f"advae-{version.strip()}-", file.name)


if __name__ == "__main__":
    unittest.main()
