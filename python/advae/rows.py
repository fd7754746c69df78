"""Rows as users have them, and as the messages that carry them.

Arrays of numbers go as a Matrix, everything with names as a Table. Buffers are copied as a whole; no
cell becomes an object of its own, but for texts, which are counted once for each column.
"""

import numpy as np

# Of one message: a server takes 4 MiB in its smallest sensible configuration, and 65,536 texts in
# lists.
_CHUNK_BYTES = 1 << 20
_CHUNK_TEXTS = 60_000


class UserTable:
    """Columns with names, which become a Table by what they are to a version (schema.py)."""

    field = "table"

    def __init__(self, names, values, index=None):
        self.names = [str(name) for name in names]
        self.values = list(values)
        self.index = index  # of a frame
        if not self.names:
            raise ValueError("there are no columns; expected at least one")
        lengths = {_length(each) for each in self.values}
        if len(lengths) > 1:
            raise ValueError(f"columns must have the same length; these have {sorted(lengths)}")
        (self._rows,) = lengths

    def __len__(self):
        return self._rows


class TableRows:
    """Columns (Column), which go as a Table."""

    field = "table"

    def __init__(self, columns, index=None):
        self.columns = columns
        self.index = index
        self.names = [column.name for column in columns]
        self._by_name = dict(zip(self.names, columns))

    def __len__(self):
        return len(self.columns[0].values)

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
        return self._by_name[name].cell(row)


class MatrixRows:
    """Rows of numbers, which go as a Matrix. Feature names go along when there are some."""

    field = "rows"

    def __init__(self, values, names=None, index=None):
        self.values = values
        self.names = names
        self.index = index
        self._positions = {name: i for i, name in enumerate(names or ())}

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
        column = self._positions.get(name)
        return None if column is None else self.values[row, column].item()


def _length(values):
    try:
        return len(values)
    except TypeError:
        return 1  # no column, which its conversion tells


def _varint(number):
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def from_user(rows):
    """UserTable or MatrixRows of what a user gives: a pandas DataFrame, a mapping from names to
    one-dimensional arrays, a structured array, or a two-dimensional array of numbers.

    TypeError and ValueError say what was expected.
    """
    if isinstance(rows, (UserTable, MatrixRows)):
        return rows
    if is_pandas(rows):
        columns = [rows.iloc[:, i] for i in range(rows.shape[1])]
        return UserTable(rows.columns, columns, rows.index)
    if hasattr(rows, "keys") and hasattr(rows, "__getitem__"):
        return UserTable(rows.keys(), [rows[name] for name in rows.keys()])
    if hasattr(rows, "toarray"):
        raise TypeError("a sparse matrix was passed; expected a dense one: use .toarray()")
    array = np.asarray(rows)
    if array.dtype.names:
        return UserTable(array.dtype.names, [array[name] for name in array.dtype.names])
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(
            f"rows have the shape {array.shape}; expected two dimensions, "
            "(rows, columns), or columns with names"
        )
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"rows have the type {array.dtype}; expected numbers. Text, times and missing "
            "cells go as columns with names: a DataFrame or a dict of arrays"
        )
    with np.errstate(over="ignore"):  # what is too large for 32 bits becomes infinite
        return MatrixRows(array.astype(np.float32))


def is_pandas(rows):
    return hasattr(rows, "iloc") and hasattr(rows, "columns")
