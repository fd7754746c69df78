"""Little that becomes much: messages, versions and trainings that grow in memory."""

import gzip
import io
import resource
import threading
import time
import zlib

import grpc

import clients
import http2
import models
from registry import attack
from server import MemoryGroup, PeakMeter
from trial import Skip

MIB = 1 << 20


def _bomb(size):
    """A gzip stream that inflates to `size` zeros."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    out = io.BytesIO()
    chunk = bytes(MIB)
    for _ in range(size // MIB):
        out.write(compressor.compress(chunk))
    out.write(compressor.flush())
    return out.getvalue()


def _send_compressed(trial, body, count, encoding="gzip"):
    """Sends it as the request of `count` Score calls, each on its own connection. Returns how many
    were ended within 20 s."""
    ended = []

    def send():
        connection = http2.Connection(trial.server.address)
        try:
            connection.headers(1, http2.request_fields(
                clients.DETECTOR + "Score", extra=[("grpc-encoding", encoding)]))
            connection.data(1, http2.message(body, compressed=True), end=True)
        except http2.Closed:
            pass
        if connection.wait_ended({1}, 20) or connection.closed.is_set():
            ended.append(True)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(ended)


@attack("gzip bombs", growth_mib=200, quick=True,
        sends="4 Score calls at once whose 0.5 MB of gzip would inflate to 512 MiB each")
def gzip_bombs(trial):
    ended = _send_compressed(trial, _bomb(512 * MIB), 4)
    trial.check(ended == 4, f"only {ended} of 4 calls were ended")
    return f"ended {ended} calls"


@attack("deflate bombs", growth_mib=200,
        sends="the same with deflate")
def deflate_bombs(trial):
    body = zlib.compress(bytes(512 * MIB), 1)
    ended = _send_compressed(trial, body, 4, "deflate")
    trial.check(ended == 4, f"only {ended} of 4 calls were ended")
    return f"ended {ended} calls"


@attack("gzip bombs on a small server", growth_mib=1000, rlimits={resource.RLIMIT_AS: 2048 * MIB},
        sends="3 Score calls at once whose 1 MB of gzip would inflate to 1 GiB each, to a server "
        "with 2 GiB of address space")
def small_server(trial):
    ended = _send_compressed(trial, _bomb(1024 * MIB), 3)
    trial.check(ended == 3, f"only {ended} of 3 calls were ended")
    return f"ended {ended} calls"


@attack("compressed by grpcio", growth_mib=64, quick=True,
        sends="an ordinary Score call of 1,000 rows that grpcio compresses with gzip")
def honest_gzip(trial):
    """What is refused is refused with words that tell how to go on."""
    with trial.client() as client:
        request = clients.score_request(rows=1000)
        try:
            scores = client.detector.Score(request, timeout=10,
                                           compression=grpc.Compression.Gzip).scores
            trial.check(list(scores) == client.scores(rows=1000), "the scores differ")
            return "answered"
        except grpc.RpcError as error:
            trial.check(error.code() == grpc.StatusCode.UNIMPLEMENTED,
                        f"{error.code().name}: {error.details()}")
            return f"{error.code().name}: {error.details()[:120]}"


@attack("empty feature names", growth_mib=400, timeout=60,
        sends="a Score call with 60 MB of empty feature names")
def feature_names(trial):
    request = clients.score_request()
    names = b"\x1a\x00" * (30 * MIB)
    matrix = request.rows.SerializeToString() + names
    request.ClearField("rows")
    body = request.SerializeToString()
    body += b"\x1a" + varint(len(matrix)) + matrix
    return _one_large(trial, body)


def varint(value):
    """A protobuf varint."""
    out = bytearray()
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    out.append(value)
    return bytes(out)


def _one_large(trial, body, count=1):
    with trial.client() as client:
        begin = time.monotonic()
        calls = [client.call(clients.DETECTOR + "Score").future(body, timeout=40)
                 for _ in range(count)]
        codes = [clients.code_of(call.result) for call in calls]
        sizes = [len(call.result()) for call, code in zip(calls, codes) if code == "OK"]
        took = time.monotonic() - begin
    trial.check(set(codes) <= {"OK", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"}, f"codes {codes}")
    answers = f", answers of {sum(sizes) / 1e6:.0f} MB" if sizes else ""
    return f"{', '.join(codes)} after {took:.1f} s{answers}"


@attack("all explanations", models=("pump", "cheap"), growth_mib=400, timeout=90,
        sends="a Score call with 25 MB of rows that asks for all explanations")
def explanations(trial):
    request = clients.score_request("cheap", rows=25_000_000 // 48, top_features=12)
    body = request.SerializeToString()
    return _one_large(trial, body)


@attack("unknown fields", growth_mib=400, timeout=60,
        sends="a Score call with 60 MB of unknown fields of one byte")
def unknown_fields(trial):
    body = clients.score_request().SerializeToString() + b"\xa0\x06\x01" * (20 * MIB)
    return _one_large(trial, body)


@attack("many large messages", growth_mib=700, timeout=90,
        flags=("--max_receive_bytes=268435456", "--max_call_bytes=268435456"),
        sends="16 Score calls at once with 60 MB of rows each; --max_receive_bytes and --max_call_bytes "
        "are 256 MiB")
def large_messages(trial):
    body = clients.score_request(rows=60_000_000 // 48).SerializeToString()
    return _one_large(trial, body, count=16)


@attack("large training", growth_mib=200, timeout=90,
        sends="a Train call with 8 bytes of rows for 6 members with h = 8192 and k = 4096")
def large_training(trial):
    detector = clients.detector_pb2()
    hyper = detector.TrainSpec().hyperparameters
    hyper.hidden_size, hyper.latent_size = 8192, 4096
    hyper.ensemble_size, hyper.epochs = 6, 1
    spec = detector.TrainSpec(model="large", hyperparameters=hyper)
    rows = detector.TrainRequest()
    rows.rows.columns = 1
    rows.rows.values.extend([0, 1])
    meter = PeakMeter(trial.server.workers, limit_mib=2500)
    meter.start()
    with trial.client() as client:
        code = clients.code_of(
            list, client.detector.Train(iter([detector.TrainRequest(spec=spec), rows]), timeout=40))
    peak = meter.stop()
    trial.check(peak <= 2048, f"the training took {peak:.0f} MiB")
    trial.check(code in ("INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION"),
                f"it ended with {code}")
    return f"{code}; the trainer's peak was {peak:.0f} MiB"


def _publish_wide(trial):
    """8 versions that take more than a gigabyte together; their size on the disk in MiB."""
    source = trial.folder / "wide"
    for number in range(8):
        models.copy_as(source, trial.repository, f"a-wide-{number}")
    return sum(file.stat().st_size for file in source.rglob("*")) / MIB


@attack("versions beyond the memory", models=("pump", "wide"), growth_mib=700,
        starts_server=False, timeout=120,
        sends="the start on a repository with 8 versions of h = 4096, in a control group with "
        "1 GiB")
def versions(trial):
    """The small model is served, and what does not fit is skipped."""
    try:
        group = MemoryGroup(1024 * MIB)
    except OSError as error:
        raise Skip(f"no control group can be made: {error}") from error
    (trial.repository / "wide").rename(trial.folder / "wide")
    with group:
        size = _publish_wide(trial)
        trial.begin(trial.start_server(group=group))
        loaded = int(trial.server.metric("advae_versions"))
        trial.check(loaded >= 2, "it loaded next to nothing")
        trial.check(trial.server.usage().rss <= 700, "it takes more than 700 MiB")
        with trial.client() as client:
            trial.check(clients.code_of(client.scores) == "OK", "the small one is not served")
        trial.stop_servers()
    return f"loaded {loaded} of 9 versions, 8 of which have {size:.0f} MiB each on the disk"


@attack("versions beyond the budget", models=("pump", "wide"), growth_mib=650,
        starts_server=False, timeout=120,
        sends="8 versions of h = 4096 published under a running server, and a start on all of "
        "them; --max_models_memory=600 MiB")
def budget(trial):
    flags = ("--max_models_memory=629145600", "--repository_poll_interval=200ms")
    (trial.repository / "wide").rename(trial.folder / "wide")
    server = trial.start_server(*flags)
    trial.begin(server)
    _publish_wide(trial)
    trial.eventually(lambda: server.metric("advae_versions") >= 2, 30, "one of them is loaded")
    time.sleep(3)  # further ones come, if they come
    late = trial.start_server(*flags)
    grown = late.usage().peak - trial.before.rss
    trial.check(grown <= 650, f"a start takes {grown:.0f} MiB")
    loaded = [int(each.metric("advae_versions")) for each in (server, late)]
    for each, count in zip((server, late), loaded):
        trial.check(2 <= count <= 6, f"{count} of 9 versions are loaded")
        with trial.client(each) as client:
            code = clients.code_of(client.scores)
            trial.check(code == "OK", f"the small one: {code}")
            codes = {clients.code_of(client.scores, f"a-wide-{i}", timeout=30) for i in range(8)}
            trial.check(codes == {"OK", "FAILED_PRECONDITION"}, f"the large ones: {codes}")
    return f"loaded {loaded[0]}, and at the start {loaded[1]}, of 9 versions"


@attack("compressed training rows", growth_mib=200,
        sends="a Train call whose second message is 0.5 MB of gzip of 512 MiB")
def compressed_rows(trial):
    detector = clients.detector_pb2()
    spec = detector.TrainRequest(spec=detector.TrainSpec(model="new")).SerializeToString()
    connection = http2.Connection(trial.server.address)
    connection.headers(1, http2.request_fields(clients.DETECTOR + "Train",
                                               extra=[("grpc-encoding", "gzip")]))
    try:
        connection.data(1, http2.message(gzip.compress(spec), compressed=True))
        connection.data(1, http2.message(_bomb(512 * MIB), compressed=True), end=True)
    except http2.Closed:
        pass
    ended = connection.wait_ended({1}, 20) or connection.closed.is_set()
    connection.close()
    trial.check(ended, "the call was not ended")
    return trial.if_held("ended the call")
