"""HTTP/2 that no gRPC library sends, made by hand."""

import contextlib
import pathlib
import subprocess
import threading
import time

import clients
import http2
import models
import server
from addresses import free_address
from registry import attack

MIB = 1 << 20
SCORE = clients.DETECTOR + "Score"
STREAM = clients.DETECTOR + "ScoreStream"


def _flood(trial, chunk_of, mib, seconds=15, address=None, connections=1000, acknowledge=True):
    """Sends `chunk_of(number)` after chunk on one connection after another, until `mib` MiB,
    `seconds` or `connections` are over; the next connection follows when this one is cut or there
    is no more chunk for it. Returns words for it; keeps the connections open until then. Waits until
    the server's settings are acknowledged, or never acknowledges them."""
    begin = time.monotonic()
    sent, opened, cut = 0, [], 0
    connection, number = None, 0
    while sent < mib * MIB and time.monotonic() - begin < seconds and trial.server.alive():
        try:
            if connection is None:
                if len(opened) == connections:
                    break
                connection = http2.Connection(address or trial.server.address, read=acknowledge)
                opened.append(connection)
                if acknowledge:
                    connection.acknowledged.wait(5)
                number = 0
            chunk = chunk_of(number)
            if chunk is None:
                connection = None
                continue
            number += 1
            connection.send(chunk)
            sent += len(chunk)
        except (http2.Closed, OSError):
            cut += 1
            connection = None
            time.sleep(0.01)
    time.sleep(1)
    words = f"took {sent / MIB:.1f} MiB on {len(opened)} connections in " \
            f"{time.monotonic() - begin:.0f} s"
    if cut:
        words += f", of which it cut {cut}"
    for connection in opened:
        connection.close()
    return words


def _size(trial, mib):
    return mib * (5 if trial.is_long else 1)


@contextlib.contextmanager
def _balancer(trial):
    """nginx with the configuration of deploy/kubernetes before the server. Gives its address, and
    checks what its processes take."""
    folder = trial.folder / "nginx"
    folder.mkdir(mode=0o755)
    trial.folder.chmod(0o755)
    address = free_address()
    config = (models.ROOT / "deploy" / "kubernetes" / "base" / "nginx.conf").read_text()
    config = config.replace("listen 50051", f"listen {address}").replace("/tmp/", f"{folder}/")
    (folder / "nginx.conf").write_text(config)
    (folder / "upstream.conf").write_text(
        f"upstream scorers {{ zone scorers 256k; server {trial.server.address}; keepalive 64; }}\n")
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            ["nginx", "-c", folder / "nginx.conf", "-g", "daemon off; user root;"], stderr=log)
        meter = server.PeakMeter(lambda: _family(process.pid), limit_mib=3000)
        try:
            _wait_for(address)
            meter.start()
            yield address
            meter.stop()
            trial.check(meter.peak <= 256, f"a process of nginx took {meter.peak:.0f} MiB")
        finally:
            process.terminate()
            process.wait()


