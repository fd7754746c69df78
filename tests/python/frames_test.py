#!/usr/bin/python3
"""Frames as pandas reads them from files give the scores that the command gives for the files.

usage: frames_test.py FOLDER_OF_PROGRAMS
"""

import asyncio
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import warnings

import programs
import numpy as np
from programs import FAST

try:
    import pandas
except ImportError:
    print("skipped: needs python3-pandas")
    sys.exit(77)

from advae import AdvaeDetector, AsyncClient, Client, errors
from advae.private_server import PrivateServer

FLAGS = ["--epochs=1", "--ensemble-size=1", "--memory-rows=64", "--seed=5"]


def make_frame(rows, seed):
    """A table with columns of every kind, as texts, like those of a file."""
    random = np.random.default_rng(seed)
    numbers = random.uniform(0, 9, rows).round(3).astype(str)

    def pick(*values):
        return random.choice(values, rows)

    return pandas.DataFrame(
        {
            "": np.arange(rows) + 5000 * seed,  # an index
            "id": [f"{seed}-{i:05d}" for i in range(rows)],
            "flow": random.uniform(0, 100, rows).round(4),
            " wide ": random.integers(0, 10, rows),
            "gaps": np.where(random.uniform(size=rows) < 0.1, "NA", numbers),
            "marks": np.where(random.uniform(size=rows) < 0.1, "?", numbers),
            "protocol": pick("tcp", "tcp", "udp", "icmp", "-"),
            "padded": pick(" a ", "a", "b"),
            "on": pick("True", "False", ""),
            "ack": pick("yes", "no"),
            "bit": pick("1", "0", ""),
            "code": pick("7", "007", "12a", "N/A"),
            "port": pick("080", "443", "8080"),
            "shout": pick("TRUE", "FALSE", ""),
            "account": (random.integers(0, 5, rows) + 2**53 + 1).astype(str),
            "start": (
                np.datetime64("2026-01-05") + random.integers(0, 14 * 86_400, rows).astype("m8[s]")
            ).astype(str),
            "day": [f"{day}/{1 + day % 12}/2026" for day in random.integers(1, 29, rows)],
            "empty": "",
        }
    )


class FileTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.enterClassContext(warnings.catch_warnings())
        warnings.filterwarnings("ignore", "column 'Unnamed|column 'account|column 'code|column \"|the networks")
        cls.server = PrivateServer(PROGRAMS / "advae-server")
        cls.addClassCleanup(cls.server.stop)
        cls.client = cls.server.client
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.train_file = pathlib.Path(folder.name) / "train.csv"
        cls.test_file = pathlib.Path(folder.name) / "test.csv"
        make_frame(2000, 1).to_csv(cls.train_file, index=False)
        make_frame(300, 2).to_csv(cls.test_file, index=False)
        cls.kinds = {name: "category" for name in ("port", "account", "shout")}
        cls.run_command(
            "train",
            "file",
            f"--data={cls.train_file}",
            "--key=id",
            *FLAGS,
            *(f"--column={name}:{kind}" for name, kind in cls.kinds.items()),
        )
        cls.expected = cls.command_scores(cls.test_file)

    @classmethod
    def run_command(cls, *arguments):
        command = [PROGRAMS / "advae", *arguments, f"--server={cls.client.server}"]
        result = subprocess.run(command, text=True, capture_output=True)
        if result.returncode:
            raise RuntimeError(result.stderr)
        return result.stdout

    @classmethod
    def command_scores(cls, file, model="file"):
        lines = cls.run_command("score", model, f"--data={file}", "--output=jsonl").splitlines()
        return [json.loads(line)["score"] for line in lines]

    def check(self, frame, **settings):
        scores = self.client.score("file", frame, **settings)
        self.assertEqual(scores["score"].tolist(), self.expected)

    def read(self, **options):
        return pandas.read_csv(self.test_file, **options)


