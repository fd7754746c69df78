"""What the texts of a column mean, read as the `advae` command reads the cells of a file.

The rules of model/data/number_parser.h, model/table/text/text_column.h and time_parser.h: a frame
that pandas has read from a file gives what the command makes of the file.
"""

import datetime
import re

import numpy as np

# Of a column, from which its type and the order of its dates are found.
SAMPLE_ROWS = 4096

_BLANKS = " \t\n\v\f\r\u00a0\u202f\u2009\u2007\ufeff"
_MISSING = frozenset(
    ("", "?", "-", "na", "n/a", "<na>", "#n/a", "nan", "nat", "nil", "none", "null", "\\n")
)
# The second one of each pair is true.
_TRUTHS = (("false", "true"), ("no", "yes"), ("f", "t"), ("n", "y"))
_DECIMAL = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf|infinity|nan)", re.IGNORECASE
)
_THOUSANDS = re.compile(
    r"([+-]?[1-9][0-9]{0,2})([,. '\u2019\u00a0\u202f\u2009])"
    r"([0-9]{3}(?:\2[0-9]{3})*)((?!\2)[.,][0-9]*)?"
)
_BYTE = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})"
_IP_ADDRESS = re.compile(rf"(?:{_BYTE}\.){{3}}{_BYTE}")
_OTHER_MARK = {".": ",", ",": "."}
_MONEY = r"(?:\$|€|£|¥|USD|EUR|GBP)"
_FORMATTED = re.compile(rf".*%|[+-]?{_MONEY}.*|.*{_MONEY}", re.DOTALL)

_DATE = re.compile(r"([0-9]{1,4})([-/.])([0-9]{1,2})\2([0-9]{1,2}|[0-9]{4})(?:(?:[Tt ] *)(?=.)|$)")
_TIME = re.compile(
    r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?(?: *(am|pm))?"
    r" *(?:utc|gmt|z|([+-])([0-9]{2})(?::?([0-9]{2}))?)?",
    re.IGNORECASE,
)
_EPOCH = datetime.date(1970, 1, 1).toordinal()


def without_blanks(text):
    return text.strip(_BLANKS)


def is_missing(text):
    """Whether a text stands for a missing cell in one of the usual ways."""
    return without_blanks(text).lower() in _MISSING


def truth(text):
    """True or False; None for another text."""
    text = without_blanks(text).lower()
    if text in ("0", "1"):
        return text == "1"
    return next((pair.index(text) == 1 for pair in _TRUTHS if text in pair), None)


def _thousands(text):
    """The whole part of a number without separators, the separator, how often it is there, and the
    fraction with its mark; None for a number without separators and another text."""
    found = _THOUSANDS.fullmatch(text)
    if not found or _IP_ADDRESS.fullmatch(text):
        return None
    first, separator, groups, fraction = found.groups("")
    groups = groups.split(separator)
    return first + "".join(groups), separator, len(groups), fraction


def _is_ambiguous(number):
    _, separator, count, fraction = number
    return separator in _OTHER_MARK and count == 1 and not fraction


def may_have_thousands(text):
    """Whether a number may have a decimal mark or separate its thousands: 1,234 and 1.234."""
    number = _thousands(without_blanks(text))
    return number is not None and _is_ambiguous(number)


def _with_point(text, mark):
    """A number with this decimal mark (None: neither) as one with a point, and without separators;
    None where it has others."""
    number = _thousands(text)
    if number is not None and number[1] != mark:
        if mark is None and _is_ambiguous(number):
            return None
        text = number[0] + number[3]
    if ("." if mark == "," else ",") in text or text.count(",") > 1:
        return None
    return text.replace(",", ".")


def shown_mark(text):
    """The decimal mark, "." or ",", of a number that can be read in one way only; else None."""
    text = without_blanks(text)
    number = _thousands(text)
    if number is not None:
        if _is_ambiguous(number):
            return None
        return _OTHER_MARK.get(number[1]) or number[3][:1] or None
    for mark in (".", ","):
        if mark in text and _DECIMAL.fullmatch(_with_point(text, mark) or ""):
            return mark
    return None


