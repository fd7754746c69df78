"""What a client can ask a server for, without the asking: requests, and what becomes of answers.

`Client` and `AsyncClient` share all of it.
"""

import abc
import typing

from . import columns, labels, messages, results
from .errors import InternalError


class Operation(typing.NamedTuple):
    """A unary call."""

    method: messages.Method
    request: object
    convert: typing.Callable = lambda response: None


_ENUMS = {"objective": "Objective", "error_metric": "ErrorMetric", "sampler": "Sampler"}
_KINDS = messages.enum_words("ColumnKind")
_ROLES = messages.enum_words("ColumnRole")
_PLAN = {"sampler": "sampler", "samples": "samples", "plan_seed": "seed"}
HYPERPARAMETERS = [field.name for field in messages.Hyperparameters.DESCRIPTOR.fields]


def _word(name, value, words):
    if str(value).replace("_", "-") not in words:
        raise ValueError(f"{name} is {value!r}; expected one of {', '.join(map(repr, words))}")
    return words[str(value).replace("_", "-")]


def _assign(message, field, value, name):
    if value is None:
        return
    if name in _ENUMS:
        value = _word(name, value, messages.enum_words(_ENUMS[name]))
    try:
        setattr(message, field, value.item() if hasattr(value, "item") else value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name} is {value!r}: {error}") from None


def _set_version_fields(spec, alpha, seed, keep_serving, plan):
    _assign(spec, "alpha", alpha, "alpha")
    _assign(spec, "seed", seed, "seed")
    spec.keep_serving_version = keep_serving
    for name, value in plan.items():
        _assign(spec.latent_plan, _PLAN[name], value, name)


def _settings(kinds, roles):
    for name, kind in (kinds or {}).items():
        yield messages.ColumnSetting(name=name, kind=_word(f"the kind of {name!r}", kind, _KINDS))
    for role, names in roles.items():
        for name in [names] if isinstance(names, str) else names or ():
            yield messages.ColumnSetting(name=name, role=_ROLES[role])


class Training:
    """A call of Train: its messages, and what its events mean."""

    def __init__(self, model, rows, *, alpha=None, seed=None, keep_serving=False, trimmed_share=0,
                 kinds=None, features=(), label=(), keys=(), ignore=(), strict=False, **parameters):
        self.rows = columns.from_user(rows)
        if len(self.rows) == 0:
            raise ValueError("there are no rows; expected at least one")
        spec = self.spec = messages.TrainSpec(model=model, strict=strict)
        _assign(spec, "trimmed_share", trimmed_share, "trimmed_share")
        plan = {name: parameters.pop(name) for name in list(parameters) if name in _PLAN}
        _set_version_fields(spec, alpha, seed, keep_serving, plan)
        for name, value in parameters.items():
            field = name.rstrip("_")  # lambda is a word of Python
            if field not in HYPERPARAMETERS:
                raise TypeError(f"there is no hyper-parameter {name!r}; expected one of "
                                f"{', '.join([*HYPERPARAMETERS, *_PLAN])}")
            _assign(spec.hyperparameters, field, value, name)
        spec.columns.extend(_settings(kinds, {"feature": features, "label": label, "key": keys,
                                              "ignored": ignore}))
        if self.rows.field == "table":
            labels.refuse(self.rows.columns, spec.columns)
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
            progress.update(event.progress.epoch, event.progress.epochs,
                            event.progress.time_left.ToTimedelta().total_seconds())
        elif event.HasField("finished"):
            self.version = results.Version(event.finished.version)

    def result(self):
        if self.version is None:
            raise InternalError("the server has ended the training without a version")
        return self.version


