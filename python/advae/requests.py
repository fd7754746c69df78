"""The requests of calls that carry rows, and what becomes of their answers.

`Client` and `AsyncClient` share all of it.
"""

import typing
import warnings

from . import labels, messages, results, rows as user_rows, schema
from .errors import InternalError
from .texts import without_blanks

_ENUMS = {"objective": "Objective", "error_metric": "ErrorMetric", "sampler": "Sampler"}
_KINDS = messages.enum_words("ColumnKind")
_ROLES = messages.enum_words("ColumnRole")
_PLAN = {"sampler": "sampler", "samples": "samples", "plan_seed": "seed"}
HYPERPARAMETERS = [field.name for field in messages.Hyperparameters.DESCRIPTOR.fields]


def _word(name, value, words):
    if str(value).replace("_", "-") not in words:
        raise ValueError(f"{name} is {value!r}; expected one of {', '.join(map(repr, words))}")
    return words[str(value).replace("_", "-")]


def assign(message, field, value, name):
    if value is None:
        return
    if name in _ENUMS:
        value = _word(name, value, messages.enum_words(_ENUMS[name]))
    try:
        setattr(message, field, value.item() if hasattr(value, "item") else value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name} is {value!r}: {error}") from None


def set_version_fields(spec, alpha, seed, keep_serving, plan):
    assign(spec, "alpha", alpha, "alpha")
    assign(spec, "seed", seed, "seed")
    spec.keep_serving_version = keep_serving
    for name, value in plan.items():
        assign(spec.latent_plan, _PLAN[name], value, name)


def _settings(features, kinds, **roles):
    """Of several that fit a column, the last one counts: a kind also makes it a feature."""
    for name in _names(features):
        yield messages.ColumnSetting(name=name, role=_ROLES["feature"])
    for name, kind in (kinds or {}).items():
        kind = _word(f"the kind of {name!r}", kind, _KINDS)
        yield messages.ColumnSetting(name=without_blanks(name), kind=kind)
    for role, names in roles.items():
        for name in _names(names):
            yield messages.ColumnSetting(name=name, role=_ROLES[role])


def _names(names):
    return map(without_blanks, [names] if isinstance(names, str) else names or ())


def _rows_of(rows):
    found = user_rows.from_user(rows)
    if len(found) == 0:
        raise ValueError("there are no rows; expected at least one")
    return found


class Operation(typing.NamedTuple):
    """A unary call."""

    method: messages.Method
    request: object
    convert: typing.Callable = lambda response: None


class Training:
    """A call of Train: its messages, and what its events mean."""

    def __init__(
        self,
        model,
        rows,
        *,
        alpha=None,
        seed=None,
        keep_serving=False,
        trimmed_share=0,
        kinds=None,
        features=(),
        label=(),
        keys=(),
        ignore=(),
        strict=False,
        missing=(),
        **parameters,
    ):
        self.rows = _rows_of(rows)
        missing = [missing] if isinstance(missing, str) else list(missing or ())
        spec = self.spec = messages.TrainSpec(model=model, strict=strict)
        spec.missing_marks.extend(map(str, missing))
        assign(spec, "trimmed_share", trimmed_share, "trimmed_share")
        plan = {name: parameters.pop(name) for name in list(parameters) if name in _PLAN}
        set_version_fields(spec, alpha, seed, keep_serving, plan)
        for name, value in parameters.items():
            field = name.rstrip("_")  # lambda is a word of Python
            if field not in HYPERPARAMETERS:
                raise TypeError(
                    f"there is no hyper-parameter {name!r}; expected one of "
                    f"{', '.join([*HYPERPARAMETERS, *_PLAN])}"
                )
            assign(spec.hyperparameters, field, value, name)
        settings = list(_settings(features, kinds, label=label, key=keys, ignored=ignore))
        if self.rows.field == "table":
            self.rows, settings, spec.decimal_mark = schema.training_rows(
                self.rows, settings, spec.missing_marks
            )
            labels.refuse(self.rows.columns, settings)
        spec.columns.extend(settings)
        self.version = None

    def requests(self):
        yield messages.TrainRequest(spec=self.spec)
        step = self.rows.chunk_rows()
        for first in range(0, len(self.rows), step):
            request = messages.TrainRequest()
            self.rows.assign(request, first, min(first + step, len(self.rows)))
            yield request

    def take(self, event, progress):
        """Notes an event; `progress` is told of epochs."""
        if event.HasField("progress"):
            progress.update(
                event.progress.epoch,
                event.progress.epochs,
                event.progress.time_left.ToTimedelta().total_seconds(),
            )
        elif event.HasField("finished"):
            self.version = results.Version(event.finished.version)

    def result(self):
        if self.version is None:
            raise InternalError("the server has ended the training without a version")
        for warning in self.version.warnings:
            warnings.warn(warning, stacklevel=2)
        return self.version


