"""Clients of the API, made of grpcio and generated code; they share no code with advae."""

import contextlib
import subprocess
import sys

import grpc

import models

DETECTOR = "/advae.v1.AnomalyDetector/"
REGISTRY = "/advae.v1.ModelRegistry/"
HEALTH = "/grpc.health.v1.Health/"
REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"

# Every method: whether the client streams, whether the server does, and a request that is right.
# A health request is empty; b"\x3a\x00" asks reflection for the list of services.
METHODS = {
    DETECTOR + "Score": (False, False),
    DETECTOR + "ScoreStream": (True, True),
    DETECTOR + "Threshold": (False, False),
    DETECTOR + "Train": (True, True),
    REGISTRY + "ListModels": (False, False),
    REGISTRY + "GetModel": (False, False),
    REGISTRY + "SetServingVersion": (False, False),
    REGISTRY + "DeleteVersion": (False, False),
    REGISTRY + "DeleteModel": (False, False),
    REGISTRY + "Undelete": (False, False),
    REGISTRY + "ListDeleted": (False, False),
    REGISTRY + "ImportVersion": (True, False),
    HEALTH + "Check": (False, False),
    HEALTH + "Watch": (False, True),
    REFLECTION: (True, True),
}


def generate_api(folder):
    """Makes the Python classes of the API in `folder`."""
    folder.mkdir(exist_ok=True)
    proto = models.ROOT / "proto"
    files = [proto / "advae" / "v1" / f"{name}.proto" for name in ("types", "detector", "registry")]
    subprocess.run(
        ["protoc", f"--proto_path={proto}", f"--python_out={folder}", f"--grpc_out={folder}",
         "--plugin=protoc-gen-grpc=/usr/bin/grpc_python_plugin", *files], check=True)


def use_api(folder):
    sys.path.insert(0, str(folder))


def detector_pb2():
    from advae.v1 import detector_pb2 as module
    return module


def registry_pb2():
    from advae.v1 import registry_pb2 as module
    return module


def score_request(model="pump", rows=1, columns=12, **fields):
    """A request of the first training rows, repeated as often as it takes."""
    request = detector_pb2().ScoreRequest(model=model, **fields)
    request.rows.columns = columns
    if columns == 12:
        _, lines = models.rows(min(rows, 3000))
        values = [float(cell) for line in lines for cell in line.split(",")]
    else:
        values = [0.5] * columns
    whole, rest = divmod(rows * columns, len(values))
    request.rows.values.extend(values * whole + values[:rest])
    return request


def valid_request(method):
    """A serialized first request for a method of METHODS."""
    detector, registry = detector_pb2(), registry_pb2()
    name = method.rpartition("/")[2]
    requests = {
        "Score": score_request(), "ScoreStream": score_request(),
        "Threshold": detector.ThresholdRequest(model="pump", curve_points=10),
        "Train": detector.TrainRequest(spec=detector.TrainSpec(model="trained")),
        "ListModels": registry.ListModelsRequest(),
        "GetModel": registry.GetModelRequest(model="pump"),
        "SetServingVersion": registry.SetServingVersionRequest(model="pump", version=1),
        "DeleteVersion": registry.DeleteVersionRequest(model="pump", version=99),
        "DeleteModel": registry.DeleteModelRequest(model="stranger"),
        "Undelete": registry.UndeleteRequest(model="stranger"),
        "ListDeleted": registry.ListDeletedRequest(),
        "ImportVersion": registry.ImportVersionRequest(
            spec=registry.ImportSpec(model="imported")),
    }
    if name in requests:
        return requests[name].SerializeToString()
    return b"\x3a\x00" if method == REFLECTION else b""


class Client:
    """A channel of its own with stubs and raw calls. Use as a context manager, or close()."""

    def __init__(self, address, options=()):
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0),
                   ("grpc.max_receive_message_length", -1), *options]
        self.channel = grpc.insecure_channel(address, options=options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.channel.close()

    def call(self, method):
        """A callable that takes and gives serialized messages."""
        client_streams, server_streams = METHODS.get(method, (False, False))
        sides = ("stream" if streams else "unary" for streams in (client_streams, server_streams))
        return getattr(self.channel, "_".join(sides))(method)

    @property
    def detector(self):
        from advae.v1 import detector_pb2_grpc
        return detector_pb2_grpc.AnomalyDetectorStub(self.channel)

    @property
    def registry(self):
        from advae.v1 import registry_pb2_grpc
        return registry_pb2_grpc.ModelRegistryStub(self.channel)

    def is_serving(self, timeout=5):
        """Whether the health service says so within `timeout`."""
        try:
            return self.call(HEALTH + "Check")(b"", timeout=timeout) == b"\x08\x01"
        except grpc.RpcError:
            return False

    def scores(self, model="pump", rows=8, timeout=10, **fields):
        return list(self.detector.Score(score_request(model, rows, **fields),
                                        timeout=timeout).scores)


def code_of(function, *arguments, **options):
    """The name of the status code that a call ends with."""
    try:
        function(*arguments, **options)
    except grpc.RpcError as error:
        return error.code().name
    return "OK"


@contextlib.contextmanager
def clients(address, count):
    """`count` clients with a connection each."""
    made = [Client(address) for _ in range(count)]
    try:
        yield made
    finally:
        for client in made:
            client.close()
