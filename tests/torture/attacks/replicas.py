"""Two servers on one repository, and repositories in every state of disorder."""

import json
import os
import shutil
import signal
import threading
import time

import grpc

import clients
import models
from registry import attack
from server import Usage


def _train(client, model, rows, keep=False):
    """Trains on some rows; the number of the version. `keep` leaves the serving one."""
    detector = clients.detector_pb2()
    spec = detector.TrainSpec(model=model, keep_serving_version=keep)
    spec.hyperparameters.ensemble_size, spec.hyperparameters.epochs = 1, 1
    messages = [detector.TrainRequest(spec=spec), detector.TrainRequest(rows=rows)]
    responses = list(client.detector.Train(iter(messages), timeout=40))
    return responses[-1].finished.version.version


def _rows(factor):
    rows = clients.score_request(rows=32).rows
    for i, value in enumerate(rows.values):
        rows.values[i] = value * factor if i % 3 else value
    return rows


def _answer(client, model):
    """Version and scores, or the code when there are none."""
    try:
        response = client.detector.Score(clients.score_request(model, 4), timeout=10)
    except grpc.RpcError as error:
        return error.code().name
    return response.version, tuple(response.scores)


@attack("deleted and trained again", timeout=120, starts_server=False,
        sends="a model that is deleted on one of two servers and trained again, on other rows, "
        "before the other polls; then the same with a restored backup")
def retrained(trial):
    trial.begin(trial.start_server("--repository_poll_interval=6s"))
    other = trial.start_server("--repository_poll_interval=6s")
    with trial.client() as first, trial.client(other) as second:
        old = _train(first, "m", _rows(1))
        trial.eventually(lambda: _answer(second, "m") == _answer(first, "m"), 20,
                         "the other serves the first version")
        first.registry.DeleteModel(clients.registry_pb2().DeleteModelRequest(model="m"), timeout=10)
        new = _train(first, "m", _rows(3))
        stale = _answer(second, "m")[0] == old
        trial.check(new != old, f"version {old} was another one before")
        trial.eventually(lambda: _answer(second, "m") == _answer(first, "m"), 20,
                         "both servers give the same scores")
        # A backup comes back without the last version, whose number was already seen.
        shutil.copytree(trial.repository / "m", trial.folder / "backup")
        last = _train(first, "m", _rows(5))
        trial.eventually(lambda: _answer(second, "m") == _answer(first, "m"), 20,
                         "both servers have the version to be lost")
        shutil.rmtree(trial.repository / "m")
        shutil.copytree(trial.folder / "backup", trial.repository / "m")
        again = _train(first, "m", _rows(7))
        trial.eventually(lambda: _answer(second, "m") == _answer(first, "m"), 20,
                         "both servers agree after the restored backup")
        fresh = trial.start_server()
        with trial.client(fresh) as third:
            trial.check(_answer(third, "m") == _answer(first, "m"), "a new server disagrees")
    return (f"version {old}, then {new}{' (the other still had the old one)' if stale else ''}; "
            f"with the backup {last}, then {again}" + trial.if_held("; all servers agree"))


@attack("thresholds from both", timeout=120, starts_server=False,
        sends="60 thresholds applied through each of two servers at once")
