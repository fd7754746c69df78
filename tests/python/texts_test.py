#!/usr/bin/python3
"""The texts of columns are read as the command reads cells: by the cases of its own tests.

usage: texts_test.py
"""

import ast
import math
import re
import unittest

import programs

from advae import texts


def cases(test, pattern):
    """What a pattern finds in a test of the command."""
    source = (programs.ROOT / "tests/model" / test).read_text()
    found = re.findall(pattern, source, re.DOTALL)
    assert found, pattern
    return found


def words(code):
    """The string literals of C++ in a piece of code."""
    return [ast.literal_eval(word) for word in re.findall(r'"(?:[^"\\]|\\.)*"', code)]


def number(code):
    """The value of an expression of C++."""
    code = re.sub(r"(?<=\d)f\b|(?<=\d)'(?=\d)", "", code).replace("kInfinity", "math.inf")
    return eval(code, {"math": math, "kSecond": 10**6})  # pylint: disable=eval-used


class NumberTest(unittest.TestCase):
    test = "data/number_parser_test.cc"

    def test_numbers(self):
        for text, value in cases(self.test, r'\bCell\{(".*?"), (.*?)\}'):
            (text,) = words(text)
            with self.subTest(text):
                found = texts.NumberReader().read(text)
                expected = number(value)
                # The command's test has 32 bits.
                beyond = abs(found) > 3.5e38 and math.isinf(expected)
                self.assertTrue(beyond or math.isclose(found, expected, abs_tol=1e-39), found)

    def test_missing_cells(self):
        ((missing, others),) = cases(
            self.test, r"KnowsMissingCells.*?\{(\".*?)\}\) \{.*?\{(\".*?)\}\) \{"
        )
        self.assertGreater(len(words(missing)), 15)
        for text in words(missing):
            self.assertTrue(texts.is_missing(text), text)
            self.assertTrue(math.isnan(texts.NumberReader().read(text)), text)
        for text in words(others):
            self.assertIsNone(texts.NumberReader().read(text), text)

    def test_markers_are_those_of_the_command(self):
        source = (programs.ROOT / "model/data/number_parser.cc").read_text()
        for marker in words(source.split("kUsualMissingMarks[] = {")[1].split("};")[0]):
            self.assertTrue(texts.is_missing(marker), marker)

    def test_further_marks(self):
        reader = texts.NumberReader(["unknown ", "-999"])
        for text in ("Unknown", " unknown", "-999", "NA"):
            self.assertTrue(reader.is_missing(text), text)
        self.assertFalse(texts.is_missing("unknown"))
        self.assertTrue(math.isnan(reader.read("UNKNOWN")))
        self.assertEqual(reader.read("-999.0"), -999)  # the server knows that it is a mark, too

    def test_decimal_mark_is_learned(self):
        comma = texts.NumberReader()
        self.assertEqual([comma.read(text) for text in ("3", "1,25", "1,234")], [3, 1.25, 1.234])
        self.assertIsNone(comma.read("1.25"))
        point = texts.NumberReader()
        self.assertEqual(point.read("1.25"), 1.25)
        self.assertIsNone(point.read("1,25"))
        reader = texts.NumberReader()
        for text in words(cases(self.test, r"TextTeachesNothing.*?\{(\".*?)\}")[0]):
            self.assertIsNone(reader.read(text), text)
            self.assertIsNone(reader.mark, text)
        for text in ("1,234", "-12,345", "999,000"):  # or thousands separators
            self.assertIsNone(texts.NumberReader().read(text))

    def test_thousands(self):
        found = cases(self.test, r'GroupedCell\{(".*?"), ([\w:]+), ([^}]*)\}')
        self.assertGreater(len(found), 15)
        marks = {"DecimalMark::kPoint": ".", "DecimalMark::kComma": ",", "std::nullopt": None}
        for text, mark, value in found:
            reader = texts.NumberReader()
            reader.mark = marks[mark]
            self.assertEqual(reader.read(words(text)[0]), float(value), text)
        (code,) = cases(self.test, r"TakesGroupsOfThreeDigitsAlone.*?cell :\s*\{([^}]*)\}")
        for text in words(code):
            for mark in (".", ","):
                reader = texts.NumberReader()
                reader.mark = mark
                self.assertIsNone(reader.read(text), text)
        self.assertEqual(texts.NumberReader(usual_mark=",").read("5.012"), 5012)
        self.assertEqual(texts.NumberReader().read("5.012"), 5.012)

    def test_shown_marks(self):
        loop = r"cell :\s*\{([^}]*)\}\) \{\s*"
        marks = {"kPoint": ".", "kComma": ","}
        shown = cases(self.test, loop + r"EXPECT_EQ\(ShownDecimalMark\(cell\), DecimalMark::(\w+)")
        for code, mark in shown:
            for text in words(code):
                self.assertEqual(texts.shown_mark(text), marks[mark], text)
        (others,) = cases(self.test, loop + r"EXPECT_FALSE\(ShownDecimalMark")
        for text in words(others):
            self.assertIsNone(texts.shown_mark(text), text)
        self.assertEqual(
            texts.shown_marks([("1,5", 3), ("NA", 5), ("1.234", 2)], texts.NumberReader()),
            {".": 0, ",": 3},
        )
        self.assertEqual(texts.shown_marks([("1,5", 3), ("x", 2)], texts.NumberReader()), {})

    def test_numbers_in_other_forms(self):
        for text, kind in cases(self.test, r"Description\{(\"[^\"]*\"), k(\w+)\}"):
            (text,) = words(text)
            reader = texts.NumberReader()
            reader.mark = "."
            with self.subTest(text):
                self.assertIsNone(reader.read(text))
                if kind in ("Comma", "Percentage", "Money"):
                    self.assertTrue(reader.is_formatted(text))


