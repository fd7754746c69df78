"""Columns of users as columns of a kind: what a version wants, or what a training finds."""

import re
import warnings

import numpy as np

from . import texts
from .columns import Column, missing_column

_FIELDS = {"number": "doubles", "boolean": "bools", "category": "strings", "time": "times"}
_EXPECTED = {
    "number": "one such as 1234.5",
    "boolean": "true or false, yes or no, 1 or 0",
    "category": "a text, number or boolean",
    "time": "one such as 2026-12-28 10:29:14",
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


def learn_decimal_mark(column, numbers):
    """Has `numbers` read the first rows of a column, which may show the decimal mark."""
    if column.kind == "strings" and not column.is_settled and numbers.mark is None:
        for text, _ in _counts(column):
            numbers.read(text)


def convert(column, kind, numbers, listed=(), hint=""):
    """The column with values of a kind. `numbers` reads the numbers of the table, and `listed` are
    the categories that a version lists. A ValueError names the first value that is of another kind,
    and ends with `hint`."""
    if not column.has_value().any():
        return missing_column(column.name, _FIELDS[kind], len(column.values))
    if kind == "category" and column.kind != "times":
        return _categories(column, frozenset(listed))
    if column.kind == "strings":
        return _read(column, kind, numbers, hint)
    if kind == "number" and column.kind != "times":
        _check_digits(column)
        return column
    if kind == "boolean" and column.kind in ("floats", "doubles"):
        has_value = column.has_value()
        _refuse(column, ~np.isin(column.values, (0, 1)) & has_value, kind, hint)
        return Column(column.name, "bools", column.values == 1, has_value)
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


def _refuse(column, is_wrong, kind, hint):
    if not is_wrong.any():
        return
    row = int(np.flatnonzero(is_wrong)[0])
    value = column.cell(row)
    shown = repr(value) if column.kind == "strings" else str(value)
    raise ValueError(
        f"column {column.name!r}, row {row}: {shown} is no {kind}; expected {_EXPECTED[kind]}{hint}"
    )


def _read(column, kind, numbers, hint):
    """The texts of a column as numbers, booleans or times."""
    if kind == "number":
        read, missing = numbers.read, float("nan")
    elif kind == "boolean":
        read, missing = texts.truth, False
    else:
        read, missing = texts.TimeReader(texts.date_order(_counts(column))).read, 0
    found, is_wrong, is_given = [], [], []
    for text in column.dictionary:
        is_given.append(not texts.is_missing(text))
        value = read(text) if is_given[-1] else missing
        is_wrong.append(value is None)
        found.append(missing if value is None else value)
    has_value = column.has_value()
    _refuse(column, np.array(is_wrong)[column.values] & has_value, kind, hint)
    if kind == "number":
        for text in column.dictionary:
            if len(text) > 15 and re.fullmatch("-?[0-9]+", text) and int(float(text)) != int(text):
                _warn_of_digits(column.name, text)
                break
    types = {"number": "<f8", "boolean": bool, "time": "<i8"}
    values = np.array(found, types[kind])[column.values]
    has_value &= np.array(is_given)[column.values]
    return Column(column.name, _FIELDS[kind], values, has_value)


def _check_digits(column):
    if column.values.dtype.kind not in "iu" or column.values.dtype.itemsize < 8:
        return
    for value in (column.values.max(), column.values.min()):
        if abs(int(value)) > _EXACT:
            break
    else:
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


def _categories(column, listed):
    if column.kind == "strings":
        return _category_texts(column, listed)
    values = column.values
    if column.kind == "bools":
        # As the file had it that the version was trained on: True, TRUE or true.
        spelled = {text.lower(): text for text in sorted(listed)}
        names = [spelled.get("false", "false"), spelled.get("true", "true")]
        if names == ["false", "true"]:
            return column
        return Column(column.name, "strings", values.astype("<i4"), column.valid, names)
    is_whole = values.dtype.kind in "iu"
    spelled = _spelled_numbers(listed)
    is_large = is_whole and any(
        abs(int(value)) >= _WHOLE_IN_FULL for value in (values.max(), values.min())
    )
    if not is_large and all(decimal == text for decimal, text in spelled.items()):
        return column  # the server writes them
    found, codes = np.unique(values, return_inverse=True)
    names = [_spell(value, spelled) for value in found]
    return Column(column.name, "strings", codes.astype("<i4"), column.has_value(), names)


def _spelled_numbers(listed):
    """The categories that are numbers, by how this package would write the number: "7" for "007".
    Without those that are the same number as another one."""
    spelled = {}
    for text in listed:
        if re.fullmatch("-?[0-9]+", text):
            spelled.setdefault(str(int(text)), []).append(text)
            continue
        number = texts.NumberReader().read(text)
        if number is not None and np.isfinite(number):
            spelled.setdefault(texts.decimal_text(number), []).append(text)
    return {
        decimal: decimal if decimal in found else found[0]
        for decimal, found in spelled.items()
        if len(found) == 1 or decimal in found
    }


def _spell(value, spelled):
    decimal = texts.decimal_text(value if value.dtype.kind == "f" else float(value))
    if not np.isfinite(value):
        return decimal
    whole = str(int(value)) if value == int(value) else decimal
    if whole in spelled or decimal in spelled:
        return spelled.get(whole) or spelled[decimal]
    return decimal if value.dtype.kind == "f" else whole


def _category_texts(column, listed):
    """Without blanks around them, and without marks of missing cells, but where the version lists
    them."""
    plain = [text if text in listed else texts.without_blanks(text) for text in column.dictionary]
    is_given = np.array([text in listed or not texts.is_missing(text) for text in plain])
    numbering = {}
    codes = np.array([numbering.setdefault(text, len(numbering)) for text in plain], "<i4")
    return Column(
        column.name,
        "strings",
        codes[column.values],
        column.has_value() & is_given[column.values],
        list(numbering),
    )