def thresholds(trial):
    trial.begin(trial.start_server("--repository_poll_interval=100ms"))
    other = trial.start_server("--repository_poll_interval=100ms")
    applied = []
    codes = set()

    def apply(server, offset):
        with trial.client(server) as client:
            for i in range(30):
                alpha = round(0.05 + offset / 10 + i / 1000, 6)
                code = clients.code_of(
                    client.detector.Threshold, clients.detector_pb2().ThresholdRequest(
                        model="pump", alpha=alpha, apply=True), timeout=20)
                codes.add(code)
                if code == "OK":
                    applied.append(alpha)

    threads = [threading.Thread(target=apply, args=(server, offset))
               for offset, server in enumerate([trial.server, other] * 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    def history(client):
        response = client.registry.GetModel(
            clients.registry_pb2().GetModelRequest(model="pump"), timeout=10)
        return [record.alpha for record in response.versions[0].threshold_history]

    with trial.client() as first, trial.client(other) as second:
        trial.eventually(lambda: history(first) == history(second), 10,
                         "both servers have the same history")
        kept = history(first)
    stored = json.loads((trial.repository / "pump" / "1" / "thresholds.json").read_text())
    trial.check([record["alpha"] for record in stored["records"]] == kept,
                "the repository has another history than the servers")
    missing = set(applied) - {round(alpha, 6) for alpha in kept}
    trial.check(not missing, f"{len(missing)} of {len(applied)} applied thresholds are lost")
    trial.check(codes <= {"OK", "ABORTED"} and len(applied) >= 100, f"codes {codes}")
    return f"applied {len(applied)}, kept {len(kept) - 1}" + trial.if_held(
        "; both servers and the repository agree")


def _make_disorder(repository):
    """Whatever may lie in a folder that people and backups use. Returns how many things."""
    pump = repository / "pump"
    good = pump / "1"
    manifest = (good / "manifest.json").read_text()
    before = sum(len(files) + len(folders) for _, folders, files in os.walk(repository))
    for name in ("lost+found", "empty", " ", "-rf", "a" * 200, ".hidden", "UPPER~", "new\nline"):
        (repository / name).mkdir()
    os.mkdir(os.fsencode(repository) + b"/\xff\xfe")
    (repository / "file").write_text("a file, not a model")
    (repository / "dangling").symlink_to(repository / "nowhere")
    (repository / "loop").symlink_to(repository / "loop")
    (repository / "itself").symlink_to(repository)
    os.mkfifo(repository / "fifo")
    for number in ("0", "-1", "1.5", "007", "18446744073709551615", "18446744073709551616",
                   "9" * 100, "2 (copy)", "9223372036854775807"):
        shutil.copytree(good, pump / number)
    (pump / "3").mkdir()
    (pump / "4").symlink_to(pump / "nowhere")
    (pump / "5").write_text("a file")
    for number, text in ((6, ""), (7, "{"), (8, "null"), (9, manifest[:100]), (10, "[" * 100000),
                         (11, manifest.replace('"model": "pump"', '"model": "other"'))):
        shutil.copytree(good, pump / str(number))
        (pump / str(number) / "manifest.json").write_text(text)
    for number, what in ((12, "fifo"), (13, "folder"), (14, "zeros"), (15, "loop")):
        version = pump / str(number)
        shutil.copytree(good, version)
        file = version / ("manifest.json" if number < 14 else "weights.safetensors")
        file.unlink()
        if what == "fifo":
            os.mkfifo(file)  # whose opening waits for ever
        elif what == "folder":
            file.mkdir()
        elif what == "zeros":
            file.symlink_to("/dev/zero")  # which never ends
        else:
            file.symlink_to(file)
    (repository / "fakes").mkdir()
    (repository / "fakes" / "serving.json").symlink_to("/dev/zero")
    shutil.copytree(good, repository / "fakes" / "1")
    after = sum(len(files) + len(folders) for _, folders, files in os.walk(repository))
    return after - before


@attack("disorder", timeout=120, starts_server=False, growth_mib=200,
        sends="foreign, dangling, looping, empty, broken and absurd files and folders, before the "
        "start and while it runs")
def disorder(trial):
    trial.begin(trial.start_server("--repository_poll_interval=200ms"))
    things = _make_disorder(trial.repository)
    time.sleep(2)
    late = trial.start_server("--repository_poll_interval=200ms")
    models.copy_as(trial.cache / "pump", trial.repository, "afterwards")
    for server in (trial.server, late):
        with trial.client(server) as client:
            trial.eventually(lambda: _answer(client, "afterwards") != "NOT_FOUND", 15,
                             "a model that came afterwards is served")
            answer = _answer(client, "pump")
            trial.check(not isinstance(answer, str), f"the good version: {answer}")
            trial.check(not late.metrics() == "", "no metrics")
    # A number at the edge must not keep the model from being trained further.
    with trial.client() as client:
        code = clients.code_of(_train, client, "afterwards", _rows(1))
    trial.check(code == "OK", f"a training ends with {code}")
    return f"{things} things" + trial.if_held("; served the good ones, and took up what came later")


@attack("half-copied version", timeout=60, starts_server=False,
        sends="a version that is copied into the repository file by file, with pauses")
def half_copied(trial):
    trial.begin(trial.start_server("--repository_poll_interval=100ms"))
    # The second version of another model: its number tells which one answers.
    source = trial.cache / "pump" / "1"
    models.copy_as(trial.cache / "pump", trial.folder, "copied")
    source = trial.folder / "copied" / "1"
    target = trial.repository / "copied" / "1"
    target.mkdir(parents=True)
    for file in sorted(source.iterdir()):
        half = file.read_bytes()[:file.stat().st_size // 2]
        (target / file.name).write_bytes(half)
        time.sleep(0.4)
        shutil.copy(file, target / file.name)
        time.sleep(0.4)
    with trial.client() as client:
        trial.eventually(lambda: not isinstance(_answer(client, "copied"), str), 10,
                         "the completed version is served")
    return trial.if_held("served it once it was complete")


@attack("volume gone and back", timeout=90, starts_server=False,
        sends="the repository moved away, then an empty folder in its place, then the repository "
        "again with a new model")
def unmounted(trial):
    trial.begin(trial.start_server("--repository_poll_interval=100ms"))
    away = trial.folder / "away"
    with trial.client() as client:
        before = _answer(client, "pump")
        synced = trial.server.metric("advae_repository_sync_timestamp_seconds")
        trial.repository.rename(away)
        time.sleep(1.5)
        trial.check(_answer(client, "pump") == before, "it does not serve while the folder is away")
        trial.repository.mkdir()
        time.sleep(1.5)
        trial.check(_answer(client, "pump") == before,
                    "it does not serve while the folder is empty, as an unmounted volume is")
        now = time.time()
        synced = trial.server.metric("advae_repository_sync_timestamp_seconds")
        trial.check(synced < now - 1, "advae_repository_sync_timestamp_seconds goes on")
        log = trial.server.log()
        told = any("repository" in line and (" warning " in line or " error " in line)
                   for line in log.splitlines())
        trial.check(told, "the log does not tell")
        shutil.rmtree(trial.repository)
        away.rename(trial.repository)
        models.copy_as(trial.cache / "pump", trial.repository, "new")
        trial.eventually(lambda: not isinstance(_answer(client, "new"), str), 10,
                         "a model of the returned volume is served")
        trial.check(_answer(client, "pump") == before, "it answers otherwise than before")
    return trial.if_held("served on, said so, and took up what came back")


@attack("killed in trainings", timeout=120, starts_server=False,
        sends="SIGKILL to a server with 2 trainings running and an upload under way, 3 times")
def killed(trial):
    detector = clients.detector_pb2()
    orphans = 0
    for number in range(3):
        server = trial.start_server()
        with trial.client(server) as client:
            stop = threading.Event()
            calls = []
            for i in range(2):
                spec = detector.TrainSpec(model=f"long-{number}-{i}" if i else "pump")
                spec.hyperparameters.epochs = 1000000
                calls.append(client.detector.Train(iter(
                    [detector.TrainRequest(spec=spec), detector.TrainRequest(rows=_rows(1))]),
                    timeout=60))
            limit = time.monotonic() + 15
            while len(server.workers()) < 2 and time.monotonic() < limit:
                time.sleep(0.05)
            workers = server.workers()
            trial.check(len(workers) == 2, f"{len(workers)} trainings run")
            time.sleep(0.3 * number)
            os.kill(server.pid, signal.SIGKILL)
            server.process.wait()
            stop.set()
            for call in calls:
                call.cancel()
        limit = time.monotonic() + 30  # they have the lowest priority
        while workers and time.monotonic() < limit:
            workers = [pid for pid in workers if _runs(pid)]
            time.sleep(0.05)
        orphans += len(workers)
    trial.check(not orphans, f"{orphans} trainings outlived their server")
    left = len(list((trial.repository / ".staging").iterdir()))
    trial.begin(trial.start_server())
    trial.eventually(lambda: not list((trial.repository / ".staging").iterdir()), 10,
                     "nothing stays in .staging")
    with trial.client() as client:
        trial.check(_answer(client, "pump")[0] == 1, "the version is not there")
        trial.check(sorted(model.model for model in client.registry.ListModels(
            clients.registry_pb2().ListModelsRequest(), timeout=10).models) == ["pump"],
                    "there are other models")
        new = _train(client, "pump", _rows(2), keep=True)
    return f"left {left} folders in .staging" + trial.if_held(
        f", which the next start removed; trained version {new}")


def _runs(pid):
    try:
        return Usage(pid).rss > 0
    except OSError:
        return False
