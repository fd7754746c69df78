#!/usr/bin/python3
"""Scores over HTTP with Python's own http.client and socket: the Open Inference Protocol and rows as
objects, in ordinary and in odd ways.

usage: http_client.py SERVER TRAINER ADVAE

Takes advae-server, the real advae-trainer and advae.
"""

import http.client
import json
import math
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading

try:
    import jsonschema
except ImportError:
    jsonschema = None

LIMIT_SECONDS = 120


class Description:
    """/openapi.json: what the server may answer with."""

    def __init__(self, document):
        self._document = document
        self._paths = [
            (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)) + "$"), path)
            for path in document["paths"]]
        self.seen = set()  # operations, and the statuses that they were answered with

    def _find(self, place):
        """What a reference stands for."""
        while "$ref" in place:
            found = self._document
            for part in place["$ref"].split("/")[1:]:
                found = found[part]
            place = found
        return place

    def check(self, method, path, status, content):
        """Fails unless the operation is described with this status and content."""
        path = path.partition("?")[0]
        path = next((known for pattern, known in self._paths if pattern.match(path)), None)
        operation = self._document["paths"].get(path, {}).get(method.lower())
        if operation is None:
            return
        self.seen.add((method.lower(), path, str(status)))
        responses = operation["responses"]
        response = responses.get(str(status)) or responses.get("default")
        assert response, f"{method} {path} answers {status}, which is not described"
        schema = self._find(response)["content"]["application/json"]["schema"]
        if jsonschema is None or isinstance(content, bytes):
            return
        jsonschema.Draft202012Validator(
            schema, resolver=jsonschema.RefResolver("", self._document)).validate(content)

    def not_seen(self, *statuses):
        """Operations that are described with one of the statuses and were not answered so."""
        return {(method, path, status) for path, item in self._document["paths"].items()
                for method in item.keys() & {"get", "post"}
                for status in item[method]["responses"].keys() & set(statuses)} - self.seen


