"""What a client can ask a server for: requests, and what becomes of answers.

`Client` and `AsyncClient` share all of it.
"""

import functools

from . import messages, results, rows as user_rows, schema
from .calls import Calls
from .requests import Operation, Scoring, Training, assign, import_requests, set_version_fields


def _model_details(response):
    return results.Model(
        response.summary,
        [results.Version(version) for version in response.versions],
        response.left_out_versions,
    )


def _summary(response):
    return results.Model(response.summary)


class Operations(Calls):
    """The methods that `Client` and `AsyncClient` have; those of an AsyncClient are awaited.

    All raise AdvaeError, of the class of the status code (`advae.errors`). `timeout` is the limit
    of each unary call in seconds, retries included. Score, ListModels, GetModel and ListDeleted are
    retried while the server is unavailable or has no room. What can change something is not,
    Threshold included: the server may have carried out the first try.
    """

    def train(self, model, rows, *, progress=None, **settings):
        """Trains a version of `model` and returns it (Version) once it can score.

        rows: a DataFrame, a dict of arrays or a structured array, from which the version learns a
            schema (numbers, booleans, categories, times, missing cells), texts read as the `advae`
            command reads cells; or a two-dimensional array of finite numbers.
        alpha: expected share of normal rows called anomalous, 0.1 unless given.
        seed: the same rows and seed give the same version, bit for bit.
        keep_serving: True leaves the model's serving version as it is.
        trimmed_share: share of the rows to leave out when the threshold is fitted.
        kinds: {column: "number", "boolean", "category" or "time"} where it is not to be inferred.
        features, label, keys, ignore: names of columns with this role, or patterns with * and ?; a
            name that a column has is no pattern.
            Ignored columns are not sent. A column that looks like a label ("label", "Class",
            "is_anomaly", with at most two values) is an error unless one of them settles what it
            is.
        strict: rows with missing cells are not scored.
        missing: marks of missing cells beside the usual ones, such as ["unknown", "-999"], also in
            rows to score.
        progress: None draws a bar in a terminal or notebook; True or False; or a function that is
            called with epoch, epochs and seconds left.
        Hyper-parameters by name, such as epochs, ensemble_size, memory_rows, contamination and
        `lambda_`; and sampler, samples and plan_seed of the latent plan.

        What the server warns of is a UserWarning, too. Ctrl-C ends the training on the server.
        """
        return self._train(functools.partial(Training, model, rows, **settings), progress)

    def score(self, model, rows, *, progress=None, **settings):
        """Scores rows of any number; for a DataFrame gives one with its index, otherwise Scores.
        Columns become what they are to the version; others than its features may have anything.

        The columns are score, p_value, is_anomaly and status, and where asked for contributions and
        nearest_rows.

        version: of the model; the serving one unless given.
        alpha: significance of the verdicts; that of the version unless given.
        top_features: how many of the features behind each score to name.
        nearest_rows: how many of the nearest training rows to name for each row, at most 20.
        rows_per_request: rows of one request, where a server's limits are low.
        progress: as in `train`, for many rows.
        """
        return self._score(functools.partial(Scoring, model, rows, **settings), progress)

    def threshold(self, model, *, version=None, alpha=None, apply=False, curve_points=0):
        """The Threshold for a significance; with `apply`, it becomes the serving one."""
        request = messages.ThresholdRequest(model=model, apply=apply, curve_points=curve_points)
        assign(request, "version", version, "version")
        assign(request, "alpha", alpha, "alpha")
        return self._call(Operation(messages.THRESHOLD, request, results.Threshold))

    def models(self):
        """All models (Model), by name."""
        return self._call(
            Operation(
                messages.LIST_MODELS,
                messages.ListModelsRequest(),
                lambda response: [results.Model(summary) for summary in response.models],
            )
        )

    def model(self, model):
        """A Model with the details of its versions."""
        return self._call(
            Operation(messages.GET_MODEL, messages.GetModelRequest(model=model), _model_details)
        )

    def promote(self, model, version):
        """Makes a version the serving one."""
        return self._call(
            Operation(
                messages.SET_SERVING_VERSION,
                messages.SetServingVersionRequest(model=model, version=version),
                _summary,
            )
        )

    def delete_version(self, model, version, *, permanently=False):
        """Deletes a version that does not serve. For as long as the server keeps what is deleted,
        `undelete` restores it, unless it is deleted `permanently`."""
        return self._call(
            Operation(
                messages.DELETE_VERSION,
                messages.DeleteVersionRequest(
                    model=model, version=version, permanently=permanently
                ),
                _summary,
            )
        )

    def delete_model(self, model, *, permanently=False):
        """Deletes a model with all its versions, as `delete_version` does."""
        return self._call(
            Operation(
                messages.DELETE_MODEL,
                messages.DeleteModelRequest(model=model, permanently=permanently),
            )
        )

    def undelete(self, model, version=None):
        """Restores a deleted version, by default all of the model that the server keeps."""
        request = messages.UndeleteRequest(model=model)
        assign(request, "version", version, "version")
        return self._call(Operation(messages.UNDELETE, request, _summary))

    def deleted(self, model=""):
        """What `undelete` can restore, of a model or of all: DeletedVersion by DeletedVersion."""
        return self._call(
            Operation(
                messages.LIST_DELETED,
                messages.ListDeletedRequest(model=model),
                lambda response: [results.deleted_version(each) for each in response.versions],
            )
        )

    def import_version(
        self,
        model,
        encoder,
        generator,
        rows,
        *,
        alpha=None,
        seed=None,
        keep_serving=False,
        sampler=None,
        samples=None,
        plan_seed=None,
    ):
        """Makes a version of weights trained elsewhere: the bytes of an encoder's and a generator's
        file (docs/IMPORT.md), and the rows they were trained on, an array."""
        spec = messages.ImportSpec(model=model)
        set_version_fields(
            spec,
            alpha,
            seed,
            keep_serving,
            {"sampler": sampler, "samples": samples, "plan_seed": plan_seed},
        )

        def make_requests():
            matrix = user_rows.from_user(rows)
            if matrix.field == "table":
                matrix = schema.number_rows(matrix, matrix.names)
            return import_requests(spec, encoder, generator, matrix)

        return self._upload(
            messages.IMPORT_VERSION,
            make_requests,
            lambda response: results.Version(response.version),
        )

    def is_ready(self):
        """Whether the server takes calls. UnavailableError when it cannot be reached."""
        return self._call(
            Operation(
                messages.HEALTH_CHECK,
                messages.HealthCheckRequest(),
                lambda response: response.status == messages.HealthCheckResponse.SERVING,
            )
        )