class NumberReader:
    """Reads the numbers of one table, whose decimal mark it learns from them. `missing` are the
    table's own marks of missing cells, `usual_mark` is the decimal mark by which a number that may
    have thousands is read as long as no mark is known."""

    def __init__(self, missing=(), usual_mark=None):
        self.mark = None
        self._usual_mark = usual_mark
        self._missing = frozenset(without_blanks(mark).lower() for mark in missing)

    def is_missing(self, text):
        """Whether a text stands for a missing cell. Numbers are left to the server, which knows
        the other ways to write a mark."""
        return is_missing(text) or without_blanks(text).lower() in self._missing

    def read(self, text):
        """A float, NaN for a missing cell, None for another text."""
        text = without_blanks(text)
        number = self._read("-" + text[1:] if text.startswith("\u2212") else text)
        return float("nan") if number is None and self.is_missing(text) else number

    def _read(self, text):
        mark = self.mark or self._mark_in(text)
        plain = _with_point(text, mark)
        if plain is None or not _DECIMAL.fullmatch(plain):
            return None
        self.mark = mark
        return float(plain)

    def _mark_in(self, text):
        if may_have_thousands(text):
            return self._usual_mark or ("." if "." in text else None)
        return shown_mark(text)

    def is_formatted(self, text):
        """Whether a text that `read` finds no number in is one in another form: a percentage, an
        amount of money, or with another decimal mark."""
        text = without_blanks(text)
        if not re.search("[0-9]", text):
            return False
        if _FORMATTED.fullmatch(text) or may_have_thousands(text):
            return True
        other = NumberReader()
        other.mark = _OTHER_MARK.get(self.mark)
        return other.mark is not None and other.read(text) is not None


class TimeReader:
    """Reads the dates and times of one column; `day_first` is the order of dates with the year
    last, None for the usual one: the month first between slashes, otherwise the day. With
    `needs_date` a time without a date is another text."""

    def __init__(self, day_first=None, needs_date=False):
        self.day_first = day_first
        self.needs_date = needs_date

    def read(self, text):
        """Microseconds since 1970-01-01T00:00:00Z; None for another text."""
        text = without_blanks(text)
        days = None
        date = _DATE.match(text)
        if date:
            days = self._days(*date.groups())
            text = text[date.end() :]
            if days is None or not text:
                return None if days is None else days * 86_400_000_000
        elif self.needs_date:
            return None
        time = _TIME.fullmatch(text)
        return None if time is None else _time_of_day(days, *time.groups())

    def problem(self, text):
        """What a text is that `read` does not read, as TimeParser::Describe has it."""
        if self.day_first is not None:
            if TimeReader(not self.day_first, self.needs_date).read(text) is not None:
                first = "day" if self.day_first else "month"
                return f"is not a date with the {first} first, as others of the column"
        if self.needs_date and TimeReader(self.day_first).read(text) is not None:
            return "is not a date (a time alone)"
        return None

    def _days(self, first, separator, second, third):
        if len(first) == 4:
            year, month, day = first, second, third
        else:
            day_first = separator != "/" if self.day_first is None else self.day_first
            year = third
            day, month = (first, second) if day_first else (second, first)
        if (len(first) == 4) == (len(third) == 4):
            return None
        try:
            return datetime.date(int(year), int(month), int(day)).toordinal() - _EPOCH
        except ValueError:
            return None


def iso_times(texts):
    """What TimeReader reads of texts that all are like 2026-12-28 or 2026-12-28 10:29:14.5, many
    times faster; None where one is not."""
    length = len(texts[0])
    if length not in (10, 16, 19, *range(21, 27)) or any(len(text) != length for text in texts):
        return None
    found = np.array(texts, f"U{length}")
    letters = found.view("<u4").reshape(len(texts), length)
    marks = {4: "-", 7: "-", 10: " T", 13: ":", 16: ":", 19: "."}
    for i in range(length):
        if not np.isin(letters[:, i], [ord(letter) for letter in marks.get(i, "0123456789")]).all():
            return None
    if (letters[:, :4] == ord("0")).all(axis=1).any():  # there is no year 0
        return None
    try:
        return found.astype("datetime64[us]").astype("<i8")
    except ValueError:
        return None


def _time_of_day(days, hour, minute, second, fraction, half, sign, offset_hours, offset_minutes):
    hour, minute, second = int(hour), int(minute), int(second or 0)
    offset = [int(offset_hours or 0), int(offset_minutes or 0)]
    if hour > 24 or minute > 59 or second > 60 or offset[0] > 18 or offset[1] > 59:
        return None
    microseconds = int((fraction or "0")[:6].ljust(6, "0"))
    if (hour == 24 and minute + second + microseconds > 0) or (second == 60 and minute % 15 != 14):
        return None
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.lower() == "pm" else 0)
    seconds = (hour * 60 + minute) * 60 + second
    seconds = seconds % 86_400 if days is None else seconds + days * 86_400
    seconds -= (-1 if sign == "-" else 1) * (offset[0] * 60 + offset[1]) * 60
    return seconds * 1_000_000 + microseconds


