"""Volumes that hang, are slow or broken, log readers that sleep, and work that is not small."""

import fcntl
import os
import random
import signal
import threading
import time

import clients
import models
from registry import attack

F_SETPIPE_SZ = 1031
MANY_MODELS = 1500


class _Volume:
    """A server on a volume that can be disturbed."""

    def __init__(self, trial, *flags):
        self._control = trial.folder / "control"
        trial.begin(trial.start_server(*flags, environment={
            "LD_PRELOAD": str(trial.compile("volume")), "TORTURE_VOLUME": str(trial.repository),
            "TORTURE_CONTROL": str(self._control)}))

    def disturb(self, how):
        """Nothing (None), "hang", "EIO" or a number of milliseconds."""
        if how is None:
            self._control.unlink()
            return
        new = self._control.with_suffix(".new")
        new.write_text(str(how))
        new.rename(self._control)


def _change_much(trial, client):
    """Begins calls that need the disk: thresholds, serving versions, deletions, trainings."""
    detector, registry = clients.detector_pb2(), clients.registry_pb2()
    calls = []
    for i in range(32):
        calls.append(client.detector.Threshold.future(detector.ThresholdRequest(
            model="pump", alpha=0.01 + i / 1000, apply=True), timeout=60))
        calls.append(client.registry.SetServingVersion.future(
            registry.SetServingVersionRequest(model="pump", version=1), timeout=60))
    for i in range(8):
        calls.append(client.registry.DeleteVersion.future(
            registry.DeleteVersionRequest(model="spare", version=1), timeout=60))
        calls.append(client.registry.DeleteModel.future(
            registry.DeleteModelRequest(model="spare"), timeout=60))
    spec = detector.TrainRequest(spec=detector.TrainSpec(model="new"))
    trainings = [client.detector.Train(iter([spec]), timeout=60) for _ in range(8)]
    return calls, trainings


def _disturbed(trial, how, seconds=5):
    models.copy_as(trial.repository / "pump", trial.repository, "spare")
    volume = _Volume(trial, "--repository_poll_interval=200ms")
    probe = trial.probe(rows=64)
    time.sleep(0.5)
    volume.disturb(how)
    with trial.client() as client:
        calls, trainings = _change_much(trial, client)
        time.sleep(seconds)
        early = sum(call.done() for call in calls)
        words = trial.check_probe(probe.stop(), median_ms=100, longest_ms=1500)
        volume.disturb(None)
        begin = time.monotonic()
        codes = {clients.code_of(call.result) for call in calls}
        codes |= {clients.code_of(list, training) for training in trainings}
        took = time.monotonic() - begin
    trial.check(took <= 20, f"the calls ended {took:.0f} s after the volume was well")
    trial.check("OK" in codes or how == "EIO", f"no call succeeded: {codes}")
    allowed = {"OK", "NOT_FOUND", "INVALID_ARGUMENT", "FAILED_PRECONDITION", "UNAVAILABLE",
               "RESOURCE_EXHAUSTED", "ABORTED"}
    trial.check(codes <= allowed, f"codes {codes - allowed}")
    with trial.client() as client:
        response = client.detector.Threshold(clients.detector_pb2().ThresholdRequest(
            model="pump", alpha=0.3, apply=True), timeout=20)
        trial.check(abs(response.alpha - 0.3) < 1e-9, "no threshold can be applied afterwards")
    return (f"{words}; {early} of {len(calls)} calls had ended meanwhile, the others {took:.1f} s "
            f"after: {', '.join(sorted(codes))}")


@attack("hanging volume", starts_server=False, timeout=120, alone=True,
        sends="88 calls that need the disk while it hangs for 5 s, beside health checks and scores")
def hanging(trial):
    return _disturbed(trial, "hang")


@attack("slow volume", starts_server=False, timeout=180, alone=True,
        sends="the same while each use of a file takes 50 ms")
def slow(trial):
    return _disturbed(trial, 50)


@attack("broken volume", starts_server=False, timeout=120, alone=True,
        sends="the same while each use of a file fails with EIO")
def broken(trial):
    return _disturbed(trial, "EIO")


@attack("SIGTERM with a hanging volume", starts_server=False, timeout=120,
        sends="SIGTERM while the disk hangs under calls that need it; --drain_timeout=2s")
