"""Rows as users have them, turned into the messages that carry them.

Arrays of numbers go as a Matrix, everything with names as a Table. Buffers are copied as a whole; no
cell becomes an object of its own, but for texts, which are counted once for each column.
"""

import datetime
import math
import numbers

import numpy as np

from . import messages

# Of one message: a server takes 4 MiB in its smallest sensible configuration, and 65,536 texts in lists.
_CHUNK_BYTES = 1 << 20
_CHUNK_TEXTS = 60_000
_MISSING_TYPES = ("NoneType", "NAType", "NaTType")


def bitmap(bools):
    """Bit i % 8 of byte i / 8 is element i, the least significant first."""
    return np.packbits(bools, bitorder="little").tobytes()


class Column:
    """A column: `kind` is the field of TableColumn, `valid` says which rows have a value (None: all)."""

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


class TableRows:
    """Columns with names, which go as a Table."""

    field = "table"

    def __init__(self, columns, index=None):
        self.columns = columns
        self.index = index
        self.names = [column.name for column in columns]
        if not columns:
            raise ValueError("there are no columns; expected at least one")
        repeated = sorted({name for name in self.names if self.names.count(name) > 1})
        if repeated:
            raise ValueError(f"columns must have different names; more than one has "
                             f"{', '.join(map(repr, repeated))}")
        lengths = {len(column.values) for column in columns}
        if len(lengths) > 1:
            raise ValueError(f"columns must have the same length; these have {sorted(lengths)}")
        self.rows, = lengths

    def __len__(self):
        return self.rows

    def chunk_rows(self):
        texts = sum(column.kind == "strings" for column in self.columns)
        by_texts = (_CHUNK_TEXTS - len(self.columns)) // max(texts, 1)
        by_bytes = _CHUNK_BYTES / sum(column.row_bytes() for column in self.columns)
        return max(1, int(min(by_texts, by_bytes)) // 64 * 64)

    def assign(self, request, first, last):
        table = request.table
        table.rows = last - first
        for column in self.columns:
            column.add_to(table, first, last)

    def cell(self, row, name):
        """The value of a cell, None where it is missing."""
        column = self.columns[self.names.index(name)]
        if column.valid is not None and not column.valid[row]:
            return None
        if column.kind == "strings":
            return column.dictionary[column.values[row]]
        if column.kind == "times":
            return column.values[row].astype("datetime64[us]").item()
        return column.values[row].item()

    def as_matrix(self, names):
        """The columns of these names as rows of a matrix; None unless all are there and are numbers."""
        by_name = {column.name: column for column in self.columns}
        chosen = [by_name.get(name) for name in names]
        if not chosen or not all(column is not None and column.kind in ("floats", "doubles", "bools")
                                 for column in chosen):
            return None
        values = np.empty((self.rows, len(chosen)), np.float32)
        for i, column in enumerate(chosen):
            values[:, i] = column.values
            if column.valid is not None:
                values[~column.valid, i] = np.nan
        return MatrixRows(values, names, self.index)


class MatrixRows:
    """Rows of numbers, which go as a Matrix. Feature names go along when there are some."""

    field = "rows"

    def __init__(self, values, names=None, index=None):
        self.values = values
        self.names = names
        self.index = index

    def __len__(self):
        return len(self.values)

    def chunk_rows(self):
        return max(1, _CHUNK_BYTES // (4 * self.values.shape[1]) // 64 * 64)

    def assign(self, request, first, last):
        matrix = request.rows
        matrix.columns = self.values.shape[1]
        if self.names is not None and first == 0:
            matrix.feature_names.extend(self.names)
        data = np.ascontiguousarray(self.values[first:last], "<f4").tobytes()
        # The field `values` as it is on the wire: many times faster than number by number.
        matrix.MergeFromString(b"\x0a" + _varint(len(data)) + data)

    def cell(self, row, name):
        column = self.names.index(name) if self.names and name in self.names else None
        return None if column is None else self.values[row, column].item()


def _varint(number):
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def from_user(rows):
    """TableRows or MatrixRows of what a user gives: a pandas DataFrame, a mapping from names to
    one-dimensional arrays, a structured array, or a two-dimensional array of numbers.

    TypeError and ValueError say what was expected.
    """
    if isinstance(rows, (TableRows, MatrixRows)):
        return rows
    if is_pandas(rows):
        return TableRows([column_of(str(name), rows.iloc[:, i]) for i, name in enumerate(rows.columns)],
                         rows.index)
    if hasattr(rows, "keys") and hasattr(rows, "__getitem__"):
        return TableRows([column_of(str(name), rows[name]) for name in rows.keys()])
    if hasattr(rows, "toarray"):
        raise TypeError("a sparse matrix was passed; expected a dense one: use .toarray()")
    array = np.asarray(rows)
    if array.dtype.names:
        return TableRows([column_of(name, array[name]) for name in array.dtype.names])
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(f"rows have the shape {array.shape}; expected two dimensions, "
                         "(rows, columns), or columns with names")
    if array.dtype.kind not in "fiub":
        raise TypeError(f"rows have the type {array.dtype}; expected numbers. Text, times and missing "
                        "cells go as columns with names: a DataFrame or a dict of arrays")
    with np.errstate(over="ignore"):  # what is too large for 32 bits becomes infinite
        return MatrixRows(array.astype(np.float32))


def is_pandas(rows):
    return hasattr(rows, "iloc") and hasattr(rows, "columns")


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
        if categories.dtype.kind in "biuf":  # texts as the server writes numbers, not as Python does
            return column_of(name, series.astype(categories.dtype if valid.all() else "float64"))
        codes = series.cat.codes.to_numpy().astype("<i4")
        return Column(name, "strings", np.maximum(codes, 0), valid,
                      [str(text) for text in categories] or [""])
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
        return Column(name, "floats" if narrow else "doubles",
                      array.astype("<f4" if narrow else "<f8"), valid)
    if kind == "M":
        has_value = ~np.isnat(array)
        values = np.where(has_value, array.astype("datetime64[us]").astype("<i8"), 0).astype("<i8")
        return Column(name, "times", values, has_value if valid is None else has_value & valid)
    if kind in "UO":
        return _column_of_objects(name, array.astype(object), valid)
    if kind == "c":
        raise ValueError(f"column {name!r} has complex numbers; Complex data not supported")
    hint = ": use .total_seconds()" if kind == "m" else ""
    raise TypeError(f"column {name!r} has the type {array.dtype}; expected numbers, booleans, text or "
                    f"times{hint}")


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
        f"column {name!r} has values of the types {', '.join(sorted(kind.__name__ for kind in kinds))}; "
        "expected numbers, booleans, text or times, all of one kind: argument must be a string or a "
        "number, or nothing (None, NaN)")


def _is_missing(value):
    return (isinstance(value, float) and math.isnan(value)) or type(value).__name__ in _MISSING_TYPES


def _is_number(kind):
    """Whether values of the type are numbers; booleans beside numbers are not."""
    return not issubclass(kind, (bool, np.bool_)) and (
        issubclass(kind, numbers.Real) or kind.__name__ == "Decimal")


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