def date_order(counts):
    """Whether the day comes first in the dates of a column: True or False, as most dates show that
    have a day above 12, otherwise as is usual for the first date with the year last; None without
    one. `counts` are pairs of a text and in how many rows it is. And whether that is a guess."""
    shown = [0, 0]  # month first, day first
    usual = None
    for text, count in counts:
        fits = [TimeReader(day_first).read(text) is not None for day_first in (False, True)]
        if fits[0] != fits[1]:
            shown[fits[1]] += count
        elif all(fits) and usual is None:
            date = _DATE.match(without_blanks(text))
            if date and len(date[1]) <= 2:
                usual = date[2] != "/"
    return (shown[1] >= shown[0], False) if any(shown) else (usual, usual is not None)


def have_dates(counts):
    """Whether most dates and times of a column have a date; `counts` as in date_order."""
    order, _ = date_order(counts)
    times = sum(count for text, count in counts if TimeReader(order).read(text) is not None)
    dates = sum(
        count for text, count in counts if TimeReader(order, True).read(text) is not None
    )
    return 2 * dates > times


def shown_marks(counts, numbers):
    """In how many rows of a column each decimal mark is shown; none where fewer than nine of ten
    are numbers. `counts` as in date_order; `numbers` knows the marks of missing cells."""
    shown = {".": 0, ",": 0}
    values = found = 0
    for text, count in counts:
        if numbers.is_missing(text):
            continue
        values += count
        mark = shown_mark(text)
        reader = NumberReader()
        reader.mark = mark
        if mark is not None:
            shown[mark] += count
        if may_have_thousands(text) or reader.read(text) is not None:
            found += count
    return shown if 10 * found >= 9 * values else {}


def times_of_numbers(numbers):
    """The times that numbers stand for, in microseconds since 1970-01-01T00:00:00Z, and which of
    them are none. By their size they count seconds, milli-, micro- or nanoseconds since then."""
    numbers = np.asarray(numbers, float)
    times = np.zeros(len(numbers), "<i8")
    is_time = np.zeros(len(numbers), bool)
    for least, end, microseconds in (
        (1e8, 1e10, 1e6),
        (1e11, 1e13, 1e3),
        (1e14, 1e16, 1),
        (1e17, 1e19, 1e-3),
    ):
        fits = (numbers >= least) & (numbers < end)
        times[fits] = np.rint(numbers[fits] * microseconds).astype("<i8")
        is_time |= fits
    return times, ~is_time


def detect(counts, numbers):
    """The kind of a column to train on: "number", "boolean", "time" or "category". `counts` as in
    date_order, of the first rows; `numbers` reads the numbers of the table."""
    found = {"numbers": 0, "formatted": 0, "values": 0}
    truths = {word: 0 for pair in _TRUTHS for word in pair}
    cells = []
    for text, count in counts:
        number = numbers.read(text)
        if number is not None and np.isnan(number):
            continue
        cells.append((text, count))
        found["values"] += count
        if number is not None:
            found["numbers"] += count
        elif numbers.is_formatted(text):
            found["formatted"] += count
        word = without_blanks(text).lower()
        if word in truths:
            truths[word] += count
    values = found["values"]
    if values == 0:
        return "category"
    if found["numbers"] + found["formatted"] == values:
        return "number"
    for no, yes in _TRUTHS:
        if truths[no] + truths[yes] == values and (len(yes) > 1 or truths[no] and truths[yes]):
            return "boolean"
    times = TimeReader(date_order(cells)[0])
    if 10 * sum(count for text, count in cells if times.read(text) is not None) >= 9 * values:
        return "time"
    return "number" if 10 * found["numbers"] >= 9 * values else "category"


def decimal_text(number):
    """The shortest decimal text of a number, as the server writes one that is a category."""
    if not np.isfinite(number):
        return str(number)
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    scientific = np.format_float_scientific(number, trim="-", exp_digits=2)
    fixed = np.format_float_positional(number, trim="-")
    return fixed if len(fixed) <= len(scientific) else scientific
