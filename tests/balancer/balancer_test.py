#!/usr/bin/python3
"""usage: tests/balancer/balancer_test.py ADVAE_SERVER [TEST...]

What deploy/kubernetes/base/nginx.conf keeps from the server behind it, with Debian's nginx, Python's grpcio
and HTTP/2 written by hand. Exits with 77 where nginx or grpcio is missing.
"""

import collections
import gzip
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/transport"))

NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
try:
    import grpc
except ImportError:
    NGINX = None
if NGINX is None:
    print("skipped: needs nginx and python3-grpcio")
    sys.exit(77)

import http2
from addresses import free_address
from server import Server

PROGRAM = ""
SCORE = "/advae.v1.AnomalyDetector/Score"
SCORE_STREAM = "/advae.v1.AnomalyDetector/ScoreStream"
LIST_MODELS = "/advae.v1.ModelRegistry/ListModels"
MEBIBYTE = 1 << 20


class Nginx:
    """The configuration for Kubernetes with a server's address and places of its own."""

    def __init__(self, upstreams, changes=()):
        self.folder = tempfile.TemporaryDirectory(prefix="advae-balancer-")
        os.chmod(self.folder.name, 0o777)  # nginx' workers may be of another user
        self.address = free_address()
        conf = (ROOT / "deploy/kubernetes/base/nginx.conf").read_text(encoding="utf-8")
        for old, new in (("listen 50051", f"listen {self.address}"), ("/tmp/", self.folder.name + "/"),
                         ("worker_processes auto", "worker_processes 1"), *changes):
            assert old in conf, old
            conf = conf.replace(old, new)
        folder = pathlib.Path(self.folder.name)
        (folder / "nginx.conf").write_text(conf, encoding="utf-8")
        self.upstreams = folder / "upstream.conf"
        self.write_upstreams(upstreams)
        self.log = open(folder / "log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [NGINX, "-c", str(folder / "nginx.conf"), "-g", "daemon off;"], stderr=self.log)
        self.await_answer()

    def await_answer(self):
        """Until then, the signal of balance_over would end it."""
        with grpc.insecure_channel(self.address) as channel:
            ready, end = grpc.channel_ready_future(channel), time.monotonic() + 60
            while self.process.poll() is None and time.monotonic() < end:
                try:
                    return ready.result(1)
                except grpc.FutureTimeoutError:
                    continue
        self.log.seek(0)
        raise RuntimeError(f"nginx does not answer\n{self.log.read()}")

    def balance_over(self, upstreams):
        self.write_upstreams(upstreams)
        self.process.send_signal(signal.SIGHUP)

    def write_upstreams(self, upstreams):
        servers = "".join(f"server {upstream} max_fails=1 fail_timeout=2s; " for upstream in upstreams)
        self.upstreams.write_text(
            f"upstream scorers {{ zone scorers 256k; least_conn; {servers}keepalive 64; }}\n",
            encoding="utf-8")

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()
        self.folder.cleanup()

    def memory(self):
        """Resident bytes of all its processes."""
        workers = subprocess.run(["pgrep", "--parent", str(self.process.pid)], check=True,
                                 capture_output=True, text=True).stdout.split()
        return sum(int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
                       .group(1)) * 1024 for pid in [str(self.process.pid), *workers])


