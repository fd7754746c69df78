"""HTTP/2 frames (RFC 9113) and header blocks (RFC 7541) as bytes, so that they may be wrong on purpose."""

import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, \
    CONTINUATION = range(10)
END_STREAM, END_HEADERS, ACK = 0x1, 0x4, 0x1
INITIAL_WINDOW_SIZE = 4
MAX_FRAME_SIZE = 16384  # of a payload, until the other side allows more


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def settings_frame(pairs):
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", *pair) for pair in pairs))


def integer(value, prefix_bits, first=0):
    """RFC 7541, section 5.1."""
    most = (1 << prefix_bits) - 1
    if value < most:
        return bytes([first | value])
    out = bytearray([first | most])
    value -= most
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    out.append(value)
    return bytes(out)


def text(value):
    value = value if isinstance(value, bytes) else value.encode()
    return integer(len(value), 7) + value


def literal(name, value, indexed=False):
    """A literal field with a new name; `indexed` puts it into the dynamic table."""
    return (b"\x40" if indexed else b"\x00") + text(name) + text(value)


def request_fields(path, method="POST", extra=()):
    """The header block of a gRPC call."""
    fields = [(":method", method), (":scheme", "http"), (":path", path),
              (":authority", "localhost"), ("content-type", "application/grpc"),
              ("te", "trailers"), *extra]
    return b"".join(literal(name, value) for name, value in fields)


def message(payload, compressed=False):
    """A message with gRPC's prefix of five bytes."""
    return struct.pack(">BI", compressed, len(payload)) + payload
