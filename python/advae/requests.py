"""The requests of calls that carry rows, and what becomes of their answers.

`Client` and `AsyncClient` share all of it.
"""

from . import labels, messages, results, rows as user_rows
from .errors import InternalError

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


def _settings(kinds, roles):
    for name, kind in (kinds or {}).items():
        yield messages.ColumnSetting(name=name, kind=_word(f"the kind of {name!r}", kind, _KINDS))
    for role, names in roles.items():
        for name in [names] if isinstance(names, str) else names or ():
            yield messages.ColumnSetting(name=name, role=_ROLES[role])


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
        **parameters,
    ):
        self.rows = user_rows.from_user(rows)
        if len(self.rows) == 0:
            raise ValueError("there are no rows; expected at least one")
        spec = self.spec = messages.TrainSpec(model=model, strict=strict)
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
        spec.columns.extend(
            _settings(kinds, {"feature": features, "label": label, "key": keys, "ignored": ignore})
        )
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
        return self.version


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
        self.rows = user_rows.from_user(rows)
        if len(self.rows) == 0:
            raise ValueError("there are no rows; expected at least one")
        self.model = model
        self._arguments = {
            "version": version,
            "alpha": alpha,
            "top_features": top_features,
            "nearest_rows": nearest_rows,
            "rows_per_request": rows_per_request,
        }
        self._settings = messages.ScoreRequest(model=model)
        for name, value in (
            ("version", version),
            ("alpha", alpha),
            ("top_features", top_features),
            ("nearest_rows", nearest_rows),
        ):
            assign(self._settings, name, value, name)
        step = rows_per_request or self._step(top_features or 0, nearest_rows or 0)
        if step < 1:
            raise ValueError(f"rows_per_request is {step}; expected at least 1")
        self.firsts = range(0, len(self.rows), step)
        self._parts = results.ScoreParts(self.rows)

    def _step(self, top_features, nearest_rows):
        # Some 100 bytes a fact of an explanation: answers stay well below the server's limit.
        features = len(self.rows.names) if self.rows.names else self.rows.values.shape[1]
        facts = min(top_features, features) + nearest_rows
        return min(
            self.rows.chunk_rows(), max(1, (16 << 20) // (100 * facts)) if facts else 1 << 20
        )

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
            yield messages.ImportVersionRequest(**{field: data[first : first + chunk_bytes]})
    step = rows.chunk_rows()
    for first in range(0, len(rows), step):
        request = messages.ImportVersionRequest()
        rows.assign(request, first, min(first + step, len(rows)))
        yield request
