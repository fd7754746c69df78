#!/usr/bin/python3
"""Scores over the Open Inference Protocol with grpcio, by messages that are described here, from the
protocol's own numbers, and compares with Score.

usage: inference_client.py SERVER TRAINER

Takes advae-server and the real advae-trainer. Exits with 77 without grpcio or numpy.
"""

import struct
import sys
import tempfile

try:
    import grpc
    import numpy
except ImportError:
    print("skipped: needs python3-grpcio and python3-numpy")
    sys.exit(77)

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

import tested_server

LIMIT_SECONDS = 300
STRING, INT32, INT64, UINT32, UINT64, BOOL, BYTES, FLOAT, DOUBLE = 9, 5, 3, 13, 4, 8, 12, 2, 1

# Message, and of each field name, number, type (or message) and whether it is repeated.
PROTOCOL = {
    "ServerLiveRequest": [],
    "ServerLiveResponse": [("live", 1, BOOL, False)],
    "ServerReadyRequest": [],
    "ServerReadyResponse": [("ready", 1, BOOL, False)],
    "ServerMetadataRequest": [],
    "ServerMetadataResponse": [
        ("name", 1, STRING, False), ("version", 2, STRING, False), ("extensions", 3, STRING, True)],
    "ModelReadyRequest": [("name", 1, STRING, False), ("version", 2, STRING, False)],
    "ModelReadyResponse": [("ready", 1, BOOL, False)],
    "ModelMetadataRequest": [("name", 1, STRING, False), ("version", 2, STRING, False)],
    "TensorMetadata": [
        ("name", 1, STRING, False), ("datatype", 2, STRING, False), ("shape", 3, INT64, True)],
    "ModelMetadataResponse": [
        ("name", 1, STRING, False), ("versions", 2, STRING, True), ("platform", 3, STRING, False),
        ("inputs", 4, "TensorMetadata", True), ("outputs", 5, "TensorMetadata", True)],
    "Parameter": [
        ("bool_param", 1, BOOL, False), ("int64_param", 2, INT64, False),
        ("string_param", 3, STRING, False), ("double_param", 4, DOUBLE, False)],
    # An entry of a map.
    "ParameterEntry": [("key", 1, STRING, False), ("value", 2, "Parameter", False)],
    "Contents": [
        ("bool_contents", 1, BOOL, True), ("int_contents", 2, INT32, True),
        ("int64_contents", 3, INT64, True), ("uint_contents", 4, UINT32, True),
        ("uint64_contents", 5, UINT64, True), ("fp32_contents", 6, FLOAT, True),
        ("fp64_contents", 7, DOUBLE, True), ("bytes_contents", 8, BYTES, True)],
    "Tensor": [
        ("name", 1, STRING, False), ("datatype", 2, STRING, False), ("shape", 3, INT64, True),
        ("parameters", 4, "ParameterEntry", True), ("contents", 5, "Contents", False)],
    "RequestedOutput": [("name", 1, STRING, False)],
    "ModelInferRequest": [
        ("model_name", 1, STRING, False), ("model_version", 2, STRING, False), ("id", 3, STRING, False),
        ("parameters", 4, "ParameterEntry", True), ("inputs", 5, "Tensor", True),
        ("outputs", 6, "RequestedOutput", True), ("raw_input_contents", 7, BYTES, True)],
    "ModelInferResponse": [
        ("model_name", 1, STRING, False), ("model_version", 2, STRING, False), ("id", 3, STRING, False),
        ("parameters", 4, "ParameterEntry", True), ("outputs", 5, "Tensor", True),
        ("raw_output_contents", 6, BYTES, True)],
    "RepositoryIndexRequest": [("ready", 2, BOOL, False)],
    "ModelIndex": [
        ("name", 1, STRING, False), ("version", 2, STRING, False), ("state", 3, STRING, False)],
    "RepositoryIndexResponse": [("models", 1, "ModelIndex", True)],
}


def protocol():
    """The messages of the protocol."""
    file = descriptor_pb2.FileDescriptorProto(name="protocol.proto", package="oip", syntax="proto3")
    for name, members in PROTOCOL.items():
        message = file.message_type.add(name=name)
        for member, number, kind, repeated in members:
            field = message.field.add(name=member, number=number, label=3 if repeated else 1)
            if isinstance(kind, str):
                field.type, field.type_name = 11, f".oip.{kind}"
            else:
                field.type = kind
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return {name: factory.GetPrototype(pool.FindMessageTypeByName(f"oip.{name}"))
            for name in PROTOCOL}


OIP = protocol()


