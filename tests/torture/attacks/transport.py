"""HTTP/2 that no gRPC library sends, made by hand."""

import threading
import time

import clients
import http2
from registry import attack

MIB = 1 << 20
SCORE = clients.DETECTOR + "Score"
STREAM = clients.DETECTOR + "ScoreStream"


def _flood(trial, chunk_of, mib, seconds=15):
    """Sends `chunk_of(number)` after chunk on one connection after another, until `mib` MiB or
    `seconds` are over. Returns words for it and keeps the connections open until then."""
    begin = time.monotonic()
    sent, open_connections, refused = 0, [], 0
    connection, number = None, 0
    while sent < mib * MIB and time.monotonic() - begin < seconds and trial.server.alive():
        try:
            if connection is None:
                connection = http2.Connection(trial.server.address)
                open_connections.append(connection)
                number = 0
            chunk = chunk_of(number)
            number += 1
            connection.send(chunk)
            sent += len(chunk)
        except (http2.Closed, OSError):
            refused += 1
            connection = None
            time.sleep(0.01)
    time.sleep(1)
    words = f"took {sent / MIB:.0f} MiB in {time.monotonic() - begin:.0f} s"
    if refused:
        words += f", closed {refused} connections"
    for connection in open_connections:
        connection.close()
    return words


def _size(trial, mib):
    return mib * (5 if trial.is_long else 1)


def _with_probe(trial, flood):
    """Others must be served meanwhile; how fast is for the machine to decide."""
    probe = trial.probe(pause=0.1)
    words = flood()
    return f"{words}; {trial.check_probe(probe.stop(), longest_ms=5000)}"


@attack("rapid resets", timeout=120,
        sends="20 MiB of calls that are reset at once (HEADERS, RST_STREAM)")
def rapid_resets(trial):
    block = http2.request_fields(SCORE)

    def chunk(number):
        streams = range(1 + 400 * number, 1 + 400 * (number + 1), 2)
        return b"".join(http2.frame(http2.HEADERS, http2.END_HEADERS, stream, block) +
                        http2.frame(http2.RST_STREAM, 0, stream, b"\0\0\0\x08")
                        for stream in streams)

    return _with_probe(trial, lambda: _flood(trial, chunk, _size(trial, 20)))


@attack("opened streams", timeout=120,
        sends="20 MiB of calls that are opened and left open")
def opened_streams(trial):
    block = http2.request_fields(STREAM)

    def chunk(number):
        streams = range(1 + 400 * number, 1 + 400 * (number + 1), 2)
        return b"".join(http2.frame(http2.HEADERS, http2.END_HEADERS, stream, block)
                        for stream in streams)

    return _with_probe(trial, lambda: _flood(trial, chunk, _size(trial, 20)))


@attack("indexed headers", timeout=120,
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


def _ask_and_not_read(address, body, opened, connections):
    """10 ScoreStreams on one connection, with 8 requests each as far as the server takes them."""
    # No window for answers: all of them stay with the server.
    connection = http2.Connection(address, settings=[(http2.INITIAL_WINDOW_SIZE, 0)])
    connections.append(connection)
    for stream in range(1, 21, 2):
        try:
            connection.headers(stream, http2.request_fields(STREAM))
            opened.append(stream)
            for _ in range(8):
                connection.data(stream, body, within=2)
        except http2.NoWindow:
            continue  # the server takes no more of this one
        except http2.Closed:
            return


@attack("answers never read", timeout=120, growth_mib=400,
        sends="200 ScoreStreams on 20 connections that ask for 1.5 MB of explanations in each of 8 "
        "requests and read nothing")
def never_read(trial):
    body = http2.message(clients.score_request(rows=3000, top_features=12).SerializeToString())
    connections, opened = [], []
    threads = [threading.Thread(target=_ask_and_not_read,
                                args=(trial.server.address, body, opened, connections))
               for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    peak = trial.server.usage().rss
    time.sleep(3)
    kept = trial.server.usage().rss
    for connection in connections:
        connection.close()
    time.sleep(2)
    rest = trial.server.usage().rss
    trial.check(rest - trial.before.rss <= 300, f"it keeps {rest - trial.before.rss:.0f} MiB more")
    return (f"{len(opened)} streams; {peak:.0f} MiB when all was sent, {kept:.0f} MiB 3 s later, "
            f"{rest:.0f} MiB when the clients had gone")


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


@attack("pings without pause", growth_mib=64, quick=True,
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
