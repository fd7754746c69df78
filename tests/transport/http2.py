"""HTTP/2 (RFC 9113) as bytes on a socket, so that a test may send what no library would."""

import socket
import struct

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
INITIAL_WINDOW_SIZE = 4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def settings(values):
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", *pair) for pair in values.items()))


def literal(text):
    """A string of HPACK (RFC 7541) without compression."""
    data = text.encode()
    if len(data) < 127:
        return bytes([len(data)]) + data
    rest, length = len(data) - 127, b"\x7f"
    while rest >= 128:
        length += bytes([rest % 128 + 128])
        rest //= 128
    return length + bytes([rest]) + data


def header_block(headers):
    return b"".join(b"\0" + literal(name) + literal(value) for name, value in headers)


def grpc_headers(path, *more):
    return header_block([(":method", "POST"), (":scheme", "http"), (":path", path),
                         (":authority", "test"), ("content-type", "application/grpc"),
                         ("te", "trailers"), *more])


def grpc_message(payload, compressed=False):
    return struct.pack(">BI", compressed, len(payload)) + payload


class Connection:
    """A client's end. Reads answer the server's settings and pings unless told not to."""

    def __init__(self, address, initial_settings=None, answer_pings=True):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=60)
        self.answer_pings = answer_pings
        self.buffer = b""
        self.send(PREFACE + settings(initial_settings or {}))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def open_stream(self, stream, path, *headers, end=False):
        flags = END_HEADERS | (END_STREAM if end else 0)
        self.send(frame(HEADERS, flags, stream, grpc_headers(path, *headers)))

    def send_data(self, stream, payload, end=False):
        while len(payload) > 16384:
            self.send(frame(DATA, 0, stream, payload[:16384]))
            payload = payload[16384:]
        self.send(frame(DATA, END_STREAM if end else 0, stream, payload))

    def _take(self, count):
        while len(self.buffer) < count:
            more = self.socket.recv(65536)
            if not more:
                return None
            self.buffer += more
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def read(self):
        """The next frame as (kind, flags, stream, payload), or None at the end of the connection."""
        try:
            head = self._take(9)
            if head is None:
                return None
            length = int.from_bytes(head[:3], "big")
            kind, flags, stream = struct.unpack(">BBI", head[3:])
            payload = self._take(length) if length else b""
            if payload is None:
                return None
            if kind == SETTINGS and not flags & ACK:
                self.send(frame(SETTINGS, ACK, 0))
            if kind == PING and not flags & ACK and self.answer_pings:
                self.send(frame(PING, ACK, 0, payload))
            return kind, flags, stream, payload
        except (ConnectionError, BrokenPipeError):
            return None

    def read_until(self, wanted):
        """The first frame for which `wanted(kind, flags, stream, payload)` holds; None at the end."""
        while (got := self.read()) is not None and not wanted(*got):
            pass
        return got