class Balancer(unittest.TestCase):
    def start(self, *changes):
        server = Server(PROGRAM)
        self.addCleanup(server.__exit__)
        nginx = Nginx([server.address], changes)
        self.addCleanup(nginx.stop)
        return server, nginx

    def assert_serves(self, nginx):
        with grpc.insecure_channel(nginx.address) as channel:
            self.assertEqual(call(channel, LIST_MODELS), b"")

    def connect(self, nginx, **options):
        connection = http2.Connection(nginx.address, **options)
        self.addCleanup(connection.__exit__)
        return connection

    def test_compressed_messages_are_refused_before_they_are_inflated(self):
        server, nginx = self.start()
        before = server.reset_peak()
        with grpc.insecure_channel(nginx.address) as channel:
            with self.assertRaises(grpc.RpcError) as error:
                call(channel, SCORE, gzip.compress(bytes(10 * MEBIBYTE)),
                     compression=grpc.Compression.Gzip)
        self.assertEqual(error.exception.code(), grpc.StatusCode.UNIMPLEMENTED)
        self.assertLess(server.peak_memory() - before, 20 * MEBIBYTE)

    def test_opened_streams_beyond_the_limit_do_not_reach_the_server(self):
        server, nginx = self.start()
        before = server.reset_peak()
        connection = self.connect(nginx)
        # More than gRPC 1.51 refuses while the client acknowledges no settings.
        for first in range(1, 20_001, 400):
            connection.send(b"".join(
                http2.frame(http2.HEADERS, http2.END_HEADERS, stream, http2.request_fields(SCORE_STREAM))
                for stream in range(first, first + 400, 2)))
        self.assert_serves(nginx)
        self.assertLess(server.peak_memory() - before, 50 * MEBIBYTE)

    def test_rapid_resets_end_the_connection_and_cost_nothing_that_stays(self):
        server, nginx = self.start(("keepalive_requests 100000", "keepalive_requests 2000"))
        server.reset_peak()
        before_server, before_nginx = server.peak_memory(), nginx.memory()
        opened = 0
        for _ in range(5):
            connection = self.connect(nginx)
            try:
                for stream in range(1, 8001, 2):
                    connection.open_stream(stream, SCORE_STREAM)
                    connection.send(http2.frame(http2.RST_STREAM, 0, stream, (8).to_bytes(4, "big")))
                    opened += 1
                # Told to go, or cut; a connection that goes on fails the test by its time limit.
                connection.read_until(lambda kind, *_: kind == http2.GOAWAY)
            except ConnectionError:
                pass  # ended while we were sending
        self.assertGreater(opened, 2000)
        self.assert_serves(nginx)
        self.assertLess(server.peak_memory() - before_server, 100 * MEBIBYTE)
        self.assertLess(nginx.memory() - before_nginx, 100 * MEBIBYTE)

    def test_streams_of_a_connection_are_limited(self):
        _, nginx = self.start(("http2_max_concurrent_streams 256", "http2_max_concurrent_streams 8"))
        connection = self.connect(nginx)
        for number in range(9):
            connection.open_stream(2 * number + 1, SCORE_STREAM)
        refused = connection.read_until(lambda kind, *_: kind == http2.RST_STREAM)
        self.assertEqual((refused[2], int.from_bytes(refused[3], "big")), (17, 7))  # REFUSED_STREAM

    def test_calls_of_an_address_are_limited(self):
        _, nginx = self.start(("calls_by_address 1000", "calls_by_address 3"))
        connection = self.connect(nginx)
        for number in range(3):
            connection.open_stream(2 * number + 1, SCORE_STREAM)
            connection.send_data(2 * number + 1, b"")
        # Frames are taken in order: with the answer to a ping, nginx has counted the three.
        connection.send(http2.frame(http2.PING, 0, 0, bytes(8)))
        connection.read_until(lambda kind, *_: kind == http2.PING)
        with grpc.insecure_channel(nginx.address) as channel:
            with self.assertRaises(grpc.RpcError) as error:
                call(channel, LIST_MODELS)
        self.assertEqual(error.exception.code(), grpc.StatusCode.UNAVAILABLE)

    def test_headers_are_limited(self):
        _, nginx = self.start()
        with grpc.insecure_channel(nginx.address) as channel:
            self.assertEqual(call(channel, LIST_MODELS, metadata=(("x", "y" * 6000),)), b"")
        connection = self.connect(nginx)
        connection.open_stream(1, LIST_MODELS, ("x", "y" * 9000), end=True)
        goaway = connection.read_until(lambda kind, *_: kind == http2.GOAWAY)
        self.assertEqual(int.from_bytes(goaway[3][4:8], "big"), 11)  # ENHANCE_YOUR_CALM
        self.assert_serves(nginx)

    def test_an_answer_that_nobody_takes_is_given_up(self):
        _, nginx = self.start(("send_timeout 1m", "send_timeout 1s"))
        connection = self.connect(nginx, settings=[(http2.INITIAL_WINDOW_SIZE, 0)])
        connection.open_stream(1, LIST_MODELS)
        connection.send_data(1, http2.message(b""), end=True)
        end = connection.read_until(lambda kind, *_: kind in (http2.RST_STREAM, http2.GOAWAY))
        self.assertTrue(end is None or end[0] in (http2.RST_STREAM, http2.GOAWAY))


