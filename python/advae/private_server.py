"""Servers that belong to this process, for detectors that were given none."""

import atexit
import collections
import os
import pathlib
import re
import select
import shutil
import subprocess
import tempfile
import threading
import time
import uuid

from . import errors
from .client import Client

# Runs the server until standard input closes, which it does however this process ends, and removes
# the folder. The server has a session of its own, so that Ctrl-C at a terminal does not end it.
_KEEPER = """
folder=$1
shift
"$@" </dev/null 2>"$folder/log" &
server=$!
exec >/dev/null
while read -r _; do :; done
kill "$server" 2>/dev/null
wait "$server"
rm -rf "$folder"
"""
_POLL_SECONDS = 0.2
_LIMIT_SECONDS = 60

_lock = threading.RLock()
_servers = {}  # by the program
_inherited = []  # in a forked process; kept, as closing a channel there may wait forever


def find_programs(programs=None):
    """The path of advae-server in the folder `programs`, or on PATH when that is None."""
    if programs is None:
        found = shutil.which("advae-server")
        if found is None:
            raise FileNotFoundError(
                "there is no advae-server on PATH; expected the Debian package advae-server, or "
                "the folder of the program in `programs`, or the address of a server in `server`"
            )
        return pathlib.Path(found).absolute()
    path = pathlib.Path(programs).absolute() / "advae-server"
    if not os.access(path, os.X_OK):
        raise FileNotFoundError(
            f"there is no program {path}; expected advae-server and advae-trainer "
            "in the folder that `programs` names"
        )
    return path


class PrivateServer:
    """An advae-server on a free port of the loopback, with its repository in a temporary folder.

    It ends with this process, however that ends, and leaves nothing behind. `shared` gives the one
    of this process for a folder of programs.
    """

    def __init__(self, program, *flags):
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="advae-"))
        self.repository = self._folder / "models"
        self._references = collections.Counter()
        self._discarded = collections.deque()
        flags = [
            *flags,
            f"--repository={self.repository}",
            "--listen=127.0.0.1:0",
            "--metrics_listen=127.0.0.1:0",
            f"--repository_poll_interval={_POLL_SECONDS}s",
            "--drain_timeout=1s",
            "--max_jobs=8",
            f"--trainer_threads={min(os.cpu_count() or 1, 64)}",
            "--log_level=warning",
        ]
        # Variables are for the servers of administrators.
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("ADVAE_")
        }
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _KEEPER, "advae-keeper", self._folder, program, *flags],
            cwd="/",
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        line = self._process.stdout.readline().decode()
        address = re.search(r"grpc=(\S+)", line)
        if address is None:
            log = (self._folder / "log").read_text(errors="replace")
            self.stop()
            raise errors.UnavailableError(f"{program} did not start: {log or line}")
        self.client = Client(address[1], environment={}, timeout=_LIMIT_SECONDS)

    @staticmethod
    def shared(programs=None):
        program = find_programs(programs)
        with _lock:
            server = _servers.get(program)
            if server is not None and not server.is_running():
                server.stop()
                server = None
            if server is None:
                server = _servers[program] = PrivateServer(program)
            return server

    def is_running(self):
        # After its line, the end of the server's standard output is all there is to read.
        ended = select.poll()
        ended.register(self._process.stdout, select.POLLIN)
        return not ended.poll(0)

    def process_id(self):
        """That of the server itself, not of its keeper."""
        children = f"/proc/{self._process.pid}/task/{self._process.pid}/children"
        return int(pathlib.Path(children).read_text(encoding="ascii").split()[0])

    def stop(self):
        """Ends the server; its folder is gone when this returns."""
        self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, 9)
            self._process.wait()
            shutil.rmtree(self._folder, ignore_errors=True)

    def disown(self):
        """In a forked process: the pipe that keeps the server is the parent's alone."""
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.returncode = 0  # not ours to wait for

    def hold(self, model):
        """Counts a user of a model."""
        with _lock:
            self._references[model] += 1

    def release(self, model):
        """The opposite. Run by the garbage collector, at any moment: the model is deleted later."""
        self._discarded.append(model)

    def delete_released(self):
        with _lock:
            while self._discarded:
                model = self._discarded.popleft()
                self._references[model] -= 1
                if self._references[model] <= 0:
                    del self._references[model]
                    try:
                        self.client.delete_model(model, permanently=True)
                    except errors.AdvaeError:
                        pass  # it is gone already, or the server is

    def files(self, model, version):
        """What a version consists of: the contents of its files by name."""
        folder = self.repository / model / str(version)
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}

    def has(self, model, version):
        try:
            return version in self.client.model(model).versions
        except errors.NotFoundError:
            return False

    def add(self, model, version, files):
        """Puts a version of another server into this one's repository, as `files` gives it. Model
        and version must be called as they were there."""
        with _lock:
            if self.has(model, version):
                return
            staged = self._folder / "incoming" / uuid.uuid4().hex
            (staged / str(version)).mkdir(parents=True)
            for name, data in files.items():
                (staged / str(version) / name).write_bytes(data)
            staged.rename(self.repository / model)
            end = time.monotonic() + _LIMIT_SECONDS
            while not self.has(model, version):
                if time.monotonic() > end:
                    raise errors.InternalError(
                        f"the private server has not loaded {model}; expected "
                        "a version made by a release that this one can read"
                    )
                time.sleep(_POLL_SECONDS / 4)


def _stop_all():
    with _lock:
        while _servers:
            _servers.popitem()[1].stop()


def _forget_all():
    """In a forked process: the servers are its parent's."""
    global _lock  # pylint: disable=global-statement
    _lock = threading.RLock()
    while _servers:
        server = _servers.popitem()[1]
        server.disown()
        _inherited.append(server)


atexit.register(_stop_all)
os.register_at_fork(after_in_child=_forget_all)
