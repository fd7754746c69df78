"""advae-server as seen from outside: what it offers, and a way to it that can be cut."""

import pathlib
import re
import select
import socket
import struct
import subprocess
import threading

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool

REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
LIMIT_SECONDS = 60  # for what should happen at once


class Server:
    """A server on free ports of the loopback."""

    def __init__(self, program, trainer, folder, max_jobs=64, flags=()):
        self.log = open(pathlib.Path(folder) / "log", "w+")
        self.process = subprocess.Popen(
            [program, f"--repository={folder}/models", f"--trainer={trainer}", "--listen=127.0.0.1:0",
             "--metrics_listen=127.0.0.1:0", f"--max_jobs={max_jobs}", "--drain_timeout=1s", *flags],
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        self.address = re.search(r"grpc=(\S+)", line).group(1)
        http = re.search(r"http=(\S+)", line)
        self.http_address = http and http.group(1)

    def stop(self):
        """Ends the server in an orderly way; its exit status and what it has written."""
        self.process.terminate()
        try:
            status = self.process.wait(LIMIT_SECONDS)
        finally:
            self.process.kill()
        self.log.seek(0)
        return status, self.log.read()


def fields(message):
    """The length-delimited fields of a message on the wire, which has no others."""
    while message:
        number, message = message[0] >> 3, message[1:]
        length = shift = 0
        while True:
            byte, message = message[0], message[1:]
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        yield number, message[:length]
        message = message[length:]


def describe(address):
    """All services of the server and what they refer to, as its reflection tells."""
    def ask(stream, field, value):
        response = dict(fields(next(stream(iter([bytes([field << 3 | 2, len(value)]) + value])))))
        return response

    with grpc.insecure_channel(address) as channel:
        stream = channel.stream_stream(REFLECTION)
        listed = ask(stream, 7, b"*")[6]
        services = [dict(fields(service))[1] for _, service in fields(listed)]
        files = {}
        for service in services:
            for _, file in fields(ask(stream, 4, service)[4]):
                parsed = descriptor_pb2.FileDescriptorProto.FromString(file)
                files[parsed.name] = parsed
    ordered, pool = descriptor_pb2.FileDescriptorSet(), descriptor_pool.DescriptorPool()
    while files:  # a file after those that it imports
        for name, file in list(files.items()):
            if not any(imported in files for imported in file.dependency):
                ordered.file.append(files.pop(name))
                pool.Add(ordered.file[-1])
    return [service.decode() for service in services], ordered, pool


class Line:
    """A way to the server over which connections can be cut."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self._server = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._scissors, self._cut = socket.socketpair()
        self._peers = {}  # each end of a connection, and the other one
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def cut(self):
        """Resets all connections and takes no more."""
        self._scissors.close()
        self._thread.join()

    def _run(self):
        while True:
            ready, _, _ = select.select([self._listener, self._cut, *self._peers], [], [])
            if self._cut in ready:
                break
            for end in ready:
                if end is self._listener:
                    client, server = end.accept()[0], socket.create_connection(self._server)
                    self._peers |= {client: server, server: client}
                else:
                    self._copy(end)
        for end in self._peers:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for end in (self._listener, self._cut, *self._peers):
            end.close()

    def _copy(self, source):
        if source not in self._peers:
            return  # just closed
        sink = self._peers[source]
        try:
            data = source.recv(1 << 16)
            if data:
                sink.sendall(data)
                return
        except OSError:
            pass
        for end in (source, sink):
            del self._peers[end]
            end.close()