class Client:
    def __init__(self, address, pool):
        self._channel = grpc.insecure_channel(address)
        self._pool = pool
        self._factory = message_factory.MessageFactory(pool)

    def advae(self, kind, /, **fields):
        return self._factory.GetPrototype(
            self._pool.FindMessageTypeByName(f"advae.v1.{kind}"))(**fields)

    def train(self, model, **rows):
        call = self._channel.stream_stream(
            "/advae.v1.AnomalyDetector/Train",
            request_serializer=lambda request: request.SerializeToString(),
            response_deserializer=type(self.advae("TrainResponse")).FromString)
        spec = self.advae("TrainSpec", model=model)
        spec.hyperparameters.epochs = 3
        list(call(iter([self.advae("TrainRequest", spec=spec), self.advae("TrainRequest", **rows)]),
                  timeout=LIMIT_SECONDS))

    def score(self, **fields):
        call = self._channel.unary_unary(
            "/advae.v1.AnomalyDetector/Score",
            request_serializer=lambda request: request.SerializeToString(),
            response_deserializer=type(self.advae("ScoreResponse")).FromString)
        return call(self.advae("ScoreRequest", **fields), timeout=LIMIT_SECONDS)

    def call(self, method, **fields):
        call = self._channel.unary_unary(
            f"/inference.GRPCInferenceService/{method}",
            request_serializer=lambda request: request.SerializeToString(),
            response_deserializer=OIP[f"{method}Response"].FromString)
        return call(OIP[f"{method}Request"](**fields), timeout=LIMIT_SECONDS)

    def refused(self, code, *words, **fields):
        try:
            self.call("ModelInfer", **fields)
        except grpc.RpcError as error:
            assert error.code() == code, error
            for word in words:
                assert word in error.details(), (word, error.details())
            return
        raise AssertionError(f"not refused: {fields}")


def tensor(name, datatype, shape, **fields):
    return OIP["Tensor"](name=name, datatype=datatype, shape=shape, **fields)


def texts(values):
    return b"".join(struct.pack("<I", len(value)) + value for value in values)


def outputs(response):
    """The outputs by name, and what the response says of verdicts."""
    values = {}
    for output, raw in zip(response.outputs, response.raw_output_contents, strict=True):
        if output.datatype == "BYTES":
            found = []
            while raw:
                size, = struct.unpack_from("<I", raw)
                found.append(raw[4:4 + size].decode())
                raw = raw[4 + size:]
        else:
            found = numpy.frombuffer(raw, {"FP64": "<f8", "BOOL": "?"}[output.datatype])
            found = found.reshape(output.shape)
        values[output.name] = found
    return values, {entry.key: entry.value.double_param for entry in response.parameters}


def check_matrix(client):
    random = numpy.random.default_rng(1)
    rows = random.normal(size=(500, 3)).astype("<f4")
    client.train("pump", rows=client.advae("Matrix", columns=3, values=rows.ravel()))
    test = random.normal(size=(40, 3)).astype("<f4")
    test[3, 1] = numpy.inf
    expected = client.score(model="pump", rows=client.advae("Matrix", columns=3, values=test.ravel()),
                            top_features=3)
    names = [name.name for name in client.call("ModelMetadata", name="pump").inputs]
    assert names == ["rows"], names

    requests = [
        dict(inputs=[tensor("rows", "FP32", [40, 3])], raw_input_contents=[test.tobytes()]),
        dict(inputs=[tensor("rows", "FP64", [40, 3])],
             raw_input_contents=[test.astype("<f8").tobytes()]),
        dict(inputs=[tensor("rows", "FP32", [40, 3],
                            contents=OIP["Contents"](fp32_contents=test.ravel()))]),
        # Columns in another order.
        dict(inputs=[tensor(f"x{j}", "FP32", [40, 1]) for j in (2, 0, 1)],
             raw_input_contents=[test[:, j].tobytes() for j in (2, 0, 1)]),
    ]
    for request in requests:
        response = client.call("ModelInfer", model_name="pump", id="request 7", **request)
        assert (response.model_name, response.model_version, response.id) == ("pump", "1", "request 7")
        found, verdicts = outputs(response)
        assert list(found) == ["score", "p_value", "is_anomaly", "status"]
        assert found["score"].tolist() == list(expected.scores)
        assert found["p_value"].tolist() == list(expected.p_values)
        assert found["is_anomaly"].tolist() == list(expected.anomalies)
        assert found["status"] == ["NOT_FINITE" if i == 3 else "OK" for i in range(40)]
        assert verdicts == {"alpha": expected.alpha, "threshold": expected.threshold}

    found, verdicts = outputs(client.call(
        "ModelInfer", model_name="pump", model_version="1", **requests[0],
        parameters=[OIP["ParameterEntry"](key="alpha", value=OIP["Parameter"](double_param=0.01))],
        outputs=[OIP["RequestedOutput"](name=name) for name in ("contributions", "is_anomaly")]))
    assert list(found) == ["contributions", "is_anomaly"] and verdicts["alpha"] == 0.01
    assert found["contributions"].shape == (40, 3)
    assert numpy.isnan(found["contributions"][3]).all()
    first = expected.explanations[0].contributions[0]
    assert found["contributions"][0, first.feature] == first.contribution

    invalid = grpc.StatusCode.INVALID_ARGUMENT
    raw = requests[0]["raw_input_contents"]
    client.refused(grpc.StatusCode.NOT_FOUND, "no-such", model_name="no-such", **requests[0])
    client.refused(grpc.StatusCode.NOT_FOUND, "version 9", model_name="pump", model_version="9",
                   **requests[0])
    client.refused(invalid, "the number of a version", model_name="pump", model_version="v1",
                   **requests[0])
    client.refused(invalid, "no inputs", model_name="pump")
    client.refused(invalid, '"rows"', "480 bytes", "make 492", model_name="pump",
                   inputs=[tensor("rows", "FP32", [41, 3])], raw_input_contents=raw)
    client.refused(invalid, "FP16", model_name="pump", inputs=[tensor("rows", "FP16", [40, 3])],
                   raw_input_contents=raw)
    client.refused(invalid, "positive sizes", model_name="pump",
                   inputs=[tensor("rows", "FP32", [-1, 3])], raw_input_contents=raw)
    client.refused(invalid, "positive sizes", model_name="pump",
                   inputs=[tensor("rows", "FP32", [1 << 40, 1 << 40])], raw_input_contents=raw)
    client.refused(invalid, "beside raw", model_name="pump", raw_input_contents=raw, inputs=[
        tensor("rows", "FP32", [40, 3], contents=OIP["Contents"](fp32_contents=[1]))])
    client.refused(invalid, "another datatype", model_name="pump", inputs=[
        tensor("rows", "FP32", [1, 3], contents=OIP["Contents"](fp64_contents=[1, 2, 3]))])
    client.refused(invalid, "verdict", "not known", model_name="pump", **requests[0],
                   outputs=[OIP["RequestedOutput"](name="verdict")])
    client.refused(invalid, "alpha", model_name="pump", **requests[0], parameters=[
        OIP["ParameterEntry"](key="alpha", value=OIP["Parameter"](string_param="high"))])
    client.refused(invalid, '"x1"', model_name="pump", inputs=[
        tensor("x0", "FP32", [40])], raw_input_contents=[test[:, 0].tobytes()])
    client.refused(invalid, "end within", model_name="pump", inputs=[tensor("x0", "BYTES", [2])],
                   raw_input_contents=[b"\xff\xff\xff\x7fab"])


