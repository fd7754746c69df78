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


def fitting(settings, names):
    """For each of `names`, the settings (ColumnSetting) that are for it, in their order: those with
    this name, and those with a pattern with * and ? that fits it and is no column's name itself.
    The rule of FindColumns in model/data/column_selection.h."""
    found = {name: [] for name in names}
    for setting in settings:
        if setting.name in found:
            found[setting.name].append(setting)
            continue
        pattern = re.escape(setting.name).replace(r"\*", ".*").replace(r"\?", ".")
        for name, of_name in found.items():
            if re.fullmatch(pattern, name, re.DOTALL):
                of_name.append(setting)
    return [found[name] for name in names]


def refuse(columns, settings):
    """ValueError for a column with a label's name and at most two values that no setting is for."""
    for column, told in zip(columns, fitting(settings, [column.name for column in columns])):
        if told or not is_label_name(column.name):
            continue
        if 0 < len(np.unique(column.values[column.has_value()])) <= 2:
            raise ValueError(
                f"column {column.name!r} looks like a label, which a model would learn as if it "
                f"were a measurement: expected label={column.name!r}, or "
                f"features=[{column.name!r}] if it is a feature"
            )
