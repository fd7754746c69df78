"""Columns of a table as users have them, as buffers that a message takes."""

import datetime
import math
import numbers

import numpy as np

_MISSING_TYPES = ("NoneType", "NAType", "NaTType")


def bitmap(bools):
    """Bit i % 8 of byte i / 8 is element i, the least significant first."""
    return np.packbits(bools, bitorder="little").tobytes()


class Column:
    """A column: `kind` is the field of TableColumn, `valid` says which rows have a value (None:
    all)."""

    def __init__(self, name, kind, values, valid=None, dictionary=None):
        self.name = name
        self.kind = kind
        self.values = values
        self.valid = None if valid is None or valid.all() else valid
        self.dictionary = dictionary  # of strings, whose values are codes

    def row_bytes(self):
        return 0.25 if self.kind == "bools" else self.values.itemsize + 0.125

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
            setattr(column, self.kind, values.tobytes())


def column_of(name, values):
    """The column of a pandas Series or of anything that numpy makes a one-dimensional array of."""
    if hasattr(values, "iloc"):
        return _column_of_series(name, values)
    array = np.ma.asarray(values) if isinstance(values, np.ma.MaskedArray) else np.asarray(values)
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
        valid = series.notna().to_numpy()
        categories = series.cat.categories
        if (
            categories.dtype.kind in "biuf"
        ):  # texts as the server writes numbers, not as Python does
            return column_of(name, series.astype(categories.dtype if valid.all() else "float64"))
        codes = series.cat.codes.to_numpy().astype("<i4")
        return Column(
            name, "strings", np.maximum(codes, 0), valid, [str(text) for text in categories] or [""]
        )
    if kind == "M":
        if getattr(dtype, "tz", None) is not None:
            series = series.dt.tz_convert("UTC").dt.tz_localize(None)
        return _column_of_array(name, series.to_numpy().astype("datetime64[us]"), None)
    if isinstance(dtype, np.dtype):
        return _column_of_array(name, series.to_numpy(), None)
    valid = series.notna().to_numpy()
    if kind in "biuf":  # Int64, boolean and so on, which have missing values of their own
        target = {"b": bool, "f": np.float64}.get(kind, np.float64)
        fill = False if kind == "b" else 0
        return _column_of_array(name, series.to_numpy(dtype=target, na_value=fill), valid)
    return _column_of_array(name, series.to_numpy(dtype=object), valid)


def _column_of_array(name, array, valid):
    kind = array.dtype.kind
    if kind == "b":
        return Column(name, "bools", array, valid)
    if kind in "iuf":
        narrow = array.dtype.itemsize <= (4 if kind == "f" else 2)
        return Column(
            name, "floats" if narrow else "doubles", array.astype("<f4" if narrow else "<f8"), valid
        )
    if kind == "M":
        has_value = ~np.isnat(array)
        values = np.where(has_value, array.astype("datetime64[us]").astype("<i8"), 0).astype("<i8")
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
        return _texts(name, array, has_value)
    if all(issubclass(kind, (bool, np.bool_)) for kind in kinds):
        return _spread(name, "bools", present.astype(bool), has_value)
    if all(_is_number(kind) for kind in kinds):
        return _spread(name, "doubles", present.astype("<f8"), has_value)
    if all(issubclass(kind, (datetime.date, np.datetime64)) for kind in kinds):
        times = np.array([_utc(value) for value in present], "datetime64[us]").astype("<i8")
        return _spread(name, "times", times, has_value)
    raise TypeError(
        f"column {name!r} has values of the types {', '.join(sorted(k.__name__ for k in kinds))}; "
        "expected numbers, booleans, text or times, all of one kind: argument must be a string or "
        "a number, or nothing (None, NaN)"
    )


def _is_missing(value):
    return (isinstance(value, float) and math.isnan(value)) or type(
        value
    ).__name__ in _MISSING_TYPES


def _is_number(kind):
    """Whether values of the type are numbers; booleans beside numbers are not."""
    return not issubclass(kind, (bool, np.bool_)) and (
        issubclass(kind, numbers.Real) or kind.__name__ == "Decimal"
    )


def _utc(value):
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    return value


def _texts(name, array, has_value):
    numbering = {}
    codes = np.zeros(len(array), "<i4")
    codes[has_value] = [numbering.setdefault(text, len(numbering)) for text in array[has_value]]
    return Column(name, "strings", codes, has_value, list(numbering) or [""])


def _spread(name, kind, present, has_value):
    values = np.zeros(len(has_value), present.dtype)
    values[has_value] = present
    return Column(name, kind, values, has_value)
