"""A connection that sends HTTP/2 frames made by hand and reads one frame at a time."""

import pathlib
import socket
import struct
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "testing"))
from http2_frames import *


class Connection:
    """A client's end. Reads answer the server's settings and pings unless told not to."""

    def __init__(self, address, settings=(), answer_pings=True):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=60)
        self.answer_pings = answer_pings
        self.buffer = b""
        self.send(PREFACE + settings_frame(settings))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def open_stream(self, stream, path, *headers, end=False):
        flags = END_HEADERS | (END_STREAM if end else 0)
        self.send(frame(HEADERS, flags, stream, request_fields(path, extra=headers)))

    def send_data(self, stream, payload, end=False):
        while len(payload) > MAX_FRAME_SIZE:
            self.send(frame(DATA, 0, stream, payload[:MAX_FRAME_SIZE]))
            payload = payload[MAX_FRAME_SIZE:]
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
