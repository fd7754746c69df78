"""Addresses for programs that cannot be asked which free port they took."""

import pathlib
import random
import socket


def free_address():
    """An address of the loopback where nobody listens. Its port is below those that the system gives to whoever
    asks for any, so that no connection takes it before the caller listens there."""
    lowest_given = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(1024, max(lowest_given, 2048))
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return f"127.0.0.1:{port}"
