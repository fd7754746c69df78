"""Real servers under load and a real Prometheus that scrapes them, for tests and pictures."""

import csv
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "testing"))

from addresses import free_address

PUMP = ROOT / "examples" / "pumping_station"
LIMIT_SECONDS = 30  # for what should happen at once
MAX_QUEUED_ROWS = 5000


def generate_api(folder):
    """Makes the Python classes of the API in `folder` and imports them."""
    protos = [ROOT / "proto" / "advae" / "v1" / f"{name}.proto"
              for name in ("types", "detector", "registry")]
    subprocess.run(
        ["protoc", f"--proto_path={ROOT / 'proto'}", f"--python_out={folder}",
         f"--grpc_out={folder}", "--plugin=protoc-gen-grpc=/usr/bin/grpc_python_plugin", *protos],
        check=True)
    sys.path.insert(0, str(folder))


def eventually(condition, what):
    """Asks `condition` until it gives a true value, which is returned."""
    end = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.05)
    raise AssertionError(f"not within {LIMIT_SECONDS} s: {what}")


def read_rows(path):
    """Feature names, rows of floats, and labels (all False without a column `label`)."""
    with open(path, newline="") as file:
        names, *lines = csv.reader(file)
    labelled = names[-1] == "label"
    width = len(names) - labelled
    rows = [[float(cell) for cell in line[:width]] for line in lines]
    return names[:width], rows, [labelled and line[-1] == "1" for line in lines]


class Server:
    """advae-server on free ports. `http_address` is None unless a flag asks for HTTP."""

    def __init__(self, programs, repository, log, *flags):
        self._log = open(log, "w")
        self.process = subprocess.Popen(
            [programs / "advae-server", f"--repository={repository}", "--listen=127.0.0.1:0",
             "--metrics_listen=127.0.0.1:0", "--repository_poll_interval=50ms", *flags],
            stdout=subprocess.PIPE, stderr=self._log, text=True)
        match = re.fullmatch(r"listening grpc=(\S+) metrics=(\S+)(?: http=(\S+))?\n",
                             self.process.stdout.readline())
        if match is None:
            self.process.wait()
            raise RuntimeError(pathlib.Path(log).read_text())
        self.address, self.metrics_address, self.http_address = match.groups()

    def metrics(self):
        with urllib.request.urlopen(f"http://{self.metrics_address}/metrics") as answer:
            return answer.read().decode()

    def workers(self):
        """Process ids of its trainings."""
        threads = pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(pid) for file in threads for pid in file.read_text().split()]

    def stop(self):
        self.process.terminate()
        code = self.process.wait(LIMIT_SECONDS)
        self.process.stdout.close()
        self._log.close()
        return code