class ScoreTest(FileTest):
    def test_as_pandas_reads_it(self):
        self.check(self.read())
        self.check(self.read(), rows_per_request=64)
        self.check(self.read()[::-1][::-1][sorted(self.read().columns)])

    def test_all_as_texts(self):
        self.check(self.read(dtype=str))
        self.check(self.read(dtype=str, keep_default_na=False))
        self.check(self.read(dtype="string"))
        frame = self.read(dtype=str, keep_default_na=False)
        self.assertEqual(
            self.client.score("file", {name: frame[name].to_numpy() for name in frame})[
                "score"
            ].tolist(),
            self.expected,
        )

    def test_types_of_pandas(self):
        self.check(self.read().convert_dtypes())
        texts = ("protocol", "code", "ack", "on")
        self.check(self.read(dtype={name: "category" for name in texts}))

    def test_times(self):
        frame = self.read(parse_dates=["start"])
        frame["day"] = pandas.to_datetime(frame["day"], format="%d/%m/%Y").dt.date
        self.check(frame)
        frame["start"] = frame["start"].dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")
        self.check(frame)

    def test_numbers_among_texts(self):
        """As pandas leaves a long file, which it reads in pieces."""
        frame = self.read(dtype=str, keep_default_na=False)
        for name in ("code", "marks", "wide"):
            name = name if name in frame else f" {name} "
            some = frame.index % 2 == 0
            whole = pandas.to_numeric(frame[name], errors="coerce").where(frame[name].str[0] != "0")
            found = [value if ok and value == value else text
                     for value, ok, text in zip(whole, some, frame[name])]
            frame[name] = pandas.Series(found, dtype=object)
        self.check(frame)

    def test_what_the_version_does_not_use(self):
        frame = self.read()
        frame["other"] = [{"any": object}] * len(frame)
        frame["id"] = [None, *[b"bytes", 5] * len(frame)][: len(frame)]
        frame["empty"] = 1j
        self.check(frame)
        twice = pandas.concat([frame, frame[["other", "empty"]]], axis=1)
        self.check(twice)
        with self.assertRaisesRegex(ValueError, "columns 3 and 21 have the same name, 'flow'"):
            self.client.score("file", pandas.concat([frame, frame[["other", "flow"]]], axis=1))

    def test_columns_without_values(self):
        empty = ["flow", "protocol", "on", "start"]
        file = self.test_file.parent / "gaps.csv"
        make_frame(300, 2).assign(**{name: "" for name in empty}).to_csv(file, index=False)
        self.expected = self.command_scores(file)
        self.check(pandas.read_csv(file))
        for value in (np.nan, None, "", "?", pandas.NaT, pandas.NA):
            with self.subTest(value):
                self.check(self.read().assign(**{name: value for name in empty}))

    def test_errors_name_column_row_and_value(self):
        for name, value, message in (
            ("flow", "fast", "'fast' is not a number; expected one such as 1234.5, as the version"),
            ("flow", pandas.Timestamp("2026-01-02"), "2026-01-02 00:00:00 is not a number"),
            ("on", "maybe", "'maybe' is neither true nor false; expected true or false"),
            ("on", 2, "2 is neither true nor false"),
            ("start", "today", "'today' is not a date or time; expected one such as 2026-12-28 10:29:14"),
            ("start", 7.5, "7.5 is not a date or time"),
            ("day", "31/2/2026", "'31/2/2026' is not a date or time"),
            ("protocol", pandas.Timestamp("2026-01-02"), "2026-01-02 00:00:00 is not a category"),
        ):
            frame = self.read(nrows=9)
            frame[name] = pandas.Series([None] * 7 + [value] * 2, dtype=object)
            with self.subTest(name=name, value=value), self.assertRaisesRegex(
                ValueError, f"column '{name}', row 7: {message}"
            ):
                self.client.score("file", frame)
        with self.assertRaisesRegex(TypeError, r"column 'flow' has \{\}, of the type dict"):
            self.client.score("file", self.read().assign(flow=[{}] * 300))
        with self.assertRaisesRegex(ValueError, "there is no column 'flow'; the columns are"):
            self.client.score("file", self.read().drop(columns="flow"))
        with self.assertRaisesRegex(ValueError, r"no column 'flow'; did you mean 'Flow'\? The columns"):
            self.client.score("file", self.read().rename(columns={"flow": "Flow"}))
        with self.assertRaisesRegex(ValueError, "there are no columns 'flow', .*; the columns are 'o"):
            self.client.score("file", self.read()[["id"]].rename(columns={"id": "other"}))

    def test_in_a_loop(self):
        async def run():
            async with AsyncClient(self.client.server) as client:
                return await asyncio.gather(
                    client.score("file", self.read()),
                    client.score("file", self.read(dtype=str), rows_per_request=64),
                )

        for scores in asyncio.run(run()):
            self.assertEqual(scores["score"].tolist(), self.expected)

    def test_after_another_version_was_promoted(self):
        """What is known of a version is not used for another one."""
        frame = self.read()
        self.client.train("changed", frame, **FAST)
        self.assertEqual(self.client.score("changed", frame).attrs["version"], 1)
        with Client(self.client.server) as other:
            loud = frame.assign(on="loud", flow=frame["code"].fillna("none"))
            other.train("changed", loud, **FAST)
            expected = other.score("changed", loud)
        scores = self.client.score("changed", loud)
        self.assertEqual(scores.attrs["version"], 2)
        self.assertEqual(scores["score"].tolist(), expected["score"].tolist())
        with self.assertRaisesRegex(ValueError, "column 'flow', row [0-9]+: '12a' is not a number"):
            self.client.score("changed", loud, version=1)

    def test_an_answer_of_a_version_that_was_promoted_meanwhile(self):
        frame = self.read()
        self.client.train("promoted", frame, **FAST)
        self.client.score("promoted", frame)
        with Client(self.client.server) as other:
            other.train("promoted", frame, **FAST)
        self.assertEqual(self.client.score("promoted", frame).attrs["version"], 2)


