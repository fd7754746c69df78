"""Columns of users as columns of a kind: what a version wants, or what a training finds."""

import functools
import re
import warnings

import numpy as np

from . import texts
from .columns import Column, missing_column

_FIELDS = {"number": "doubles", "boolean": "bools", "category": "strings", "time": "times"}
_PROBLEMS = {
    "number": "is not a number; expected one such as 1234.5",
    "boolean": "is neither true nor false; expected true or false, yes or no, 1 or 0",
    "category": "is not a category; expected a text, number or boolean",
    "time": "is not a date or time; expected one such as 2026-12-28 10:29:14",
}
# From here on the server writes whole doubles as 1e+15.
_WHOLE_IN_FULL = 10**15
_EXACT = 2**53


def detect(column, numbers):
    """The kind of a column to train on, from its first rows; `numbers` as in texts.detect."""
    if column.kind == "strings" and not column.is_settled:
        return texts.detect(_counts(column), numbers)
    if not column.has_value().any():
        return "category"  # as a file's column without values
    return {field: kind for kind, field in _FIELDS.items()}.get(column.kind, "number")


def find_decimal_mark(columns, numbers):
    """Has `numbers` read numbers with the decimal mark that the first rows of the columns show most
    often, or else with that of the first of them that may have one."""
    columns = [each for each in columns if each.kind == "strings" and not each.is_settled]
    shown = {".": 0, ",": 0}
    for column in columns:
        for mark, count in texts.shown_marks(_counts(column), numbers).items():
            shown[mark] += count
    if any(shown.values()):
        numbers.mark = "," if shown[","] > shown["."] else "."
        return
    for column in columns:
        for text, _ in _counts(column):
            numbers.read(text)


def warn_of_thousands(column, numbers):
    """Warns where it is a guess that the numbers of a column to train on have thousands."""
    if column.kind != "strings" or numbers.mark is None:
        return
    found = [text for text, _ in _counts(column) if not numbers.is_missing(text)]
    ambiguous = [
        text for text in found if texts.may_have_thousands(text) and numbers.mark not in text
    ]
    if ambiguous and not any(map(texts.shown_mark, found)):
        mark = "comma" if numbers.mark == "," else "point"
        warnings.warn(
            f"column {column.name!r}: numbers such as {ambiguous[0]!r} are read as whole ones, "
            f"with a thousands separator, because the decimal mark of other columns is the {mark}",
            stacklevel=2,
        )


def date_order(column):
    """texts.date_order of the first rows of a column of texts; otherwise None, no guess."""
    return texts.date_order(_counts(column)) if column.kind == "strings" else (None, False)


def convert(column, kind, numbers, categories=None, hint="", times=None):
    """The column with values of a kind. `numbers` reads the numbers of the table, `times`
    (TimeReader) the dates and times of the column, without it and without an order of dates as its
    first rows show. A ValueError names the first value of another kind, and ends with `hint`."""
    if not column.has_value().any():
        return missing_column(column.name, _FIELDS[kind], len(column.values))
    if kind == "category" and column.kind != "times":
        return (categories or Categories()).convert(column)
    if column.kind == "strings":
        return _read(column, kind, numbers, hint, times)
    if kind == "number" and column.kind != "times":
        _check_digits(column)
        return column
    if kind == "boolean" and column.kind in ("floats", "doubles"):
        has_value = column.has_value()
        _refuse(column, ~np.isin(column.values, (0, 1)) & has_value, kind, hint)
        return Column(column.name, "bools", column.values == 1, has_value)
    if kind == "time" and column.kind in ("floats", "doubles"):
        times, is_wrong = texts.times_of_numbers(column.values)
        _refuse(column, is_wrong & column.has_value(), kind, hint)
        return Column(column.name, "times", times, column.has_value())
    if column.kind != _FIELDS[kind]:
        _refuse(column, column.has_value(), kind, hint)
    return column


def _counts(column):
    """The texts of the first rows, each with the number of its rows."""
    codes = column.values[: texts.SAMPLE_ROWS]
    if column.valid is not None:
        codes = codes[column.valid[: texts.SAMPLE_ROWS]]
    found, counts = np.unique(codes, return_counts=True)
    return [(column.dictionary[code], count) for code, count in zip(found, counts.tolist())]


def _refuse(column, is_wrong, kind, hint, times=None):
    if not is_wrong.any():
        return
    row = int(np.flatnonzero(is_wrong)[0])
    value = column.cell(row)
    shown = repr(value) if column.kind == "strings" else str(value)
    problem = (times and times.problem(value)) or _PROBLEMS[kind]
    raise ValueError(f"column {column.name!r}, row {row}: {shown} {problem}{hint}")


