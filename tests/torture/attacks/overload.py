"""More work than the server can do, and work that keeps others waiting."""

import signal
import time

import clients
from registry import attack

DEADLINE = 0.1
ROWS = 16  # of a request for model "heavy"


def _peak(trial, seconds=4):
    """Useful answers a second when as many calls are open as keep all cores busy."""
    load = trial.load(model="heavy", rows=ROWS, seconds=seconds, in_flight=6)
    return load.wait()["goodput"]


def _burst(trial, times):
    seconds = 20 if trial.is_long else 6
    peak = _peak(trial)
    trial.check(peak > 5, f"peak of {peak:.0f} answers a second: too few to tell anything")
    result = trial.load(model="heavy", rows=ROWS, seconds=seconds, rate=times * peak,
                        deadline=DEADLINE).wait()
    time.sleep(1)
    recovered = trial.load(model="heavy", rows=ROWS, seconds=3, rate=peak / 3,
                           deadline=DEADLINE).wait()
    share = result["goodput"] / peak
    trial.check(result["sent"] >= 0.9 * times * peak * seconds,
                f"the load sent only {result['sent']} calls")
    trial.check(share >= 0.85, f"{100 * share:.0f} % of the peak's useful answers, below 85 %")
    p99 = result["accepted_p99"]
    trial.check(p99 is not None and p99 <= 1.05 * DEADLINE and
                result["codes"].get("DEADLINE_EXCEEDED", 0) <=
                0.01 * result["codes"].get("OK", 0) + 1,
                f"p99 of the accepted calls beyond their deadline: {result['codes']}")
    bad = recovered["sent"] - recovered["codes"].get("OK", 0)
    trial.check(bad <= 0.02 * recovered["sent"],
                f"a second later {bad} of {recovered['sent']} calls at a third of the peak failed")
    codes = ", ".join(f"{count} {code}" for code, count in sorted(result["codes"].items()))
    return (f"peak {peak:.0f} useful answers/s; under the load {result['goodput']:.0f}/s "
            f"({100 * share:.0f} %), p99 of OK {1000 * (result['p99'] or 0):.0f} ms; {codes}; a "
            f"second later {recovered['codes'].get('OK', 0)} of {recovered['sent']} OK")


@attack("twice the peak", models=("pump", "heavy"), alone=True, timeout=120,
        sends="Score calls of 16 rows at twice the rate of the measured peak, whether answered or "
        "not, with deadlines of 100 ms")
def twice(trial):
    return _burst(trial, 2)


@attack("three times the peak", models=("pump", "heavy"), alone=True, timeout=120,
        sends="the same at three times the peak")
def three_times(trial):
    return _burst(trial, 3)


@attack("no deadlines", models=("pump", "heavy"), alone=True, timeout=120,
        sends="the same at three times the peak, without deadlines")
def no_deadlines(trial):
    """Waiting is bounded: with a queue that is not, the last of 8 seconds of calls waits for 16."""
    peak = _peak(trial)
    seconds = 20 if trial.is_long else 8
    result = trial.load(model="heavy", rows=ROWS, seconds=seconds, rate=3 * peak,
                        patience=60).wait()
    longest = result["longest"] or 0
    trial.check(not result["unanswered"], f"{result['unanswered']} calls got no answer")
    trial.check(longest <= 4, f"a call waited {longest:.1f} s")
    share = result["goodput"] / peak
    trial.check(share >= 0.85, f"{100 * share:.0f} % of the peak's answers, below 85 %")
    codes = ", ".join(f"{count} {code}" for code, count in sorted(result["codes"].items()))
    return (f"{result['goodput']:.0f} answers/s of a peak of {peak:.0f}; the longest took "
            f"{longest:.1f} s; {codes}")


@attack("large version", models=("pump", "huge"), alone=True, timeout=120,
        sends="4 Score calls of 64 rows for a version with h = 512 and L = 65,536, while others "
        "score 256 rows of a small model")
def large_version(trial):
    probe = trial.probe(rows=256)  # too many to be scored at once on the thread that brought them
    time.sleep(1)
    with trial.client() as client:
        request = clients.score_request("huge", 64)
        calls = [client.detector.Score.future(request, timeout=20) for _ in range(4)]
        time.sleep(6)
        running = sum(not call.done() for call in calls)
        trial.check(running, "the large calls ended before the others were measured")
        for call in calls:
            call.cancel()
    words = trial.check_probe(probe.stop(), median_ms=200, longest_ms=2000)
    return f"{running} large calls in work after 6 s; {words}"