class TypeTest(unittest.TestCase):
    test = "table/text/text_column_test.cc"
    truths = "table/truth_value_test.cc"

    def test_kinds_are_detected(self):
        kinds = {"Doubles": "number", "Bools": "boolean", "Times": "time", "Strings": "category"}
        found = cases(self.test, r"Detect\(\{([^}]*)\}\), ValueType::k(\w+)")
        self.assertGreater(len(found), 15)
        for code, kind in found:
            counts = [(text, 1) for text in words(code)]
            with self.subTest(code):
                self.assertEqual(texts.detect(counts, texts.NumberReader()), kinds[kind])

    def test_nine_of_ten_are_enough_for_numbers_and_times(self):
        for text, kind in (("5", "number"), ("2026-12-28", "time")):
            for others, expected in ((1, kind), (2, "category")):
                counts = [(text, 9), ("x", others)]
                self.assertEqual(texts.detect(counts, texts.NumberReader()), expected)

    def test_truth_values(self):
        for value, expected in (("true", True), ("false", False)):
            (code,) = cases(self.truths, r"\{([^}]*)\}\) EXPECT_EQ\(ParseTruth\(cell\), %s" % value)
            for text in words(code):
                self.assertIs(texts.truth(text), expected, text)
        (code,) = cases(self.truths, r"\{([^}]*)\}\) EXPECT_FALSE\(ParseTruth")
        for text in words(code):
            self.assertIsNone(texts.truth(text), text)


class TimeTest(unittest.TestCase):
    test = "table/time_parser_test.cc"

    def test_times(self):
        found = cases(self.test, r'EXPECT_EQ\(Parse\((".*?")\), ([^;]*)\);')
        self.assertGreater(len(found), 20)
        for code, value in found:
            (text,) = words(code)
            if "february" not in value and "january" not in value:
                reader = texts.TimeReader(texts.date_order([(text, 1)])[0])
                self.assertEqual(reader.read(text), number(value), text)

    def test_a_time_alone_is_no_date(self):
        dates = texts.TimeReader(True, needs_date=True)
        self.assertIsNone(dates.read("10:29"))
        self.assertIsNotNone(dates.read("28.12.2026 10:29"))
        self.assertEqual(dates.problem("10:29"), "is not a date (a time alone)")
        self.assertEqual(
            dates.problem("12/28/2026"), "is not a date with the day first, as others of the column"
        )
        self.assertIsNone(dates.problem("soon"))
        self.assertTrue(texts.have_dates([("2026-03-01", 2), ("10:29", 1)]))
        self.assertFalse(texts.have_dates([("2026-03-01", 1), ("10:29", 1)]))

    def test_what_is_no_time(self):
        (code,) = cases(self.test, r"RefusesWhatIsNoTime.*?: \{(.*?)\}\)")
        self.assertGreater(len(words(code)), 20)
        for text in words(code):
            self.assertIsNone(texts.TimeReader().read(text), text)
            self.assertIsNone(texts.iso_times([text] if text else ["x"]), text)

    def test_order_of_day_and_month(self):
        orders = {"std::nullopt": None, "kDayFirst": True, "kMonthFirst": False}
        found = cases(self.test, r"OrderOf\(\{([^}]*)\}\), (?:DateOrder::)?([\w:]+)\)")
        for code, order in found:
            counts = [(text, 1) for text in words(code)]
            self.assertEqual(texts.date_order(counts)[0], orders[order], code)
        self.assertEqual(texts.date_order([("01.02.2015", 1)]), (True, True))
        self.assertEqual(texts.date_order([("01/02/2015", 1), ("13/02/2015", 1)]), (True, False))
        self.assertEqual(texts.TimeReader().read("01/02/2015"), texts.TimeReader().read("2.1.2015"))
        self.assertEqual(texts.TimeReader(True).read("13/02/2015"), 1423785600 * 10**6)
        self.assertIsNone(texts.TimeReader(True).read("02/13/2015"))

    def test_numbers_are_times_by_their_size(self):
        times, is_wrong = texts.times_of_numbers([1795774504.25, 1795774504250, 17, 1e13])
        self.assertEqual(times[:2].tolist(), [1795774504250000] * 2)
        self.assertEqual(is_wrong.tolist(), [False, False, True, True])

    def test_many_at_once(self):
        for same in (
            ["2026-12-28", "1969-01-02"],
            ["2026-12-28 10:29", "2026-12-28T10:30"],
            ["2026-12-28 10:29:14.5", "0001-01-01 00:00:00.0"],
            ["2026-12-28 10:29:14.123456"],
        ):
            found = texts.iso_times(same)
            self.assertEqual(found.tolist(), [texts.TimeReader().read(text) for text in same])
        for other in (["2026-12-28", "2026-12-28 10:29"], ["2026-02-30"], ["2026-12-2８"]):
            self.assertIsNone(texts.iso_times(other))


class DecimalTextTest(unittest.TestCase):
    def test_as_the_server_writes_numbers(self):
        for value, text in (
            (443.0, "443"),
            (0.1, "0.1"),
            (-0.0, "0"),
            (1e-4, "1e-04"),
            (1e15, "1e+15"),
            (123456.789, "123456.789"),
            (1.5e300, "1.5e+300"),
            (12345678901234567.0, "12345678901234568"),
        ):
            self.assertEqual(texts.decimal_text(value), text)


if __name__ == "__main__":
    unittest.main()
