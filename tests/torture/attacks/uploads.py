"""Uploads that do not end, and files that are not what they seem."""

import io
import threading
import time
import zipfile

import grpc

import clients
from registry import attack
from server import PeakMeter


def _train_messages(model, epochs=1, rows=16):
    detector = clients.detector_pb2()
    hyper = detector.TrainSpec().hyperparameters
    hyper.ensemble_size, hyper.epochs = 1, epochs
    yield detector.TrainRequest(spec=detector.TrainSpec(model=model, hyperparameters=hyper))
    yield detector.TrainRequest(rows=clients.score_request(rows=rows).rows)


def _idle(first, stop, each_second=None):
    """Sends messages and then, at most, one each second until `stop`."""
    yield from first
    while not stop.wait(1):
        if each_second:
            yield each_second


@attack("idle trainings", quiet=True, timeout=150, growth_mib=64,
        sends="2 Train calls that send a spec and a few rows and then nothing, for as long as they "
        "may, while others want to train; --max_jobs=2")
def idle_trainings(trial):
    return _hold_slots(trial, lambda name, stop: _idle(_train_messages(name), stop))


@attack("trickling trainings", quiet=True, timeout=150, growth_mib=64,
        flags=("--max_upload_time=20s",),
        sends="the same with one row each second; --max_upload_time=20s")
def trickling_trainings(trial):
    row = clients.detector_pb2().TrainRequest(rows=clients.score_request(rows=1).rows)
    return _hold_slots(trial, lambda name, stop: _idle(_train_messages(name), stop, row))


def _hold_slots(trial, messages):
    """Others must get to train within two minutes."""
    stop = threading.Event()
    with trial.client() as greedy, trial.client() as other:
        calls = [greedy.detector.Train(messages(f"idle-{i}", stop)) for i in range(2)]
        time.sleep(2)
        begin = time.monotonic()
        code = "RESOURCE_EXHAUSTED"
        while code == "RESOURCE_EXHAUSTED" and time.monotonic() - begin < 110:
            code = clients.code_of(list, other.detector.Train(_train_messages("other"), timeout=60))
            time.sleep(0.5)
        took = time.monotonic() - begin
        codes = [call.code().name for call in calls if not call.is_active()]
        stop.set()
        for call in calls:
            call.cancel()
    trial.check(code == "OK", f"after {took:.0f} s others still get {code}")
    trial.eventually(lambda: not list((trial.repository / ".staging").glob("*")), 10,
                     "nothing stays in .staging")
    ended = f"; the idle ones ended with {', '.join(codes)}" if codes else ""
    return trial.if_held(f"trained for another after {took:.0f} s") + ended


def _import(trial, encoder, generator, limit_mib=2500):
    """Imports files as a version. Returns the code, the message and the worker's peak in MiB."""
    registry = clients.registry_pb2()

    def messages():
        yield registry.ImportVersionRequest(spec=registry.ImportSpec(model="imported"))
        for name, content in (("encoder_chunk", encoder), ("generator_chunk", generator)):
            for offset in range(0, len(content), 1 << 20):
                yield registry.ImportVersionRequest(**{name: content[offset:offset + (1 << 20)]})
        yield registry.ImportVersionRequest(rows=clients.score_request(rows=16).rows)

    meter = PeakMeter(trial.server.workers, limit_mib)
    meter.start()
    code, words = "OK", ""
    with trial.client() as client:
        try:
            client.registry.ImportVersion(messages(), timeout=60)
        except grpc.RpcError as error:
            code, words = error.code().name, error.details()
    return code, words, meter.stop()


def _zip_bomb(size, pickle=b"\x80\x02}q\x00."):
    """A state dict in PyTorch's form whose tensor inflates to `size` zeros."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("archive/data.pkl", pickle)
        archive.writestr("archive/version", "3\n")
        with archive.open("archive/data/0", "w", force_zip64=True) as entry:
            for _ in range(size >> 20):
                entry.write(bytes(1 << 20))
    return out.getvalue()


def _pickle_bomb(size):
    """A state dict whose pickle itself inflates to `size` bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("archive/data.pkl", "w", force_zip64=True) as entry:
            entry.write(b"\x80\x02")
            for _ in range(size >> 20):
                entry.write(b"N" * (1 << 20))
        archive.writestr("archive/version", "3\n")
    return out.getvalue()