@attack("SIGTERM under large work", models=("pump", "giant"), alone=True, timeout=150,
        flags=("--drain_timeout=2s",),
        sends="2 Score calls of 64 rows for a version with h = 1536 and L = 65,536, then SIGTERM; "
        "--drain_timeout=2s")
def sigterm(trial):
    with trial.client() as client:
        request = clients.score_request("giant", 64)
        calls = [client.detector.Score.future(request, timeout=120) for _ in range(2)]
        time.sleep(1.5)
        # One of them may have been refused at once.
        trial.check(not all(call.done() for call in calls), "the large calls ended before SIGTERM")
        begin = time.monotonic()
        trial.server.process.send_signal(signal.SIGTERM)
        while trial.server.alive() and time.monotonic() - begin < 30:
            time.sleep(0.05)
        took = time.monotonic() - begin
        status = trial.server.process.poll()
        trial.check(status is not None, "it runs 30 s after SIGTERM")
        trial.check(status in (None, 0), f"it ended with status {status}")
        # prometheus-cpp takes up to two seconds to stop listening.
        trial.check(took <= 7, f"SIGTERM took {took:.1f} s")
        trial.server = None
        codes = sorted(clients.code_of(call.result) for call in calls)
    return (f"ended {took:.1f} s after SIGTERM with status {status}; the calls with "
            f"{', '.join(codes)}")


@attack("one greedy caller", models=("pump", "heavy"), alone=True, timeout=120,
        sends="1,000 Score calls of 16 rows in flight on one connection, while another caller "
        "scores 16 rows at a time")
def greedy_caller(trial):
    alone = trial.load(model="heavy", rows=ROWS, seconds=3, pause=0.01).wait()
    greedy = trial.load(model="heavy", rows=ROWS, seconds=60, in_flight=1000)
    time.sleep(2)
    other = trial.load(model="heavy", rows=ROWS, seconds=6, pause=0.01, deadline=20).wait()
    crowd = greedy.stop()
    ratio = (other["median"] or 99) / alone["median"]
    trial.check(set(other["codes"]) <= {"OK"}, f"the other's calls ended with {other['codes']}")
    trial.check(ratio <= 12, f"the other's median is {ratio:.0f} times what it is alone")
    trial.check(crowd["codes"].get("OK", 0) > 50, "the greedy caller got next to nothing")
    return (f"the other's median {1000 * alone['median']:.0f} ms alone, "
            f"{1000 * (other['median'] or 99):.0f} ms beside the greedy one, which got "
            f"{crowd['codes'].get('OK', 0)} answers")


@attack("clock that jumps", models=("pump", "heavy"), alone=True, timeout=60, starts_server=False,
        sends="the wall clock set an hour forward, two back and right again, every second, under "
        "Score calls with deadlines of 5 s, 4 in flight")
def clock(trial):
    control = trial.folder / "control"
    trial.begin(trial.start_server("--repository_poll_interval=200ms", environment={
        "LD_PRELOAD": str(trial.compile("clock")), "TORTURE_CONTROL": str(control)}))
    load = trial.load(model="heavy", rows=ROWS, seconds=30, in_flight=4, deadline=5)
    for jump in (3600, -3600, 0, -86400, 86400, 0):
        time.sleep(1)
        control.with_suffix(".new").write_text(str(jump))
        control.with_suffix(".new").rename(control)
    result = load.stop()
    answered = result["codes"].pop("OK", 0)
    trial.check(answered > 10, f"only {answered} answers")
    trial.check(not result["codes"], f"calls failed: {result['codes']}")
    return f"{answered} answers, the longest after {1000 * result['max']:.0f} ms"


@attack("all methods while busy", models=("pump", "heavy"), alone=True, timeout=60,
        sends="64 Score calls of 16 rows of a slow model in flight, while health, metrics and the "
        "registry are asked")
def busy(trial):
    crowd = trial.load(model="heavy", rows=ROWS, seconds=30, in_flight=64)
    method = clients.REGISTRY + "GetModel"
    request = clients.valid_request(method)
    slowest = {}
    stop = time.monotonic() + 5
    with trial.client() as client:
        while time.monotonic() < stop:
            for name, ask in (("health", client.is_serving), ("metrics", trial.server.metrics),
                              ("GetModel", lambda: client.call(method)(request, timeout=10))):
                begin = time.monotonic()
                ask()
                slowest[name] = max(slowest.get(name, 0), time.monotonic() - begin)
    crowd.stop()
    for name, seconds in slowest.items():
        trial.check(seconds <= 2, f"{name} took {seconds:.1f} s")
    return "slowest " + ", ".join(f"{name} {1000 * s:.0f} ms" for name, s in slowest.items())
