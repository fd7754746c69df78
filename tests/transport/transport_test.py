#!/usr/bin/python3
"""usage: tests/transport/transport_test.py ADVAE_SERVER [TEST...]

What connections, streams, pings and headers may do to advae-server, with Python's grpcio and with HTTP/2
written by hand. Exits with 77 where grpcio is missing.
"""

import gzip
import sys
import threading
import time
import unittest

try:
    import grpc
except ImportError:
    print("skipped: needs python3-grpcio")
    sys.exit(77)

import http2
from server import Server

PROGRAM = ""
SCORE = "/advae.v1.AnomalyDetector/Score"
SCORE_STREAM = "/advae.v1.AnomalyDetector/ScoreStream"
LIST_MODELS = "/advae.v1.ModelRegistry/ListModels"
MEBIBYTE = 1 << 20


def is_end_of_call(kind, flags, _stream, _payload):
    return kind == http2.RST_STREAM or (kind == http2.HEADERS and flags & http2.END_STREAM)


def is_goaway(kind, _flags, _stream, _payload):
    return kind == http2.GOAWAY


class Transport(unittest.TestCase):
    def start(self, *flags):
        server = Server(PROGRAM, *flags)
        self.addCleanup(server.__exit__)
        return server

    def connect(self, server, **options):
        connection = http2.Connection(server.address, **options)
        self.addCleanup(connection.__exit__)
        return connection

    def assert_serves(self, server):
        """A new client gets an answer."""
        with grpc.insecure_channel(server.address) as channel:
            self.assertEqual(call(channel, LIST_MODELS, b""), b"")

    def test_compressed_messages_are_refused_before_they_are_inflated(self):
        server = self.start()
        bomb = gzip.compress(bytes(64 * MEBIBYTE))
        before = server.reset_peak()
        for path in (SCORE, SCORE_STREAM, LIST_MODELS, "/grpc.health.v1.Health/Check",
                     "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"):
            connection = self.connect(server)
            connection.open_stream(1, path, ("grpc-encoding", "gzip"))
            connection.send_data(1, http2.message(bomb, compressed=True), end=True)
            end = connection.read_until(is_end_of_call)
            self.assertIsNotNone(end, path)
            self.assertEqual(status_of(end), "12", path)
        self.assertLess(server.peak_memory() - before, 20 * MEBIBYTE)
        self.assert_serves(server)

    def test_a_client_that_compresses_answers_only_is_served(self):
        server = self.start()
        with grpc.insecure_channel(server.address) as channel:
            encodings = (("grpc-accept-encoding", "gzip,deflate"),)
            self.assertEqual(call(channel, LIST_MODELS, b"", metadata=encodings), b"")

    def test_messages_are_measured_before_they_are_parsed(self):
        server = self.start()
        bombs = {"empty names": b"\x1a" + varint(16 * MEBIBYTE) + b"\x1a\0" * (8 * MEBIBYTE),
                 "unknown fields": b"\x78\x01" * (16 * MEBIBYTE)}
        before = server.reset_peak()
        options = (("grpc.max_send_message_length", -1),)
        for name, bomb in bombs.items():
            with grpc.insecure_channel(server.address, options) as channel:
                with self.assertRaises(grpc.RpcError) as error:
                    call(channel, SCORE, bomb)
                self.assertEqual(error.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED, name)
        # The bytes themselves, and room that the allocator keeps.
        self.assertLess(server.peak_memory() - before, 150 * MEBIBYTE)
        self.assertEqual(server.metric("advae_call_memory_bytes"), 0)

    def test_keepalive_pings_on_a_quiet_stream_are_ordinary(self):
        server = self.start("--min_ping_interval=200ms")
        options = (("grpc.keepalive_time_ms", 300), ("grpc.keepalive_timeout_ms", 5000),
                   ("grpc.http2.max_pings_without_data", 0),
                   ("grpc.keepalive_permit_without_calls", 1))
        with grpc.insecure_channel(server.address, options) as channel:
            stream = channel.unary_stream("/grpc.health.v1.Health/Watch")(b"")
            next(stream)
            time.sleep(3)  # ten pings
            self.assertTrue(stream.is_active())
            stream.cancel()

    def test_pings_at_the_interval_are_answered_and_more_are_cut(self):
        server = self.start("--min_ping_interval=200ms")
        connection = self.connect(server)
        connection.open_stream(1, SCORE_STREAM)
        is_ack = lambda kind, flags, *_: kind == http2.PING and flags & http2.ACK
        for number in range(8):
            connection.send(http2.frame(http2.PING, 0, 0, number.to_bytes(8, "big")))
            self.assertIsNotNone(connection.read_until(is_ack), f"ping {number}")
            time.sleep(0.25)
        # In one piece: what comes after the end of a connection may cost the client its last words.
        connection.send(5 * http2.frame(http2.PING, 0, 0, bytes(8)))
        goaway = connection.read_until(is_goaway)
        self.assertIsNotNone(goaway)
        self.assertIn(b"too_many_pings", goaway[3])
        self.assert_serves(server)

    def test_a_client_that_answers_no_ping_is_left(self):
        server = self.start("--keepalive_interval=1s")
        silent = self.connect(server, answer_pings=False)
        alive = self.connect(server)
        for connection in (silent, alive):
            connection.open_stream(1, SCORE_STREAM)
        answered = threading.Thread(target=alive.read_until, args=(is_end_of_call,))
        answered.start()
        self.assertIsNone(silent.read_until(lambda *_: False))
        self.assertTrue(answered.is_alive())
        alive.send(http2.frame(http2.DATA, http2.END_STREAM, 1))
        answered.join()

    def test_an_idle_connection_is_closed(self):
        server = self.start("--max_connection_idle=1s")
        idle = self.connect(server)
        self.assertIsNone(idle.read_until(lambda *_: False))
        self.assert_serves(server)

    def test_an_old_connection_is_told_to_go(self):
        server = self.start("--max_connection_age=1s", "--max_connection_age_grace=1s")
        connection = self.connect(server)
        connection.open_stream(1, SCORE_STREAM)
        self.assertIsNotNone(connection.read_until(is_goaway))
        self.assertIsNone(connection.read_until(lambda *_: False))

    def test_streams_of_a_connection_are_limited(self):
        server = self.start("--max_streams=10")
        connection = self.connect(server)
        is_ack = lambda kind, flags, *_: kind == http2.SETTINGS and flags & http2.ACK
        connection.read_until(is_ack)
        connection.send(b"".join(
            http2.frame(http2.HEADERS, http2.END_HEADERS, stream, http2.request_fields(SCORE_STREAM))
            for stream in range(1, 23, 2)))
        self.assertIsNotNone(
            connection.read_until(lambda kind, *_: kind in (http2.RST_STREAM, http2.GOAWAY)))
        self.assert_serves(server)

    def test_metadata_is_limited(self):
        server = self.start("--max_metadata_bytes=4096")
        with grpc.insecure_channel(server.address) as channel:
            self.assertEqual(call(channel, LIST_MODELS, b"", metadata=(("x", "y" * 3000),)), b"")
            with self.assertRaises(grpc.RpcError) as error:
                call(channel, LIST_MODELS, b"", metadata=(("x", "y" * 5000),))
            self.assertEqual(error.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.assert_serves(server)

    def test_answers_that_nobody_takes_are_given_up(self):
        server = self.start("--max_send_stall=1s")
        connection = self.connect(server, settings=[(http2.INITIAL_WINDOW_SIZE, 0)])
        for stream in (1, 3, 5):
            connection.open_stream(stream, LIST_MODELS)
            connection.send_data(stream, http2.message(b""), end=True)
        self.assertTrue(server.becomes("advae_stalled_calls_total", 3))
        self.assertTrue(
            server.becomes('advae_rpcs_in_flight{method="ModelRegistry/ListModels"}', 0))
        # A client that takes its time, but takes some, is waited for.
        connection.open_stream(7, LIST_MODELS)
        connection.send_data(7, http2.message(b""), end=True)
        time.sleep(0.5)
        connection.send(http2.frame(http2.WINDOW_UPDATE, 0, 7, (100).to_bytes(4, "big")))
        is_end = lambda kind, flags, stream, _: (stream == 7 and kind == http2.HEADERS
                                                 and flags & http2.END_STREAM)
        self.assertIsNotNone(connection.read_until(is_end))
        self.assert_serves(server)


def status_of(frame):
    """grpc-status in a block of headers that the server did not compress, as gRPC 1.51 does not."""
    payload = frame[3]
    at = payload.find(b"grpc-status")
    if at < 0:
        return None
    length = payload[at + len(b"grpc-status")]
    return payload[at + len(b"grpc-status") + 1:][:length].decode()


def varint(number):
    data = b""
    while number > 127:
        data += bytes([number % 128 + 128])
        number //= 128
    return data + bytes([number])


def call(channel, path, request, **options):
    """A unary call with bytes."""
    return channel.unary_unary(path)(request, timeout=60, **options)


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] in ("--help", "-h"):
        print(__doc__)
        sys.exit(0 if len(sys.argv) > 1 else 2)
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
