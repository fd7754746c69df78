"""Tables that are broken, that grow, or that nobody waits for."""

import random
import struct
import time

import clients
import http2
from attacks.memory import MIB, varint
from registry import attack
from server import PeakMeter

MONDAY = 1_767_571_200_000_000  # microseconds since the epoch
INFINITY = float("inf")


def _doubles(*values):
    return struct.pack(f"<{len(values)}d", *values)


def _codes(*values):
    return struct.pack(f"<{len(values)}i", *values)


def _times(*values):
    return struct.pack(f"<{len(values)}q", *values)


def _request(rows=16, padding=0, **fields):
    """A request that model "typed" can answer. `padding` are bytes of a text that no row has; with many
    of them, the table is checked on another thread than a small one."""
    request = clients.detector_pb2().ScoreRequest(model="typed", **fields)
    table = request.table
    table.rows = rows
    table.columns.add(name="flow", doubles=_doubles(*(i * 7 % 11 for i in range(rows))))
    table.columns.add(name="on", bools=b"\x55" * ((rows + 7) // 8))
    mode = table.columns.add(name="mode").strings
    mode.dictionary.extend(["eco", "boost", "x" * padding])
    mode.codes = _codes(*(i % 2 for i in range(rows)))
    table.columns.add(name="start", times=_times(*(MONDAY + i * 10**9 for i in range(rows))))
    return request


def _train(trial):
    """Trains model "typed" on rows of all kinds, with missing numbers."""
    detector = clients.detector_pb2()
    spec = detector.TrainSpec(model="typed")
    spec.hyperparameters.epochs, spec.hyperparameters.ensemble_size = 2, 1
    table = _request(400).table
    _column(table, "flow").validity = b"\x7f" * 50
    with trial.client() as client:
        list(client.detector.Train(iter([detector.TrainRequest(spec=spec),
                                         detector.TrainRequest(table=table)]), timeout=60))


def _column(table, name):
    return next(column for column in table.columns if column.name == name)


def _set(name, field, value):
    def change(table):
        setattr(_column(table, name), field, value)
    return change


def _cut(name, field, length):
    """The buffer without its last `length` bytes or, if that is negative, with more."""
    def change(table):
        data = getattr(_column(table, name), field)
        data = data[:-length] if length > 0 else data + bytes(-length)
        setattr(_column(table, name), field, data)
    return change


def _code(value):
    def change(table):
        _column(table, "mode").strings.codes = _codes(*[value] * table.rows)
    return change


def _rows(count):
    def change(table):
        table.rows = count
    return change


def _without_values(table):
    table.columns.add(name="empty")


# What neither scoring nor training takes.
_BROKEN = {
    "no rows": _rows(0), "2^32-1 rows": _rows(2**32 - 1), "a row more": _rows(17),
    "a row fewer": _rows(8),
    "doubles cut": _cut("flow", "doubles", 1), "doubles longer": _cut("flow", "doubles", -8),
    "no doubles": _set("flow", "doubles", b""), "bools longer": _cut("on", "bools", -1),
    "times cut": _cut("start", "times", 8), "validity cut": _set("flow", "validity", b"\xff"),
    "validity longer": _set("flow", "validity", b"\xff" * 3),
    "code -1": _code(-1), "a code beyond the dictionary": _code(3), "code 2^31-1": _code(2**31 - 1),
    "a name twice": _set("on", "name", "flow"), "no name": _set("on", "name", ""),
    "no values": _without_values, "no columns": lambda table: table.ClearField("columns"),
}
# What scoring does not take.
_UNFIT = {
    "a feature less": _set("flow", "name", "flown"), "times as floats": _set("start", "floats", bytes(64)),
    "bools as doubles": _set("on", "doubles", bytes(128)),
    "a number as times": _set("flow", "times", bytes(128)),
}


@attack("broken tables", growth_mib=64, quick=True,
        sends="tables with buffers, codes, names and counts that do not fit each other or the model, to "
        "Score, ScoreStream and Train, and texts that are not UTF-8")
def broken_tables(trial):
    _train(trial)
    detector = clients.detector_pb2()
    codes = {}
    with trial.client() as client:
        def note(what, *arguments):
            code = clients.code_of(*arguments, timeout=10)
            codes[code] = codes.get(code, 0) + 1
            trial.check(code == "INVALID_ARGUMENT", f"{what}: {code}")

        for name, change in {**_BROKEN, **_UNFIT}.items():
            for padding in (0, 200_000):
                request = _request(padding=padding)
                change(request.table)
                note(name, client.detector.Score, request)
                note(f"{name} in a stream",
                     lambda sent, timeout: list(client.detector.ScoreStream(iter(sent), timeout=timeout)),
                     [_request(), request])
            if name in _BROKEN:
                spec = detector.TrainRequest(spec=detector.TrainSpec(model="trained"))
                note(f"{name} in training",
                     lambda sent, timeout: list(client.detector.Train(iter(sent), timeout=timeout)),
                     [spec, detector.TrainRequest(table=request.table)])
        for text in (b"flow", b"boost"):
            body = _request().SerializeToString().replace(text, b"\xff" * len(text))
            note("not UTF-8", client.call(clients.DETECTOR + "Score"), body)
    return ", ".join(f"{code} for {count}" for code, count in codes.items())


@attack("extreme cells", growth_mib=64, quick=True,
        sends="tables with infinite and huge numbers, times at both ends of 64 bits, unseen categories of "
        "up to 1 MB and nothing but missing values")
def extreme_cells(trial):
    _train(trial)
    rows = 8
    request = _request(rows, top_features=4)
    table = request.table
    _column(table, "flow").doubles = _doubles(
        1e308, -1e308, INFINITY, -INFINITY, float("nan"), 5e-324, -0.0, 3.5e38)
    _column(table, "start").times = _times(-2**63, 2**63 - 1, 0, -1, 1, -2**62, 2**62, MONDAY)
    mode = _column(table, "mode").strings
    mode.dictionary.extend(["", "\0", "\U0010ffff" * 250_000])
    mode.codes = _codes(2, 3, 4, 5, 0, 1, 5, 0)
    with trial.client() as client:
        response = client.detector.Score(request, timeout=10)
        statuses = "".join(map(str, response.statuses))
        for row, infinite in enumerate((1, 1, 1, 1, 0, 0, 0, 1)):
            trial.check((response.statuses[row] == 2) == infinite, f"statuses {statuses}")
            trial.check(response.anomalies[row] or not infinite, f"row {row} is called normal")
        for column in table.columns:
            column.validity = b"\0"
        empty = client.detector.Score(request, timeout=10)
        trial.check(set(empty.statuses) == {2}, f"empty rows have statuses {set(empty.statuses)}")
        trial.check(all(empty.anomalies), "rows without any value are called normal")
    return trial.if_held("answered; ") + f"statuses {statuses}"


def _grown(what):
    """A Score request in which the bytes `what`, within a table, come as often as 60 MB have room."""
    table = _request().table.SerializeToString() + what * (60 * MIB // len(what))
    request = clients.detector_pb2().ScoreRequest(model="typed")
    return request.SerializeToString() + b"\x3a" + varint(len(table)) + table


@attack("tables that grow", growth_mib=400, timeout=90,
        sends="Score calls with 60 MB of empty columns, and of columns with 30 empty texts each")
def growing_tables(trial):
    _train(trial)
    texts = b"\x32" + varint(60) + b"\x0a\x00" * 30
    words = []
    with trial.client() as client:
        for what in (b"\x12\x00", b"\x12" + varint(len(texts)) + texts):
            begin = time.monotonic()
            code = clients.code_of(client.call(clients.DETECTOR + "Score"), _grown(what), timeout=40)
            trial.check(code in ("INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"), f"ended with {code}")
            words.append(f"{code} after {time.monotonic() - begin:.1f} s")
    return ", ".join(words)


@attack("categories without end", growth_mib=400, timeout=120,
        sends="a Train call with a table of 400 rows and 2,000 columns, each with 100 categories")
def categories(trial):
    detector = clients.detector_pb2()
    request = detector.TrainRequest()
    request.table.rows = 400
    for i in range(2000):
        strings = request.table.columns.add(name=f"column {i}").strings
        strings.dictionary.extend(f"category {j}" for j in range(100))
        strings.codes = _codes(*((i + j) % 100 for j in range(400)))
    spec = detector.TrainSpec(model="categories")
    spec.hyperparameters.epochs = spec.hyperparameters.ensemble_size = 1
    meter = PeakMeter(trial.server.workers, limit_mib=3000)
    meter.start()
    with trial.client() as client:
        code = clients.code_of(list, client.detector.Train(
            iter([detector.TrainRequest(spec=spec), request]), timeout=90))
    peak = meter.stop()
    trial.check(peak <= 2048, f"the training took {peak:.0f} MiB")
    trial.check(code in ("OK", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"), f"it ended with {code}")
    return f"{code}; the trainer's peak was {peak:.0f} MiB"


def _bodies(method, padding):
    """The messages of a call with tables."""
    request = _request(2000, padding, top_features=4)
    if method != "Train":
        return [request.SerializeToString()] * (1 if method == "Score" else 3)
    detector = clients.detector_pb2()
    spec = detector.TrainSpec(model="broken-off")
    spec.hyperparameters.epochs = 1_000_000
    return [detector.TrainRequest(spec=spec).SerializeToString(),
            detector.TrainRequest(table=request.table).SerializeToString()]


@attack("tables abandoned", growth_mib=200, timeout=120, quick=True,
        sends="Score, ScoreStream and Train calls with tables of 2,000 rows that are reset, or whose "
        "connections are, within 20 ms, 200 times each; trainings 20 times")
def abandoned_tables(trial):
    _train(trial)
    generator = random.Random(5)
    sent = 0
    for method in ("Score", "ScoreStream", "Train"):
        block = http2.request_fields(clients.DETECTOR + method)
        payloads = {padding: [http2.message(body) for body in _bodies(method, padding)]
                    for padding in (0, 200_000)}
        for _ in range((20 if method == "Train" else 200) * (10 if trial.is_long else 1)):
            connection = http2.Connection(trial.server.address)
            try:
                connection.headers(1, block)
                chosen = payloads[generator.choice((0, 200_000))]
                for payload in chosen[:generator.randint(1, len(chosen))]:
                    connection.data(1, payload)
                if generator.random() < 0.5:
                    connection.send(http2.frame(http2.DATA, http2.END_STREAM, 1))
                time.sleep(generator.random() * 0.02)
                if generator.random() < 0.5:
                    connection.reset(1)
            except http2.Closed:
                pass
            connection.close(reset=True)
            sent += 1
    for metric in ("advae_rpcs_in_flight", "advae_call_memory_bytes", "advae_jobs_running"):
        trial.eventually(lambda: trial.server.metric(metric) == 0, 20, f"{metric} is 0")
    trial.eventually(lambda: not list((trial.repository / ".staging").glob("*")), 20,
                     "nothing is left in .staging")
    return f"abandoned {sent} calls"
