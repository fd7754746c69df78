"""Columns of a table as users have them, as buffers that a message takes."""

import datetime
import decimal
import math
import numbers

import numpy as np

from . import texts

_MISSING_TYPES = ("NoneType", "NAType", "NaTType")
_TIMES = (datetime.date, datetime.time, np.datetime64)
_PLAIN = (str, bool, np.bool_, numbers.Real, decimal.Decimal, *_TIMES)


def bitmap(bools):
    """Bit i % 8 of byte i / 8 is element i, the least significant first."""
    return np.packbits(bools, bitorder="little").tobytes()


class Column:
    """A column: `kind` is the field of TableColumn, `valid` says which rows have a value (None:
    all). Integers stay integers until they are sent."""

    def __init__(self, name, kind, values, valid=None, dictionary=None):
        self.name = name
        self.kind = kind
        self.values = values
        self.valid = None if valid is None or valid.all() else valid
        self.dictionary = dictionary  # of strings, whose values are codes
        self.is_settled = False  # strings that are categories, whatever they look like

    def row_bytes(self):
        return {"bools": 0.25, "doubles": 8.125, "times": 8.125}.get(self.kind, 4.125)

    def has_value(self):
        """Which rows have a value, as a new array; a NaN is none."""
        if self.values.dtype.kind == "f":
            found = ~np.isnan(self.values)
            return found if self.valid is None else found & self.valid
        return np.ones(len(self.values), bool) if self.valid is None else self.valid.copy()

    def cell(self, row):
        """The value of a row, None where it is missing."""
        if self.valid is not None and not self.valid[row]:
            return None
        if self.kind == "strings":
            return self.dictionary[self.values[row]]
        if self.kind == "times":
            return self.values[row].astype("datetime64[us]").item()
        return self.values[row].item()

    def add_to(self, table, first, last):
        """Adds rows `first` to `last` to a Table."""
        column = table.columns.add(name=self.name)
        values = self.values[first:last]
        if self.valid is not None and not self.valid[first:last].all():
            column.validity = bitmap(self.valid[first:last])
        if self.kind == "bools":
            column.bools = bitmap(values)
        elif self.kind == "strings":
            used, codes = np.unique(values, return_inverse=True)
            column.strings.dictionary.extend(self.dictionary[code] for code in used.tolist())
            column.strings.codes = codes.astype("<i4").tobytes()
        else:
            types = {"floats": "<f4", "doubles": "<f8", "times": "<i8"}
            setattr(column, self.kind, values.astype(types[self.kind]).tobytes())


def column_of(name, values):
    """The column of a pandas Series or of anything that numpy makes a one-dimensional array of.

    Values of several kinds become texts. TypeError and ValueError say what was expected.
    """
    if hasattr(values, "iloc"):
        return _column_of_series(name, values)
    try:
        array = values if isinstance(values, np.ma.MaskedArray) else np.asarray(values)
    except ValueError as error:
        raise ValueError(f"column {name!r}: {error}") from None
    if array.ndim != 1:
        raise ValueError(f"column {name!r} has {array.ndim} dimensions; expected one")
    valid = None
    if isinstance(array, np.ma.MaskedArray):
        valid, array = ~np.ma.getmaskarray(array), array.data
    return _column_of_array(name, array, valid)


def _column_of_series(name, series):
    dtype = series.dtype
    kind = getattr(dtype, "kind", "O")
    if hasattr(series, "cat"):
        return _column_of_categories(name, series)
    if kind == "M":
        if getattr(dtype, "tz", None) is not None:
            series = series.dt.tz_convert("UTC").dt.tz_localize(None)
        return _column_of_array(name, series.to_numpy().astype("datetime64[us]"), None)
    if isinstance(dtype, np.dtype):
        return _column_of_array(name, series.to_numpy(), None)
    valid = series.notna().to_numpy()
    if kind in "biuf":  # Int64, boolean and so on, which have missing values of their own
        target = {"b": bool, "i": np.int64, "u": np.uint64}.get(kind, np.float64)
        fill = False if kind == "b" else 0
        return _column_of_array(name, series.to_numpy(dtype=target, na_value=fill), valid)
    return _column_of_array(name, series.to_numpy(dtype=object), valid)


