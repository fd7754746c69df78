#!/usr/bin/python3
"""Trains on a table and scores others, with buffers of numpy as Arrow lays them out, over grpcio; breaks
other trainings off.

usage: table_client.py SERVER TRAINER

Takes advae-server and the real advae-trainer. The messages are what the server's reflection tells.
Exits with 77 without grpcio or numpy.
"""

import pathlib
import sys
import tempfile
import time

try:
    import grpc
    import numpy
except ImportError:
    print("skipped: needs python3-grpcio and python3-numpy")
    sys.exit(77)

from google.protobuf import message_factory

import tested_server

OK, INCOMPLETE = 1, 3  # RowStatus
CATEGORY, KEY = 3, 3  # ColumnKind, ColumnRole
LIMIT_SECONDS = 300


class Client:
    def __init__(self, address, pool):
        self._channel = grpc.insecure_channel(
            address, options=[("grpc.use_local_subchannel_pool", 1)])
        self._factory = message_factory.MessageFactory(pool)
        self._pool = pool

    def message(self, kind, /, **fields):
        return self._factory.GetPrototype(
            self._pool.FindMessageTypeByName(f"advae.v1.{kind}"))(**fields)

    def close(self):
        self._channel.close()

    def open(self, method, requests):
        """A call with a stream of requests."""
        kind = "Train" if method == "Train" else "Score"
        return self._channel.stream_stream(
            f"/advae.v1.AnomalyDetector/{method}",
            request_serializer=lambda request: request.SerializeToString(),
            response_deserializer=type(self.message(f"{kind}Response")).FromString)(
                iter(requests), timeout=LIMIT_SECONDS)

    def call(self, method, requests):
        """The responses to a stream of requests."""
        return list(self.open(method, requests))

    def column(self, name, valid=None, **values):
        column = self.message("TableColumn", name=name, **values)
        if valid is not None:
            column.validity = numpy.packbits(valid, bitorder="little").tobytes()
        return column

    def strings(self, name, texts):
        dictionary, codes = numpy.unique(texts, return_inverse=True)
        return self.column(name, strings=self.message(
            "StringValues", dictionary=dictionary.tolist(), codes=codes.astype("<i4").tobytes()))

    def table(self, flows):
        return self.message("Table", rows=len(flows["bytes"]), columns=[
            self.column("bytes", doubles=flows["bytes"].astype("<f8").tobytes()),
            self.column("load", flows["has_load"], floats=flows["load"].astype("<f4").tobytes()),
            self.column("encrypted",
                        bools=numpy.packbits(flows["encrypted"], bitorder="little").tobytes()),
            self.strings("protocol", flows["protocol"]),
            self.column("start", times=flows["start"].astype("<i8").tobytes()),
            self.strings("flow", flows["flow"]),
        ])


def make_flows(rows, seed):
    """Flows of a network: those of udp are small, those of tcp are large."""
    random = numpy.random.default_rng(seed)
    protocol = random.choice(["tcp", "udp"], rows)
    return {
        "bytes": numpy.where(protocol == "tcp", 1000, 10) * random.uniform(1, 2, rows),
        "load": random.uniform(0, 1, rows),
        "has_load": random.uniform(0, 1, rows) < 0.9,
        "encrypted": protocol == "tcp",
        "protocol": protocol,
        "start": 1_767_571_200_000_000 + random.integers(0, 14 * 86_400_000_000, rows),
        "flow": numpy.array([f"flow {i}" for i in range(rows)]),
    }


def cut(flows, first, last):
    return {name: values[first:last] for name, values in flows.items()}


