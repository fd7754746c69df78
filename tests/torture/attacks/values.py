"""Values that forge, flood or deceive."""

import random
import time

import grpc

import clients
import http2
from registry import attack
from trial import LOG_LINE

FORGED = "2026-01-01T00:00:00.000Z error FORGED"
INFINITY, NAN = float("inf"), float("nan")


def _send_headers(trial, fields, body=b""):
    """One call with these header fields on a connection of its own."""
    connection = http2.Connection(trial.server.address)
    try:
        connection.headers(1, b"".join(http2.literal(*field) for field in fields))
        connection.send(http2.frame(http2.DATA, http2.END_STREAM, 1, http2.message(body)))
        connection.wait_ended({1}, 0.3)
    except http2.Closed:
        pass
    connection.close()


def _fields(**changed):
    fields = {":method": "POST", ":scheme": "http", ":path": clients.DETECTOR + "Score",
              ":authority": "localhost", "content-type": "application/grpc", "te": "trailers"}
    fields.update({name.replace("_", ":", 1) if name.startswith("_") else name.replace("_", "-"):
                   value for name, value in changed.items()})
    return list(fields.items())


@attack("forged log lines", growth_mib=64, quick=True,
        sends="newlines, escape sequences and forged lines in :method, :path, :scheme, :authority, "
        "metadata, and fields of messages")
def forged(trial):
    for line in ("\n" + FORGED, "\r\n" + FORGED, "x\x1b[2J\n" + FORGED + "\n", "\u2028" + FORGED):
        value = line.encode()
        for fields in (_fields(_method=b"POST" + value), _fields(_path=b"/a/b" + value),
                       _fields(_scheme=b"http" + value), _fields(_authority=b"host" + value),
                       _fields(te=b"trailers" + value), _fields(traceparent=b"00-" + value),
                       _fields(content_type=b"application/grpc" + value),
                       _fields(user_agent=b"agent" + value), _fields(grpc_timeout=b"1S" + value),
                       _fields(grpc_encoding=b"gzip" + value)):
            _send_headers(trial, fields, clients.score_request("stranger").SerializeToString())
        with trial.client() as client:
            clients.code_of(client.detector.Score, clients.score_request("pump" + line), timeout=5)
            request = clients.score_request()
            request.rows.feature_names.extend([line] * 12)
            clients.code_of(client.detector.Score, request, timeout=5)
    time.sleep(0.5)
    lines = trial.server.log().split("\n")
    wrong = [each for each in lines if each and not LOG_LINE.match(each)]
    trial.check(not wrong, f"{len(wrong)} lines are not of the log's form: {wrong[:1]}")
    trial.check(not any(each.startswith(FORGED) for each in lines), "a line was forged")
    trial.check(not any("\x1b" in each for each in lines), "an escape sequence is in the log")
    return f"wrote {len(lines) - 1} lines" + trial.if_held(", all of them its own")


@attack("log floods", growth_mib=1536, timeout=60,
        sends="4 s of calls that fail, of each kind that is logged, as fast as they go")
def flood(trial):
    kinds = [_fields(_method=b"GET"), _fields(_method=b"\nPOST" + b"x" * 4000),
             _fields(_path=b"/none"), _fields(_path=b"\n"),
             _fields(_scheme=b"\nftp"), _fields(te=b"\nno"), _fields(content_type=b"text/html"),
             _fields(grpc_timeout=b"\nzzz"),
             _fields(grpc_encoding=b"\nno")]
    before = trial.server.log_path.stat().st_size
    sent = 0
    end = time.monotonic() + (20 if trial.is_long else 4)
    generator = random.Random(1)
    while time.monotonic() < end and trial.server.alive():
        fields = generator.choice(kinds)
        block = b"".join(http2.literal(*field) for field in fields)
        connection = http2.Connection(trial.server.address)
        try:
            for number in range(50):
                connection.send(b"".join(
                    http2.frame(http2.HEADERS, http2.END_HEADERS | http2.END_STREAM, stream, block)
                    for stream in range(1 + 400 * number, 1 + 400 * (number + 1), 2)))
                sent += 200
        except http2.Closed:
            pass
        connection.close()
    time.sleep(0.5)
    grown = trial.server.log_path.stat().st_size - before
    trial.check(grown <= 500_000, f"the log grew by {grown / 1e6:.2f} MB")
    return f"{sent} calls; the log grew by {grown / 1e6:.2f} MB"


@attack("infinite and huge values", growth_mib=64, quick=True,
        sends="rows with NaN, infinities and values up to 3.4e38, among ordinary ones")
