"""The columns of users as a version has them: to train one, and to score with it."""

import re
import unicodedata
import warnings

import numpy as np

from . import kinds, labels, messages, texts
from .columns import column_of, text_column
from .rows import MatrixRows, TableRows

_KINDS = {number: word for word, number in messages.enum_words("ColumnKind").items()}
_ROLES = {number: word for word, number in messages.enum_words("ColumnRole").items()}
_MARKS = dict(zip(".,", map(messages.enum_words("DecimalMark").get, ("point", "comma"))))
_DATE_ORDERS = messages.enum_words("DateOrder")
_MARK_OF = {number: mark for mark, number in _MARKS.items()}
_DAY_FIRST = {_DATE_ORDERS["day-first"]: True, _DATE_ORDERS["month-first"]: False}
_DAY = 86_400_000_000  # microseconds
# What pandas calls a column that has no name in its file.
_NAMELESS = re.compile("Unnamed: [0-9]+|")


def training_rows(table, settings, missing=()):
    """The TableRows to train on, those of the settings (ColumnSetting) that go along, and the
    DecimalMark of its texts. Columns that are ignored or have no name are left out; the types of
    others are set or detected. `missing` are marks of missing cells, beside the usual ones."""
    chosen, used, unused = {}, set(), set()
    names = [texts.without_blanks(name) for name in table.names]
    for position, (name, fitting) in enumerate(zip(names, labels.fitting(settings, names))):
        is_named = not _NAMELESS.fullmatch(name) or any(name == each.name for each in fitting)
        if not is_named:
            warnings.warn(f"column {name!r} has no name in its file and is left out", stacklevel=2)
        if not is_named or (fitting and _ROLES.get(fitting[-1].role) == "ignored"):
            unused.update(setting.name for setting in fitting)
            continue
        if name in chosen:
            _refuse_twins(name, chosen[name][0], position, "; rename one of them, or ignore both")
        chosen[name] = (position, fitting[-1] if fitting else messages.ColumnSetting())
        used.update(setting.name for setting in fitting)
    told = {name for name in chosen if _ROLES.get(chosen[name][1].role) in ("key", "label")}
    if not chosen.keys() - told:
        raise ValueError(
            "there is no column but labels, keys, those to ignore and those without a name; "
            "expected features"
        )
    columns = {
        name: (_any_column if name in told else column_of)(name, table.values[position])
        for name, (position, _) in chosen.items()
    }
    numbers = texts.NumberReader(missing)
    kinds.find_decimal_mark(
        [
            columns[name]
            for name in chosen
            if name not in told and _KINDS.get(chosen[name][1].kind) in (None, "number")
        ],
        numbers,
    )
    dates = []
    for name in [name for name in chosen if name not in told]:
        given, setting = columns[name], chosen[name][1]
        columns[name] = _to_train_on(given, _KINDS.get(setting.kind), numbers)
        if columns[name].kind == "doubles":
            kinds.warn_of_thousands(given, numbers)
        if columns[name].kind == "times":
            dates.extend(_date_settings(given, setting))
    return TableRows(list(columns.values()), table.index), [
        *(setting for setting in settings if setting.name in used or setting.name not in unused),
        *dates,
    ], _MARKS.get(numbers.mark, 0)


def _date_settings(column, setting):
    """What tells the order of the dates of a column, beside what `setting` says."""
    day_first, is_guess = kinds.date_order(column)
    if day_first is None:
        return
    if is_guess:
        first = "day" if day_first else "month"
        warnings.warn(
            f"no date of column {column.name!r} shows whether the day or the month comes first; "
            f"they are read with the {first} first",
            stacklevel=2,
        )
    order = _DATE_ORDERS["day-first" if day_first else "month-first"]
    yield messages.ColumnSetting(
        name=column.name, kind=setting.kind, role=setting.role, date_order=order
    )


def _to_train_on(column, kind, numbers):
    if kind is not None:
        return kinds.convert(column, kind, numbers)
    hint = (
        f", as others of the column; kinds={{{column.name!r}: 'category'}} takes it for "
        f"categories, and ignore=[{column.name!r}] leaves it out"
    )
    return kinds.convert(column, kinds.detect(column, numbers), numbers, hint=hint)


