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
    "ModelStreamInferResponse": [
        ("error_message", 1, STRING, False), ("infer_response", 2, "ModelInferResponse", False)],
    "ModelStatisticsRequest": [("name", 1, STRING, False), ("version", 2, STRING, False)],
    "Duration": [("count", 1, UINT64, False), ("ns", 2, UINT64, False)],
    "InferStatistics": [
        ("success", 1, "Duration", False), ("fail", 2, "Duration", False),
        ("queue", 3, "Duration", False), ("compute_input", 4, "Duration", False),
        ("compute_infer", 5, "Duration", False), ("compute_output", 6, "Duration", False)],
    "BatchStatistics": [
        ("batch_size", 1, UINT64, False), ("compute_infer", 3, "Duration", False)],
    "ModelStatistics": [
        ("name", 1, STRING, False), ("version", 2, STRING, False),
        ("last_inference", 3, UINT64, False), ("inference_count", 4, UINT64, False),
        ("execution_count", 5, UINT64, False), ("inference_stats", 6, "InferStatistics", False),
        ("batch_stats", 7, "BatchStatistics", True)],
    "ModelStatisticsResponse": [("model_stats", 1, "ModelStatistics", True)],
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

    def stream(self, requests):
        call = self._channel.stream_stream(
            "/inference.GRPCInferenceService/ModelStreamInfer",
            request_serializer=lambda request: request.SerializeToString(),
            response_deserializer=OIP["ModelStreamInferResponse"].FromString)
        return call(requests, timeout=LIMIT_SECONDS)

    def send(self, method, message):
        """The bytes that these bytes are answered with."""
        call = self._channel.stream_stream(
            f"/inference.GRPCInferenceService/{method}",
            request_serializer=bytes, response_deserializer=bytes)
        return b"".join(call(iter([message]), timeout=LIMIT_SECONDS))

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


def check_stream(client):
    """Requests of which some fail, each answered before the next."""
    rows = numpy.random.default_rng(3).normal(size=(7, 3)).astype("<f4")

    def request(number, model="pump"):
        count = number % 7 + 1
        return OIP["ModelInferRequest"](
            model_name=model, id=str(number), inputs=[tensor("rows", "FP32", [count, 3])],
            raw_input_contents=[rows[:count].tobytes()])

    for count, stop in ((0, 0), (1, 1), (40, 40), (40, 7)):
        requests = [request(i, "no-such" if i % 3 == 1 else "pump") for i in range(count)]
        call = client.stream(iter(requests))
        for i, asked in enumerate(requests[:stop]):
            found = next(call)
            answer = found.infer_response
            assert answer.id == str(i), (i, found)
            if i % 3 == 1:
                assert found.error_message == 'there is no model "no-such"', found
                assert not answer.outputs and not answer.model_name, found
                continue
            assert not found.error_message, found
            expected = client.call("ModelInfer", model_name="pump", inputs=asked.inputs,
                                   raw_input_contents=asked.raw_input_contents)
            assert answer.raw_output_contents == expected.raw_output_contents
        if stop < count:
            call.cancel()
        else:
            assert list(call) == [] and call.code() == grpc.StatusCode.OK, call.code()


def check_statistics(client):
    def counted(**fields):
        return client.call("ModelStatistics", **fields).model_stats

    before, = counted(name="pump", version="1")
    rows = numpy.zeros((5, 3), "<f4")
    asked = dict(model_name="pump", inputs=[tensor("rows", "FP32", [5, 3])],
                 raw_input_contents=[rows.tobytes()])
    client.call("ModelInfer", **asked)
    client.refused(grpc.StatusCode.INVALID_ARGUMENT, model_name="pump")
    after, = counted(name="pump")
    assert (after.name, after.version) == ("pump", "1")
    assert after.inference_count == before.inference_count + 5
    assert after.execution_count == before.execution_count + 1
    assert after.last_inference >= before.last_inference > 1_700_000_000_000
    was, now = before.inference_stats, after.inference_stats
    assert now.success.count == was.success.count + 1 and now.fail.count == was.fail.count + 1
    assert now.success.ns > was.success.ns and now.fail.ns > was.fail.ns
    parts = (now.queue, now.compute_input, now.compute_infer, now.compute_output)
    assert sum(part.ns for part in parts) == now.success.ns
    assert {part.count for part in parts} == {now.success.count}
    of_five, = (batch for batch in after.batch_stats if batch.batch_size == 5)
    assert of_five.compute_infer.count >= 1 and of_five.compute_infer.ns > 0
    assert [model.name for model in counted()] == ["flows", "pump"]


