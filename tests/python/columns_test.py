#!/usr/bin/python3
"""Rows of users, as the messages that the package makes of them.

usage: columns_test.py
"""

import datetime
import unittest

import programs  # noqa: F401
import numpy as np

from advae import columns, labels, messages, rows as user_rows

try:
    import pandas
except ImportError:
    pandas = None

needs_pandas = unittest.skipIf(pandas is None, "needs python3-pandas")


def rows_of(rows):
    """Rows whose columns are of the types that they have by themselves."""
    found = user_rows.from_user(rows)
    if found.field == "rows":
        return found
    return user_rows.TableRows(list(map(columns.column_of, found.names, found.values)), found.index)


def table_of(rows, first=0, last=None):
    found = rows_of(rows)
    request = messages.ScoreRequest()
    found.assign(request, first, len(found) if last is None else last)
    return request.table


def column_of(values, name="x"):
    return table_of({name: values}).columns[0]


class ArrayTest(unittest.TestCase):
    def matrix(self, rows, first=0, last=None):
        found = user_rows.from_user(rows)
        request = messages.ScoreRequest()
        found.assign(request, first, len(found) if last is None else last)
        return request.rows

    def test_rows_follow_one_another(self):
        matrix = self.matrix([[1, 2.5], [3, 4], [5, 6]], 1, 3)
        self.assertEqual((list(matrix.values), matrix.columns), ([3, 4, 5, 6], 2))

    def test_any_layout_and_number_type(self):
        for array in (
            np.arange(6).reshape(3, 2),
            np.arange(6.0).reshape(3, 2),
            np.asfortranarray(np.arange(6, dtype=">f4").reshape(3, 2)),
            np.arange(12, dtype=np.uint8)[::2].reshape(3, 2) // 2,
        ):
            with self.subTest(array.dtype):
                self.assertEqual(list(self.matrix(array).values), list(range(6)))

    def test_numbers_beyond_32_bits_become_infinite(self):
        self.assertEqual(list(self.matrix([[1e39, -1e39]]).values), [np.inf, -np.inf])

    def test_what_is_no_matrix(self):
        for rows, kind, message in (
            ([1, 2], ValueError, "two dimensions"),
            (np.zeros((2, 0)), ValueError, "two dimensions"),
            ([["a"]], TypeError, "expected numbers"),
            ([[1j]], TypeError, "expected numbers"),
        ):
            with self.subTest(rows), self.assertRaisesRegex(kind, message):
                user_rows.from_user(rows)


class DictTest(unittest.TestCase):
    def test_doubles_and_floats(self):
        self.assertEqual(column_of([1.5, 2]).doubles, np.array([1.5, 2], "<f8").tobytes())
        self.assertEqual(column_of(np.array([1.5], "f4")).floats, np.array([1.5], "<f4").tobytes())
        self.assertEqual(column_of([2**40]).doubles, np.array([2.0**40], "<f8").tobytes())
        self.assertEqual(column_of(np.array([7], "i2")).floats, np.array([7], "<f4").tobytes())

    def test_booleans_are_bits(self):
        values = [True, False, True, True, False, False, False, False, True]
        self.assertEqual(column_of(values).bools, bytes([0b00001101, 1]))

    def test_missing_cells_clear_bits(self):
        column = column_of(np.array([True, None, False], object))
        self.assertEqual((column.validity, column.bools), (bytes([0b101]), bytes([0b001])))
        column = column_of(np.ma.masked_array([1.0, 2.0], [False, True]))
        self.assertEqual(column.validity, bytes([0b01]))
        self.assertEqual(column_of([1.0, float("nan")]).validity, b"")  # NaN is one by itself

    def test_texts_are_codes(self):
        column = column_of(["b", "a", None, "b"])
        texts = [
            column.strings.dictionary[code] for code in np.frombuffer(column.strings.codes, "<i4")
        ]
        self.assertEqual([texts[i] for i in (0, 1, 3)], ["b", "a", "b"])
        self.assertEqual(column.validity, bytes([0b1011]))

    def test_a_part_has_the_texts_of_its_rows(self):
        (column,) = table_of({"x": [f"text {i}" for i in range(100)]}, 40, 42).columns
        self.assertEqual(list(column.strings.dictionary), ["text 40", "text 41"])

    def test_times_are_microseconds(self):
        noon = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.timezone.utc)
        micros = np.array([int(noon.timestamp()) * 10**6], "<i8").tobytes()
        east = datetime.timezone(datetime.timedelta(hours=2))
        for value in (
            noon,
            noon.replace(tzinfo=None),
            noon.astimezone(east),
            np.datetime64("2026-01-01T12:00"),
            np.datetime64("2026-01-01T12:00", "ns"),
        ):
            with self.subTest(value):
                self.assertEqual(column_of([value]).times, micros)
        column = column_of(np.array(["2026-01-01", "NaT"], "M8[D]"))
        self.assertEqual(column.validity, bytes([0b01]))

    def test_structured_array(self):
        rows = np.array([(1.5, "a"), (2.5, "b")], [("x", "f8"), ("y", "U1")])
        self.assertEqual([column.name for column in table_of(rows).columns], ["x", "y"])

    def test_what_is_no_column(self):
        for values, kind, message in (
            ([[1], [2]], ValueError, "'x' has 2 dimensions"),
            (np.array([1, "a", {}], object), TypeError, r"'x' has \{\}, of the type dict"),
            ([b"a"], TypeError, "'x'"),
            (np.array([3], "m8[s]"), TypeError, "total_seconds"),
            ([1j], ValueError, "Complex data not supported"),
        ):
            with self.subTest(values), self.assertRaisesRegex(kind, message):
                column_of(values)

    def test_what_is_no_table(self):
        for rows, message in (
            ({}, "no columns"),
            ({"x": [1], "y": [1, 2]}, r"\[1, 2\]"),
        ):
            with self.subTest(rows), self.assertRaisesRegex(ValueError, message):
                user_rows.from_user(rows)

    def test_parts_stay_below_the_limits_of_a_message(self):
        rows = rows_of(
            {f"x{i}": np.array([f"{i} {j}" for j in range(9000)]) for i in range(10)}
        )
        step = rows.chunk_rows()
        self.assertLess(10 * step + 10, 65_536)
        request = messages.ScoreRequest()
        rows.assign(request, 0, step)
        self.assertLess(request.ByteSize(), 4 << 20)
        wide = user_rows.from_user(np.zeros((10, 100_000), "f4"))
        self.assertEqual(wide.chunk_rows(), 1)


