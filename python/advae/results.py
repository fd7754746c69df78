"""What calls give back."""

import datetime
import typing

import numpy as np

from . import messages

_STATUSES = np.array(["", "ok", "not finite", "incomplete"], object)
NOT_FINITE = 2


class Contribution(typing.NamedTuple):
    """A feature's share in the score of one row."""

    feature: str
    contribution: float
    # What the row has; None for a missing cell, and where the request had no names.
    value: object
    # What the model expected instead.
    expected: object


class Neighbour(typing.NamedTuple):
    """A training row that is near to a row."""

    row: int  # from 0, in the order of training
    distance: float


class Scores:
    """The results of `Client.score`, as arrays with an element for each row.

    `scores["score"]` and `scores.score` are the same; so with "p_value", "is_anomaly" and "status"
    ("ok", "incomplete", "not finite") and, when they were asked for, "contributions" and
    "nearest_rows", which have a list for each row. `model`, `version`, `alpha` and `threshold` say
    what the verdicts come from.
    """

    def __init__(self, columns, attributes):
        self._columns = columns
        self.attrs = attributes

    def __getattr__(self, name):
        for found in (self.__dict__.get("_columns", {}), self.__dict__.get("attrs", {})):
            if name in found:
                return found[name]
        raise AttributeError(
            f"there is no {name!r}; expected one of " f"{', '.join([*self._columns, *self.attrs])}"
        )

    def __getitem__(self, name):
        return self._columns[name]

    def __len__(self):
        return len(self._columns["score"])

    def __dir__(self):
        return [*super().__dir__(), *self._columns, *self.attrs]

    def __repr__(self):
        return (
            f"<Scores: {len(self)} rows, {int(self.is_anomaly.sum())} anomalies "
            f"({self.model} version {self.version}, alpha {self.alpha:.6g}, "
            f"threshold {self.threshold:.6g})>"
        )

    def keys(self):
        return self._columns.keys()

    def to_frame(self, index=None):
        """A pandas DataFrame of the columns; the rest is in its `attrs`."""
        import pandas  # pylint: disable=import-outside-toplevel

        columns = {
            name: pandas.Series(list(values), index=index, dtype=object)
            if values.dtype == object and name != "status"
            else values
            for name, values in self._columns.items()
        }
        frame = pandas.DataFrame(columns, index=index)
        frame.attrs.update(self.attrs)
        return frame


class Version:
    """A version of a model. `message` is all the server says of it (VersionInfo)."""

    def __init__(self, message):
        self.message = message
        self.model = message.model
        self.version = message.version
        self.alpha = message.threshold_history[-1].alpha
        self.threshold = message.threshold_history[-1].threshold
        self.features = [feature.name for feature in message.features]
        self.training_rows = message.training_rows
        self.create_time = message.create_time.ToDatetime(datetime.timezone.utc)
        self.created_by = message.created_by
        self.warnings = list(message.warnings)

    def __reduce__(self):
        return _read_version, (self.message.SerializeToString(),)

    def __repr__(self):
        return (
            f"<Version {self.version} of {self.model}: {self.training_rows} rows, "
            f"{len(self.features)} features, threshold {self.threshold:.6g} at alpha "
            f"{self.alpha:.6g}>"
        )


def _read_version(data):
    return Version(messages.VersionInfo.FromString(data))


class Model:
    """A model. `details` has its versions (Version), when `Client.model` made it."""

    def __init__(self, summary, versions=None, left_out=()):
        self.name = summary.model
        self.serving_version = summary.serving_version
        self.versions = list(summary.versions)
        self.alpha = summary.threshold.alpha
        self.threshold = summary.threshold.threshold
        self.training = summary.training
        self.details = versions
        self.left_out = {version.version: version.reason for version in left_out}

    def __repr__(self):
        training = ", training" if self.training else ""
        return (
            f"<Model {self.name}: serves version {self.serving_version} of {self.versions}, "
            f"threshold {self.threshold:.6g} at alpha {self.alpha:.6g}{training}>"
        )


class DeletedVersion(typing.NamedTuple):
    """A deleted version that the server keeps until `expire_time`."""

    model: str
    version: int
    delete_time: datetime.datetime
    expire_time: datetime.datetime


def deleted_version(message):
    utc = datetime.timezone.utc
    return DeletedVersion(
        message.model,
        message.version,
        message.delete_time.ToDatetime(utc),
        message.expire_time.ToDatetime(utc),
    )


class Threshold:
    """The answer to `Client.threshold`. `curve` has "score", "density" and "cdf", arrays."""

    def __init__(self, response):
        self.model = response.model
        self.version = response.version
        self.alpha = response.alpha
        self.threshold = response.threshold
        self.bandwidth = response.bandwidth
        self.training_scores = response.training_scores
        self.curve = {
            name: np.array([getattr(point, name) for point in response.curve])
            for name in ("score", "density", "cdf")
        }

    def __float__(self):
        return self.threshold

    def __repr__(self):
        return (
            f"<Threshold {self.threshold:.6g} at alpha {self.alpha:.6g} of {self.model} version "
            f"{self.version}>"
        )


def _array(values, dtype, count):
    return np.fromiter(values, dtype, count)


def _explain(rows, row, explanation):
    return [
        Contribution(
            part.name,
            part.contribution,
            None if part.missing else part.value or rows.cell(row, part.name),
            part.expected_value or part.expected,
        )
        for part in explanation.contributions
    ]


class ScoreParts:
    """The responses to the parts of a request, put together."""

    def __init__(self, rows):
        self._rows = rows
        self._count = len(rows)
        self._columns = {
            "score": np.empty(self._count),
            "p_value": np.empty(self._count),
            "is_anomaly": np.empty(self._count, bool),
            "status": np.empty(self._count, object),
        }
        self._attributes = None

    def add(self, response, first):
        """Adds the response for the rows from `first` on."""
        count = len(response.scores)
        part = slice(first, first + count)
        scores = _array(response.scores, float, count)
        statuses = _array(response.statuses, np.int8, count)
        anomalies = _array(response.anomalies, bool, count)
        if self._attributes is None:
            self._attributes = {
                "model": response.model,
                "version": response.version,
                "alpha": response.alpha,
                "threshold": response.threshold,
            }
        elif response.threshold != self._attributes["threshold"]:
            # Another threshold was applied meanwhile: the verdicts stay those of one.
            anomalies = (scores >= self._attributes["threshold"]) | (statuses == NOT_FINITE)
        self._columns["score"][part] = scores
        self._columns["p_value"][part] = _array(response.p_values, float, count)
        self._columns["is_anomaly"][part] = anomalies
        self._columns["status"][part] = _STATUSES[statuses]
        if response.explanations:
            self._put(
                "contributions",
                first,
                [
                    _explain(self._rows, first + i, explanation)
                    for i, explanation in enumerate(response.explanations)
                ],
            )
        if response.nearest_rows:
            self._put(
                "nearest_rows",
                first,
                [
                    [Neighbour(*pair) for pair in zip(nearest.rows, nearest.distances)]
                    for nearest in response.nearest_rows
                ],
            )

    def _put(self, name, first, lists):
        column = self._columns.setdefault(name, np.empty(self._count, object))
        for i, value in enumerate(lists):
            column[first + i] = value

    def finish(self):
        """A DataFrame with the index of the rows, if they were one, otherwise Scores."""
        scores = Scores(self._columns, self._attributes)
        return scores if self._rows.index is None else scores.to_frame(self._rows.index)
