"""Many connections, idle ones, and the lack of descriptors."""

import http.client
import resource
import select
import socket
import time

import http2
from registry import attack


def _connect(address, timeout=2):
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=timeout)


def _hold(address, count):
    """Up to `count` sockets to an address, on which nothing is sent."""
    sockets = []
    for _ in range(count):
        try:
            sockets.append(_connect(address))
        except OSError:
            break
    return sockets


def _close(sockets):
    for each in sockets:
        each.close()


class _Scraper:
    """One connection to the metrics that stays open, as Prometheus' does."""

    def __init__(self, server):
        self._connection = http.client.HTTPConnection(server.metrics_address, timeout=5)
        self.ready()

    def ready(self):
        """The value of advae_ready; None when the page was not read."""
        try:
            self._connection.request("GET", "/metrics")
            page = self._connection.getresponse().read().decode()
        except (OSError, http.client.HTTPException):
            self._connection.close()  # the next request opens it again
            return None
        for line in page.splitlines():
            if line.startswith("advae_ready "):
                return float(line.split()[1])
        return None

    def close(self):
        self._connection.close()


@attack("no descriptors left", rlimits={resource.RLIMIT_NOFILE: 200}, timeout=120,
        growth_mib=100,
        sends="300 connections to a server that may have 200 descriptors, held for 6 s and closed")
def no_descriptors(trial):
    scraper = _Scraper(trial.server)
    sockets = _hold(trial.server.address, 300)
    wrong = answered = 0
    for _ in range(6):
        time.sleep(1)
        with trial.client() as client:
            serving = client.is_serving(timeout=2)
        answered += serving
        wrong += not serving and scraper.ready() == 1
    ready = scraper.ready()
    _close(sockets)
    # Readiness may lag behind by a probe or two, not for as long as the attack lasts.
    trial.check(wrong <= 3, f"advae_ready was 1 in {wrong} of 6 seconds without an answer")

    def accepts():
        with trial.client() as client:
            return client.is_serving(timeout=2)

    begin = time.monotonic()
    trial.eventually(accepts, 10, "a new connection is answered after the others have closed")
    took = time.monotonic() - begin
    trial.eventually(lambda: scraper.ready() == 1, 15, "advae_ready is 1 again")
    scraper.close()
    return (f"{len(sockets)} connections; answered {answered} of 6 new ones meanwhile, "
            f"advae_ready {ready}; accepts again after {took:.1f} s")


@attack("many connections", timeout=90, growth_mib=300,
        sends="2,000 connections with HTTP/2 settings and nothing else")
def many_connections(trial):
    connections = []
    for _ in range(2000):
        try:
            connections.append(http2.Connection(trial.server.address, read=False))
        except (OSError, http2.Closed):
            break
    with trial.client() as client:
        serving = client.is_serving(timeout=10)
    threads = trial.server.usage().threads
    for connection in connections:
        connection.close()
    trial.check(threads < trial.before.threads + 64, f"{threads} threads")
    words = "serves others" if serving else "answers no further one meanwhile"
    return f"{len(connections)} connections, {threads} threads; {words}"


@attack("silent connections", growth_mib=64,
        sends="100 connections to the gRPC port on which nothing, or half a preface, is sent")
def silent(trial):
    sockets = _hold(trial.server.address, 100)
    for each in sockets[::2]:
        each.send(http2.PREFACE[:10])
    probe = trial.probe(seconds=3)
    words = trial.check_probe(probe.wait(), longest_ms=3000)
    _close(sockets)
    return words


def _scrape_beside(trial, sockets, each_second=None):
    """Whether pages are read within 3 s while the sockets are open."""
    slowest = 0
    for _ in range(4):
        if each_second:
            each_second()
        begin = time.monotonic()
        try:
            trial.server.metrics(timeout=3)
        except OSError as error:
            trial.check(False, f"no page within 3 s: {error}")
            break
        slowest = max(slowest, time.monotonic() - begin)
        time.sleep(0.3)
    closed = sum(bool(select.select([each], [], [], 0)[0]) for each in sockets)
    _close(sockets)
    return f"slowest page {1000 * slowest:.0f} ms; had closed {closed} of the idle sockets"


@attack("idle scrapers", quick=True, growth_mib=64,
        sends="2, then 64 idle sockets to the metrics port while the page is read")
def idle_scrapers(trial):
    two = _scrape_beside(trial, _hold(trial.server.metrics_address, 2))
    many = _scrape_beside(trial, _hold(trial.server.metrics_address, 64))
    return f"two: {two}; 64: {many}"


@attack("slow scrapers", growth_mib=64,
        sends="64 requests to the metrics port that come one byte at a time")
def slow_scrapers(trial):
    sockets = _hold(trial.server.metrics_address, 64)
    text = iter(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"s" * 1000)

    def one_byte():
        byte = bytes([next(text)])
        for each in sockets:
            try:
                each.send(byte)
            except OSError:  # closed by the server
                pass

    return _scrape_beside(trial, sockets, one_byte)


@attack("endless scrape request", growth_mib=64,
        sends="20 MB of one header line to the metrics port, 4 times at once")
def endless_header(trial):
    sockets = _hold(trial.server.metrics_address, 4)
    sent = 0
    for each in sockets:
        each.settimeout(3)
        try:
            each.send(b"GET /metrics HTTP/1.1\r\nX-Endless: ")
            for _ in range(20):
                each.sendall(b"e" * 1_000_000)
                sent += 1_000_000
        except OSError:
            pass
    words = _scrape_beside(trial, sockets)
    return f"took {sent / 1e6:.0f} MB; {words}"
