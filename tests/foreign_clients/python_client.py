"""Calls of grpcio that end in every way: finished, cancelled, and with the connection cut."""

import itertools
import json
import pathlib
import threading

import grpc
from google.protobuf import json_format, message_factory

from tested_server import LIMIT_SECONDS, Line

FOLDER = pathlib.Path(__file__).parent
CASES = json.loads((FOLDER / "cases.json").read_text())
TABLE = (FOLDER / "table.json").read_text()
HEALTH = "grpc.health.v1.Health/Check"
OPTIONS = [("grpc.use_local_subchannel_pool", 1)]  # a connection of its own for each channel
names = itertools.count()


def fill(request, model):
    """A request of cases.json with the name of a model and with its table."""
    text = json.dumps(request).replace("MODEL", model)
    # The server reads a large table on another thread.
    text = text.replace('"LARGE TABLE"', TABLE.replace("PADDING", "x" * 200_000))
    return json.loads(text.replace('"TABLE"', TABLE))


class Method:
    """One method of the server, with the requests to try it with."""

    def __init__(self, name, description, pool):
        """`name` is a key of CASES: the method, and what may follow it."""
        self.name = name
        self._path = "/" + name.split(" ")[0]
        self.case = CASES[name]
        factory = message_factory.MessageFactory(pool)
        self._request = factory.GetPrototype(
            pool.FindMessageTypeByName(description.input_type.lstrip(".")))
        self._response = factory.GetPrototype(
            pool.FindMessageTypeByName(description.output_type.lstrip(".")))

    def requests(self, model):
        return [json_format.ParseDict(fill(request, model), self._request())
                for request in self.case["requests"]]

    def open(self, channel, requests):
        lasts = self.case.get("ends") == "with the server"
        return channel.stream_stream(
            self._path, request_serializer=self._request.SerializeToString,
            response_deserializer=self._response.FromString)(
                requests, timeout=None if lasts else LIMIT_SECONDS)


def make_methods(services, files, pool):
    """All methods of the services, by the keys of CASES. Fails where one has no case, and where a case has no method."""
    found = {f"{file.package}.{service.name}/{method.name}": method
             for file in files.file for service in file.service for method in service.method
             if f"{file.package}.{service.name}" in services}
    tried = {name.split(" ")[0] for name in CASES}
    assert found.keys() == tried, (
        f"cases.json lacks {sorted(found.keys() - tried)} "
        f"and has {sorted(tried - found.keys())}, which the server does not")
    return {name: Method(name, found[name.split(" ")[0]], pool) for name in CASES}


class PythonClient:
    def __init__(self, server, services, files, pool):
        self._server = server
        self._methods = make_methods(services, files, pool)

    def run(self):
        """Makes all calls; gives how many, and those that last until the server ends."""
        self._train("pump")
        self._train("table", "advae.v1.AnomalyDetector/Train on a table")
        calls, lasting = 0, []
        for method in self._methods.values():
            lasting += self._finish(method)
            self._expect_health()
            calls += 1
            for stage in stages(method.case):
                for cut in (False, True):
                    self._break_off(method, stage, cut)
                    self._expect_health()
                    calls += 1
        self._call_what_is_not_there()
        self._expect_health()
        return calls + 1, lasting

    def _channel(self, address=None):
        return grpc.insecure_channel(address or self._server.address, options=OPTIONS)

    def _train(self, model, name="advae.v1.AnomalyDetector/Train"):
        with self._channel() as channel:
            train = self._methods[name]
            list(train.open(channel, iter(train.requests(model))))

    def _model_for(self, case):
        model = f"m{next(names)}"
        for _ in range(case.get("versions", 0)):
            self._train(model)
        if case.get("deleted"):
            with self._channel() as channel:
                delete = self._methods["advae.v1.ModelRegistry/DeleteModel"]
                list(delete.open(channel, iter(delete.requests(model))))
        return model

    def _finish(self, method):
        channel = self._channel()
        call = method.open(channel, iter(method.requests(self._model_for(method.case))))
        if method.case.get("ends") == "with the server":
            next(call)
            return [(channel, call)]
        expected = method.case.get("code", "OK")
        try:
            responses = list(call)
        except grpc.RpcError:
            responses = []
        assert call.code().name == expected, f"{method.name}: {call.code()} {call.details()}"
        assert bool(responses) == (expected == "OK"), f"{method.name} gave {responses}"
        if "statuses" in method.case:
            assert list(responses[-1].statuses) == method.case["statuses"], responses[-1]
        channel.close()
        return []

    def _break_off(self, method, stage, cut):
        """Makes a call as far as `stage`, and then cancels it, or cuts its connection."""
        case = method.case
        # A training of this name does not end by itself.
        model = f"started-{next(names)}" if case.get("trains") else self._model_for(case)
        messages, half_close, response = stage
        sent, done = threading.Event(), threading.Event()

        def requests():
            yield from method.requests(model)[:messages]
            sent.set()
            if not half_close:
                done.wait()

        line = Line(self._server.address)
        channel = self._channel(line.address)
        call = method.open(channel, requests())
        call.add_done_callback(lambda _: sent.set())  # one that is refused takes no more requests
        assert sent.wait(LIMIT_SECONDS), f"{method.name}: not sent"
        if response:
            next(call)
        # Answered after what the connection has brought before.
        self._methods[HEALTH].open(channel, iter(self._methods[HEALTH].requests(""))).next()
        if cut:
            line.cut()
        else:
            call.cancel()
        done.set()
        try:
            list(call)
        except grpc.RpcError:
            pass
        channel.close()
        if not cut:
            line.cut()

    def _call_what_is_not_there(self):
        with self._channel() as channel:
            call = channel.stream_stream("/advae.v1.AnomalyDetector/NoSuchMethod")(iter([b""]))
            try:
                list(call)
            except grpc.RpcError:
                pass
            assert call.code() == grpc.StatusCode.UNIMPLEMENTED, call.code()

    def _expect_health(self):
        assert self._server.process.poll() is None, "the server has ended"
        with self._channel() as channel:
            health = self._methods[HEALTH]
            response, = health.open(channel, iter(health.requests("")))
            assert response.status == 1, response


def stages(case):
    """How far a call gets: messages sent, whether it was half-closed then, and whether the client has
    waited for a response."""
    count = len(case["requests"])
    found = [(sent, False, False) for sent in range(count + 1)] + [(count, True, False)]
    if case.get("responds") == "to each request":
        found.append((1, False, True))
    if case.get("responds"):
        found.append((count, True, True))
    return found