class Server:
    def __init__(self, program, trainer, folder, *flags):
        self.log = open(f"{folder}/log", "w+")
        self.process = subprocess.Popen(
            [program, f"--repository={folder}/models", f"--trainer={trainer}", "--listen=127.0.0.1:0",
             "--metrics-listen=127.0.0.1:0", "--http-listen=127.0.0.1:0", "--max_message_bytes=1000000",
             "--drain_timeout=20s", *flags], stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        self.grpc = re.search(r"grpc=(\S+)", line).group(1)
        self.host, port = re.search(r"http=(\S+)$", line.strip()).group(1).rsplit(":", 1)
        self.port = int(port)
        self.description = None
        self.description = Description(self.ask("GET", "/openapi.json")[2])

    def connect(self):
        return http.client.HTTPConnection(self.host, self.port, timeout=LIMIT_SECONDS)

    def ask(self, method, path, body=None, headers=None, connection=None):
        """Status, headers, and the answer's JSON or bytes."""
        used = connection or self.connect()
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        used.request(method, path, body, headers or {})
        response = used.getresponse()
        content = response.read()
        if connection is None:
            used.close()
        if response.headers["Content-Type"] == "application/json" and content:
            content = json.loads(content, parse_constant=lambda name: 1 / 0)  # which JSON has not
        if self.description:
            self.description.check(method, path, response.status, content)
        return response.status, response.headers, content

    def refused(self, status, words, method, path, body=None, headers=None):
        found, _, answer = self.ask(method, path, body, headers)
        assert found == status, (found, answer)
        for word in words:
            assert word in answer["error"], (word, answer)

    def raw(self, request):
        """What comes back for these bytes until the server closes."""
        with socket.create_connection((self.host, self.port), timeout=LIMIT_SECONDS) as connection:
            connection.sendall(request)
            answer = b""
            while block := connection.recv(1 << 16):
                answer += block
        return answer

    def end(self):
        """Waits for a server that was told to stop; its exit status and what it has written."""
        try:
            status = self.process.wait(LIMIT_SECONDS)
        finally:
            self.process.kill()
        self.log.seek(0)
        return status, self.log.read()


def write_flows(path, rows, seed):
    generator = random.Random(seed)
    flows = []
    for _ in range(rows):
        protocol = generator.choice(["tcp", "udp"])
        size = generator.uniform(1000, 2000) if protocol == "tcp" else generator.uniform(10, 20)
        flows.append({"bytes": size, "protocol": protocol,
                      "start": f"2026-03-{generator.randint(1, 28):02}T{generator.randint(0, 23):02}:00:00Z"})
    with open(path, "w", encoding="utf-8") as file:
        # The marks of missing cells that the training is told of are among them.
        file.write("bytes,protocol,start\n-1,unknown,\n")
        for flow in flows:
            file.write(f"{flow['bytes']},{flow['protocol']},{flow['start']}\n")
    return flows


def check_inference(server):
    rows = [[0.1, -0.2, 0.3], [50, 0, 0], [0.2, None, 0.1]]
    status, _, answer = server.ask("POST", "/v2/models/pump/infer", {
        "id": "7", "inputs": [{"name": "rows", "datatype": "FP64", "shape": [3, 3], "data": rows}]})
    assert status == 200, answer
    assert (answer["model_name"], answer["model_version"], answer["id"]) == ("pump", "1", "7")
    outputs = {output["name"]: output for output in answer["outputs"]}
    assert list(outputs) == ["score", "p_value", "is_anomaly", "status"]
    assert outputs["score"]["shape"] == [3] and outputs["is_anomaly"]["data"][1] is True
    assert outputs["status"]["data"] == ["OK", "OK", "INCOMPLETE"], outputs["status"]

    # The same with flat data, and raw contents both ways.
    flat = [0.1, -0.2, 0.3, 50, 0, 0, 0.2, None, 0.1]
    raw = struct.pack("<9d", *[math.nan if value is None else value for value in flat])
    head = json.dumps({
        "inputs": [{"name": "rows", "datatype": "FP64", "shape": [3, 3],
                    "parameters": {"binary_data_size": len(raw)}}],
        "parameters": {"binary_data_output": True},
        "outputs": [{"name": "score"}, {"name": "status", "parameters": {"binary_data": False}}]}).encode()
    status, headers, content = server.ask(
        "POST", "/v2/models/pump/versions/1/infer", head + raw,
        {"Inference-Header-Content-Length": str(len(head))})
    assert status == 200, content
    length = int(headers["Inference-Header-Content-Length"])
    score, named = json.loads(content[:length])["outputs"]
    assert score["parameters"]["binary_data_size"] == 24 and named["data"][2] == "INCOMPLETE"
    assert list(struct.unpack("<3d", content[length:])) == outputs["score"]["data"]
    status, _, again = server.ask("POST", "/v2/models/pump/infer", {
        "inputs": [{"name": "rows", "datatype": "FP64", "shape": [3, 3], "data": flat}],
        "parameters": {"alpha": 0.01}})
    assert again["outputs"][0] == outputs["score"] and again["parameters"]["alpha"] == 0.01

    infer = "/v2/models/pump/infer"
    tensor = {"name": "rows", "datatype": "FP32", "shape": [1, 3], "data": [1, 2, 3]}
    server.refused(404, ["none"], "POST", "/v2/models/none/infer", {"inputs": [tensor]})
    server.refused(404, ["version 9"], "POST", "/v2/models/pump/versions/9/infer", {"inputs": [tensor]})
    server.refused(400, ["version"], "POST", "/v2/models/pump/versions/x/infer", {"inputs": [tensor]})
    for body in ("", "{", "[]", "3", "\xff", '{"inputs": 3}', '{"inputs": [3]}', "{}", "[" * 100_000):
        server.refused(400, ["expected"], "POST", infer, body.encode("latin-1"))
    for change in ({"shape": "x"}, {"shape": [1.5, 3]}, {"shape": [1 << 62, 3]}, {"shape": []},
                   {"datatype": "FP8"}, {"datatype": 3}, {"data": {}}, {"data": ["x", 2, 3]},
                   {"data": [1, 2]}, {"name": None}, {"parameters": 3},
                   {"parameters": {"binary_data_size": 3}}):
        server.refused(400, ["expected"] if "data" not in change else [], "POST", infer,
                       {"inputs": [tensor | change]})
    server.refused(400, ["INT8"], "POST", infer, {"inputs": [
        tensor | {"datatype": "INT8", "data": [1, 2, 300]}]})
    server.refused(400, ["left"], "POST", infer, b'{"inputs": []}xyz',
                   {"Inference-Header-Content-Length": "14"})
    server.refused(400, ["Inference-Header"], "POST", infer, b"{}",
                   {"Inference-Header-Content-Length": "3"})


def check_rows(server, flows):
    path = "/v1/models/flows:score"
    status, _, answer = server.ask("POST", path, {"rows": flows, "top_features": 3})
    assert status == 200, answer
    assert len(answer["results"]) == len(flows)
    assert all(result["status"] == "OK" for result in answer["results"])
    strange = [flows[0] | {"bytes": 1e9}, flows[1] | {"protocol": "icmp"}, {"bytes": 15},
               flows[2] | {"start": None}]
    status, _, answer = server.ask("POST", path, {"rows": strange, "top_features": 3, "alpha": 0.05})
    first, unseen, lonely, timeless = answer["results"]
    assert first["is_anomaly"] and first["explanation"][0]["name"] == "bytes", first
    assert [result["status"] for result in (unseen, lonely, timeless)] == ["INCOMPLETE"] * 3
    assert answer["alpha"] == 0.05 and answer["version"] == 1
    # One time in the ways to write it.
    _, _, answer = server.ask("POST", path, {"rows": [flows[0] | {"start": start} for start in (
        "2026-03-02T09:30:00Z", "2026-03-02 10:30+01:00", "02.03.2026 9:30", 1772443800, 1772443800000.0)]})
    assert len({result["score"] for result in answer["results"]}) == 1, answer
    # A missing value in the ways to mark it: the usual ones, and those that the training was told.
    missing = {"bytes": (None, -1, -1.0, "-1", "NA", "", "Unknown"), "start": (None, "nan", "unknown", " "),
               "protocol": (None, "unknown", " UNKNOWN", "NA", "none", "")}
    _, _, answer = server.ask("POST", path, {"rows": [flows[0], flows[0] | {"protocol": f" {flows[0]['protocol']} "}]})
    assert answer["results"][0] == answer["results"][1], answer
    for column, marks in missing.items():
        _, _, answer = server.ask("POST", path, {"rows": [flows[0] | {column: mark} for mark in marks]})
        assert {result["status"] for result in answer["results"]} == {"INCOMPLETE"}, answer
        assert len({result["score"] for result in answer["results"]}) == 1, (column, answer)
    _, _, matrix = server.ask("POST", "/v1/models/pump:score", {"rows": [{"x0": 1, "x1": 2, "x2": 3}]})
    assert matrix["results"][0]["status"] == "OK", matrix

    for body, words in ((b"{", ["JSON object"]), ({}, ["rows"]), ({"rows": []}, ["rows"]),
                        ({"rows": [3]}, ["rows[0]", "object"]),
                        ({"rows": [{"byte": 3}]}, ["byte", "column"]),
                        ({"rows": [{"bytes": "many"}]}, ["bytes", "number"]),
                        ({"rows": [{"start": "soon"}]}, ["start", "date or time"]),
                        ({"rows": [{"bytes": 1}], "top": 3}, ["top"]),
                        ({"rows": [{"bytes": 1}], "alpha": 7}, ["alpha"]),
                        ({"rows": [{"bytes": 1}], "version": -1}, ["version"])):
        server.refused(400, words, "POST", path, body)
    server.refused(404, ["none"], "POST", "/v1/models/none:score", {"rows": [{"a": 1}]})


def check_transport(server):
    connection = server.connect()
    for _ in range(3):  # one connection for several requests
        status, _, answer = server.ask("GET", "/v2", connection=connection)
        assert status == 200 and answer["name"] == "advae"
    connection.close()
    connection = server.connect()
    for method in ("HEAD", "GET", "HEAD", "GET"):  # the body of one is not the start of the next
        connection.request(method, "/v2/health/live")
        response = connection.getresponse()
        assert response.status == 200 and int(response.headers["Content-Length"]) > 0
        assert (response.read() == b"") == (method == "HEAD")
    connection.close()
    server.refused(405, ["POST"], "GET", "/v2/models/pump/infer")
    server.refused(405, ["GET"], "DELETE", "/v2")
    server.refused(404, ["openapi"], "GET", "/v3")
    # Bytes that are no text, wherever a message might repeat them.
    for target in ("/v2/models/%FF", "/v2/models/pump/versions/%ff", "/v2/models/a%0B%8F/stats", "/%80",
                   "/v1/models/pump/threshold?alpha=%FF", "/v1/models/pump/threshold?%C3=1"):
        server.refused(400, ["UTF-8"], "GET", target)
    server.refused(400, ["UTF-8"], "POST", "/v1/models/%FE:score", "{}")
    server.refused(400, [], "GET", "/v2/models/a%0Bb%22")
    server.refused(404, ["openapi"], "POST", "/v1/models/:score", "{}")
    server.refused(413, ["1000000"], "POST", "/v2/models/pump/infer", b" " * 1_000_001)
    body = b'{"rows": [{"x0": 1, "x1": 2, "x2": 3}]}'
    chunked = (b"POST /v1/models/pump%%3Ascore HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
               b"Connection: close\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
    answer = server.raw(chunked)
    assert b"200 OK" in answer, answer
    expected = (b"POST /v1/models/pump:score HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    answer = server.raw(expected)
    assert answer.startswith(b"HTTP/1.1 100 Continue") and b"200 OK" in answer, answer
    for broken, code in ((b"nonsense\r\n\r\n", b"400"), (b"GET / HTTP/9.9\r\n\r\n", b"400"),
                         (b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n", b"431"),
                         (b"POST /v2 HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"400"),
                         (b"POST /v2 HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", b"4")):
        assert server.raw(broken).startswith(b"HTTP/1.1 " + code), (broken[:60], server.raw(broken)[:60])
    # Many that are silent keep nobody out.
    silent = [socket.create_connection((server.host, server.port)) for _ in range(100)]
    assert server.ask("GET", "/v2/health/ready")[0] == 200
    for each in silent:
        each.close()


def check_abandoned(server):
    """Clients that go at any point of a request, with and without a reset."""
    body = json.dumps({"inputs": [{"name": "rows", "datatype": "FP32", "shape": [2000, 3],
                                   "data": [1] * 6000}]}).encode()
    request = (b"POST /v2/models/pump/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s"
               % (len(body), body))
    for sent in (1, 40, 80, 1000, len(request) - 1, len(request)):
        for reset in (False, True):
            for _ in range(20):
                connection = socket.create_connection((server.host, server.port))
                connection.sendall(request[:sent])
                if reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()
        assert server.ask("GET", "/v2/health/ready")[0] == 200, sent
    assert server.raw(request.replace(b"Host: localhost", b"Connection: close")).startswith(b"HTTP/1.1 200")


def check_description(server):
    _, _, described = server.ask("GET", "/openapi.json")
    assert described["openapi"].startswith("3.1")
    for path, methods in described["paths"].items():
        path = path.replace("{model}", "pump").replace("{version}", "1")
        for method in methods.keys() & {"get", "post"}:
            status, _, _ = server.ask(method.upper(), path, "{}" if method == "post" else None)
            assert status in (200, 400), (method, path, status)
    _, _, model = server.ask("GET", "/v2/models/flows")
    assert {tensor["name"]: tensor["datatype"] for tensor in model["inputs"]} == {
        "bytes": "FP64", "protocol": "BYTES", "start": "INT64"}, model
    assert model["inputs"][0]["shape"] == [-1] and model["versions"] == ["1"]


def check_triton(server):
    """What Triton's HTTP clients ask for besides inferences."""
    assert set(server.ask("GET", "/v2")[2]["extensions"]) == {
        "binary_tensor_data", "model_configuration", "statistics"}
    for path in ("/v2/models/pump/config", "/v2/models/pump/versions/1/config"):
        status, _, config = server.ask("GET", path)
        assert status == 200, config
        assert config["name"] == "pump" and config["max_batch_size"] == 0, config
        assert config["version_policy"] == {"all": {}}, config
        assert {tensor["name"]: tensor["dims"] for tensor in config["input"]} == {
            "x0": [-1], "x1": [-1], "x2": [-1]}, config
        assert config["output"][3] == {"name": "status", "data_type": "TYPE_STRING", "dims": [-1]}
    _, _, flows = server.ask("GET", "/v2/models/flows/config")
    assert {tensor["name"]: tensor["data_type"] for tensor in flows["input"]} == {
        "bytes": "TYPE_FP64", "protocol": "TYPE_STRING", "start": "TYPE_INT64"}, flows

    def statistics(path):
        found, _, answer = server.ask("GET", path)
        assert found == 200, answer
        model, = answer["model_stats"]
        return model
    before = statistics("/v2/models/pump/stats")
    server.ask("POST", "/v1/models/pump:score", {"rows": [{"x0": 1, "x1": 2, "x2": 3}] * 9})
    server.ask("POST", "/v1/models/pump:score", {"rows": [{"x0": 1}], "alpha": 7})
    after = statistics("/v2/models/pump/versions/1/stats")
    assert (after["name"], after["version"]) == ("pump", "1"), after
    assert after["inference_count"] == before["inference_count"] + 9, (before, after)
    assert after["execution_count"] > before["execution_count"]
    was, now = before["inference_stats"], after["inference_stats"]
    assert now["success"]["count"] == was["success"]["count"] + 1
    assert now["fail"]["count"] == was["fail"]["count"] + 1
    assert now["success"]["ns"] == sum(now[part]["ns"] for part in (
        "queue", "compute_input", "compute_infer", "compute_output")), now
    assert any(batch["batch_size"] == 9 for batch in after["batch_stats"]), after
    for what in ("config", "stats"):
        server.refused(404, ["none"], "GET", f"/v2/models/none/{what}")
        server.refused(404, ["version 9"], "GET", f"/v2/models/pump/versions/9/{what}")
        server.refused(400, ["number of a version"], "GET", f"/v2/models/pump/versions/x/{what}")
        server.refused(404, ["openapi"], "GET", f"/v2/models/pump/{what}/more")
        server.refused(404, ["openapi"], "POST", f"/v2/models/pump/{what}", "{}")


def check_overview(server):
    _, _, listed = server.ask("GET", "/v1/models")
    assert [model["model"] for model in listed["models"]] == ["flows", "pump"], listed
    assert listed["models"][0]["serving_version"] == "1"  # 64 bits are a text in JSON of messages
    _, _, model = server.ask("GET", "/v1/models/flows")
    assert model["versions"][0]["schema"]["columns"][1]["kind"] == "COLUMN_KIND_CATEGORY", model
    _, _, curve = server.ask("GET", "/v1/models/flows/threshold?alpha=0%2E02&version=1&curve_points=3")
    assert curve["alpha"] == 0.02 and len(curve["curve"]) == 3, curve
    assert curve["threshold"] > server.ask("GET", "/v1/models/flows/threshold")[2]["threshold"]

    def history():
        return server.ask("GET", "/v1/models/flows/history")[2]
    before = history()
    edges = before["p_values"]["edges"]
    assert len(before["minutes"]) == 60 and edges == sorted(edges) and edges[-1] == 1
    rows = [{"bytes": 1500, "protocol": "tcp", "start": "2026-03-02T12:00:00Z"}, {"bytes": 1e9}]
    server.ask("POST", "/v1/models/flows:score", {"rows": rows})
    after = history()
    assert after["total"]["requests"] == before["total"]["requests"] + 1
    assert after["total"]["rows"] == before["total"]["rows"] + 2
    assert sum(after["p_values"]["counts"]) == after["total"]["rows"]
    assert 0 < after["total"]["latency_p50"] <= after["total"]["latency_p99"]
    assert sum(minute["rows"] for minute in after["minutes"]) == after["total"]["rows"]
    _, _, all_models = server.ask("GET", "/v1/history")
    assert all_models["models"][0]["rows"] == after["total"]["rows"]

    # Alarms are kept with what is odd about them, a few of each second.
    while True:
        server.ask("POST", "/v1/models/flows:score", {"rows": [rows[0] | {"bytes": 1e9}]})
        _, _, kept = server.ask("GET", "/v1/models/flows/alarms?limit=1")
        assert len(kept["alarms"]) == 1
        alarm = kept["alarms"][0]
        if alarm["columns"] and alarm["columns"][0]["value"] == 1e9:
            break
    assert alarm["columns"][0]["name"] == "bytes" and alarm["columns"][0]["expected"] < 1e6, alarm
    assert alarm["p_value"] <= alarm["alpha"] and alarm["score"] >= alarm["threshold"], alarm
    assert server.ask("GET", "/v1/jobs")[2] == {"jobs": []}

    for path in ("/v1/models/none", "/v1/models/none/history", "/v1/models/none/alarms",
                 "/v1/models/none/threshold"):
        server.refused(404, ["none"], "GET", path)
    server.refused(400, ["alpha", "number"], "GET", "/v1/models/flows/threshold?alpha=x")
    server.refused(400, ["between 0 and 1"], "GET", "/v1/models/flows/threshold?alpha=2")
    server.refused(400, ["curve_points"], "GET", "/v1/models/flows/threshold?curve_points=10001")
    server.refused(400, ["limit", "whole number"], "GET", "/v1/models/flows/alarms?limit=-1")
    server.refused(400, ["version", "whole number"], "GET", "/v1/models/flows/threshold?version=")
    for path in ("/v1", "/v1/", "/v1/models/", "/v1/models/flows/none", "/v1/models/flows/alarms/1", "/v1/none"):
        server.refused(404, ["openapi"], "GET", path)
    server.refused(405, ["GET"], "DELETE", "/v1/models/flows")


def check_page(server):
    status, headers, page = server.ask("GET", "/")
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in headers["Content-Security-Policy"], headers
    for name in re.findall(r'(?:href|src)="(page/[^"]+)"', page.decode()):
        status, headers, content = server.ask("GET", f"/{name}")
        assert status == 200 and content and headers["ETag"], name
        status, _, content = server.ask("GET", f"/{name}", headers={"If-None-Match": headers["ETag"]})
        assert status == 304 and not content, name
    server.refused(404, ["openapi"], "GET", "/page/none.js")


def check_stop(server):
    """Requests that have begun are answered when the server stops; new ones are not taken."""
    body = json.dumps({"inputs": [{"name": "rows", "datatype": "FP32", "shape": [20000, 3],
                                   "data": [1] * 60000}]}).encode()
    begun = socket.create_connection((server.host, server.port), timeout=LIMIT_SECONDS)
    begun.sendall(b"POST /v2/models/pump/infer HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                  b"Content-Length: %d\r\n\r\n" % len(body))
    assert begun.recv(1000).startswith(b"HTTP/1.1 100")
    server.process.send_signal(signal.SIGTERM)
    while True:  # until it takes no more
        try:
            server.ask("GET", "/v2/health/live")
        except OSError:
            break
    begun.sendall(body)
    answer = b""
    while block := begun.recv(1 << 16):
        answer += block
    assert answer.startswith(b"HTTP/1.1 200") and b"Connection: close" in answer, answer[:200]
    status, log = server.end()
    assert status == 0, log
    return log


def check_rights(program, trainer, advae, folder):
    """Who may ask for what, of a server with the models of the first one."""
    tokens = f"{folder}/tokens.json"
    headers = {None: {}, "none": {"Authorization": "Bearer advae_x"}}
    for name, role in (("viewer", "viewer"), ("scorer", "scorer")):
        made = subprocess.run([advae, "token", "create", f"--file={tokens}", f"--name={name}",
                               f"--role={role}", "--models=pu*"], check=True, capture_output=True,
                              text=True)
        headers[name] = {"Authorization": f"Bearer {made.stdout.strip()}"}
    rows = {"rows": [{"x0": 1, "x1": 2, "x2": 3}]}
    server = Server(program, trainer, folder, f"--tokens={tokens}")
    try:
        for path in ("/", "/openapi.json", "/v2/health/ready", "/v2/health/live"):
            assert server.ask("GET", path)[0] == 200, path
        of_model = ("", "/threshold", "/history", "/alarms")
        of_version = ("", "/ready", "/config", "/stats")
        looks = ["/v2", "/v1/models", "/v1/history", "/v1/jobs",
                 *(f"/v2/models/pump{version}{what}" for what in of_version
                   for version in ("", "/versions/1")),
                 *(f"/v1/models/pump{what}" for what in of_model)]
        for path in looks:
            for caller, status in ((None, 401), ("none", 401), ("viewer", 200), ("scorer", 200)):
                assert server.ask("GET", path, headers=headers[caller])[0] == status, (path, caller)
        for path in (*(f"/v2/models/flows{version}{what}" for what in of_version
                       for version in ("", "/versions/1")),
                     *(f"/v1/models/flows{what}" for what in of_model)):
            server.refused(403, ["no rights", "flows"], "GET", path, headers=headers["viewer"])
        for path in ("/v1/models", "/v1/history"):
            assert "flows" not in json.dumps(server.ask("GET", path, headers=headers["viewer"])[2])
        for model, caller, status in (("pump", None, 401), ("pump", "viewer", 403),
                                      ("pump", "scorer", 200), ("flows", "scorer", 403)):
            answer = server.ask("POST", f"/v1/models/{model}:score", rows, headers[caller])
            assert answer[0] == status, (model, caller, answer)
        answer = server.ask("GET", "/v2")
        assert answer[1]["WWW-Authenticate"] == "Bearer", answer
        for what in ("pump/infer", "pump/versions/1/infer"):
            for caller, status in ((None, 401), ("viewer", 403)):
                answer = server.ask("POST", f"/v2/models/{what}", "{}", headers[caller])
                assert answer[0] == status, (what, caller, answer)
        missing = {operation for operation in server.description.not_seen("401", "403")
                   if "/health/" not in operation[1]}  # which is for everybody
        assert not missing, missing
    finally:
        server.process.terminate()
        status, log = server.end()
    assert status == 0, log
    for caller in ("viewer", "scorer"):
        assert headers[caller]["Authorization"].rsplit("_", 1)[1] not in log


def main():
    program, trainer, advae = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        server = Server(program, trainer, folder)
        try:
            flows = write_flows(f"{folder}/flows.csv", 600, seed=1)
            generator = random.Random(2)
            with open(f"{folder}/pump.csv", "w", encoding="utf-8") as file:
                file.write("x0,x1,x2\n")
                for _ in range(400):
                    file.write(",".join(str(generator.gauss(0, 1)) for _ in range(3)) + "\n")
            for model in ("flows", "pump"):
                subprocess.run([advae, f"--server={server.grpc}", "train", model, "--epochs=3",
                                "--missing=unknown,-1", f"--data={folder}/{model}.csv"], check=True, capture_output=True)
            check_inference(server)
            check_rows(server, flows[:50])
            check_transport(server)
            check_abandoned(server)
            check_description(server)
            check_triton(server)
            check_overview(server)
            check_page(server)
            assert not server.description.not_seen("200"), server.description.not_seen("200")
            log = check_stop(server)
        except BaseException:
            server.process.terminate()
            print(server.end()[1])
            raise
        check_rights(program, trainer, advae, folder)
    levels = [line.split()[1] for line in log.splitlines() if len(line.split()) > 1]
    assert "error" not in levels, log
    print("ok")


main()