def _check_import(trial, bombs, limit_mib):
    """Each is refused as what it is, by a worker that stays small."""
    words = []
    for name, bomb in bombs:
        code, message, peak = _import(trial, bomb, bomb)
        trial.check(code == "INVALID_ARGUMENT", f"{name}: {code}: {message[:150]}")
        trial.check(peak <= limit_mib, f"{name}: the worker took {peak:.0f} MiB")
        words.append(f"{name} of {len(bomb) / 1e6:.1f} MB: {code}, the worker's peak "
                     f"{peak:.0f} MiB")
    return "; ".join(words)


@attack("zip bombs", timeout=150, growth_mib=100,
        sends="imports of .pt files whose entries inflate to 2 GiB: a tensor, the pickle")
def zip_bombs(trial):
    return _check_import(trial, [("tensor", _zip_bomb(2 << 30)),
                                 ("pickle", _pickle_bomb(2 << 30))], 1200)


@attack("broken weights", timeout=90, growth_mib=100,
        sends="imports of nothing, of nonsense, of a safetensors header of 2^63 bytes and of an "
        "empty zip")
def broken_weights(trial):
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    return _check_import(trial, [
        ("nonsense", b"nonsense" * 100),
        ("safetensors", (1 << 63).to_bytes(8, "little") + b"{}"),
        ("empty zip", empty.getvalue())], 1200)


@attack("disk of rows", timeout=90, growth_mib=200, flags=("--max_training_bytes=10000000",),
        sends="a Train call with 64 MB of rows; --max_training_bytes=10 MB")
def too_many_rows(trial):
    detector = clients.detector_pb2()
    chunk = detector.TrainRequest(rows=clients.score_request(rows=20000).rows)

    def messages():
        yield next(_train_messages("large"))
        for _ in range(64):
            yield chunk

    most = 0
    with trial.client() as client:
        call = client.detector.Train(messages(), timeout=30)
        while call.is_active():
            files = [file for file in (trial.repository / ".staging").rglob("*") if file.is_file()]
            try:
                most = max(most, sum(file.stat().st_size for file in files))
            except OSError:
                pass
            time.sleep(0.01)
        code = call.code().name
    trial.check(code == "RESOURCE_EXHAUSTED", f"it ended with {code}")
    trial.check(most <= 12_000_000, f"{most} bytes were spooled")
    return f"{code}; at most {most / 1e6:.0f} MB on the disk"


@attack("broken specs", growth_mib=64,
        sends="Train calls with specs out of range and no rows, columns of 0 and 2^32-1, rows "
        "before the spec")
def broken_specs(trial):
    detector = clients.detector_pb2()
    infinity = float("inf")

    def spec(**hyper):
        parameters = detector.TrainSpec().hyperparameters
        for name, value in hyper.items():
            setattr(parameters, name, value)
        return detector.TrainSpec(model="broken", hyperparameters=parameters)

    specs = [spec(hidden_size=0), spec(hidden_size=2**32 - 1), spec(latent_size=2**32 - 1),
             spec(epochs=0), spec(epochs=2**32 - 1), spec(batch_size=0), spec(ensemble_size=65),
             spec(learning_rate=-1), spec(learning_rate=infinity), spec(gamma=float("nan")),
             detector.TrainSpec(model=""), detector.TrainSpec(model="../outside"),
             detector.TrainSpec(model="a\nb"), detector.TrainSpec(model="x" * 65),
             detector.TrainSpec(model="broken", alpha=infinity),
             detector.TrainSpec(model="broken", trimmed_share=0.9)]
    rows = detector.TrainRequest(rows=clients.score_request(rows=8).rows)
    wide, none = detector.TrainRequest(), detector.TrainRequest()
    wide.rows.columns, none.rows.columns = 2**32 - 1, 0
    wide.rows.values.append(1)
    none.rows.values.append(1)
    ordinary = next(_train_messages("broken"))
    cases = [[detector.TrainRequest(spec=each), rows] for each in specs]
    cases += [[rows, ordinary], [ordinary, wide], [ordinary, none], [ordinary], [], [ordinary] * 2]
    with trial.client() as client:
        codes = [clients.code_of(list, client.detector.Train(iter(case), timeout=20))
                 for case in cases]
    wrong = [(i, code) for i, code in enumerate(codes) if code != "INVALID_ARGUMENT"]
    trial.check(not wrong, f"other codes: {wrong}")
    outside = trial.repository.parent / "outside"
    trial.check(not outside.exists(), "it wrote outside of the repository")
    trial.check(sorted(path.name for path in trial.repository.iterdir()
                       if not path.name.startswith(".")) == ["pump"], "a model was made")
    return f"INVALID_ARGUMENT for {len(cases) - len(wrong)} of {len(cases)}"