def _read(column, kind, numbers, hint, times):
    """The texts of a column as numbers, booleans or times."""
    if kind == "time":
        found = texts.iso_times(column.dictionary)
        if found is not None:
            return Column(column.name, "times", found[column.values], column.valid)
        times = _times_of(column, times)
    if kind == "number":
        read, missing = numbers.read, float("nan")
    elif kind == "boolean":
        read, missing = texts.truth, False
    else:
        read, missing = _time_reader(times, numbers), 0
    found, is_wrong, is_given = [], [], []
    for text in column.dictionary:
        is_given.append(not numbers.is_missing(text))
        value = read(text) if is_given[-1] else missing
        is_wrong.append(value is None)
        found.append(missing if value is None else value)
    has_value = column.has_value()
    _refuse(column, np.array(is_wrong)[column.values] & has_value, kind, hint, times)
    if kind == "number":
        for text in column.dictionary:
            if re.fullmatch("-?[0-9]{16,300}", text) and int(float(text)) != int(text):
                _warn_of_digits(column.name, text)
                break
    types = {"number": "<f8", "boolean": bool, "time": "<i8"}
    values = np.array(found, types[kind])[column.values]
    has_value &= np.array(is_given)[column.values]
    return Column(column.name, _FIELDS[kind], values, has_value)


def _times_of(column, times):
    """`times`, or what it leaves open as the column's first rows show."""
    if times is not None and times.day_first is not None:
        return times
    counts = _counts(column)
    needs_date = texts.have_dates(counts) if times is None else times.needs_date
    return texts.TimeReader(texts.date_order(counts)[0], needs_date)


def _time_reader(times, numbers):
    def read(text):
        time = times.read(text)
        if time is not None:
            return time
        number = numbers.read(text)
        found, is_wrong = texts.times_of_numbers([float("nan") if number is None else number])
        return None if is_wrong[0] else int(found[0])

    return read


def _check_digits(column):
    if column.values.dtype.kind not in "iu" or column.values.dtype.itemsize < 8:
        return
    if _magnitude(column.values) <= _EXACT:
        return
    for value in column.values[column.has_value()].tolist():
        if int(float(value)) != value:
            _warn_of_digits(column.name, value)
            return


def _warn_of_digits(name, value):
    warnings.warn(
        f"column {name!r} has integers beyond 2^53, such as {value}, whose last digits are lost in "
        f"a number of 64 bits; as identifiers they are trained with kinds={{{name!r}: 'category'}}",
        stacklevel=2,
    )


class Categories:
    """The categories that a version lists, and which of them other values than texts are."""

    def __init__(self, listed=()):
        self.texts = frozenset(listed)

    @functools.cached_property
    def booleans(self):
        """As the file had them that the version was trained on, such as True and False."""
        words = {text.lower(): text for text in sorted(self.texts)}
        return [words.get("false", "false"), words.get("true", "true")]

    @functools.cached_property
    def numbers(self):
        """By how the server would write the number: "7" for "007". Without those that are the same
        number as another one."""
        written = {}
        for text in self.texts:
            number = texts.NumberReader().read(text)
            if re.fullmatch("-?[0-9]{1,300}", text):
                written.setdefault(str(int(text)), []).append(text)
            elif number is not None and np.isfinite(number):
                written.setdefault(texts.decimal_text(number), []).append(text)
        return {
            decimal: decimal if decimal in found else found[0]
            for decimal, found in written.items()
            if len(found) == 1 or decimal in found
        }

    @functools.cached_property
    def are_written_by_server(self):
        return all(
            texts.decimal_text(float(number)) == text for number, text in self.numbers.items()
        )

    def text_of(self, number):
        decimal = texts.decimal_text(number if number.dtype.kind == "f" else float(number))
        is_whole = np.isfinite(number) and number == int(number)
        whole = str(int(number)) if is_whole else decimal
        usual = decimal if number.dtype.kind == "f" else whole
        return self.numbers.get(whole) or self.numbers.get(decimal) or usual

    def convert(self, column):
        """The column with values of which the server makes these categories."""
        values = column.values
        if column.kind == "strings":
            return self._convert_texts(column)
        if column.kind == "bools":
            if self.booleans == ["false", "true"]:
                return column
            return Column(column.name, "strings", values.astype("<i4"), column.valid, self.booleans)
        is_large = values.dtype.kind in "iu" and _magnitude(values) >= _WHOLE_IN_FULL
        if self.are_written_by_server and not is_large:
            return column
        found, codes = np.unique(values, return_inverse=True)
        names = [self.text_of(number) for number in found]
        return Column(column.name, "strings", codes.astype("<i4"), column.has_value(), names)

    def _convert_texts(self, column):
        """Without blanks around them, and without marks of missing cells, but where the version
        lists them."""
        plain = [
            text if text in self.texts else texts.without_blanks(text)
            for text in column.dictionary
        ]
        is_given = [text in self.texts or not texts.is_missing(text) for text in plain]
        numbering = {}
        codes = np.array([numbering.setdefault(text, len(numbering)) for text in plain], "<i4")
        return Column(
            column.name,
            "strings",
            codes[column.values],
            column.has_value() & np.array(is_given)[column.values],
            list(numbering),
        )


def _magnitude(values):
    return max(abs(int(values.max())), abs(int(values.min())))