class Load:
    """Clients that call through a balancer until the end of the block, and the codes that they got."""

    def __init__(self, address, options=()):
        self.codes = collections.Counter()
        self._address, self._options = address, options
        self._lock, self._done = threading.Lock(), threading.Event()
        self._clients = [threading.Thread(target=self._run) for _ in range(4)]

    def __enter__(self):
        for client in self._clients:
            client.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        for client in self._clients:
            client.join()

    def _run(self):
        with grpc.insecure_channel(self._address, self._options) as channel:
            grpc.channel_ready_future(channel).result(60)
            while not self._done.is_set():
                try:
                    call(channel, LIST_MODELS)
                    code = grpc.StatusCode.OK
                except grpc.RpcError as error:
                    code = error.code()
                with self._lock:
                    self.codes[code] += 1


class RollingRestart(unittest.TestCase):
    """Servers that are stopped and started one after the other, under load through nginx."""

    CALLS = 'advae_rpc_duration_seconds_count{code="OK",method="ModelRegistry/ListModels"}'

    def start(self, *flags):
        self.flags = flags
        self.servers = [Server(PROGRAM, *flags, listen=free_address()) for _ in range(3)]
        self.addCleanup(lambda: [server.__exit__() for server in self.servers])
        self.nginx = Nginx(self.addresses())
        self.addCleanup(self.nginx.stop)

    def addresses(self, but=None):
        return [server.address for server in self.servers if server is not but]

    def restart(self, number):
        """Stops it, if nobody has, waits for its end, and starts it again."""
        server = self.servers[number]
        server.__exit__()
        self.assertEqual(server.process.returncode, 0)
        self.servers[number] = Server(PROGRAM, *self.flags, listen=server.address)
        return self.servers[number]

    def await_calls(self, server):
        end = time.monotonic() + 60
        while not server.metric(self.CALLS):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)

    def test_no_call_fails_that_is_retried_as_published(self):
        """Even when nginx learns of a stop by calls that fail."""
        self.start()
        policy = (ROOT / "proto/advae/v1/service_config.json").read_text(encoding="utf-8")
        with Load(self.nginx.address, [("grpc.service_config", policy)]) as load:
            for number in range(3):
                self.await_calls(self.restart(number))
        self.assertEqual(set(load.codes), {grpc.StatusCode.OK})

    def test_no_call_breaks_when_the_balancer_uses_the_delay(self):
        """As in Kubernetes, where nginx resolves the name of the scorers again."""
        self.start("--drain_delay=3s")
        with Load(self.nginx.address) as load:
            for number, server in enumerate(self.servers[:]):
                server.stop()
                self.assertTrue(server.becomes("advae_ready", 0))
                self.nginx.balance_over(self.addresses(but=server))
                restarted = self.restart(number)
                self.nginx.balance_over(self.addresses())
                self.await_calls(restarted)
        self.assertEqual(set(load.codes), {grpc.StatusCode.OK})


def call(channel, path, request=b"", **options):
    return channel.unary_unary(path)(request, timeout=60, **options)


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] in ("--help", "-h"):
        print(__doc__)
        sys.exit(0 if len(sys.argv) > 1 else 2)
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
