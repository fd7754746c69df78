"""One attack on one server: what attacks use, and what is checked after each."""

import json
import pathlib
import re
import subprocess
import sys
import time

import grpc

import clients
import http2
import models
import server as servers

HERE = pathlib.Path(__file__).resolve().parent
# Of threads that gRPC keeps after a burst; a leak of one a call is far above.
KEPT_DESCRIPTORS = 8
SETTLE_SECONDS = 30
LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (debug|info|warning|error) ")


class Skip(Exception):
    """The attack cannot be made here; the reason."""


class LoadProcess:
    """load.py with its options; stop() or wait() gives its result."""

    def __init__(self, api, options):
        self._process = subprocess.Popen(
            [sys.executable, "-B", HERE / "load.py", json.dumps({"api": str(api), **options})],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self._process.stdout.readline() != "started\n":
            raise RuntimeError("the load did not start")

    def wait(self):
        """Until its seconds are over. RuntimeError when it failed."""
        line = self._process.stdout.readline()
        self._process.communicate()
        if not line:
            raise RuntimeError("the load failed")
        return json.loads(line)

    def stop(self):
        self._process.stdin.close()
        self._process.stdin = None
        return self.wait()


class Trial:
    """A folder, the server under attack, and the checks that failed.

    `server` runs with the flags and models of the attack unless it starts its own.
    """

    def __init__(self, attack, programs, work, is_long):
        self.attack, self.programs, self.is_long = attack, programs, is_long
        self.folder = work / attack.key.replace("/", "-")
        self.folder.mkdir()
        self.api, self.cache = work / "api", work / "models"
        self.repository = self.folder / "repository"
        models.copy(self.cache, self.repository, attack.models)
        self.failures = []
        self.server = None
        self.before = self.after = None
        self.rss_peak = None
        self._started = []
        self._scores = None

    # What attacks use.

    def check(self, condition, failure):
        """Notes `failure` unless `condition` holds; the attack goes on."""
        if not condition:
            self.failures.append(failure)
        return bool(condition)

    def if_held(self, words):
        """`words` while no check has failed, and nothing otherwise."""
        return "" if self.failures else words

    def start_server(self, *flags, **options):
        """Another server, on the same repository unless told otherwise."""
        options.setdefault("repository", self.repository)
        log = self.folder / f"server-{len(list(self.folder.glob('server-*.log')))}.log"
        server = servers.Server(self.programs, log=log, flags=flags, **options)
        self._started.append(server)
        return server

    def compile(self, name):
        """A library to preload, of a C file beside this one."""
        library = self.folder / f"{name}.so"
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, HERE / f"{name}.c",
                        "-ldl"], check=True)
        return library

    def client(self, server=None):
        return clients.Client((server or self.server).address)

    def load(self, server=None, **options):
        options = {"model": "pump", "rows": 1, "seconds": 60, **options}
        return LoadProcess(self.api, {"address": (server or self.server).address, **options})

    def probe(self, **options):
        """Asks for health and one score at a time, as others would do meanwhile."""
        return self.load(**{"pause": 0.02, "health": True, "deadline": 10, **options})

    def check_probe(self, result, median_ms=None, longest_ms=None):
        """The probe's calls all succeeded, and as fast as that. Returns words for it."""
        codes = {code: count for code, count in result["codes"].items() if code != "OK"}
        self.check(not codes, f"others' calls failed: {codes}")
        if result["median"] is None:
            self.check(False, "others got no answer")
            return "others got no answer"
        median, longest = 1000 * result["median"], 1000 * result["max"]
        if median_ms is not None:
            self.check(median <= median_ms, f"others' median {median:.0f} ms, above {median_ms}")
        if longest_ms is not None:
            self.check(longest <= longest_ms,
                       f"others' longest {longest:.0f} ms, above {longest_ms}")
        return f"others' scores: median {median:.1f} ms, longest {longest:.0f} ms"

    def stop_servers(self):
        """Looks at the server and stops all. The trial does it in the end."""
        if self.server is not None:
            self._guarded(self._look_after)
            self.server = None
        for server in self._started:
            self._stop(server)
        self._started = []

    def eventually(self, condition, seconds, failure):
        """Whether `condition` comes true in time; notes `failure` otherwise."""
        limit = time.monotonic() + seconds
        while True:
            if result := condition():
                return result
            if time.monotonic() > limit or not self.server.alive():
                self.check(False, f"not within {seconds} s: {failure}")
                return None
            time.sleep(0.05)

    # What runs an attack.

    def run(self):
        """Starts the server, attacks it, and looks at what is left. Returns a row of the table.
        Skip when the attack does."""
        did = self._guarded(self._attack) or ""
        self.stop_servers()
        return self._row(did)

    def _attack(self):
        if self.attack.starts_server:
            self.begin(self.start_server(*self.attack.flags, rlimits=self.attack.rlimits))
        return self.attack.run(self)

    def _guarded(self, function):
        """Calls it; what it throws, since the server is gone, is one more failure."""
        try:
            return function()
        except grpc.RpcError as error:
            self.failures.append(f"a call failed with {error.code().name}: {error.details()}")
        except (OSError, RuntimeError, http2.Closed) as error:
            if self.server is None or self.server.alive():
                self.failures.append(f"{type(error).__name__}: {error}")
        return None

    def begin(self, server):
        """Makes `server` the one that is measured, and notes what it takes and answers now."""
        self.server = server
        if "pump" in self.attack.models:
            with self.client() as client:
                self._scores = client.scores()
        time.sleep(0.3)
        server.forget_peak()
        self.before = server.usage()

    def _look_after(self):
        server = self.server
        if not self.check(server.alive(), f"the server {server.how_it_ended()}"):
            return
        self.rss_peak = server.usage().peak
        growth = self.rss_peak - self.before.rss
        self.check(growth <= self.attack.growth_mib,
                   f"memory grew by {growth:.0f} MiB, more than {self.attack.growth_mib}")
        with self.client() as client:
            healthy = self.check(client.is_serving(timeout=15),
                                 "a new connection gets no health check within 15 s")
            if healthy and self._scores is not None:
                try:
                    self.check(client.scores() == self._scores, "the scores are others than before")
                except grpc.RpcError as error:
                    self.check(False, f"a score ends with {error.code().name}")
        self._settle()

    def _settle(self):
        """Descriptors must come down to what they were; threads only to a bound, as gRPC keeps
        some of its own for the next burst."""
        limit = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < limit and self.server.alive():
            self.after = self.server.usage()
            if self.after.descriptors <= self.before.descriptors + KEPT_DESCRIPTORS:
                break
            time.sleep(0.2)
        if not self.check(self.server.alive(), f"the server {self.server.how_it_ended()}"):
            return
        self.after = self.server.usage()
        self.check(self.after.descriptors <= self.before.descriptors + KEPT_DESCRIPTORS,
                   f"{self.after.descriptors} descriptors stay open, "
                   f"{self.before.descriptors} were before")
        self.check(self.after.threads <= self.before.threads + 64,
                   f"{self.after.threads} threads stay, {self.before.threads} were before")

    def _stop(self, server):
        if not server.alive():
            server.stop()
            return
        code, _ = server.stop()
        self.check(code == 0, "SIGTERM does not end the server" if code is None
                   else f"SIGTERM ends the server with status {code}")

    def _row(self, did):
        row = {"did": did, "failures": self.failures}
        for when, usage in (("before", self.before), ("after", self.after)):
            for what in ("rss", "threads", "descriptors"):
                row[f"{what}_{when}"] = None if usage is None else round(getattr(usage, what))
        row["rss_peak"] = None if self.rss_peak is None else round(self.rss_peak)
        return row