class Prometheus:
    """Debian's Prometheus with the rules of deploy/prometheus."""

    def __init__(self, folder, targets, interval="500ms"):
        rules = ROOT / "deploy" / "prometheus"
        config = folder / "prometheus.yml"
        # JSON is YAML.
        config.write_text(json.dumps({
            "global": {"scrape_interval": interval, "evaluation_interval": interval},
            "rule_files": [str(rules / "recording.yml"), str(rules / "alerts.yml")],
            "scrape_configs": [
                {"job_name": "advae", "static_configs": [{"targets": targets}]}]}))
        self.address = free_address()
        self._log = open(folder / "prometheus.log", "w")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}",
             f"--web.listen-address={self.address}"], stdout=self._log, stderr=self._log)
        eventually(self._is_ready, "Prometheus is ready")

    def _is_ready(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"Prometheus ended: {self._log.name}")
        try:
            with urllib.request.urlopen(f"http://{self.address}/-/ready") as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError):
            return False

    def get(self, path, **parameters):
        """`data` of an answer of the HTTP API. RuntimeError with Prometheus' message."""
        url = f"http://{self.address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{parameters}: {json.load(error)['error']}") from error

    def query(self, expression):
        return self.get("query", query=expression)["result"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(LIMIT_SECONDS)
        self._log.close()


class Load(threading.Thread):
    """Sends rows of the pumping station to all servers until it is stopped.

    `anomaly_share` of the rows are faulty ones; it may be changed on the way. Each hundredth
    request has a NaN, each fiftieth names a model that does not exist, and with each thousandth
    come others that together overflow the queue. `error` is what ended the load, None while it
    runs.
    """

    def __init__(self, servers, model, pause_seconds=0.005):
        import grpc
        from advae.v1 import detector_pb2, detector_pb2_grpc
        super().__init__(daemon=True)
        self._grpc, self._pb, self._model, self._pause = grpc, detector_pb2, model, pause_seconds
        self._channels = [grpc.insecure_channel(server.address) for server in servers]
        self._stubs = [detector_pb2_grpc.AnomalyDetectorStub(channel) for channel in self._channels]
        _, rows, labels = read_rows(PUMP / "test.csv")
        self._normal = [row for row, label in zip(rows, labels) if not label]
        self._faulty = [row for row, label in zip(rows, labels) if label]
        self._random = random.Random(1)
        self._expected = (grpc.StatusCode.OK, grpc.StatusCode.NOT_FOUND,
                          grpc.StatusCode.RESOURCE_EXHAUSTED)
        self._stopping = threading.Event()
        self.anomaly_share = 0.0
        self.error = None
        self._requests = 0

    def _request(self, count):
        request = self._pb.ScoreRequest(model=self._model)
        request.rows.columns = len(self._normal[0])
        for _ in range(count):
            rows = self._faulty if self._random.random() < self.anomaly_share else self._normal
            request.rows.values.extend(self._random.choice(rows))
        return request

    def run(self):
        try:
            while not self._stopping.wait(self._pause):
                self._send(self._random.choice(self._stubs))
        except self._grpc.RpcError as error:
            self.error = error

    def _send(self, stub):
        self._requests += 1
        request = self._request(self._random.randint(1, 20))
        if self._requests % 100 == 1:
            request.rows.values[0] = float("nan")
        if self._requests % 50 == 2:
            request.model = "stranger"
        calls = [stub.Score.future(request, timeout=10)]
        if self._requests % 1000 == 3:
            large = self._request(MAX_QUEUED_ROWS)
            calls += [stub.Score.future(large, timeout=10) for _ in range(4)]
        for call in calls:
            if call.code() not in self._expected:
                raise call.exception()
        if self._requests % 10 == 0:
            list(stub.ScoreStream(iter([request]), timeout=10))

    def stop(self):
        self._stopping.set()
        self.join()
        for channel in self._channels:
            channel.close()


class Stack:
    """Two servers on one repository with model "pump", a load on both, and Prometheus.

    A training has succeeded and one has failed, so that all metrics have values.
    """

    def __init__(self, programs, epochs=30, interval="500ms", pause_seconds=0.005):
        self.programs = pathlib.Path(programs)
        self._folder = tempfile.TemporaryDirectory(prefix="advae-monitoring-")
        self._parts = []
        try:
            self._start(epochs, interval, pause_seconds)
        except BaseException:
            self.stop()
            raise

    def _start(self, epochs, interval, pause_seconds):
        folder = pathlib.Path(self._folder.name)
        (folder / "api").mkdir()
        generate_api(folder / "api")
        self.servers = []
        for number in range(2):
            self.servers.append(Server(
                self.programs, folder / "models", folder / f"{number}.log",
                "--scoring_threads=1", f"--max_queued_rows={MAX_QUEUED_ROWS}"))
            self._parts.append(self.servers[-1])
        self.prometheus = Prometheus(folder, [server.metrics_address for server in self.servers],
                                     interval)
        self._parts.append(self.prometheus)
        # Networks alone cost so much that a client alone can overload a server.
        self.train(f"--epochs={epochs}", "--memory-rows=0", check=True)
        self.load = Load(self.servers, "pump", pause_seconds)
        self.load.start()
        self._parts.append(self.load)
        self._fail_training()

    def train(self, *flags, **options):
        return subprocess.run(
            [self.programs / "advae", f"--server={self.servers[0].address}", "train", "pump",
             f"--data={PUMP / 'train.csv'}", "--alpha=0.05", *flags],
            capture_output=True, text=True, **options)

    def query(self, expression):
        """Prometheus' answer. RuntimeError when there is no load any more."""
        if self.load.error is not None:
            raise RuntimeError("the load ended") from self.load.error
        return self.prometheus.query(expression)

    def _fail_training(self):
        """Kills the worker of a training, once Prometheus has seen that none had failed before."""
        series = f'advae_jobs_total{{instance="{self.servers[0].metrics_address}"}}'
        eventually(lambda: self.query(series), "Prometheus scrapes")
        training = threading.Thread(target=self.train, args=("--epochs=100000",))
        training.start()
        for worker in eventually(self.servers[0].workers, "a training runs"):
            os.kill(worker, signal.SIGKILL)
        training.join()

    def stop(self):
        for part in reversed(self._parts):
            part.stop()
        self._folder.cleanup()
