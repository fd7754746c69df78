#!/usr/bin/python3
"""Asks for what cannot be done, and checks what the errors carry beside their messages, over grpcio and
HTTP: the messages of google.rpc that gRPC's clients know.

usage: error_client.py SERVER TRAINER

Takes advae-server and the fake trainer of tests/server. Exits with 77 without grpcio.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

try:
    import grpc
except ImportError:
    print("skipped: needs python3-grpcio")
    sys.exit(77)

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

import tested_server

ROOT = pathlib.Path(__file__).parent.parent.parent
PROTOS = ("advae/v1/detector.proto", "advae/v1/registry.proto", "inference/inference.proto",
          "google/rpc/status.proto", "google/rpc/error_details.proto")
DETECTOR, REGISTRY = "advae.v1.AnomalyDetector", "advae.v1.ModelRegistry"
INFERENCE = "inference.GRPCInferenceService"
ROWS = {"columns": 3, "values": [1, 2, 3, 4, 5, 6]}
TABLE = json.loads((ROOT / "tests/foreign_clients/table.json").read_text())


class Client:
    """Calls any method with requests written as dictionaries."""

    def __init__(self, address):
        found = subprocess.run(
            ["protoc", f"--proto_path={ROOT / 'proto'}", "--include_imports",
             "--descriptor_set_out=/dev/stdout", *PROTOS], stdout=subprocess.PIPE, check=True)
        self._pool = descriptor_pool.DescriptorPool()
        for file in descriptor_pb2.FileDescriptorSet.FromString(found.stdout).file:
            self._pool.Add(file)
        self._factory = message_factory.MessageFactory(self._pool)
        self._channel = grpc.insecure_channel(address)

    def type(self, name):
        return self._factory.GetPrototype(self._pool.FindMessageTypeByName(name))

    def open(self, service, method, *requests):
        """The call with the requests, which every kind of method takes for a stream."""
        found = self._pool.FindServiceByName(service).methods_by_name[method]
        kind = self.type(found.input_type.full_name)
        return self._channel.stream_stream(
            f"/{service}/{method}", request_serializer=kind.SerializeToString,
            response_deserializer=self.type(found.output_type.full_name).FromString)(
                iter([json_format.ParseDict(request, kind()) for request in requests]),
                timeout=tested_server.LIMIT_SECONDS)

    def error(self, service, method, *requests):
        """The code of a call that fails, its message, and the details as dictionaries."""
        try:
            list(self.open(service, method, *requests))
        except grpc.RpcError as error:
            carried = [value for key, value in error.trailing_metadata()
                       if key == "grpc-status-details-bin"]
            if not carried:
                return error.code(), error.details(), []
            status = self.type("google.rpc.Status").FromString(carried[0])
            assert status.code == error.code().value[0], status
            assert status.message == error.details(), status
            return error.code(), error.details(), [
                json_format.MessageToDict(detail, descriptor_pool=self._pool)
                for detail in status.details]
        raise AssertionError(f"{method} of {requests} succeeds")


def type_of(name):
    return f"type.googleapis.com/google.rpc.{name}"


def check_bad_request(client, field, service, method, *requests):
    code, message, details = client.error(service, method, *requests)
    assert code == grpc.StatusCode.INVALID_ARGUMENT, (method, requests, code, message)
    assert details == [{"@type": type_of("BadRequest"), "fieldViolations": [
        {"field": field, "description": message}]}], (method, requests, message, details)


def check_resource(client, expected, kind, name, service, method, *requests):
    code, message, details = client.error(service, method, *requests)
    assert code == expected, (method, requests, code, message)
    assert details == [{"@type": type_of("ResourceInfo"), "resourceType": f"advae.v1.{kind}",
                        "resourceName": name, "description": message}], (method, requests, details)


def check_bad_requests(client):
    def bad(field, service, method, *requests):
        check_bad_request(client, field, service, method, *requests)

    def bad_score(field, **request):
        for method in ("Score", "ScoreStream"):
            bad(field, DETECTOR, method, {"model": "pump", **request})

    def bad_spec(field, **spec):
        bad(field, DETECTOR, "Train", {"spec": {"model": "new", **spec}}, {"rows": ROWS})

    bad("model", DETECTOR, "Score", {"model": "..", "rows": ROWS})
    bad_score("alpha", rows=ROWS, alpha=2)
    bad_score("nearest_rows", rows=ROWS, nearestRows=21)
    bad_score("rows.columns")
    bad_score("rows.columns", rows={"columns": 2, "values": [1, 2]})
    bad_score("rows.values", rows={"columns": 3, "values": [1, 2]})
    bad_score("rows.feature_names", rows={**ROWS, "featureNames": ["a"]})
    bad_score("rows.feature_names[0]", rows={**ROWS, "featureNames": ["?", "?", "?"]})
    bad_score("table", rows=ROWS, table=TABLE)
    columns = TABLE["columns"]
    bad("table.columns", DETECTOR, "Score",
        {"model": "table", "table": {**TABLE, "columns": columns[:1]}})
    bad("table.columns[1]", DETECTOR, "Score",
        {"model": "table", "table": {**TABLE, "columns": [columns[0], columns[0]]}})
    bad("curve_points", DETECTOR, "Threshold", {"model": "pump", "curvePoints": 10_001})
    bad("alpha", DETECTOR, "Threshold", {"model": "pump", "alpha": 0})

    bad_spec("spec.model", model="a b")
    bad_spec("spec.alpha", alpha=1)
    bad_spec("spec.hyperparameters.epochs", hyperparameters={"epochs": 0})
    bad_spec("spec.hyperparameters.memory_rows", hyperparameters={"memoryRows": 1})
    bad_spec("spec.latent_plan", latentPlan={"samples": 0})
    bad_spec("spec.trimmed_share", trimmedShare=0.6)
    bad_spec("spec.columns[1].name", columns=[{"name": "a"}, {}])
    bad_spec("spec.strict", strict=True)
    bad("spec", DETECTOR, "Train", {"rows": ROWS})
    bad("rows", DETECTOR, "Train", {"spec": {"model": "new"}})
    bad("encoder_chunk", REGISTRY, "ImportVersion", {"spec": {"model": "new"}}, {"rows": ROWS})

    bad("model", REGISTRY, "GetModel", {"model": ""})
    bad("model_name", INFERENCE, "ModelInfer", {"modelName": ".."})
    bad("name", INFERENCE, "ModelMetadata", {"name": ".."})
    bad("name", INFERENCE, "ModelConfig", {"name": ".."})
    bad("version", INFERENCE, "ModelConfig", {"name": "pump", "version": "x"})
    bad("name", INFERENCE, "ModelStatistics", {"version": "1"})
    bad("version", INFERENCE, "ModelStatistics", {"name": "pump", "version": "x"})
    bad("inputs", INFERENCE, "ModelInfer", {"modelName": "pump"})
    bad("outputs", INFERENCE, "ModelInfer", {"modelName": "pump", "outputs": [{"name": "x"}]})
    bad("model_version", INFERENCE, "ModelInfer", {"modelName": "pump", "modelVersion": "x"})
    tensor = {"name": "rows", "datatype": "FP32", "shape": [1, 3],
              "contents": {"fp32Contents": [1, 2, 3]}}
    bad("parameters.alpha", INFERENCE, "ModelInfer",
        {"modelName": "pump", "inputs": [tensor], "parameters": {"alpha": {"doubleParam": 2}}})
    tensor = {**tensor, "shape": [1, 2], "contents": {"fp32Contents": [1, 2]}}
    bad("inputs", INFERENCE, "ModelInfer", {"modelName": "pump", "inputs": [tensor]})


def check_missing_resources(client):
    def check_not_found(client, *expected):
        check_resource(client, grpc.StatusCode.NOT_FOUND, *expected)

    for service, method in ((DETECTOR, "Score"), (DETECTOR, "Threshold"), (REGISTRY, "GetModel"),
                            (REGISTRY, "SetServingVersion"), (REGISTRY, "DeleteVersion"),
                            (REGISTRY, "DeleteModel")):
        request = {"model": "valve"}
        if method in ("SetServingVersion", "DeleteVersion"):
            request["version"] = 1
        check_not_found(client, "Model", "valve", service, method, request)
    check_not_found(client, "Model", "valve", INFERENCE, "ModelInfer", {"modelName": "valve"})
    for method in ("ModelConfig", "ModelStatistics"):
        check_not_found(client, "Model", "valve", INFERENCE, method, {"name": "valve"})
    for service, method in ((DETECTOR, "Score"), (DETECTOR, "Threshold"),
                            (REGISTRY, "SetServingVersion"), (REGISTRY, "DeleteVersion")):
        check_not_found(client, "Version", "pump/9", service, method, {"model": "pump", "version": 9})


def check_refusal(client):
    """With one job for the whole server, which hangs."""
    running = client.open(DETECTOR, "Train", {"spec": {"model": "published-hang"}}, {"rows": ROWS})
    next(running)
    state = grpc.StatusCode.FAILED_PRECONDITION
    check_resource(client, state, "Version", "pump/1", REGISTRY, "DeleteVersion",
                   {"model": "pump", "version": 1})
    busy = {"model": "published-hang"}
    check_resource(client, state, "Model", "published-hang", REGISTRY, "DeleteModel", busy)
    check_resource(client, state, "Model", "published-hang", DETECTOR, "Train", {"spec": busy},
                   {"rows": ROWS})
    code, message, details = client.error(
        DETECTOR, "Train", {"spec": {"model": "other"}}, {"rows": ROWS})
    assert code == grpc.StatusCode.RESOURCE_EXHAUSTED, (code, message)
    assert [detail["@type"] for detail in details] == [type_of("RetryInfo")], details
    assert float(details[0]["retryDelay"].rstrip("s")) > 0, details
    running.cancel()


def check_http(address):
    def answer(path, body):
        request = urllib.request.Request(f"http://{address}{path}", json.dumps(body).encode())
        try:
            urllib.request.urlopen(request, timeout=tested_server.LIMIT_SECONDS)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())
        raise AssertionError(f"{path} of {body} succeeds")

    status, body = answer("/v1/models/valve:score", {"rows": [{}]})
    assert status == 404, body
    assert body["details"][0]["resourceName"] == "valve", body
    for field, request in (("alpha", {"rows": [{}], "alpha": 2}), ("alpha", {"rows": [{}], "alpha": "x"}),
                           ("rows", {"rows": []}),
                           ("rows[1]", {"rows": [{}, {"?": 1}]})):
        status, body = answer("/v1/models/pump:score", request)
        assert status == 400, body
        assert body["details"] == [{"@type": type_of("BadRequest"), "fieldViolations": [
            {"field": field, "description": body["error"]}]}], (request, body)


def main():
    program, trainer = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        server = tested_server.Server(program, trainer, folder, max_jobs=1,
                                      flags=("--http_listen=127.0.0.1:0",))
        try:
            client = Client(server.address)
            list(client.open(DETECTOR, "Train", {"spec": {"model": "pump"}}, {"rows": ROWS}))
            list(client.open(DETECTOR, "Train", {"spec": {"model": "table"}}, {"table": TABLE}))
            check_bad_requests(client)
            check_missing_resources(client)
            check_http(server.http_address)
            check_refusal(client)
        finally:
            status, log = server.stop()
        assert status == 0, log
    print("all errors carry their details")


if __name__ == "__main__":
    main()