def train(client):
    flows = make_flows(1500, seed=1)
    spec = client.message("TrainSpec", model="flows", columns=[
        client.message("ColumnSetting", name="flow", role=KEY)])
    spec.hyperparameters.epochs = 3
    spec.hyperparameters.ensemble_size = 2
    responses = client.call("Train", [
        client.message("TrainRequest", spec=spec),
        client.message("TrainRequest", table=client.table(cut(flows, 0, 1000))),
        client.message("TrainRequest", table=client.table(cut(flows, 1000, 1500)))])
    schema = responses[0].accepted.schema
    version = responses[-1].finished.version
    assert version.schema == schema, "the version has another schema than what was accepted"
    assert version.training_rows == 1500, version.training_rows
    columns = {column.name: column for column in schema.columns}
    assert list(columns) == ["bytes", "load", "encrypted", "protocol", "start", "flow"], schema
    assert columns["protocol"].kind == CATEGORY, columns["protocol"]
    assert columns["flow"].role == KEY, columns["flow"]
    missing = 1 - numpy.mean(flows["has_load"])
    assert abs(columns["load"].missing_share - missing) < 1e-9, columns["load"]


def break_off(server, pool, folder, cut):
    """Cancels a training in progress, or cuts its connection: nothing is left of it."""
    line = tested_server.Line(server.address)
    client = Client(line.address, pool)
    spec = client.message("TrainSpec", model="broken-off")
    spec.hyperparameters.epochs = 1_000_000  # which the test does not wait for
    call = client.open("Train", [
        client.message("TrainRequest", spec=spec),
        client.message("TrainRequest", table=client.table(make_flows(1500, seed=3)))])
    assert next(call).HasField("accepted")
    if cut:
        line.cut()
    else:
        call.cancel()
    try:
        list(call)
    except grpc.RpcError:
        pass
    client.close()
    if not cut:
        line.cut()
    models = pathlib.Path(folder) / "models"
    end = time.monotonic() + tested_server.LIMIT_SECONDS
    while list((models / ".staging").iterdir()) or (models / "broken-off").exists():
        assert time.monotonic() < end, list(models.rglob("*"))
        time.sleep(0.05)


def score(client):
    flows = make_flows(400, seed=2)
    flows["protocol"][7] = "icmp"  # which training did not have
    flows["bytes"][9] = 1e9
    table = client.table(flows)
    request = client.message("ScoreRequest", model="flows", table=table, top_features=6)
    whole, *parts = client.call("ScoreStream", [request] + [
        client.message("ScoreRequest", model="flows", table=client.table(cut(flows, i, i + 50)))
        for i in range(0, 400, 50)])
    assert list(whole.scores) == [score for part in parts for score in part.scores]
    assert numpy.isfinite(whole.scores).all()
    incomplete = ~flows["has_load"]
    incomplete[7] = True
    assert [status == INCOMPLETE for status in whole.statuses] == incomplete.tolist()
    assert set(whole.statuses) == {OK, INCOMPLETE}

    key, = whole.keys
    texts = numpy.array(key.strings.dictionary)[numpy.frombuffer(key.strings.codes, "<i4")]
    assert texts.tolist() == flows["flow"].tolist()

    assert whole.anomalies[9], "a flow of a gigabyte is normal"
    first = whole.explanations[9].contributions[0]
    assert first.name == "bytes" and first.expected < 1e6, first
    for row, explanation in enumerate(whole.explanations):
        contributions = {part.name: part for part in explanation.contributions}
        assert contributions.keys() == {"bytes", "load", "encrypted", "protocol", "start"}
        assert contributions["protocol"].value == flows["protocol"][row]
        assert contributions["load"].missing != flows["has_load"][row]


def main():
    program, trainer = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        server = tested_server.Server(program, trainer, folder)
        try:
            _, _, pool = tested_server.describe(server.address)
            client = Client(server.address, pool)
            train(client)
            for cut in (False, True):
                break_off(server, pool, folder, cut)
                score(client)
            status, log = server.stop()
        except BaseException:
            print(server.stop()[1])
            raise
    assert status == 0, f"the server ended with {status}"
    levels = [line.split()[1] for line in log.splitlines() if len(line.split()) > 1]
    assert "error" not in levels, log
    print("ok")


main()