class Scoring:
    """The calls of Score that score rows: one for each part of them.

    All are of the version that answered the first, so that a change of the serving version does not
    mix scores of two.
    """

    def __init__(self, model, rows, *, version=None, alpha=None, top_features=0, nearest_rows=0,
                 rows_per_request=None):
        self.rows = columns.from_user(rows)
        if len(self.rows) == 0:
            raise ValueError("there are no rows; expected at least one")
        self.model = model
        self._arguments = {"version": version, "alpha": alpha, "top_features": top_features,
                           "nearest_rows": nearest_rows, "rows_per_request": rows_per_request}
        self._settings = messages.ScoreRequest(model=model)
        for name, value in (("version", version), ("alpha", alpha), ("top_features", top_features),
                            ("nearest_rows", nearest_rows)):
            _assign(self._settings, name, value, name)
        step = rows_per_request or self._step(top_features or 0, nearest_rows or 0)
        if step < 1:
            raise ValueError(f"rows_per_request is {step}; expected at least 1")
        self.firsts = range(0, len(self.rows), step)
        self._parts = results.ScoreParts(self.rows)

    def _step(self, top_features, nearest_rows):
        # Some 100 bytes a fact of an explanation: answers stay well below the server's limit.
        features = len(self.rows.names) if self.rows.names else self.rows.values.shape[1]
        facts = min(top_features, features) + nearest_rows
        return min(self.rows.chunk_rows(), max(1, (16 << 20) // (100 * facts)) if facts else 1 << 20)

    def request(self, first):
        request = messages.ScoreRequest()
        request.CopyFrom(self._settings)
        self.rows.assign(request, first, min(first + self.firsts.step, len(self.rows)))
        return request

    def take(self, response, first):
        expected = min(self.firsts.step, len(self.rows) - first)
        if len(response.scores) != expected:
            raise InternalError(f"the server has scored {len(response.scores)} of {expected} rows")
        self._settings.version = response.version
        self._parts.add(response, first)

    def result(self):
        return self._parts.finish()

    def without_schema(self, details):
        """The same for a version without a schema, which takes a matrix. None if it has one, or if
        the rows cannot be a matrix. `details` are the model's (GetModelResponse)."""
        number = self._settings.version or details.summary.serving_version
        for version in details.versions:
            if version.version == number and not version.HasField("schema"):
                matrix = self.rows.as_matrix([feature.name for feature in version.features])
                return None if matrix is None else Scoring(self.model, matrix, **self._arguments)
        return None


def import_requests(spec, encoder, generator, rows, chunk_bytes=1 << 20):
    yield messages.ImportVersionRequest(spec=spec)
    for field, data in (("encoder_chunk", encoder), ("generator_chunk", generator)):
        for first in range(0, len(data), chunk_bytes):
            yield messages.ImportVersionRequest(**{field: data[first:first + chunk_bytes]})
    step = rows.chunk_rows()
    for first in range(0, len(rows), step):
        request = messages.ImportVersionRequest()
        rows.assign(request, first, min(first + step, len(rows)))
        yield request


def _model_details(response):
    return results.Model(response.summary, [results.Version(version) for version in response.versions],
                         response.left_out_versions)


def _summary(response):
    return results.Model(response.summary)


class Operations(abc.ABC):
    """The methods that `Client` and `AsyncClient` have; those of an AsyncClient are awaited.

    All raise AdvaeError, of the class of the status code (`advae.errors`). `timeout` is the limit of
    each unary call in seconds, retries included. Score, Threshold, ListModels, GetModel and
    SetServingVersion are retried while the server is unavailable or has no room.
    """

    @abc.abstractmethod
    def _call(self, operation):
        """Makes a unary call."""

    @abc.abstractmethod
    def _train(self, training, progress):
        """Makes a call of Train."""

    @abc.abstractmethod
    def _score(self, scoring, progress):
        """Makes the calls of a Scoring."""

    @abc.abstractmethod
    def _upload(self, method, requests, convert):
        """Makes a call with a stream of requests and one response."""

    def train(self, model, rows, *, progress=None, **settings):
        """Trains a version of `model` and returns it (Version) once it can score.

        rows: a DataFrame, a dict of arrays or a structured array, from which the version learns a
            schema (numbers, booleans, categories, times, missing cells); or a two-dimensional array of
            finite numbers.
        alpha: expected share of normal rows called anomalous, 0.1 unless given.
        seed: the same rows and seed give the same version, bit for bit.
        keep_serving: True leaves the model's serving version as it is.
        trimmed_share: share of the rows to leave out when the threshold is fitted.
        kinds: {column: "number", "boolean", "category" or "time"} where it is not to be inferred.
        features, label, keys, ignore: names of columns with this role; patterns with * and ?. A column
            that looks like a label ("label", "Class", "is_anomaly", with at most two values) is an
            error unless one of them settles what it is.
        strict: rows with missing cells are not scored.
        progress: None draws a bar in a terminal or notebook; True or False; or a function that is
            called with epoch, epochs and seconds left.
        Hyper-parameters by name, such as epochs, ensemble_size, memory_rows, contamination and
        `lambda_`; and sampler, samples and plan_seed of the latent plan.

        Ctrl-C ends the training on the server, too.
        """
        return self._train(Training(model, rows, **settings), progress)

    def score(self, model, rows, *, progress=None, **settings):
        """Scores rows of any number; for a DataFrame gives one with its index, otherwise Scores.

        The columns are score, p_value, is_anomaly and status, and where asked for contributions and
        nearest_rows.

        version: of the model; the serving one unless given.
        alpha: significance of the verdicts; that of the version unless given.
        top_features: how many of the features behind each score to name.
        nearest_rows: how many of the nearest training rows to name for each row, at most 20.
        rows_per_request: rows of one request, where a server's limits are low.
        progress: as in `train`, for many rows.
        """
        return self._score(Scoring(model, rows, **settings), progress)

    def threshold(self, model, *, version=None, alpha=None, apply=False, curve_points=0):
        """The Threshold for a significance; with `apply`, it becomes the serving one."""
        request = messages.ThresholdRequest(model=model, apply=apply, curve_points=curve_points)
        _assign(request, "version", version, "version")
        _assign(request, "alpha", alpha, "alpha")
        return self._call(Operation(messages.THRESHOLD, request, results.Threshold))

    def models(self):
        """All models (Model), by name."""
        return self._call(Operation(
            messages.LIST_MODELS, messages.ListModelsRequest(),
            lambda response: [results.Model(summary) for summary in response.models]))

    def model(self, model):
        """A Model with the details of its versions."""
        return self._call(Operation(messages.GET_MODEL, messages.GetModelRequest(model=model),
                                    _model_details))

    def promote(self, model, version):
        """Makes a version the serving one."""
        return self._call(Operation(
            messages.SET_SERVING_VERSION,
            messages.SetServingVersionRequest(model=model, version=version), _summary))

    def delete_version(self, model, version):
        """Deletes a version that does not serve."""
        return self._call(Operation(
            messages.DELETE_VERSION, messages.DeleteVersionRequest(model=model, version=version),
            _summary))

    def delete_model(self, model):
        """Deletes a model with all its versions."""
        return self._call(Operation(messages.DELETE_MODEL, messages.DeleteModelRequest(model=model)))

    def import_version(self, model, encoder, generator, rows, *, alpha=None, seed=None,
                       keep_serving=False, sampler=None, samples=None, plan_seed=None):
        """Makes a version of weights trained elsewhere: the bytes of an encoder's and a generator's
        file (docs/IMPORT.md), and the rows they were trained on, an array."""
        spec = messages.ImportSpec(model=model)
        _set_version_fields(spec, alpha, seed, keep_serving,
                            {"sampler": sampler, "samples": samples, "plan_seed": plan_seed})
        matrix = columns.from_user(rows)
        if matrix.field == "table":
            matrix = matrix.as_matrix(matrix.names)
            if matrix is None:
                raise TypeError("an import takes numbers only; expected no column of another kind")
        return self._upload(messages.IMPORT_VERSION, import_requests(spec, encoder, generator, matrix),
                            lambda response: results.Version(response.version))

    def is_ready(self):
        """Whether the server takes calls. UnavailableError when it cannot be reached."""
        return self._call(Operation(
            messages.HEALTH_CHECK, messages.HealthCheckRequest(),
            lambda response: response.status == messages.HealthCheckResponse.SERVING))
