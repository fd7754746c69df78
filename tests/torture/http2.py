"""Connections that send HTTP/2 frames made by hand."""

import collections
import os
import pathlib
import select
import socket
import struct
import sys
import threading
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "testing"))
from http2_frames import *

SEND_SECONDS = 5  # without progress: the server does not read any more


class Closed(Exception):
    """The server closed the connection or stopped reading from it."""


class NoWindow(Closed):
    """The server's flow control lets no more of a stream through."""


class Connection:
    """One connection. A thread reads what the server sends, unless `read` is false.

    `frames` counts received frames by kind; `ended` has the streams that the server ended. The thread
    acknowledges the server's settings, which `acknowledged` tells; without it nobody does.
    """

    def __init__(self, address, settings=(), read=True, receive_buffer=None):
        host, _, port = address.rpartition(":")
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(SEND_SECONDS)
        self.socket.connect((host.strip("[]"), int(port)))
        self.frames = collections.Counter()
        self.ended = set()
        self.goaway = None  # error code and text
        self.sent = 0
        self.windows = collections.Counter()  # bytes that the server allows beyond the initial
        self.received_bytes = 0
        self._lock = threading.Lock()
        self.closed = threading.Event()
        self.acknowledged = threading.Event()
        self.send(PREFACE + settings_frame(settings))
        self._reader = None
        if read:
            self._stop = os.eventfd(0)
            self._reader = threading.Thread(target=self._read, daemon=True)
            self._reader.start()

    def send(self, data):
        """Closed when the server has gone or takes nothing for some seconds."""
        view = memoryview(data)
        with self._lock:
            while view:
                if self.closed.is_set():
                    raise Closed("closed by the server")
                try:
                    count = self.socket.send(view)
                except socket.timeout as error:
                    raise Closed("the server does not read any more") from error
                except OSError as error:
                    raise Closed("closed by the server") from error
                self.sent += count
                view = view[count:]

    def headers(self, stream, block, flags=END_HEADERS):
        self.send(frame(HEADERS, flags, stream, block))

    def data(self, stream, payload, end=False, within=10):
        """A whole payload, in frames of 16 KiB, as far as the server's windows allow it."""
        offset = 0
        limit = time.monotonic() + within
        while offset < len(payload) or (end and not payload):
            allowed = min(self._allowed(stream), MAX_FRAME_SIZE, len(payload) - offset)
            if allowed <= 0 and payload:
                if stream in self.ended or self.closed.is_set():
                    raise Closed("the server ended the call")
                if time.monotonic() > limit:
                    raise NoWindow("the server opens no window")
                time.sleep(0.001)
                continue
            chunk = payload[offset:offset + allowed]
            offset += len(chunk)
            last = end and offset == len(payload)
            self.send(frame(DATA, END_STREAM if last else 0, stream, chunk))
            self.windows[stream] -= len(chunk)
            self.windows[0] -= len(chunk)
            limit = time.monotonic() + within
            if last:
                return

    def _allowed(self, stream):
        initial = self.initial_window
        return min(initial + self.windows[stream], 65535 + self.windows[0])

    initial_window = 65535  # of a stream, as the server's SETTINGS have it

    def reset(self, stream, code=8):
        self.send(frame(RST_STREAM, 0, stream, struct.pack(">I", code)))

    def _read(self):
        buffer = b""
        poll = select.poll()  # select() takes no descriptors beyond 1023
        poll.register(self.socket, select.POLLIN)
        poll.register(self._stop, select.POLLIN)
        try:
            while True:
                if any(ready == self._stop for ready, _ in poll.poll()):
                    break
                chunk = self.socket.recv(1 << 18)
                if not chunk:
                    break
                self.received_bytes += len(chunk)
                buffer += chunk
                offset = 0
                while len(buffer) - offset >= 9:
                    size = int.from_bytes(buffer[offset:offset + 3], "big")
                    if len(buffer) - offset < 9 + size:
                        break
                    kind, flags = buffer[offset + 3], buffer[offset + 4]
                    stream = int.from_bytes(buffer[offset + 5:offset + 9], "big") & 0x7FFFFFFF
                    self._take(kind, flags, stream, buffer[offset + 9:offset + 9 + size])
                    offset += 9 + size
                buffer = buffer[offset:]
        except (OSError, ValueError, Closed):
            pass
        self.closed.set()

    def _take(self, kind, flags, stream, payload):
        self.frames[kind] += 1
        if kind == SETTINGS and not flags & ACK:
            for i in range(0, len(payload) - 5, 6):
                name, value = struct.unpack(">HI", payload[i:i + 6])
                if name == INITIAL_WINDOW_SIZE:
                    self.initial_window = value
            self.send(frame(SETTINGS, ACK, 0))
            self.acknowledged.set()
        elif kind == PING and not flags & ACK:
            self.send(frame(PING, ACK, 0, payload))
        elif kind == WINDOW_UPDATE:
            self.windows[stream] += struct.unpack(">I", payload)[0] & 0x7FFFFFFF
        elif kind == GOAWAY:
            self.goaway = struct.unpack(">I", payload[4:8])[0], payload[8:].decode(errors="replace")
        if kind == RST_STREAM or (kind in (HEADERS, DATA) and flags & END_STREAM):
            self.ended.add(stream)

    def wait_ended(self, streams, seconds):
        """Whether the server has ended all `streams` within `seconds`."""
        limit = time.monotonic() + seconds
        while not self.ended.issuperset(streams):
            if self.closed.is_set() or time.monotonic() > limit:
                return self.ended.issuperset(streams)
            time.sleep(0.01)
        return True

    def close(self, reset=False):
        """`reset` closes as a process does that crashes."""
        if self._reader is not None:  # while it waits, the system keeps the socket open
            os.eventfd_write(self._stop, 1)
            self._reader.join()
            os.close(self._stop)
            self._reader = None
        if reset:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            try:
                self.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.socket.close()
