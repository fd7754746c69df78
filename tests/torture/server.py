"""A server under attack, and what it takes of the system."""

import ctypes
import os
import pathlib
import re
import resource
import signal
import subprocess
import threading
import time
import urllib.request

START_SECONDS = 120


class Usage:
    """Resident memory in MiB, threads and descriptors of a process at one moment. OSError when it
    has ended."""

    def __init__(self, pid):
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        if "VmRSS" not in status:
            raise ProcessLookupError(f"process {pid} has ended")
        self.rss = int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024
        self.peak = int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024
        self.threads = int(re.search(r"Threads:\s+(\d+)", status).group(1))
        self.descriptors = len(os.listdir(f"/proc/{pid}/fd"))


class MemoryGroup:
    """A control group with a limit of memory, as a context. OSError where none can be made."""

    def __init__(self, limit):
        root = pathlib.Path("/sys/fs/cgroup")
        name = f"advae-torture-{os.getpid()}"
        if (root / "memory").is_dir():
            self.path, file = root / "memory" / name, "memory.limit_in_bytes"
        else:
            self.path, file = root / name, "memory.max"
        self.path.mkdir()
        try:
            (self.path / file).write_text(str(limit))
        except OSError:
            self.path.rmdir()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Its processes must have ended."""
        self.path.rmdir()


def _begin_child(rlimits, group):
    """What a child does before it becomes the server."""
    if group is not None:
        (group.path / "cgroup.procs").write_text(str(os.getpid()))
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for what, value in (rlimits or {}).items():
        resource.setrlimit(what, (value, value))


class Server:
    """advae-server on free ports of loopback. RuntimeError with the log when it does not start."""

    def __init__(self, programs, repository, log, flags=(), rlimits=None, environment=None,
                 stderr=None, group=None):
        self.log_path = pathlib.Path(log)
        self._log = open(log, "ab")
        self.process = subprocess.Popen(
            [programs / "advae-server", f"--repository={repository}", "--listen=127.0.0.1:0",
             "--metrics_listen=127.0.0.1:0", *flags],
            stdout=subprocess.PIPE, stderr=stderr or self._log, text=True,
            env={**os.environ, **(environment or {})},
            preexec_fn=lambda: _begin_child(rlimits, group))
        timer = threading.Timer(START_SECONDS, self.process.kill)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        match = re.fullmatch(r"listening grpc=(\S+) metrics=(\S+)(?: http=(\S+))?\n", line)
        if match is None:
            self.process.kill()
            self.process.wait()
            raise RuntimeError(f"the server did not start: {self.log()[-500:]}")
        self.address, self.metrics_address, self.http_address = match.groups()

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process.poll() is None

    def how_it_ended(self):
        code = self.process.poll()
        if code is None:
            return "runs"
        if code < 0:
            return f"was killed by {signal.Signals(-code).name}"
        return f"ended with status {code}"

    def usage(self):
        return Usage(self.pid)

    def forget_peak(self):
        """Makes the peak of the resident memory the present value."""
        pathlib.Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def log(self):
        return self.log_path.read_text(errors="replace")

    def metrics(self, timeout=5):
        url = f"http://{self.metrics_address}/metrics"
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return answer.read().decode()

    def metric(self, name):
        """The sum of a metric's series; 0 without any."""
        lines = re.findall(rf"^{name}(?:{{[^\n]*}})? (\S+)$", self.metrics(), re.MULTILINE)
        return sum(map(float, lines))

    def workers(self):
        """Process ids of its trainings."""
        pids = []
        for file in pathlib.Path(f"/proc/{self.pid}/task").glob("*/children"):
            try:
                pids += map(int, file.read_text().split())
            except OSError:  # the thread has ended
                pass
        return pids

    def stop(self, limit=45):
        """SIGTERM. Returns the exit status and the seconds it took; None for the status when it
        was killed since it had not ended within `limit` seconds."""
        begin = time.monotonic()
        if self.alive():
            self.process.terminate()
        try:
            code = self.process.wait(limit)
        except subprocess.TimeoutExpired:
            self.kill()
            code = None
        self.process.stdout.close()
        self._log.close()
        return code, time.monotonic() - begin

    def kill(self):
        self.process.kill()
        self.process.wait()


class PeakMeter(threading.Thread):
    """The highest resident memory of processes that come and go, such as trainings, in MiB.

    Kills a process that goes above `limit_mib`, to protect the machine; `exceeded` tells.
    """

    def __init__(self, pids, limit_mib):
        super().__init__(daemon=True)
        self._pids, self._limit = pids, limit_mib
        self._stopping = threading.Event()
        self.peak = 0.0
        self.exceeded = False

    def run(self):
        while not self._stopping.wait(0.01):
            for pid in self._pids():
                try:
                    rss = Usage(pid).rss
                except OSError:  # it has ended
                    continue
                self.peak = max(self.peak, rss)
                if rss > self._limit:
                    self.exceeded = True
                    os.kill(pid, signal.SIGKILL)

    def stop(self):
        self._stopping.set()
        self.join()
        return self.peak
