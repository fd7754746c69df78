"""What the tests of the Python package share: where it is, and a server in Python to play with."""

import concurrent.futures
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "python"
sys.path[:0] = [str(PACKAGE), str(ROOT / "tests/testing")]

try:
    import grpc
    import numpy  # noqa: F401
except ImportError:
    print("skipped: needs python3-grpcio and python3-numpy")
    sys.exit(77)

from advae import messages  # noqa: E402

LIMIT_SECONDS = 60  # for what should happen at once
FAST = {"epochs": 1, "ensemble_size": 1, "memory_rows": 64}


def take_programs():
    """The folder of programs, the first argument; the others are left to unittest."""
    return pathlib.Path(sys.argv.pop(1)).resolve()


def eventually(condition, what):
    """Asks `condition` until it gives a true value, which is returned."""
    end = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.02)
    raise AssertionError(f"not within {LIMIT_SECONDS} s: {what}")


class FakeServer:
    """Answers calls by functions, which take a request and a context: {Method: function}. `calls`
    has what came: (path, request, metadata)."""

    def __init__(self, answers, credentials=None):
        self.calls = []
        self._answers = {method.path: function for method, function in answers.items()}
        # Messages arrive as their class: that of the response is what a Method knows.
        self._requests = {
            messages.SCORE.path: messages.ScoreRequest,
            messages.GET_MODEL.path: messages.GetModelRequest,
            messages.LIST_MODELS.path: messages.ListModelsRequest,
            messages.DELETE_MODEL.path: messages.DeleteModelRequest,
            messages.HEALTH_CHECK.path: messages.HealthCheckRequest,
        }
        self._server = grpc.server(concurrent.futures.ThreadPoolExecutor(8))
        self._server.add_generic_rpc_handlers((self,))
        if credentials is None:
            port = self._server.add_insecure_port("127.0.0.1:0")
        else:
            port = self._server.add_secure_port("127.0.0.1:0", credentials)
        self.address = f"127.0.0.1:{port}"
        self._server.start()

    def service(self, details):
        """As grpc.GenericRpcHandler has it."""
        if details.method not in self._answers:
            return None
        kind = self._requests[details.method]
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: self._answer(details, request, context),
            request_deserializer=kind.FromString,
            response_serializer=lambda response: response.SerializeToString(),
        )

    def _answer(self, details, request, context):
        self.calls.append((details.method, request, dict(details.invocation_metadata)))
        return self._answers[details.method](request, context)

    def stop(self):
        self._server.stop(None).wait()


def model_response(*names, version=1, kind=1):
    """A description of a model that serves a version with these columns, by default numbers; of one
    without a schema with kind None."""
    response = messages.GET_MODEL.response()
    response.summary.serving_version = version
    info = response.versions.add(version=version)
    info.threshold_history.add()
    for name in names:
        info.features.add(name=name)
        if kind is not None:
            info.schema.columns.add(name=name, kind=kind, role=1)
    return response


def score_response(request, **fields):
    """An answer for the rows of a request: the score of a row is its first value."""
    response = messages.SCORE.response(
        model=request.model, version=request.version or 1, alpha=0.1, threshold=1.0
    )
    if request.HasField("table"):
        scores = numpy.frombuffer(request.table.columns[0].doubles, "<f8")
    else:
        scores = numpy.array(request.rows.values).reshape(-1, request.rows.columns)[:, 0]
    response.scores.extend(scores)
    response.p_values.extend(numpy.full(len(scores), 0.5))
    response.anomalies.extend((scores >= 1).tolist())
    response.statuses.extend([1] * len(scores))
    for name, value in fields.items():
        setattr(response, name, value)
    return response
