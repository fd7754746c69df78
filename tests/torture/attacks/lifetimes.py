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


@attack("every method cancelled", growth_mib=64,
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


def _burst(generator, connection, first, block, payload):
    """20 streams of a request each. Each is ended, or cancelled, at about the time at which its
    rows are scored. Returns those that were ended."""
    streams = list(range(first, first + 40, 2))
    connection.send(b"".join(http2.frame(http2.HEADERS, http2.END_HEADERS, stream, block) +
                             http2.frame(http2.DATA, 0, stream, payload) for stream in streams))
    ended = set()
    for stream in streams:
        time.sleep(generator.random() * 0.001)
        if generator.random() < 0.5:
            connection.reset(stream)
        else:
            connection.send(http2.frame(http2.DATA, http2.END_STREAM, stream))
            ended.add(stream)
    return ended


def _streams(trial, seconds, counts, seed):
    """Burst after burst on one connection."""
    generator = random.Random(seed)
    request = clients.score_request("medium", STREAM_ROWS)
    payload = http2.message(request.SerializeToString())
    block = http2.request_fields(clients.DETECTOR + "ScoreStream")
    end = time.monotonic() + seconds
    stream, connection = 1, http2.Connection(trial.server.address)
    while time.monotonic() < end and trial.server.alive():
        try:
            ended = _burst(generator, connection, stream, block, payload)
            connection.wait_ended(ended, 5)
            connection.send(http2.frame(http2.WINDOW_UPDATE, 0, 0, (1 << 20).to_bytes(4, "big")))
            stream += 40
        except (http2.Closed, OSError):
            connection.close()
            if not trial.server.alive():
                break
            stream, connection = 1, http2.Connection(trial.server.address)
        counts[seed] += 20
    connection.close()


@attack("short streams", growth_mib=128, timeout=60, starts_server=False,
        models=("pump", "medium"),
        sends="ScoreStreams of one request of 16 rows on 4 connections, half of them cancelled, "
        "while threads of the server are held up after they unlock and each freed block is "
        "overwritten")
def short_streams(trial):
    """interleave.c widens what windows there are; glibc's allocator instead of tcmalloc's
    overwrites what is freed, so that a use after free reads nonsense instead of what was there."""
    trial.begin(trial.start_server(environment={
        "LD_PRELOAD": f"{trial.compile('interleave')} libc.so.6 libstdc++.so.6",
        "MALLOC_PERTURB_": "165"}))
    counts = [0] * 4
    threads = [threading.Thread(target=_streams,
                                args=(trial, 120 if trial.is_long else 10, counts, seed))
               for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    trial.check(sum(counts) >= 400, f"only {sum(counts)} streams were sent")
    if trial.server.alive():
        trial.eventually(lambda: trial.server.metric("advae_rpcs_in_flight") == 0, 10,
                         "no calls in flight")
    return f"ended {sum(counts)} streams"
