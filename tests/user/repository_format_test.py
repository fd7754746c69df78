#!/usr/bin/python3
"""Holds docs/REPOSITORY_FORMAT.md against a repository that the programs make.

usage: repository_format_test.py FOLDER_OF_PROGRAMS
"""

import hashlib
import json
import math
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import unittest

import readme

sys.path.insert(0, str(readme.ROOT / "tests" / "monitoring"))
import stack  # noqa: E402

TEXT = (readme.ROOT / "docs/REPOSITORY_FORMAT.md").read_text()
TRAIN = readme.ROOT / "examples/pumping_station/train.csv"
SAMPLES = 32
FAST = ("--epochs=2", "--hidden-size=16", f"--samples={SAMPLES}")
BYTES = {"F32": 4, "F64": 8}
PARTS = {"<root>": "", "<model>": r"[A-Za-z0-9][\w.-]*", "<version>": r"[1-9]\d*",
         "<owner>": "[0-9a-f]{16}", "<random>": "[0-9a-f]{16}", "<time>": r"\d{16}", "<file>": ".+"}


def section(heading):
    start = TEXT.index(f"\n{heading}\n")
    level = heading.split(" ")[0]
    end = re.search(rf"\n#{{1,{len(level)}}} ", TEXT[start + len(heading):])
    return TEXT[start:start + len(heading) + end.start()]


def documented_tensors():
    """name -> (dtype, shape as written) of the tables; `.weight`, `.bias` and ranges taken apart."""
    tensors = {}
    for heading in ("### weights.safetensors", "### scores.safetensors"):
        for names, dtype, shapes in re.findall(
                r"^\| (`[^|]*) \| (F\d\d) \| ([^|]*) \|", section(heading), re.MULTILINE):
            names = re.findall(r"`([^`]+)`", names)
            names = [names[0].rsplit(".", 1)[0] + name if name[0] == "." else name
                     for name in names]
            shapes = re.findall(r"\[[^]]*\]", shapes)
            for name, shape in zip(names, shapes * len(names) if len(shapes) == 1 else shapes):
                tensors[name] = dtype, shape
    return tensors


def tensors_of(path):
    """The header of a safetensors file, as the page describes it."""
    data = path.read_bytes()
    size, = struct.unpack("<Q", data[:8])
    assert size % 8 == 0
    header = json.loads(data[8:8 + size])
    at = 0
    for name in sorted(header):  # sorted by name, without gaps
        begin, end = header[name]["data_offsets"]
        assert begin == at, name
        assert end - begin == BYTES[header[name]["dtype"]] * math.prod(header[name]["shape"]), name
        at = end
    assert at == len(data) - 8 - size
    return {name: (entry["dtype"], entry["shape"]) for name, entry in header.items()}


class RepositoryFormatTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.root = pathlib.Path(folder.name) / "models"
        unrelated = pathlib.Path(folder.name) / "unrelated.csv"
        unrelated.write_text("a,b\n" + "".join(f"{i % 7},{i % 11}\n" for i in range(77)))
        # Each with its own number of members and of rows to remember, whatever the defaults are.
        for model, *flags in (("plain", "--ensemble-size=1", "--memory-rows=0"),
                              ("pump", "--ensemble-size=6", "--memory-rows=0", "--error-metric=whitened"),
                              ("pump", "--ensemble-size=2", "--error-metric=squared"),
                              ("near", "--ensemble-size=1", "--memory-rows=100"),
                              ("gone", "--ensemble-size=1", "--memory-rows=0"),
                              ("apart", "--ensemble-size=1", f"--data={unrelated}")):
            data = () if any(flag.startswith("--data=") for flag in flags) else (f"--data={TRAIN}",)
            subprocess.run([PROGRAMS / "advae-trainer", "train", model, *data,
                            f"--repository={cls.root}", *FAST, *flags],
                           check=True, capture_output=True, timeout=240)
        cls.server = stack.Server(PROGRAMS, cls.root, pathlib.Path(folder.name) / "log")
        cls.addClassCleanup(cls.server.stop)
        environment = os.environ | {"ADVAE_SERVER": cls.server.address}
        subprocess.run([PROGRAMS / "advae", "train", "table", f"--data={TRAIN}", *FAST,
                        "--ensemble-size=1", "--memory-rows=100"],
                       check=True, capture_output=True, env=environment, timeout=240)
        for command in ("threshold plain --alpha=0.05 --apply", "set-serving pump 1",
                        "delete-version pump 2 --yes", "delete-model gone --yes"):
            subprocess.run([PROGRAMS / "advae", *command.split()], check=True,
                           capture_output=True, env=environment, timeout=60)

    def test_files_are_those_of_the_layout(self):
        layout = readme.blocks(section("## Layout"), "")[0]
        patterns = {}
        for line in layout.splitlines():
            path = line.split(" ")[0]
            pattern = re.sub(r"<\w+>", lambda part: PARTS[part[0]],
                             path.replace(".", r"\.")).lstrip("/")
            patterns[path] = re.compile(pattern)
        unseen = set(patterns)
        for file in filter(pathlib.Path.is_file, self.root.rglob("*")):
            name = str(file.relative_to(self.root))
            fitting = {path for path, pattern in patterns.items() if pattern.fullmatch(name)}
            self.assertEqual(len(fitting), 1, name)
            unseen -= fitting
        self.assertEqual(unseen, {"<root>/.staging/<owner>-<random>"})

    def check_tensors(self, folder, members, memory=False, schema=False):
        """A version with a memory has relations, too, as there are in a pumping station."""
        version = self.root / folder
        plain = members == 1
        sizes = {"d": 12, "h₁": 16, "h₂": 16, "h₃": 16, "h₄": 16, "k": 4, "m": 3024, "n": 100,
                 "L": SAMPLES, "M": members}
        found = tensors_of(version / "weights.safetensors")
        for size, tensor in (("e", "relations.related"), ("p", "relations.explained")):
            sizes[size] = found[tensor][1][0] if memory else None
        if memory:
            self.assertTrue(1 <= sizes["p"] <= sizes["e"] <= 12, sizes)
        expected = {"weights.safetensors": {}, "scores.safetensors": {}}
        for name, (dtype, shape) in documented_tensors().items():
            file = "scores" if name == "training_scores" else "weights"
            shape = [sizes[size] if size in sizes else int(size)
                     for size in re.findall(r"[^\s,[\]]+", shape)]
            if name.startswith(("memory.", "relations.")) or name == "scaler.compressed_ends":
                names = [name] if memory else []
            elif name.startswith("missing."):
                names = [name] if schema else []
            elif plain and name not in ("member_weights", "member<i>.whitening"):
                names = [name]
            elif plain:
                names = []
            elif re.match(r"(encoder|generator)\.", name):
                names = [f"member{i}.{name}" for i in range(members)]
            else:
                names = {name.replace("<i>", str(i)) for i in range(members)}
            for tensor in names:
                expected[f"{file}.safetensors"][tensor] = dtype, shape
        for file, tensors in expected.items():
            self.assertEqual(tensors_of(version / file), tensors)

    def test_tensors_are_those_of_the_tables(self):
        self.check_tensors("plain/1", members=1)
        self.check_tensors("pump/1", members=6)
        self.check_tensors("near/1", members=1, memory=True)
        self.check_tensors("table/1", members=1, memory=True, schema=True)

    def test_manifest_and_digests(self):
        for folder, number in (("plain/1", 1), ("pump/1", 2), ("near/1", 6), ("table/1", 6)):
            manifest = (self.root / folder / "manifest.json").read_bytes()
            self.assertEqual((self.root / folder / "manifest.sha256").read_text(),
                             f"{hashlib.sha256(manifest).hexdigest()}  manifest.json\n")
            fields = json.loads(manifest)
            self.assertEqual(fields["format"], number)
            self.assertEqual([file["name"] for file in fields["files"]],
                             ["weights.safetensors", "scores.safetensors"])
            for file in fields["files"]:
                data = (self.root / folder / file["name"]).read_bytes()
                self.assertEqual((str(len(data)), hashlib.sha256(data).hexdigest()),
                                 (file["bytes"], file["sha256"]))
            self.assertEqual(len(fields["info"]["threshold_history"]), 1)
            lines = TRAIN.read_text().split()[1:]
            rows = b"".join(struct.pack("<f", float(cell))
                            for line in lines for cell in line.split(","))
            self.assertEqual(fields["info"]["data_fingerprint"], hashlib.sha256(rows).hexdigest())

    def test_a_version_has_the_lowest_format(self):
        manifest = json.loads((self.root / "apart/1/manifest.json").read_text())
        self.assertEqual(manifest["format"], 5, "no relation between its columns")

    def test_other_json_files(self):
        def fields(name):
            return json.loads((self.root / name).read_text())
        marker = fields(".advae-repository")
        documented = re.findall(r"^  \| (`.*?) \|", section("## Files of the repository"), re.M)
        named = {name for cell in documented for name in readme.code(cell)}
        self.assertLessEqual(set(marker), named)
        self.assertRegex(marker["id"], "^[0-9a-f]{32}$")
        self.assertEqual(int(marker["inode"]), (self.root / ".advae-repository").stat().st_ino)
        self.assertEqual(fields(".numbers/pump.json"), {"highest": "2"})
        self.assertEqual(fields("pump/serving.json"), {"version": "1"})
        self.assertEqual([record["alpha"] for record in fields("plain/1/thresholds.json")["records"]],
                         [0.1, 0.05])

    def test_the_reader_of_the_page_reads(self):
        (program,) = readme.blocks(TEXT, "python")
        program = program.replace("models/pump/1", str(self.root / "pump/1"))
        result = subprocess.run(["/usr/bin/python3", "-c", program], capture_output=True, text=True,
                                timeout=60)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "[3024]\n", ""))


if __name__ == "__main__":
    PROGRAMS = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
