"""What an estimator of scikit-learn is made of, also where scikit-learn is not installed."""

import inspect

try:
    from sklearn.base import BaseEstimator, OutlierMixin
    from sklearn.exceptions import NotFittedError
except ImportError:

    class NotFittedError(ValueError, AttributeError):
        """The estimator was used before it was fitted."""

    class BaseEstimator:
        """Parameters are the constructor's arguments."""

        def get_params(self, deep=True):  # pylint: disable=unused-argument
            return {name: getattr(self, name) for name in self._parameter_names()}

        def set_params(self, **params):
            for name, value in params.items():
                if name not in self._parameter_names():
                    raise ValueError(
                        f"there is no parameter {name!r}; expected one of "
                        f"{', '.join(self._parameter_names())}"
                    )
                setattr(self, name, value)
            return self

        @classmethod
        def _parameter_names(cls):
            return [name for name in inspect.signature(cls.__init__).parameters if name != "self"]

        def __repr__(self):
            defaults = inspect.signature(type(self).__init__).parameters
            changed = [
                f"{name}={value!r}"
                for name, value in self.get_params().items()
                if value is not defaults[name].default
            ]
            return f"{type(self).__name__}({', '.join(changed)})"

    class OutlierMixin:
        """Marks an outlier detector."""

        _estimator_type = "outlier_detector"

        def fit_predict(self, X, y=None):  # pylint: disable=invalid-name
            return self.fit(X, y).predict(X)


__all__ = ["BaseEstimator", "NotFittedError", "OutlierMixin"]