def sigterm(trial):
    models.copy_as(trial.repository / "pump", trial.repository, "spare")
    volume = _Volume(trial, "--drain_timeout=2s", "--repository_poll_interval=200ms")
    volume.disturb("hang")
    with trial.client() as client:
        _change_much(trial, client)
        time.sleep(1)
        begin = time.monotonic()
        trial.server.process.send_signal(signal.SIGTERM)
        while trial.server.alive() and time.monotonic() - begin < 20:
            time.sleep(0.05)
    took = time.monotonic() - begin
    status = trial.server.process.poll()
    trial.check(status is not None and took <= 10, f"it ran {took:.0f} s after SIGTERM")
    volume.disturb(None)
    trial.server = None
    return f"ended {took:.1f} s after SIGTERM with status {status}"


@attack("sleeping log reader", starts_server=False, timeout=120,
        alone=True,
        sends="4,000 failing calls at --log_level=debug, with standard error in a pipe of 4 KiB "
        "that nobody reads")
def sleeping_reader(trial):
    reader, writer = os.pipe()
    server = trial.start_server("--log_level=debug", stderr=writer)
    fcntl.fcntl(writer, F_SETPIPE_SZ, 4096)
    os.close(writer)
    trial.begin(server)
    probe = trial.probe()
    codes = {}
    request = clients.score_request("stranger").SerializeToString()
    with clients.clients(server.address, 4) as made:
        for _ in range(10):
            calls = [made[i % 4].call(clients.DETECTOR + "Score").future(request, timeout=5)
                     for i in range(400)]
            for call in calls:
                code = clients.code_of(call.result)
                codes[code] = codes.get(code, 0) + 1
            if codes.get("DEADLINE_EXCEEDED"):
                break
    words = trial.check_probe(probe.stop(), median_ms=100, longest_ms=2000)
    trial.check(set(codes) == {"NOT_FOUND"}, f"the calls ended with {codes}")
    # The reader wakes, so that the end of the trial is not about this.
    threading.Thread(target=_drain, args=(reader,), daemon=True).start()
    return f"{codes}; {words}"


def _drain(reader):
    while os.read(reader, 65536):
        pass


@attack("alpha with many training scores", models=("pump", "scores"), alone=True, timeout=150,
        sends="Score calls with alphas of their own for a version with 1,000,000 training scores, "
        "16 at a time, while others score a small model")
def alpha(trial):
    probe = trial.probe()
    crowd = trial.load(model="scores", columns=1, alphas=True, in_flight=16, seconds=6).wait()
    words = trial.check_probe(probe.stop(), median_ms=50, longest_ms=1500)
    answered = crowd["codes"].get("OK", 0)
    trial.check(answered >= 16, f"only {answered} were answered: {crowd['codes']}")
    return f"answered {answered}, median {1000 * (crowd['median'] or 0):.0f} ms; {words}"


@attack("thresholds among many models", starts_server=False, timeout=180, alone=True,
        sends=f"thresholds applied by 4 clients among {MANY_MODELS:,} models, while others score")
def thresholds(trial):
    names = [f"m{i}" for i in range(MANY_MODELS)]
    for name in names:
        models.copy_as(trial.repository / "pump", trial.repository, name)
    trial.begin(trial.start_server())
    alone = trial.probe(seconds=2).wait()
    probe = trial.probe()
    stop = time.monotonic() + 6
    counts = [0] * 4
    codes = set()

    def apply(seed):
        generator = random.Random(seed)
        with trial.client() as client:
            while time.monotonic() < stop:
                codes.add(clients.code_of(
                    client.detector.Threshold, clients.detector_pb2().ThresholdRequest(
                        model=generator.choice(names), alpha=generator.uniform(0.01, 0.5),
                        apply=True), timeout=20))
                counts[seed] += 1

    threads = [threading.Thread(target=apply, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result = probe.stop()
    words = trial.check_probe(result, median_ms=50, longest_ms=1500)
    trial.check(sum(counts) >= 24, f"only {sum(counts)} thresholds were applied in 6 s")
    trial.check(codes == {"OK"}, f"applying ended with {codes}")
    return f"applied {sum(counts)}; {words}; alone: median {1000 * alone['median']:.1f} ms"
