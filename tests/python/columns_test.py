#!/usr/bin/python3
"""Rows of users, as the messages that the package makes of them.

usage: columns_test.py
"""

import datetime
import unittest
import warnings

import programs  # noqa: F401
import numpy as np

from advae import columns, kinds, labels, messages, rows as user_rows, texts

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
            ([[1], [2, 3]], ValueError, "column 'x': .*inhomogeneous"),
            (5, ValueError, "'x' has 0 dimensions"),
            ("ab", ValueError, "'x' has 0 dimensions"),
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


class KindTest(unittest.TestCase):
    """What a version wants of values of another type; frames_test.py has what the command makes of
    the same."""

    def convert(self, values, kind, listed=()):
        column = columns.column_of("x", values)
        found = kinds.convert(column, kind, texts.NumberReader(), kinds.Categories(listed))
        return found.kind, [found.cell(row) for row in range(len(values))]

    def test_texts_numbers_and_booleans(self):
        day = datetime.datetime(2026, 1, 2)
        for values, kind, expected in (
            ([" 1,5 ", "?", "2"], "number", ("doubles", [1.5, None, 2])),
            (["Yes", "", "0"], "boolean", ("bools", [True, None, False])),
            ([1.0, np.nan, 0.0], "boolean", ("bools", [True, None, False])),
            ([1, 0], "boolean", ("bools", [True, False])),
            (["2026-01-02", "NaT"], "time", ("times", [day, None])),
            (["2.1.2026 00:00", "13.1.2026"], "time", ("times", [day, day.replace(day=13)])),
            ([" a ", "a", "-"], "category", ("strings", ["a", "a", None])),
            ([True, False], "number", ("bools", [True, False])),
            ([7.0, 0.5], "category", ("doubles", [7, 0.5])),
            ([True, False], "category", ("bools", [True, False])),
        ):
            with self.subTest(values=values, kind=kind):
                self.assertEqual(self.convert(values, kind), expected)

    def test_values_of_several_types_are_texts(self):
        values = np.array([7, 0.5, True, "x", None, 2**70], object)
        texts_of = ["7", "0.5", "True", "x", None, str(2**70)]
        self.assertEqual(self.convert(values, "category"), ("strings", texts_of))
        values = np.array([7, "0,5", None], object)
        self.assertEqual(self.convert(values, "number"), ("doubles", [7, 0.5, None]))

    def test_categories_as_the_version_lists_them(self):
        for values, listed, expected in (
            ([7, 8], ["007", "8"], ("strings", ["007", "8"])),
            ([7.0, np.nan], ["007"], ("strings", ["007", None])),
            ([7, 8], ["7", "007"], ("doubles", [7, 8])),
            ([7], ["07", "007"], ("doubles", [7])),  # it may be either
            ([1.5], ["1.50"], ("strings", ["1.50"])),
            ([10**15], ["1e+15"], ("strings", ["1e+15"])),
            ([1e15], [str(10**15)], ("strings", [str(10**15)])),
            ([True, False], ["TRUE", "FALSE"], ("strings", ["TRUE", "FALSE"])),
            ([True], ["true", "TRUE"], ("bools", [True])),
            (["?", " a", "b "], ["?", " a"], ("strings", ["?", " a", "b"])),
        ):
            with self.subTest(values=values, listed=listed):
                self.assertEqual(self.convert(values, "category", listed), expected)

    def test_no_digit_is_lost_in_silence(self):
        large = 2**53 + 1
        for values in (
            [large],
            np.array([large], "u8"),
            np.array([large, None], object),
            np.array([2**64 + 1], object),
            [str(large)],
        ):
            with self.subTest(values):
                with self.assertWarnsRegex(UserWarning, "'x' has integers beyond 2\\^53"):
                    self.convert(values, "number")
                self.assertEqual(self.convert(values, "category")[1][0], str(values[0]))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            self.convert([2**53, 2**60], "number")
            self.convert(["9" * 5000, "1" + 400 * "0"], "number")
            self.convert([1.5], "category", ["9" * 5000, "1.5"])

    @needs_pandas
    def test_nullable_integers_keep_their_digits(self):
        series = pandas.Series([2**53 + 1, None], dtype="Int64")
        self.assertEqual(self.convert(series, "category"), ("strings", [str(2**53 + 1), None]))

    def test_dates_go_by_those_of_which_the_day_shows(self):
        self.assertEqual(
            self.convert(["1/2/2026", "13/2/2026"], "time")[1],
            [datetime.datetime(2026, 2, 1), datetime.datetime(2026, 2, 13)],
        )
        self.assertEqual(self.convert(["1/2/2026"], "time")[1], [datetime.datetime(2026, 1, 2)])


class LabelsTest(unittest.TestCase):
    def test_names_are_those_of_the_command(self):
        source = (programs.ROOT / "model/data/label_check.cc").read_text()
        block = source.split("kLabelNames[] = {")[1].split("};")[0]
        self.assertEqual(labels.NAMES, {word.strip('" \n') for word in block.split(",")})

    def test_a_columns_own_name_comes_before_a_pattern(self):
        settings = [messages.ColumnSetting(name=name) for name in ("a*", "b?", "?b", "a")]
        found = labels.fitting(settings, ["a*", "ab", "b?", "bc", "a"])
        self.assertEqual(
            [[setting.name for setting in told] for told in found],
            [["a*"], ["?b"], ["b?"], [], ["a"]],
        )

    def test_refused_unless_settled(self):
        for name, values, settings, refused in (
            ("Label", [0, 1, 1], [], True),
            ("is_anomaly", [True, False], [], True),
            ("class", ["a", "b", None], [], True),
            ("label", [0, 1, 2], [], False),
            ("labelled", [0, 1], [], False),
            ("label", [None, None], [], False),
            ("label", [0, 1], ["lab*"], False),
            ("label", [0, 1], ["lab?"], True),
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