class Target:
    """What a version (VersionInfo) takes. Immutable."""

    def __init__(self, version):
        self.version = version.version
        self._names = [feature.name for feature in version.features]
        self._has_schema = version.HasField("schema")
        self._missing = version.schema.missing_marks
        self._usual_mark = _MARK_OF.get(version.schema.decimal_mark)
        told = version.schema.columns
        self._keys = [column.name for column in told if _ROLES.get(column.role) == "key"]
        self._features = {
            column.name: (
                _KINDS[column.kind],
                kinds.Categories(each.category for each in column.category.categories),
                _time_reader(column.time),
            )
            for column in told
            if _ROLES.get(column.role) == "feature"
        }

    def rows(self, table):
        """The rows to score: the version's features and keys, as what they are to it, or a matrix
        where it has no schema. Other columns may have anything."""
        if not self._has_schema:
            return number_rows(table, self._names)
        columns = {
            name: column_of(name, values) for name, values in _find(table, self._features).items()
        }
        if len(columns) < len(self._features):
            _refuse_absent(table, [name for name in self._features if name not in columns])
        numbers = texts.NumberReader(self._missing, self._usual_mark)
        kinds.find_decimal_mark(
            [column for name, column in columns.items() if self._features[name][0] == "number"],
            numbers,
        )
        for name, column in columns.items():
            kind, categories, times = self._features[name]
            hint = f", as the version has a {kind} there"
            columns[name] = kinds.convert(column, kind, numbers, categories, hint, times)
        keys = _find(table, self._keys)
        return TableRows(
            [*columns.values(), *(_any_column(name, keys[name]) for name in keys)], table.index
        )


def number_rows(table, names):
    """The columns of these names as rows of a matrix."""
    found = _find(table, names)
    if len(found) < len(names):
        _refuse_absent(table, [name for name in names if name not in found])
    columns = [column_of(name, found[name]) for name in names]
    numbers = texts.NumberReader()
    kinds.find_decimal_mark(columns, numbers)
    columns = [kinds.convert(column, "number", numbers) for column in columns]
    matrix = np.empty((len(table), len(columns)), np.float32)
    for i, column in enumerate(columns):
        matrix[:, i] = np.where(column.has_value(), column.values, np.nan)
    return MatrixRows(matrix, names, table.index)


def plain_rows(table):
    """Rows for a version that is not known, of which a server tells what is wrong."""
    return TableRows([_any_column(*each) for each in zip(table.names, table.values)], table.index)


def _any_column(name, values):
    """A column of whatever a key or label has."""
    try:
        return column_of(name, values)
    except (TypeError, ValueError):
        return text_column(name, [str(value) for value in values], np.ones(len(values), bool))


def _time_reader(summary):
    """The TimeReader for texts of a column with this TimeSummary."""
    day_first = _DAY_FIRST.get(summary.date_order)
    have_dates = not 0 <= summary.minimum <= summary.maximum < _DAY
    return texts.TimeReader(day_first, have_dates)


def _plain(name):
    return unicodedata.normalize("NFC", texts.without_blanks(name))


def _find(table, names):
    """The values of the columns with these names, or with ones that differ in the blanks around
    them or in how letters with marks are written."""
    positions_of = {}
    for position, name in enumerate(table.names):
        positions_of.setdefault(name, []).append(position)
    found = {}
    for name in names:
        positions = positions_of.get(name) or [
            position for position, other in enumerate(table.names) if _plain(other) == _plain(name)
        ]
        if len(positions) > 1:
            _refuse_twins(name, *positions[:2])
        for position in positions:
            found[name] = table.values[position]
    return found


def _refuse_twins(name, first, second, hint="; expected one"):
    raise ValueError(f"columns {first + 1} and {second + 1} have the same name, {name!r}{hint}")


def _refuse_absent(table, absent):
    """Refuses a table without these columns, as NoColumn of the C++ code says it."""
    wanted = {_plain(name).lower() for name in absent}
    similar = [name for name in table.names if _plain(name).lower() in wanted]
    hint = f"; did you mean {_list(similar)}? The" if similar else "; the"
    start = "there is no column" if len(absent) == 1 else "there are no columns"
    raise ValueError(f"{start} {_list(absent)}{hint} columns are {_list(table.names)}")


def _list(names):
    return ", ".join(map(repr, list(names)[:50]))
