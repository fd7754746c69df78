"""Looks for a label among the columns of training rows, which a model would learn as if it were a
measurement. The rule of model/data/label_check.h."""

import re

import numpy as np

# As they are compared: letters and digits, in lower case.
NAMES = frozenset(
    (
        "anomalous",
        "anomaly",
        "attack",
        "class",
        "fault",
        "fraud",
        "groundtruth",
        "isanomaly",
        "isattack",
        "isfault",
        "isfraud",
        "islabel",
        "isoutlier",
        "label",
        "labels",
        "normalattack",
        "outlier",
        "target",
        "y",
    )
)


def is_label_name(name):
    return (
        "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum()) in NAMES
    )


def fits(pattern, name):
    """Whether a pattern with * and ? is for a name."""
    found = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return pattern == name or re.fullmatch(found, name, re.DOTALL) is not None


def refuse(columns, settings):
    """ValueError for a column with a label's name and at most two values that no setting is for."""
    for column in columns:
        if not is_label_name(column.name) or any(
            fits(setting.name, column.name) for setting in settings
        ):
            continue
        if 0 < len(np.unique(column.values[column.has_value()])) <= 2:
            raise ValueError(
                f"column {column.name!r} looks like a label, which a model would learn as if it "
                f"were a measurement: expected label={column.name!r}, or "
                f"features=[{column.name!r}] if it is a feature"
            )