def check_table(client):
    random = numpy.random.default_rng(2)
    sizes = random.uniform(1, 2, 600).astype("<f8")
    protocols = random.choice([b"tcp", b"udp"], 600)
    starts = (1_767_571_200_000_000 + random.integers(0, 14 * 86_400_000_000, 600)).astype("<i8")

    def table(first, last):
        dictionary, codes = numpy.unique(protocols[first:last], return_inverse=True)
        return client.advae("Table", rows=last - first, columns=[
            client.advae("TableColumn", name="bytes", doubles=sizes[first:last].tobytes()),
            client.advae("TableColumn", name="protocol", strings=client.advae(
                "StringValues", dictionary=[text.decode() for text in dictionary],
                codes=codes.astype("<i4").tobytes())),
            client.advae("TableColumn", name="start", times=starts[first:last].tobytes())])

    client.train("flows", table=table(0, 500))
    described = {found.name: found.datatype
                 for found in client.call("ModelMetadata", name="flows").inputs}
    assert described == {"bytes": "FP64", "protocol": "BYTES", "start": "INT64"}, described
    expected = client.score(model="flows", table=table(500, 600))

    def infer(names):
        response = client.call(
            "ModelInfer", model_name="flows",
            inputs=[tensor("start", "INT64", [100]), tensor("protocol", "BYTES", [100]),
                    tensor("bytes", "FP64", [100, 1])],
            raw_input_contents=[starts[500:].tobytes(), texts(names), sizes[500:].tobytes()])
        return outputs(response)[0]

    found = infer(protocols[500:])
    assert found["score"].tolist() == list(expected.scores)
    assert found["status"] == ["OK"] * 100
    found = infer([b"", b"icmp", *protocols[502:]])  # one missing, one unseen
    assert found["status"] == ["INCOMPLETE"] * 2 + ["OK"] * 98


def main():
    program, trainer = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        server = tested_server.Server(program, trainer, folder)
        try:
            _, _, pool = tested_server.describe(server.address)
            client = Client(server.address, pool)
            assert client.call("ServerLive").live and client.call("ServerReady").ready
            assert client.call("ServerMetadata").name == "advae"
            assert not client.call("ModelReady", name="pump").ready
            check_matrix(client)
            check_table(client)
            assert client.call("ModelReady", name="pump").ready
            assert client.call("ModelReady", name="pump", version="1").ready
            assert not client.call("ModelReady", name="pump", version="one").ready
            index = client.call("RepositoryIndex").models
            assert [(model.name, model.version, model.state) for model in index] == [
                ("flows", "1", "READY"), ("pump", "1", "READY")], index
            status, log = server.stop()
        except BaseException:
            print(server.stop()[1])
            raise
    assert status == 0, f"the server ended with {status}"
    levels = [line.split()[1] for line in log.splitlines() if len(line.split()) > 1]
    assert "error" not in levels, log
    print("ok")


main()
