"""The HTTP port: bodies that become much, answers that nobody reads, framings that nobody agrees on."""

import json
import socket
import threading
import time

from registry import attack

MIB = 1 << 20
SCORE = "/v1/models/pump:score"
INFER = "/v2/models/pump/infer"
PORT = "--http_listen=127.0.0.1:0"
SMALL = "--max_call_bytes=268435456"  # 256 MiB


def _connect(trial, receive_buffer=None):
    host, _, port = trial.server.http_address.rpartition(":")
    connection = socket.socket()
    if receive_buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(60)
    connection.connect((host, int(port)))
    return connection


def _post(path, body, headers=""):
    return (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def _ask(trial, request):
    """The status of the answer; 0 when there is none."""
    with _connect(trial) as connection:
        try:
            connection.sendall(request)
            text = b""
            while chunk := connection.recv(1 << 16):
                text += chunk
        except OSError:
            return 0
    return int(text.split()[1]) if text.startswith(b"HTTP/1.1 ") else 0


def _ask_all(trial, requests):
    """All at once; the statuses."""
    statuses = [0] * len(requests)

    def ask(i):
        statuses[i] = _ask(trial, requests[i])

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(requests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


class _Health(threading.Thread):
    """Asks over HTTP whether the server lives, all the time."""

    def __init__(self, trial):
        super().__init__(daemon=True)
        self._trial, self._stopping = trial, threading.Event()
        self.longest, self.failed = 0, 0

    def run(self):
        request = b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        while not self._stopping.wait(0.05):
            begin = time.monotonic()
            self.failed += _ask(self._trial, request) != 200
            self.longest = max(self.longest, time.monotonic() - begin)

    def stop(self):
        self._stopping.set()
        self.join()
        self._trial.check(self.failed == 0, f"{self.failed} health checks over HTTP failed")
        self._trial.check(self.longest < 5, f"a health check took {self.longest:.1f} s")
        return f"health checks within {1000 * self.longest:.0f} ms"


def _repeated(part, size):
    return part * (size // len(part))


@attack("many members", quick=True, flags=(PORT,), growth_mib=1200,
        sends="8 bodies of 1 MiB whose object has 87,000 members, for each kind of request")
def many_members(trial):
    body = ("{" + ",".join(f'"a{i:06}":0' for i in range(87_000)) + "}").encode()
    health = _Health(trial)
    health.start()
    begin = time.monotonic()
    statuses = _ask_all(trial, [_post(path, body) for path in (SCORE, INFER)] * 4)
    seconds = time.monotonic() - begin
    trial.check(set(statuses) == {400}, f"statuses {statuses}, expected 400")
    trial.check(seconds < 20, f"they took {seconds:.0f} s")
    return f"answered with 400 after {seconds:.1f} s; {health.stop()}"


@attack("bodies that become much", quick=True, flags=(PORT, SMALL), growth_mib=700,
        sends="bodies of 20 MiB: empty rows, nested arrays, a header that calls JSON binary data, empty "
        "objects and texts, tabs; --max_call_bytes is 256 MiB")
def growing_bodies(trial):
    size = 20 * MIB
    nested = b'{"rows":' + b"[" * size
    rows = b'{"rows":[' + _repeated(b"{},", size) + b"{}]}"
    objects = b'{"inputs":[' + _repeated(b"{},", size) + b"{}]}"
    texts = b'{"inputs":[' + _repeated(b'"",', size) + b'""]}'
    spaces = b"\t" * size + b"x"
    all_json = f"Inference-Header-Content-Length: {len(objects)}\r\n"
    requests = [_post(SCORE, nested), _post(INFER, nested), _post(SCORE, rows),
                _post(INFER, objects), _post(INFER, texts), _post(INFER, objects, all_json),
                _post(SCORE, spaces)]
    health = _Health(trial)
    health.start()
    statuses = _ask_all(trial, requests)
    trial.check(set(statuses) <= {400, 413, 429}, f"statuses {statuses}, expected 400 or 429")
    return f"answered with {', '.join(map(str, statuses))}; {health.stop()}"


@attack("answers over HTTP never read", flags=(PORT, SMALL), growth_mib=700, timeout=120,
        sends="100 requests of 100,000 rows each whose answers of 8 MB are not read; --max_call_bytes is 256 MiB")
def unread_answers(trial):
    body = b'{"rows":[' + _repeated(b"{},", 300_000) + b"{}]}"
    connections = []
    for _ in range(100):
        connection = _connect(trial, receive_buffer=4096)
        connection.sendall(_post(SCORE, body))
        connections.append(connection)
    trial.eventually(lambda: trial.server.metric("advae_call_memory_bytes") > 100 * MIB, 60,
                     "the answers are counted as memory of calls")
    held = trial.server.metric("advae_call_memory_bytes") / MIB
    for connection in connections:
        connection.close()
    trial.eventually(lambda: trial.server.metric("advae_call_memory_bytes") == 0, 10,
                     "the memory of the answers is given back")
    return f"counted {held:.0f} MiB for them"


@attack("bodies that are only told of", quick=True, flags=(PORT,),
        sends="60 headers that tell of bodies of 60 MiB, which do not come; then a request of 2,000 rows")
def promised_bodies(trial):
    head = (f"POST {SCORE} HTTP/1.1\r\nHost: localhost\r\n"
            f"Content-Length: {60 * MIB}\r\n\r\n").encode()
    connections = [_connect(trial) for _ in range(60)]
    for connection in connections:
        connection.sendall(head)
    status = _ask(trial, _post(SCORE, b'{"rows":[' + b"{}," * 1999 + b"{}]}"))
    trial.check(status == 200, f"a request meanwhile got {status}")
    held = trial.server.metric("advae_call_memory_bytes") / MIB
    trial.check(held < 10, f"they hold {held:.0f} MiB of the memory of calls")
    for connection in connections:
        connection.close()
    return f"answered another client; the headers held {held:.1f} MiB"


@attack("framings", quick=True, flags=(PORT,),
        sends="requests that servers frame differently: lengths and encodings that contradict each other, "
        "unknown encodings, bare line feeds, spaces before colons, headers of 1 MiB, no request at all")
def framings(trial):
    body = b'{"rows": [{}]}'
    smuggled = b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    head = f"POST {SCORE} HTTP/1.1\r\nHost: localhost\r\n".encode()
    for lines in (b"Transfer-Encoding: chunked, chunked\r\n", b"Transfer-Encoding: xchunked\r\n",
                  b"Transfer-Encoding: gzip, chunked\r\n",
                  b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
                  b"Content-Length: 4\r\nContent-Length: 5\r\n", b"Content-Length: -1\r\n",
                  b"Content-Length: 99999999999999999999\r\n", b"Content-Length : 4\r\n",
                  b"X: " + b"a" * MIB + b"\r\n"):
        with _connect(trial) as connection:
            connection.settimeout(10)
            text = b""
            try:
                connection.sendall(head + lines + b"\r\n0\r\n\r\n" + smuggled)
                while chunk := connection.recv(1 << 16):
                    text += chunk
            except OSError:
                pass
        trial.check(text.count(b"HTTP/1.1 ") <= 1,
                    f"a second answer after {lines[:40].decode()!r}")
        trial.check(not text.startswith(b"HTTP/1.1 2"), f"taken: {lines[:40].decode()!r}")
    for garbage in (b"\0" * 1000, b"\r\n" * 100_000, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                    b"\x16\x03\x01\x02\x00\x01\x00", b"GET"):
        with _connect(trial) as connection:
            try:
                connection.sendall(garbage)
            except OSError:
                pass
    status = _ask(trial, _post(SCORE, body))
    trial.check(status == 200, f"a request afterwards got {status}")
    return trial.if_held("refused them all")


@attack("silent connections over HTTP", quick=True, flags=(PORT,),
        sends="400 connections that say nothing, or half a header, or half a body")
def silent_connections(trial):
    connections = []
    for i in range(400):
        connection = _connect(trial)
        connection.sendall((b"", b"GET /v2 HT", _post(SCORE, b"{" * 100)[:-50])[i % 3])
        connections.append(connection)
    begin = time.monotonic()
    status = _ask(trial, _post(SCORE, json.dumps({"rows": [{}]}).encode()))
    trial.check(status == 200, f"another request got {status}")
    seconds = time.monotonic() - begin
    for connection in connections:
        connection.close()
    return f"answered another client within {1000 * seconds:.0f} ms"
