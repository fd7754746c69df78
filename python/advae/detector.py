"""An outlier detector as scikit-learn has them."""

import numbers
import uuid
import warnings

import numpy as np

from . import validation
from .client import Client
from .estimator import BaseEstimator, NotFittedError, OutlierMixin
from .fitted_model import PrivateModel, ServerModel
from .labels import is_label_name
from .private_server import PrivateServer
from .rows import is_pandas

_HYPERPARAMETERS = (
    "epochs",
    "ensemble_size",
    "memory_rows",
    "hidden_size",
    "latent_size",
    "learning_rate",
    "batch_size",
    "objective",
    "error_metric",
    "samples",
)


class AdvaeDetector(OutlierMixin, BaseEstimator):
    """Finds outliers with advae, by the conventions of scikit-learn's outlier detectors.

        from advae import AdvaeDetector

        detector = AdvaeDetector(random_state=1).fit(X)
        detector.predict(new)            # 1 for what is usual, -1 for an outlier
        detector.decision_function(new)  # the lower, the more unusual; below 0 for an outlier

    X is an array of numbers or a DataFrame, also one with texts, categories, times, booleans and
    missing cells; NaN is a missing value. All columns of an array are features. Of a frame,
    identifiers, counters, constants and free text are ignored, with a warning that names them,
    unless `kinds` has them. Rows of any number; scores do not depend on what else is in X.

    contamination: "auto" calls the share `alpha` of normal rows outliers; `offset_` follows from
        the distribution of the training rows' scores. A number in (0, 0.5] is the share of outliers
        in X: training leaves suspicious rows out, and `offset_` is such that `predict(X)` calls
        this share outliers.
    alpha: expected share of normal rows called outliers with "auto", in (0, 1).
    epochs, ensemble_size, memory_rows, ...: hyper-parameters; None for their defaults, which depend
        on X. The API's Hyperparameters and LatentPlanSpec say what they mean. `hyperparameters`, a
        dict, takes those that are not parameters of their own.
    kinds: {column: "number", "boolean", "category" or "time"} where it is not to be inferred.
    random_state: seed of the training; an int makes fits reproducible, bit for bit.
    programs: folder of advae-server and advae-trainer; None finds them on PATH. All detectors of a
        process share a private server, which ends with it and leaves nothing behind.
    server: HOST:PORT or a Client, instead of a private server. `model` is then the name of the
        model of which each fit trains a version; versions stay there and do not become serving
        ones.
    verbose: True draws a progress bar, None does so in a terminal or notebook.

    After `fit`: offset_, n_features_in_, feature_names_in_ (where X had names), version_ (a
    Version).

    Can be cloned and pickled. A pickle has the fitted version in it, or, with `server`, its name.
    """

    def __init__(
        self,
        *,
        contamination="auto",
        alpha=0.1,
        epochs=None,
        ensemble_size=None,
        memory_rows=None,
        hidden_size=None,
        latent_size=None,
        learning_rate=None,
        batch_size=None,
        objective=None,
        error_metric=None,
        samples=None,
        hyperparameters=None,
        kinds=None,
        random_state=None,
        programs=None,
        server=None,
        model=None,
        verbose=False,
    ):
        self.contamination = contamination
        self.alpha = alpha
        self.epochs = epochs
        self.ensemble_size = ensemble_size
        self.memory_rows = memory_rows
        self.hidden_size = hidden_size
        self.latent_size = latent_size
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.objective = objective
        self.error_metric = error_metric
        self.samples = samples
        self.hyperparameters = hyperparameters
        self.kinds = kinds
        self.random_state = random_state
        self.programs = programs
        self.server = server
        self.model = model
        self.verbose = verbose

    def fit(self, X, y=None):  # pylint: disable=invalid-name,unused-argument
        """Trains on X; `y` is not used."""
        contamination = self._check_contamination()
        names = validation.feature_names(X)
        rows = validation.table_rows(X, names)
        if len(rows) < 3:
            raise ValueError(
                f"Found array with {len(rows)} sample(s) while a minimum of 3 is required: "
                f"n_samples = {len(rows)}"
            )
        settings = {
            "alpha": self.alpha,
            "seed": self._seed(),
            "kinds": self.kinds,
            "features": self._features(X, rows.names),
            "contamination": min(contamination, 0.49) if contamination else None,
            **{name: getattr(self, name) for name in _HYPERPARAMETERS},
            **(self.hyperparameters or {}),
        }
        version, self._fitted = self._train(rows, settings)
        self.version_ = version
        self.n_features_in_ = len(rows.names)
        if names is not None:
            self.feature_names_in_ = names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        # The next number, so that the score that equals the threshold is an outlier's: below 0.
        self.offset_ = float(np.nextafter(-version.threshold, np.inf))
        if contamination is not None:
            self.offset_ = float(
                np.percentile(-self._fitted.score(rows)["score"], 100 * contamination)
            )
        return self

    def score_samples(self, X):  # pylint: disable=invalid-name
        """The opposite of advae's score, so that the lower, the more unusual."""
        return -self._score(X)["score"]

    def decision_function(self, X):  # pylint: disable=invalid-name
        """score_samples(X) - offset_: below 0 for outliers."""
        return self.score_samples(X) - self.offset_

    def predict(self, X):  # pylint: disable=invalid-name
        """1 for what is usual, -1 for outliers."""
        # Also outliers: rows that cannot be judged, whose score is NaN.
        return np.where(self.decision_function(X) >= 0, 1, -1)

    def explain(self, X, top_features=3):  # pylint: disable=invalid-name
        """Scores (a DataFrame for a DataFrame) with the features behind each one, and p-values."""
        scores = self._score(X, top_features=top_features)
        return scores.to_frame(X.index) if hasattr(X, "iloc") else scores

    def _check_contamination(self):
        value = self.contamination
        if isinstance(value, str) and value == "auto":
            return None
        if not isinstance(value, numbers.Real) or not 0 < value <= 0.5:
            raise ValueError(f"contamination is {value!r}; expected 'auto' or a number in (0, 0.5]")
        return float(value)

    @staticmethod
    def _features(X, names):  # pylint: disable=invalid-name
        """The columns that are features whatever they have: of an array all of them, of a frame
        those that a training would refuse as labels."""
        if not is_pandas(X):
            return ["*"]
        suspects = [name for name in names if is_label_name(name)]
        for name in suspects:
            warnings.warn(
                f"column {name!r} is used as a feature, but has the name of a label", stacklevel=3
            )
        return suspects

    def _seed(self):
        if self.random_state is None:
            return int(np.random.randint(2**31))
        if isinstance(self.random_state, numbers.Integral):
            return int(self.random_state)
        draw = getattr(self.random_state, "integers", None) or self.random_state.randint
        return int(draw(2**31))

    def _train(self, rows, settings):
        if self.server is None:
            server = PrivateServer.shared(self.programs)
            server.delete_released()
            name = f"detector-{uuid.uuid4().hex}"
            version = server.client.train(name, rows, progress=self.verbose, **settings)
            return version, PrivateModel(self.programs, name, version.version, server)
        if self.model is None:
            raise ValueError("model is None; expected the name of a model when there is a server")
        client = self.server if isinstance(self.server, Client) else Client(self.server)
        version = client.train(
            self.model, rows, progress=self.verbose, keep_serving=True, **settings
        )
        return version, ServerModel(client, self.model, version.version)

    def _score(self, X, **settings):  # pylint: disable=invalid-name
        if not hasattr(self, "_fitted"):
            raise NotFittedError(
                f"This {type(self).__name__} instance is not fitted yet. Call 'fit' with "
                "appropriate arguments before using this estimator."
            )
        names = validation.feature_names(X)
        fitted = getattr(self, "feature_names_in_", None)
        validation.check_names(self, names, fitted)
        rows = validation.table_rows(X, names if fitted is None else fitted)
        if len(rows.names) != self.n_features_in_:
            raise ValueError(
                f"X has {len(rows.names)} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input"
            )
        return self._fitted.score(rows, progress=self.verbose, **settings)

    def _more_tags(self):
        return {"allow_nan": True}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
