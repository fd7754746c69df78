"""Client of advae, a service that finds anomalies in rows of numbers, categories and times.

`Client` and `AsyncClient` talk to an advae-server; `AdvaeDetector` is an outlier detector as
scikit-learn has them. docs/PYTHON.md has examples.
"""

from .aio import AsyncClient
from .client import Client
from .errors import AdvaeError
from .results import Contribution, DeletedVersion, Model, Neighbour, Scores, Threshold, Version

__version__ = "0.2.0"
__all__ = [
    "AdvaeDetector",
    "AdvaeError",
    "AsyncClient",
    "Client",
    "Contribution",
    "DeletedVersion",
    "Model",
    "Neighbour",
    "Scores",
    "Threshold",
    "Version",
]


def __getattr__(name):
    # Not before it is asked for: with it comes scikit-learn, where that is installed.
    if name == "AdvaeDetector":
        from .detector import AdvaeDetector  # pylint: disable=import-outside-toplevel

        return AdvaeDetector
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