@needs_pandas
class FrameTest(unittest.TestCase):
    def frame_column(self, values, **kind):
        return table_of(pandas.DataFrame({"x": pandas.Series(values, **kind)})).columns[0]

    def test_each_type_of_column(self):
        for values, kind, field, validity in (
            ([1, 2], {}, "doubles", b""),
            ([1, None], {"dtype": "Int64"}, "doubles", b"\1"),
            ([1.5, None], {"dtype": "Float32"}, "doubles", b"\1"),
            ([True, False], {}, "bools", b""),
            ([True, None], {"dtype": "boolean"}, "bools", b"\1"),
            (["a", None], {}, "strings", b"\1"),
            (["a", None], {"dtype": "string"}, "strings", b"\1"),
            (["a", None], {"dtype": "category"}, "strings", b"\1"),
            ([7, 443], {"dtype": "category"}, "doubles", b""),
            ([pandas.Timestamp("2026-01-01"), pandas.NaT], {}, "times", b"\1"),
            ([pandas.Timestamp("2026-01-01", tz="Asia/Tokyo")], {}, "times", b""),
        ):
            with self.subTest(values=values, kind=kind):
                column = self.frame_column(values, **kind)
                self.assertEqual((column.WhichOneof("values"), column.validity), (field, validity))

    def test_time_zones_are_kept_apart(self):
        column = self.frame_column([pandas.Timestamp("2026-01-01T09:00", tz="Asia/Tokyo")])
        self.assertEqual(column.times, np.array([np.datetime64("2026-01-01", "us")]).tobytes())

    def test_cells(self):
        rows = rows_of(
            pandas.DataFrame(
                {
                    "n": [1.5],
                    "t": ["tcp"],
                    "b": [True],
                    "m": pandas.Series([None], dtype="Int64"),
                    "w": [pandas.Timestamp("2026-01-02")],
                }
            )
        )
        self.assertEqual(
            [rows.cell(0, name) for name in rows.names],
            [1.5, "tcp", True, None, datetime.datetime(2026, 1, 2)],
        )


class LabelsTest(unittest.TestCase):
    def test_names_are_those_of_the_command(self):
        source = (programs.ROOT / "model/data/label_check.cc").read_text()
        block = source.split("kLabelNames[] = {")[1].split("};")[0]
        self.assertEqual(labels.NAMES, {word.strip('" \n') for word in block.split(",")})

    def test_refused_unless_settled(self):
        for name, values, settings, refused in (
            ("Label", [0, 1, 1], [], True),
            ("is_anomaly", [True, False], [], True),
            ("class", ["a", "b", None], [], True),
            ("label", [0, 1, 2], [], False),
            ("labelled", [0, 1], [], False),
            ("label", [None, None], [], False),
            ("label", [0, 1], ["lab*"], False),
        ):
            with self.subTest(name=name, values=values):
                rows = rows_of({name: values}).columns
                settings = [messages.ColumnSetting(name=setting) for setting in settings]
                if refused:
                    with self.assertRaisesRegex(ValueError, f"'{name}' looks like a label"):
                        labels.refuse(rows, settings)
                else:
                    labels.refuse(rows, settings)


if __name__ == "__main__":
    unittest.main()