def _column_of_categories(name, series):
    codes = series.cat.codes.to_numpy()
    if not (codes >= 0).any():
        return missing_column(name, "strings", len(codes))
    categories = column_of(name, series.cat.categories.to_series())
    column = Column(
        name, categories.kind, categories.values[codes], codes >= 0, categories.dictionary
    )
    column.is_settled = True
    return column


def missing_column(name, kind, rows):
    """A column without a value."""
    types = {"bools": bool, "strings": "<i4", "times": "<i8"}
    values = np.zeros(rows, types.get(kind, "<f8"))
    return Column(name, kind, values, np.zeros(rows, bool), [""])


def _column_of_array(name, array, valid):
    kind = array.dtype.kind
    if kind == "b":
        return Column(name, "bools", array, valid)
    if kind in "iuf":
        is_narrow = array.dtype.itemsize <= (4 if kind == "f" else 2)
        return Column(name, "floats" if is_narrow else "doubles", array, valid)
    if kind == "M":
        has_value = ~np.isnat(array)
        values = np.where(has_value, array.astype("datetime64[us]").astype("<i8"), 0)
        return Column(name, "times", values, has_value if valid is None else has_value & valid)
    if kind in "UO":
        return _column_of_objects(name, array.astype(object), valid)
    if kind == "c":
        raise ValueError(f"column {name!r} has complex numbers; Complex data not supported")
    hint = ": use .total_seconds()" if kind == "m" else ""
    raise TypeError(
        f"column {name!r} has the type {array.dtype}; expected numbers, booleans, text or "
        f"times{hint}"
    )


def _column_of_objects(name, array, valid):
    has_value = np.fromiter((not _is_missing(value) for value in array), bool, len(array))
    if valid is not None:
        has_value &= valid
    present = array[has_value]
    kinds = {type(value) for value in present}
    if all(issubclass(kind, str) for kind in kinds):
        return text_column(name, present, has_value)
    wrong = [kind for kind in kinds if not issubclass(kind, _PLAIN)]
    if wrong:
        first = next(value for value in present if type(value) in wrong)
        raise TypeError(
            f"column {name!r} has {first!r}, of the type {type(first).__name__}; expected numbers, "
            "booleans, text or times, or nothing (None, NaN)"
        )
    if all(issubclass(kind, (bool, np.bool_)) for kind in kinds):
        return _spread(name, "bools", present.astype(bool), has_value)
    if all(_is_number(kind) for kind in kinds):
        found = _numbers(present)
        if found is not None:
            return _spread(name, "doubles", found, has_value)
    elif all(issubclass(kind, _TIMES) for kind in kinds):
        times = np.array([_utc(value) for value in present], "datetime64[us]").astype("<i8")
        return _spread(name, "times", times, has_value)
    return text_column(name, [_text(value) for value in present], has_value)


def _is_missing(value):
    return (isinstance(value, float) and math.isnan(value)) or type(
        value
    ).__name__ in _MISSING_TYPES


def _is_number(kind):
    """Whether values of the type are numbers; booleans beside numbers are not."""
    return not issubclass(kind, (bool, np.bool_)) and issubclass(
        kind, (numbers.Real, decimal.Decimal)
    )


def _numbers(present):
    """64-bit numbers of objects; None for integers that take more bits."""
    if not all(isinstance(value, numbers.Integral) for value in present):
        return present.astype("<f8")
    for kind in ("<i8", "<u8"):
        try:
            return np.array([int(value) for value in present], kind)
        except OverflowError:
            pass
    return None


def _utc(value):
    if isinstance(value, datetime.time):
        value = datetime.datetime.combine(datetime.date(1970, 1, 1), value)
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    return value


def _text(value):
    """Of a value among those of other kinds."""
    if isinstance(value, (float, np.floating)):
        return texts.decimal_text(value)
    return str(value)


def text_column(name, present, has_value):
    """A column of strings, of which `present` are those of the rows that have one."""
    numbering = {}
    codes = np.zeros(len(has_value), "<i4")
    codes[has_value] = [numbering.setdefault(text, len(numbering)) for text in present]
    return Column(name, "strings", codes, has_value, list(numbering) or [""])


def _spread(name, kind, present, has_value):
    values = np.zeros(len(has_value), present.dtype)
    values[has_value] = present
    return Column(name, kind, values, has_value)