class StaleTarget(Exception):
    """Another version has answered than the rows were made for."""


class Scoring:
    """The calls of Score that score rows: one for each part of them.

    All are of the version that answered the first, so that a change of the serving version does not
    mix scores of two.
    """

    def __init__(
        self,
        model,
        rows,
        *,
        version=None,
        alpha=None,
        top_features=0,
        nearest_rows=0,
        rows_per_request=None,
    ):
        self.rows = _rows_of(rows)
        if rows_per_request is not None and rows_per_request < 1:
            raise ValueError(f"rows_per_request is {rows_per_request}; expected at least 1")
        self._settings = messages.ScoreRequest(model=model)
        for name, value in (
            ("version", version),
            ("alpha", alpha),
            ("top_features", top_features),
            ("nearest_rows", nearest_rows),
        ):
            assign(self._settings, name, value, name)
        self._given_version = version
        self._rows_per_request = rows_per_request
        self._expected_version = None
        self._table = self.rows if self.rows.field == "table" else None
        if self._table is None:
            self._divide()

    def needs_target(self):
        """Whether `fit_to` comes before `request`."""
        return self._table is not None

    @property
    def model_and_version(self):
        return self._settings.model, self._given_version

    def describe(self):
        """The call that gives `target_of` its argument."""
        request = messages.GetModelRequest(model=self._settings.model)
        return Operation(messages.GET_MODEL, request, lambda response: response)

    def target_of(self, details):
        """The Target of a GetModelResponse; None when it does not have the version."""
        number = self._given_version or details.summary.serving_version
        found = [version for version in details.versions if version.version == number]
        return schema.Target(found[0]) if found else None

    def fit_to(self, target):
        """Makes of the columns what they are to the Target that the server has just told of, None
        when it knows none."""
        self.rows = schema.plain_rows(self._table) if target is None else target.rows(self._table)
        self._expected_version = target and target.version
        assign(self._settings, "version", self._expected_version, "version")
        self._divide()

    def try_to_fit(self, target):
        """The same for a Target told of before: False when it does not fit. Another version may
        serve by now, with which `take` raises StaleTarget."""
        try:
            self.fit_to(target)
        except (TypeError, ValueError):
            return False
        if self._given_version is None:
            self._settings.ClearField("version")
        return True

    def _divide(self):
        step = self.rows.chunk_rows()
        # Some 100 bytes a fact of an explanation: answers stay well below the server's limit.
        features = len(self.rows.names) if self.rows.names else self.rows.values.shape[1]
        facts = min(self._settings.top_features, features) + self._settings.nearest_rows
        if facts:
            step = min(step, max(1, (16 << 20) // (100 * facts)))
        self.firsts = range(0, len(self.rows), self._rows_per_request or step)
        self._parts = results.ScoreParts(self.rows)

    def request(self, first):
        request = messages.ScoreRequest()
        request.CopyFrom(self._settings)
        self.rows.assign(request, first, self.end(first))
        return request

    def end(self, first):
        """Where the part ends that starts at `first`."""
        return min(first + self.firsts.step, len(self.rows))

    def take(self, response, first):
        expected = self.end(first) - first
        if len(response.scores) != expected:
            raise InternalError(f"the server has scored {len(response.scores)} of {expected} rows")
        if response.version != (self._expected_version or response.version):
            raise StaleTarget
        self._settings.version = response.version
        self._parts.add(response, first)

    def result(self):
        return self._parts.finish()


def import_requests(spec, encoder, generator, rows, chunk_bytes=1 << 20):
    yield messages.ImportVersionRequest(spec=spec)
    for field, data in (("encoder_chunk", encoder), ("generator_chunk", generator)):
        for first in range(0, len(data), chunk_bytes):
            yield messages.ImportVersionRequest(**{field: data[first : first + chunk_bytes]})
    step = rows.chunk_rows()
    for first in range(0, len(rows), step):
        request = messages.ImportVersionRequest()
        rows.assign(request, first, min(first + step, len(rows)))
        yield request
