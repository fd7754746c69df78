"""Checks of what an estimator is given, with the messages of scikit-learn, which need not be
there."""

import warnings

import numpy as np

from . import rows as user_rows

_ADVICE = (
    "Reshape your data either using array.reshape(-1, 1) if your data has a single feature or "
    "array.reshape(1, -1) if it contains a single sample."
)


def feature_names(X):  # pylint: disable=invalid-name
    """The names of a frame's columns, None unless all are texts."""
    if not user_rows.is_pandas(X):
        return None
    names = list(X.columns)
    texts = [isinstance(name, str) for name in names]
    if any(texts) and not all(texts):
        raise TypeError(
            "Feature names are only supported if all input features have string names, but "
            "your input has names of several types; expected strings: "
            "X.columns = X.columns.astype(str)"
        )
    return np.array(names, object) if names and all(texts) else None


def check_names(estimator, names, fitted):
    """Holds the names of new rows against those of the training rows."""
    kind = type(estimator).__name__
    if fitted is None and names is not None:
        warnings.warn(
            f"X has feature names, but {kind} was fitted without feature names", stacklevel=4
        )
    elif fitted is not None and names is None:
        warnings.warn(
            f"X does not have valid feature names, but {kind} was fitted with feature names",
            stacklevel=4,
        )
    elif fitted is not None and list(fitted) != list(names):
        unexpected = sorted(set(names) - set(fitted))
        missing = sorted(set(fitted) - set(names))
        message = "The feature names should match those that were passed during fit.\n"
        for what, some in (
            ("Feature names unseen at fit time:\n", unexpected),
            ("Feature names seen at fit time, yet now missing:\n", missing),
        ):
            if some:
                message += what + "".join(f"- {name}\n" for name in some[:5])
        if not unexpected and not missing:
            message += "Feature names must be in the same order as they were in fit.\n"
        raise ValueError(message)


def table_rows(X, names):  # pylint: disable=invalid-name
    """Checked rows as a UserTable; columns without names are called x0, x1, ..."""
    if hasattr(X, "toarray"):
        raise TypeError(
            "A sparse matrix was passed, but dense data is required. Use X.toarray() to "
            "convert to a dense numpy array."
        )
    if user_rows.is_pandas(X):
        values = [X.iloc[:, i] for i in range(X.shape[1])]
        shape, index = X.shape, None
    else:
        array = _array(X)
        values = list(array.T)
        shape, index = array.shape, None
    for count, what in zip(shape, ("sample(s)", "feature(s)")):
        if count == 0:
            raise ValueError(
                f"Found array with 0 {what} (shape={tuple(shape)}) while a minimum of 1 is "
                "required."
            )
    if names is None:
        names = [f"x{i}" for i in range(shape[1])]
    for name, column in zip(names, values):
        is_float = isinstance(column.dtype, np.dtype) and column.dtype.kind == "f"
        if is_float and np.isinf(np.asarray(column)).any():
            raise ValueError(
                f"Input X contains infinity in {name!r}; expected finite numbers, "
                "or NaN for a missing value"
            )
    return user_rows.UserTable(names, values, index)


def _array(X):  # pylint: disable=invalid-name
    array = np.asarray(X)
    if array.dtype.kind == "c":
        raise ValueError("Complex data not supported")
    if array.ndim == 0:
        raise ValueError(f"Expected 2D array, got scalar array instead:\narray={array}.\n{_ADVICE}")
    if array.ndim == 1:
        raise ValueError(f"Expected 2D array, got 1D array instead:\narray={array}.\n{_ADVICE}")
    if array.ndim > 2:
        raise ValueError(f"Found array with dim {array.ndim}. AdvaeDetector expected <= 2.")
    if array.dtype.kind == "O":
        try:
            return array.astype(float)
        except ValueError:
            return array  # texts, column by column
    return array
