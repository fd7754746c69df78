"""Random bytes, frames and messages, from fixed seeds."""

import random
import socket
import time

import clients
import http2
from registry import attack


def _bytes(generator, most):
    return generator.randbytes(generator.randint(1, most))


def _send(trial, address, data):
    """What a client would that talks nonsense; the server may close at any time."""
    try:
        connection = http2.Connection(address, read=False)
        connection.send(data)
    except (OSError, http2.Closed):
        return
    time.sleep(0.001)
    connection.close(reset=len(data) % 2 == 0)


@attack("random bytes", growth_mib=150, quick=True,
        sends="400 connections with up to 20,000 random bytes after the preface, and 100 without "
        "one, to both ports")
def random_bytes(trial):
    generator = random.Random(1)
    count = 4000 if trial.is_long else 400
    for _ in range(count):
        _send(trial, trial.server.address, _bytes(generator, 20000))

    for i in range(count // 4):
        host, _, port = (trial.server.address if i % 2 else
                         trial.server.metrics_address).rpartition(":")
        with socket.create_connection((host, int(port)), timeout=5) as plain:
            try:
                plain.sendall(_bytes(generator, 20000))
            except OSError:
                pass
    trial.server.metrics()
    return "closed them"


def _random_frame(generator, payloads):
    kind = generator.choice([*range(10), generator.randrange(256)])
    payload = generator.choice(payloads)(generator)
    stream = generator.choice([0, 1, 1, 3, 5, 7, 2, generator.getrandbits(31)])
    return http2.frame(kind, generator.randrange(256), stream, payload[:16384])


@attack("random frames", growth_mib=150, quick=True,
        sends="500 connections with 30 frames of random kinds, flags and streams each, with header "
        "blocks and messages that are right, broken or random")
def random_frames(trial):
    generator = random.Random(2)
    block = http2.request_fields(clients.DETECTOR + "Score")
    message = http2.message(clients.score_request(rows=4).SerializeToString())

    def broken(source):
        def make(rng):
            data = bytearray(source)
            for _ in range(rng.randint(1, 8)):
                data[rng.randrange(len(data))] = rng.randrange(256)
            return bytes(data)
        return make

    payloads = [lambda rng: block, lambda rng: message, broken(block), broken(message),
                lambda rng: rng.randbytes(rng.choice([0, 1, 4, 5, 6, 8, 100, 5000]))]
    for _ in range(5000 if trial.is_long else 500):
        frames = [http2.frame(http2.HEADERS, http2.END_HEADERS, 1, block)]
        frames += [_random_frame(generator, payloads) for _ in range(30)]
        _send(trial, trial.server.address, b"".join(frames))
    return "closed or answered them"


# Methods that could remove the model which is looked at afterwards.
_SAFE = [method for method in clients.METHODS
         if not method.endswith(("DeleteModel", "DeleteVersion"))]


def _call(client, method, payloads):
    client_streams, server_streams = clients.METHODS[method]
    call = client.call(method)
    request = iter(payloads) if client_streams else payloads[0]
    if server_streams:
        return clients.code_of(list, call(request, timeout=0.5))
    return clients.code_of(call, request, timeout=5)


def _judge(trial, codes):
    """Whatever was sent, no call ends as if the server did not know what it does."""
    wrong = {code: count for code, count in codes.items() if code in ("UNKNOWN", "DATA_LOSS")}
    trial.check(not wrong, f"codes {wrong}")
    return ", ".join(f"{count} {code}" for code, count in sorted(codes.items()))


@attack("broken messages", growth_mib=150, timeout=180, quick=True,
        sends="for each method, 40 messages with some bytes changed, cut or repeated, or random "
        "ones")
def broken_messages(trial):
    generator = random.Random(3)
    codes = {}
    count = 1000 if trial.is_long else 40
    with trial.client() as client:
        for method in _SAFE:
            valid = clients.valid_request(method)
            quick = not method.endswith(("Watch", "Train"))
            for _ in range(count if quick else min(count, 10)):
                data = bytearray(valid)
                for _ in range(generator.randint(0, 4)):
                    at = generator.randrange(len(data) + 1)
                    data[at:at + generator.randint(0, 3)] = generator.randbytes(
                        generator.randint(0, 4))
                payload = generator.choice([bytes(data), bytes(data[:len(data) // 2]),
                                            bytes(data) * 2, generator.randbytes(100)])
                code = _call(client, method, [payload])
                codes[code] = codes.get(code, 0) + 1
    return _judge(trial, codes)


_EXTREMES = {
    "int": [0, 1, 2, 7, 255, 65536, 2**31 - 1, 2**31, 2**32 - 1],
    "long": [0, 1, 2, 2**32, 2**63 - 1, 2**63, 2**64 - 1],
    "float": [0.0, 0.1, -1.0, 1e-40, 3e38, float("inf"), float("nan")],
    "string": ["", "pump", "x", "..", "a/b", "\n", "\u00fc", "n" * 1000],
}


def _fill(generator, message, depth=0):
    """Sets some of the fields to values at the edges of what their types can hold."""
    for field in message.DESCRIPTOR.fields:
        if generator.random() < 0.35:
            continue
        repeated = field.label == field.LABEL_REPEATED
        if field.type == field.TYPE_MESSAGE:
            if depth < 4:
                part = getattr(message, field.name)
                _fill(generator, part.add() if repeated else part, depth + 1)
            continue
        for _ in range(generator.randint(1, 12) if repeated else 1):
            value = _value(generator, field)
            if value is None:
                continue
            if repeated:
                getattr(message, field.name).append(value)
            else:
                setattr(message, field.name, value)


def _value(generator, field):
    if field.type in (field.TYPE_FLOAT, field.TYPE_DOUBLE):
        return generator.choice(_EXTREMES["float"])
    if field.type == field.TYPE_BOOL:
        return generator.random() < 0.5
    if field.type == field.TYPE_STRING:
        return generator.choice(_EXTREMES["string"])
    if field.type == field.TYPE_BYTES:
        return generator.randbytes(20)
    if field.type == field.TYPE_ENUM:
        return generator.choice(field.enum_type.values).number
    if field.type in (field.TYPE_UINT32, field.TYPE_INT32):
        value = generator.choice(_EXTREMES["int"])
        return value if field.type == field.TYPE_UINT32 else min(value, 2**31 - 1)
    if field.type == field.TYPE_UINT64:
        return generator.choice(_EXTREMES["long"])
    return min(generator.choice(_EXTREMES["long"]), 2**63 - 1)


@attack("extreme messages", growth_mib=150, timeout=180,
        sends="for each method, 60 well-formed messages whose fields are unset or at the edges of "
        "their types")
def extreme_messages(trial):
    generator = random.Random(4)
    detector, registry = clients.detector_pb2(), clients.registry_pb2()
    codes = {}
    with trial.client() as client:
        for method in _SAFE:
            name = method.rpartition("/")[2]
            kind = getattr(detector, "ScoreRequest" if name == "ScoreStream" else f"{name}Request",
                           None) or getattr(registry, f"{name}Request", None)
            if kind is None:  # not ours
                continue
            for _ in range(1000 if trial.is_long else 60):
                messages = []
                for _ in range(2):
                    message = kind()
                    _fill(generator, message)
                    messages.append(message.SerializeToString())
                code = _call(client, method, messages)
                codes[code] = codes.get(code, 0) + 1
    return _judge(trial, codes)
