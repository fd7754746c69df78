"""Calls that end in every way that a client can end them."""

import random
import threading
import time

import grpc

import clients
import http2
from registry import attack

STREAM_ROWS = 16


def _endless(payload):
    """A request stream that sends one message and stays open until the call ends."""
    waiting = threading.Event()
    yield payload
    waiting.wait(30)


def _request(method, payload, stays_open=False):
    client_streams = clients.METHODS[method][0]
    if not client_streams:
        return payload
    return _endless(payload) if stays_open else iter([payload])


def _finish(client, method):
    """Reads the call to its end, with trailing metadata and status."""
    response = client.call(method)
    request = _request(method, clients.valid_request(method))
    try:
        if clients.METHODS[method][1]:
            call = response(request, timeout=2)
            for _ in call:
                pass
            call.trailing_metadata()
        else:
            response.with_call(request, timeout=2)[1].trailing_metadata()
    except grpc.RpcError as error:
        return error.code().name
    return "OK"


@attack("every method finished", quick=True, growth_mib=64,
        sends="one call of each method of all services, reflection among them, read to its end by "
        "grpcio")
def finished(trial):
    codes = {}
    for method in clients.METHODS:
        with trial.client() as client:
            codes[method] = _finish(client, method)
            if not trial.check(client.is_serving(), f"no health after {method}"):
                break
    time.sleep(0.5)  # a stack takes its time to overflow
    for method in (clients.REFLECTION, clients.DETECTOR + "Score", clients.HEALTH + "Check",
                   clients.REGISTRY + "GetModel", clients.DETECTOR + "ScoreStream"):
        trial.check(codes.get(method) == "OK", f"{method} ended with {codes.get(method)}")
    return f"answered {len(codes)} methods: " + ", ".join(
        f"{method.rpartition('/')[2]} {code}" for method, code in codes.items())


@attack("every method cancelled", quick=True, growth_mib=64,
        sends="each method cancelled at once, after 1 ms and after 20 ms, 5 times each")
def cancelled(trial):
    calls = 0
    for method, (_, server_streams) in clients.METHODS.items():
        with trial.client() as client:
            payload = clients.valid_request(method)
            for delay in (0, 0.001, 0.02) * 5:
                if server_streams:
                    call = client.call(method)(_request(method, payload, True), timeout=5)
                else:
                    call = client.call(method).future(_request(method, payload, True), timeout=5)
                time.sleep(delay)
                call.cancel()
                calls += 1
        with trial.client() as client:
            if not trial.check(client.is_serving(), f"no health after {method}"):
                break
    trial.eventually(lambda: trial.server.metric("advae_rpcs_in_flight") == 0, 10,
                     "no calls in flight")
    return f"{calls} calls cancelled" + trial.if_held("; serving after each method")


@attack("every method abandoned", quick=True, growth_mib=64,
        sends="each method begun, or sent in full, and the connection reset by RST, 10 times each")
def abandoned(trial):
    for method in clients.METHODS:
        payload = http2.message(clients.valid_request(method))
        for number in range(10):
            connection = http2.Connection(trial.server.address, read=number % 2 == 0)
            connection.headers(1, http2.request_fields(method))
            whole = number % 3
            if whole:
                connection.send(http2.frame(http2.DATA, http2.END_STREAM if whole == 2 else 0, 1,
                                            payload))
            time.sleep(0.001 * (number % 4))
            connection.close(reset=True)
        with trial.client() as client:
            if not trial.check(client.is_serving(), f"no health after {method}"):
                break
    trial.eventually(lambda: trial.server.metric("advae_rpcs_in_flight") == 0, 10,
                     "no calls in flight")
    return f"{10 * len(clients.METHODS)} connections reset" + trial.if_held(
        "; serving after each method")


def _streams(trial, seconds, counts, seed):
    """Opens streams of one request each on one connection and cancels half of them."""
    generator = random.Random(seed)
    payload = http2.message(
        clients.score_request(rows=STREAM_ROWS).SerializeToString())
    block = http2.request_fields(clients.DETECTOR + "ScoreStream")
    end = time.monotonic() + seconds
    stream, connection = 1, http2.Connection(trial.server.address)
    while time.monotonic() < end and trial.server.alive():
        burst = bytearray()
        cancelled = []
        for _ in range(20):
            burst += http2.frame(http2.HEADERS, http2.END_HEADERS, stream, block)
            burst += http2.frame(http2.DATA, http2.END_STREAM, stream, payload)
            if generator.random() < 0.5:
                cancelled.append(stream)
            stream += 2
        try:
            connection.send(bytes(burst))
            time.sleep(generator.random() * 0.002)
            for number in cancelled:
                connection.reset(number)
                if generator.random() < 0.3:
                    time.sleep(0.0002)
            connection.wait_ended(set(range(stream - 40, stream, 2)) - set(cancelled), 5)
            connection.send(http2.frame(http2.WINDOW_UPDATE, 0, 0, (1 << 20).to_bytes(4, "big")))
        except http2.Closed:
            connection.close()
            stream, connection = 1, http2.Connection(trial.server.address)
        counts[seed] += 20
    connection.close()


@attack("short streams", growth_mib=128, timeout=60, quick=True,
        sends="ScoreStreams of one request of 16 rows on 4 connections, half of them cancelled, "
        "while each freed block of the server's memory is overwritten")
def short_streams(trial):
    """glibc's allocator instead of tcmalloc's overwrites what is freed, so that a use after free
    reads nonsense instead of what was there."""
    overwritten = trial.start_server(environment={
        "LD_PRELOAD": "libc.so.6 libstdc++.so.6", "MALLOC_PERTURB_": "165"})
    trial.server.stop()
    trial.begin(overwritten)
    counts = [0] * 4
    threads = [threading.Thread(target=_streams,
                                args=(trial, 120 if trial.is_long else 10, counts, seed))
               for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    trial.check(sum(counts) > 1000, f"only {sum(counts)} streams were sent")
    if trial.server.alive():
        trial.eventually(lambda: trial.server.metric("advae_rpcs_in_flight") == 0, 10,
                         "no calls in flight")
    return f"ended {sum(counts)} streams"