def values(trial):
    """None of them may pass for normal."""
    specials = [NAN, INFINITY, -INFINITY, 3.4e38, -3.4e38, 1e30, 1e10]
    request = clients.score_request(rows=len(specials) + 1)
    ordinary = clients.score_request(rows=len(specials) + 1)
    for i, value in enumerate(specials):
        request.rows.values[12 * i + i % 12] = value
    with trial.client() as client:
        response = client.detector.Score(request, timeout=5)
        alone = client.detector.Score(ordinary, timeout=5)
    for i, value in enumerate(specials):
        finite = value - value == 0
        trial.check(response.anomalies[i], f"a row with {value} is called normal")
        trial.check(response.statuses[i] == (1 if finite else 2),
                    f"a row with {value} has status {response.statuses[i]}")
        if finite:
            trial.check(response.scores[i] >= response.threshold, f"{value} scores "
                        f"{response.scores[i]}, p {response.p_values[i]}")
    trial.check(response.scores[-1] == alone.scores[-1], "the ordinary row scores otherwise")
    statuses = "".join(map(str, response.statuses))
    return trial.if_held("all called anomalous; ") + f"statuses {statuses}"


@attack("parameters out of range", growth_mib=64, quick=True,
        sends="alpha of NaN, infinity, 0, 1 and -1, version 2^64-1, columns of 0 and 2^32-1, "
        "curve_points and top_features of 2^32-1, names with paths and zeros, for each method")
def parameters(trial):
    detector, registry = clients.detector_pb2(), clients.registry_pb2()
    bad = []
    with trial.client() as client:
        def expect(codes, call, request):
            try:
                call(request, timeout=10)
                code, words = "OK", ""
            except grpc.RpcError as error:
                code, words = error.code().name, error.details()
            if code not in codes or str(trial.folder) in words:
                bad.append(f"{type(request).__name__} {str(request)[-60:]!r}: {code} {words}")

        for value in (NAN, INFINITY, -INFINITY, 0, 1, -1, 1e-320):
            codes = ("INVALID_ARGUMENT",) if value != 1e-320 else ("INVALID_ARGUMENT", "OK")
            expect(codes, client.detector.Score, clients.score_request(alpha=value))
            expect(codes, client.detector.Threshold,
                   detector.ThresholdRequest(model="pump", alpha=value))
        for version in (2**64 - 1, 0, 2**63):
            codes = ("NOT_FOUND", "INVALID_ARGUMENT")
            expect(codes, client.detector.Score, clients.score_request(version=version))
            expect(codes, client.registry.SetServingVersion,
                   registry.SetServingVersionRequest(model="pump", version=version))
            expect(codes, client.registry.DeleteVersion,
                   registry.DeleteVersionRequest(model="pump", version=version))
        for columns in (0, 2**32 - 1, 11):
            request = clients.score_request()
            request.rows.columns = columns
            expect(("INVALID_ARGUMENT",), client.detector.Score, request)
        expect(("INVALID_ARGUMENT",), client.detector.Score, detector.ScoreRequest(model="pump"))
        expect(("INVALID_ARGUMENT",), client.detector.Threshold,
               detector.ThresholdRequest(model="pump", curve_points=2**32 - 1))
        expect(("OK",), client.detector.Score, clients.score_request(top_features=2**32 - 1))
        for name in ("", "..", "../repository", "/etc", "a/b", "a\0b", "x" * 65, "\u00e9" * 20):
            codes = ("NOT_FOUND", "INVALID_ARGUMENT")
            expect(codes, client.detector.Score, clients.score_request(name))
            expect(codes, client.registry.GetModel, registry.GetModelRequest(model=name))
            expect(codes, client.registry.DeleteModel, registry.DeleteModelRequest(model=name))
    trial.check(not bad, f"{len(bad)} answers are wrong: {bad[:2]}")
    return trial.if_held("each refused with INVALID_ARGUMENT or NOT_FOUND")


@attack("words of errors", growth_mib=64, starts_server=False, quick=True,
        sends="calls that fail on the server's files, and names in UTF-8")
def words(trial):
    """No paths of the server in what clients read; what is readable stays so."""
    trial.begin(trial.start_server())
    messages = []
    detector = clients.detector_pb2()
    serving = trial.repository / "pump" / "serving.json"
    serving.unlink(missing_ok=True)
    serving.mkdir()
    (serving / "x").mkdir()
    thresholds = trial.repository / "pump" / "1" / "thresholds.json"
    thresholds.mkdir()
    (thresholds / "x").mkdir()
    with trial.client() as client:
        calls = [
            (client.detector.Threshold,
             detector.ThresholdRequest(model="pump", alpha=0.2, apply=True)),
            (client.registry.SetServingVersion, clients.registry_pb2().SetServingVersionRequest(
                model="pump", version=1)),
            (client.detector.Score, clients.score_request("Ölpumpe-température"))]
        for call, request in calls:
            try:
                call(request, timeout=10)
                messages.append("OK")
            except grpc.RpcError as error:
                messages.append(f"{error.code().name}: {error.details()}")
    paths = [each for each in messages if str(trial.repository) in each or "/" in each]
    trial.check(not paths, f"paths of the server: {paths}")
    trial.check("Ölpumpe" in messages[-1], f"not readable: {messages[-1]}")
    time.sleep(0.3)
    trial.check("Ölpumpe" in trial.server.log(), "the log does not have the name readable")
    return "; ".join(messages)