def _family(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def _wait_for(address):
    limit = time.monotonic() + 10
    while True:
        with clients.Client(address) as client:
            if client.is_serving(timeout=1):
                return
        if time.monotonic() > limit:
            raise RuntimeError("nginx does not answer")


def _with_probe(trial, flood):
    """Others must be served meanwhile, within 10 s; how fast is for the machine to decide."""
    probe = trial.probe(pause=0.1)
    words = flood()
    return f"{words}; {trial.check_probe(probe.stop())}"


def _resets(number):
    block = http2.request_fields(SCORE)
    streams = range(1 + 400 * number, 1 + 400 * (number + 1), 2)
    return b"".join(http2.frame(http2.HEADERS, http2.END_HEADERS, stream, block) +
                    http2.frame(http2.RST_STREAM, 0, stream, b"\0\0\0\x08")
                    for stream in streams)


def _opened(number):
    block = http2.request_fields(STREAM)
    streams = range(1 + 400 * number, 1 + 400 * (number + 1), 2)
    return b"".join(http2.frame(http2.HEADERS, http2.END_HEADERS, stream, block)
                    for stream in streams)


@attack("rapid resets", timeout=150, growth_mib=1024,
        sends="20 MiB of calls that are reset at once (HEADERS, RST_STREAM); gRPC 1.51 has no "
        "limit for them")
def rapid_resets(trial):
    return _flood(trial, _resets, _size(trial, 20))


@attack("rapid resets through nginx", timeout=120,
        sends="the same through nginx with deploy/kubernetes/base/nginx.conf")
def rapid_resets_nginx(trial):
    with _balancer(trial) as address:
        return _with_probe(trial, lambda: _flood(trial, _resets, _size(trial, 20), address=address))


@attack("opened streams", timeout=120, growth_mib=512,
        sends="20 MiB of calls that are opened and left open, on a connection after the other, each once the "
        "server's settings are acknowledged")
def opened_streams(trial):
    return _with_probe(trial, lambda: _flood(trial, _opened, _size(trial, 20)))


@attack("opened streams without acknowledgement", timeout=150, growth_mib=1024,
        sends="the same by a client that does not acknowledge the server's settings; gRPC 1.51 has no limit "
        "for it")
def unacknowledged(trial):
    return _flood(trial, _opened, _size(trial, 20), acknowledge=False)


@attack("opened streams without acknowledgement through nginx", timeout=120,
        sends="the same through nginx with deploy/kubernetes/base/nginx.conf")
def unacknowledged_nginx(trial):
    with _balancer(trial) as address:
        return _with_probe(trial, lambda: _flood(trial, _opened, _size(trial, 20), address=address,
                                                 acknowledge=False))


@attack("opened streams through nginx", timeout=120,
        sends="opened streams, whose limit is acknowledged, through nginx with "
        "deploy/kubernetes/base/nginx.conf")
def opened_streams_nginx(trial):
    with _balancer(trial) as address:
        return _with_probe(trial, lambda: _flood(trial, _opened, _size(trial, 20), address=address))


def _on_many(number):
    return _opened(number) if number < 3 else None


@attack("opened streams on many connections", timeout=120, growth_mib=1024,
        sends="600 calls that are opened and left open on each of 60 connections; gRPC 1.51 limits "
        "them for each connection only")
def many_opened(trial):
    """Some 20 KB for each call: see the next one for a limit of them all."""
    return _with_probe(trial, lambda: _flood(trial, _on_many, 1000, connections=60))


@attack("opened streams on many connections through nginx", timeout=120,
        sends="the same through nginx with deploy/kubernetes/base/nginx.conf")
def many_opened_nginx(trial):
    with _balancer(trial) as address:
        return _with_probe(trial, lambda: _flood(trial, _on_many, 1000, address=address,
                                                 connections=60))


@attack("indexed headers", timeout=120, growth_mib=2048,
        sends="4 MiB of calls that are opened by 17 bytes each, as all header fields are in the "
        "dynamic table")
def indexed_headers(trial):
    fields = [(":method", "POST"), (":scheme", "http"), (":path", STREAM),
              (":authority", "localhost"), ("content-type", "application/grpc"),
              ("te", "trailers"), ("x-long", "x" * 3000)]
    first = b"".join(http2.literal(*field, indexed=True) for field in fields)
    # Fields 62... of the index are the dynamic table, the newest first.
    short = b"".join(http2.integer(62 + i, 7, 0x80) for i in reversed(range(len(fields))))

    def chunk(number):
        streams = range(1 + 2000 * number, 1 + 2000 * (number + 1), 2)
        return b"".join(http2.frame(http2.HEADERS, http2.END_HEADERS, stream,
                                    first if stream == 1 else short) for stream in streams)

    return _with_probe(trial, lambda: _flood(trial, chunk, _size(trial, 4)))


@attack("HPACK bombs", timeout=120,
        sends="10 MiB of header blocks that name a field of 3,900 bytes of the dynamic table "
        "16,000 times each")
def hpack_bombs(trial):
    first = http2.request_fields(SCORE) + http2.literal("bomb", b"x" * 3900, indexed=True)
    bomb = http2.integer(62, 7, 0x80) * 16000

    def chunk(number):
        stream = 1 + 2 * number
        return http2.frame(http2.HEADERS, http2.END_HEADERS | http2.END_STREAM, stream,
                           first if number == 0 else bomb)

    return _with_probe(trial, lambda: _flood(trial, chunk, _size(trial, 10)))


@attack("CONTINUATION flood", timeout=120,
        sends="50 MiB of CONTINUATION frames of a header block that never ends")
def continuations(trial):
    field = http2.literal("x-flood", b"y" * 100)
    payload = field * (16000 // len(field))

    def chunk(number):
        if number == 0:
            return http2.frame(http2.HEADERS, 0, 1, http2.request_fields(SCORE))
        return http2.frame(http2.CONTINUATION, 0, 1, payload)

    return _with_probe(trial, lambda: _flood(trial, chunk, _size(trial, 50)))


@attack("large headers", timeout=120,
        sends="50 MiB of calls with 15 KB of headers each, never ended")
def large_headers(trial):
    block = http2.request_fields(STREAM) + b"".join(
        http2.literal(f"x-{i}", b"z" * 1000) for i in range(15))

    def chunk(number):
        return http2.frame(http2.HEADERS, http2.END_HEADERS, 1 + 2 * number, block)

    return _with_probe(trial, lambda: _flood(trial, chunk, _size(trial, 50)))


@attack("SETTINGS and PING floods", timeout=120, growth_mib=200,
        sends="10 MiB of SETTINGS and PING frames, whose answers are never read")
def settings_flood(trial):
    chunk = (http2.frame(http2.SETTINGS, 0, 0, b"\0\x04\0\0\xff\xff") +
             http2.frame(http2.PING, 0, 0, b"12345678")) * 500
    connections = []
    sent = closed = 0
    begin = time.monotonic()
    while sent < _size(trial, 10) * MIB and time.monotonic() - begin < 20 and closed < 50:
        connection = http2.Connection(trial.server.address, read=False, receive_buffer=4096)
        connections.append(connection)
        try:
            while sent < _size(trial, 10) * MIB:
                connection.send(chunk)
                sent += len(chunk)
        except http2.Closed:
            closed += 1
    for connection in connections:
        connection.close()
    return f"took {sent / MIB:.0f} MiB, closed or stopped reading {closed} connections"


def _ask_and_not_read(connection, body, asked):
    """10 ScoreStreams with 8 requests each, as far as the server takes them. Adds those of which it
    took one."""
    for stream in range(1, 21, 2):
        try:
            connection.headers(stream, http2.request_fields(STREAM))
            connection.data(stream, body, within=5)
            asked.append((connection, stream))
            for _ in range(7):
                connection.data(stream, body, within=0.5)
        except http2.NoWindow:
            continue  # the server takes no more of this one
        except http2.Closed:
            return


@attack("answers never read", models=("pump", "cheap"), timeout=120, growth_mib=700,
        flags=("--max_send_stall=5s", "--max_receive_bytes=268435456"),
        sends="200 ScoreStreams on 20 connections that ask for 1.5 MB of explanations in each of 8 "
        "requests and read nothing; --max_send_stall=5s, --max_receive_bytes=256 MiB")
def never_read(trial):
    request = clients.score_request("cheap", rows=3000, top_features=12)
    body = http2.message(request.SerializeToString())
    # No window for answers: all of them stay with the server.
    connections = [http2.Connection(trial.server.address,
                                    settings=[(http2.INITIAL_WINDOW_SIZE, 0)]) for _ in range(20)]
    asked = []
    threads = [threading.Thread(target=_ask_and_not_read, args=(connection, body, asked))
               for connection in connections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    def left():
        return [stream for connection, stream in asked
                if stream not in connection.ended and not connection.closed.is_set()]

    trial.check(len(asked) >= 20, f"it took requests of {len(asked)} calls only")
    trial.eventually(lambda: not left(), 40, "the calls are ended although their clients stay")
    words = f"took requests of {len(asked)} calls, ended {len(asked) - len(left())} of them"
    for connection in connections:
        connection.close()
    return words


@attack("pings every 10 s", quiet=True, timeout=120, growth_mib=64,
        sends="a Watch without news on a connection that pings every 10 s, 6 times, as keepalive "
        "does")
def pings(trial):
    connection = http2.Connection(trial.server.address)
    connection.headers(1, http2.request_fields(clients.HEALTH + "Watch"))
    connection.data(1, http2.message(b""), end=True)
    answered = 0
    for _ in range(6):
        time.sleep(10)
        before = connection.frames[http2.PING]
        try:
            connection.send(http2.frame(http2.PING, 0, 0, b"advaping"))
        except http2.Closed:
            break
        limit = time.monotonic() + 5
        while connection.frames[http2.PING] == before and time.monotonic() < limit:
            time.sleep(0.05)
        answered += connection.frames[http2.PING] > before
    trial.check(connection.goaway is None, f"GOAWAY {connection.goaway}")
    trial.check(answered == 6, f"only {answered} of 6 pings were answered")
    trial.check(1 not in connection.ended, "the call was ended")
    connection.close()
    return f"answered {answered} pings" + trial.if_held(", the call stays open")


@attack("pings without pause", growth_mib=64,
        sends="20,000 pings as fast as they go, on a connection with one call")
def ping_flood(trial):
    """Nobody needs those: the connection is cut."""
    connection = http2.Connection(trial.server.address)
    connection.headers(1, http2.request_fields(clients.HEALTH + "Watch"))
    connection.data(1, http2.message(b""), end=True)
    try:
        for _ in range(200):
            connection.send(http2.frame(http2.PING, 0, 0, b"advaping") * 100)
            time.sleep(0.005)
    except http2.Closed:
        pass
    connection.closed.wait(3)
    trial.check(connection.goaway is not None or connection.closed.is_set(),
                "the connection was not cut")
    words = f"GOAWAY {connection.goaway[1]}" if connection.goaway else "closed the connection"
    connection.close()
    return words