class TrainTest(FileTest):
    def test_versions_are_those_of_the_command(self):
        (told,) = self.client.model("file").details
        texts = {"port": str, "shout": str}  # of which pandas would not keep how they are written
        for options in (
            {"dtype": texts},
            {"dtype": texts, "parse_dates": ["start"]},
            {"dtype": {**texts, "protocol": "category", "code": "category"}},
            {"dtype": str, "keep_default_na": False},
        ):
            with self.subTest(options):
                frame = pandas.read_csv(self.train_file, **options)
                with self.assertWarnsRegex(UserWarning, "'Unnamed: 0' has no name in its file"):
                    version = self.client.train(
                        "frame", frame, seed=5, kinds=self.kinds, keys="id", **FAST
                    )
                self.assertEqual(version.features, told.features)
                self.assertEqual(version.message.data_fingerprint, told.message.data_fingerprint)
                scores = self.client.score("frame", self.read())
                self.assertEqual(scores["score"].tolist(), self.expected)

    def test_marks_of_missing_cells(self):
        def marked(frame):
            for name, mark in (("flow", "-1"), ("wide", -1), ("protocol", "Unknown"), ("on", "unknown"),
                               ("start", "unknown")):
                name = name if name in frame else f" {name} "
                frame.loc[frame.index % 7 == len(name), name] = mark
            return frame

        folder = self.train_file.parent
        files = {seed: folder / f"marked{seed}.csv" for seed in (1, 2)}
        for seed, file in files.items():
            frame = make_frame(2000 if seed == 1 else 300, seed).astype({"flow": object, " wide ": object})
            marked(frame).to_csv(file, index=False)
        self.run_command("train", "marked", f"--data={files[1]}", "--key=id", "--missing=unknown,-1", *FLAGS)
        expected = self.command_scores(files[2], "marked")
        frame = pandas.read_csv(files[2])
        self.assertEqual(self.client.score("marked", frame)["score"].tolist(), expected)
        frame = pandas.read_csv(files[1])
        self.client.train("trained", frame, seed=5, keys="id", missing=["unknown", -1], **FAST)
        frame = pandas.read_csv(files[2], dtype=str)
        self.assertEqual(self.client.score("trained", frame)["score"].tolist(), expected)

    def test_what_is_left_out_may_have_anything(self):
        frame = pandas.read_csv(self.train_file, index_col=0)[["flow", "id"]]
        frame["other"] = [{}] * len(frame)
        frame["label"] = [b"bytes", 1] * (len(frame) // 2)
        version = self.client.train(
            "left", frame, ignore=["oth*"], label="label", kinds={"other": "time"}, **FAST
        )
        columns = [column.name for column in version.message.schema.columns]
        self.assertEqual(columns, ["flow", "id", "label"])
        self.assertEqual(version.features, ["flow"])
        with self.assertRaisesRegex(errors.InvalidArgumentError, "none"):
            self.client.train("left", frame, ignore=["other", "absent"], label="label", **FAST)

    def test_a_feature_is_expected(self):
        frame = pandas.DataFrame({"Unnamed: 0": [1.0, 2.0], "a": [1.0, 2.0], "b": [1.0, 3.0]})
        for settings in ({"ignore": ["a", "b"]}, {"keys": "a", "label": "b"}):
            with self.assertRaisesRegex(ValueError, "expected features"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.client.train("none", frame, **settings)

    def test_names(self):
        flow = np.random.default_rng(0).normal(size=50)
        frame = pandas.DataFrame({" flow": flow, "gr\u00f6\u00dfe": flow, "Unnamed: 0": flow})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            version = self.client.train(
                "names", frame, features=["Unnamed: 0"], kinds={" flow ": "number"}, **FAST
            )
        self.assertEqual(version.features, ["flow", "gr\u00f6\u00dfe", "Unnamed: 0"])
        expected = self.client.score("names", frame)["score"].tolist()
        other = frame.rename(columns={" flow": "flow", "gr\u00f6\u00dfe": "gro\u0308\u00dfe "})
        self.assertEqual(self.client.score("names", other)["score"].tolist(), expected)
        with self.assertRaisesRegex(
            ValueError, "columns 1 and 2 have the same name, 'flow'; rename one of them, or ignore"
        ):
            self.client.train("names", frame.set_axis(["flow ", "flow", "other"], axis=1), **FAST)

    def test_bad_cells_are_named(self):
        frame = pandas.DataFrame({"flow": ["1", "2,5"] * 20 + ["fast", "3"], "other": range(42)})
        with self.assertRaisesRegex(
            ValueError,
            r"column 'flow', row 40: 'fast' is not a number; expected one such as 1234.5, as others "
            r"of the column; kinds=\{'flow': 'category'\} takes it for categories",
        ):
            self.client.train("bad", frame, **FAST)
        version = self.client.train("bad", frame, kinds={"flow": "category"}, **FAST)
        self.assertEqual(version.message.schema.columns[0].kind, 3)
        frame = pandas.DataFrame({"flow": ["1,5", "1,234"] * 20, "other": np.arange(40) % 7})
        version = self.client.train("comma", frame, **FAST)
        self.assertAlmostEqual(version.message.schema.columns[0].number.minimum, 1.234)

    def test_integers_beyond_64_bit_floats(self):
        for ids in ([2**53 + 1, 2**53 + 3], [2**64 + 1, 2**64 + 3]):
            frame = pandas.DataFrame({"account": ids * 20})
            version = self.client.train("large", frame, kinds={"account": "category"}, **FAST)
            categories = version.message.schema.columns[0].category.categories
            self.assertEqual({each.category for each in categories}, set(map(str, ids)))
            new = self.client.score("large", pandas.DataFrame({"account": [ids[0], ids[0] + 1]}))
            self.assertEqual(new["status"].tolist(), ["ok", "incomplete"])


class DetectorTest(FileTest):
    def test_ids_and_texts(self):
        frame = pandas.read_csv(self.train_file)
        kinds = {"account": "category"}
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            detector = AdvaeDetector(
                programs=str(PROGRAMS), random_state=5, kinds=kinds, **FAST
            ).fit(frame)
        told = " ".join(str(warning.message) for warning in caught)
        for name, reason in (("id", "an identifier"), ("empty", "no row has a value")):
            self.assertIn(f'column "{name}" is not used: {reason}', told)
        self.assertIn("'Unnamed: 0' has no name", told)
        self.assertEqual(detector.n_features_in_, frame.shape[1])
        self.assertEqual(list(detector.feature_names_in_), list(frame.columns))
        new = self.read()
        expected = detector.score_samples(new)
        self.assertTrue(np.isfinite(expected).all())
        texts = self.read(dtype=str)
        np.testing.assert_array_equal(detector.score_samples(texts), expected)
        nullable = new.convert_dtypes()
        np.testing.assert_array_equal(detector.score_samples(nullable), expected)
        odd = new.assign(id=None, flow=1e6)
        self.assertTrue((detector.predict(odd) == -1).all())

    def test_a_label_stays_a_feature(self):
        frame = pandas.read_csv(self.train_file)[["flow", "ack"]].rename(columns={"ack": "Class"})
        with self.assertWarnsRegex(UserWarning, "'Class' is used as a feature, but has the name"):
            detector = AdvaeDetector(programs=str(PROGRAMS), random_state=1, **FAST).fit(frame)
        self.assertEqual(detector.version_.features, ["flow", "Class"])


if __name__ == "__main__":
    PROGRAMS = programs.take_programs()
    unittest.main()