def check_bytes(client):
    """Messages on the wire, byte by byte, as Triton's numbers have them."""
    def field(number, *parts):  # of text or a message
        content = b"".join(part.encode() if isinstance(part, str) else part for part in parts)
        assert number < 16 and len(content) < 128
        return bytes([number << 3 | 2, len(content)]) + content

    anything = b"\xff" * 9 + b"\x01"  # -1

    def of_input(name, kind, *sizes):  # name = 1, data_type = 2, dims = 4, packed
        return field(5, field(1, name), bytes([2 << 3, kind]), field(4, anything, bytes(sizes)))

    def of_output(name, kind, *sizes):  # name = 1, data_type = 2, dims = 3, packed
        return field(6, field(1, name), bytes([2 << 3, kind]), field(3, anything, bytes(sizes)))

    bool_kind, int64_kind, fp32_kind, fp64_kind, string_kind = 1, 9, 11, 12, 13

    def config(name, inputs, width):
        parts = [field(1, name), field(2, "advae"), field(3, field(2)), *inputs,
                 of_output("score", fp64_kind), of_output("p_value", fp64_kind),
                 of_output("is_anomaly", bool_kind), of_output("status", string_kind),
                 of_output("contributions", fp64_kind, width),
                 b"\x8a\x01\x05advae"]  # backend = 17
        content = b"".join(parts)
        return b"\x0a" + bytes([len(content) & 127 | 128, len(content) >> 7]) + content

    found = client.send("ModelConfig", b"\x0a\x04pump")
    assert found == config("pump", [of_input("rows", fp32_kind, 3)], 3), found
    found = client.send("ModelConfig", b"\x0a\x05flows\x12\x011")
    assert found == config("flows", [
        of_input("bytes", fp64_kind), of_input("protocol", string_kind),
        of_input("start", int64_kind)], 3), found

    found = client.send("ModelStreamInfer", b"\x0a\x07no-such\x1a\x027a")
    assert found == (b'\x0a\x1bthere is no model "no-such"' b"\x12\x04\x1a\x027a"), found

    found = client.send("ModelStatistics", b"\x0a\x04pump\x12\x011")
    assert found[0] == 0x0a and b"\x0a\x04pump\x12\x011\x18" in found[:16], found

    # repository_name = 1, model_name = 2, parameters = 3
    for method in ("RepositoryModelLoad", "RepositoryModelUnload"):
        try:
            client.send(method, b"\x12\x04pump\x1a\x0b\x0a\x05force\x12\x02\x08\x01")
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.UNIMPLEMENTED, error
            assert "by hand" in error.details(), error
        else:
            raise AssertionError(f"{method} is not refused")


def main():
    program, trainer = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        server = tested_server.Server(program, trainer, folder)
        try:
            _, _, pool = tested_server.describe(server.address)
            client = Client(server.address, pool)
            assert client.call("ServerLive").live and client.call("ServerReady").ready
            metadata = client.call("ServerMetadata")
            assert metadata.name == "advae"
            assert list(metadata.extensions) == [
                "model_repository", "model_configuration", "statistics"], metadata
            assert not client.call("ModelReady", name="pump").ready
            check_matrix(client)
            check_table(client)
            # Before any stream is cancelled: its last request is counted after its client has gone.
            check_statistics(client)
            check_stream(client)
            check_bytes(client)
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
