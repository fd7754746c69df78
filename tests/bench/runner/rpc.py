"""The server over loopback: against the in-process scorer and a bare gRPC echo, under mixed load,
during a training, and its memory."""

import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import session as s

MODEL = "letter"


def cpus():
    """Those that may be used, in order; the client's is the last."""
    return sorted(os.sched_getaffinity(0))


class Setup:
    """Who runs where: the last core is the client's, the others are the server's."""

    def __init__(self, session, folder):
        self.session = session
        self.repository = folder / "models"
        self.all_cpus = cpus()
        if len(self.all_cpus) < 2:
            raise s.Skip("needs a core for the client and one for the server")
        self.server_cpus, self.client_cpus = self.all_cpus[:-1], self.all_cpus[-1:]
        self.data = session.rows_of(MODEL)

    def add_version(self):
        s.run([s.PROGRAMS / "advae-trainer", "import", MODEL, f"--repository={self.repository}",
               f"--data={self.session.rows_of(MODEL, 'train')}",
               f"--encoder={self.session.weights_of(MODEL, 'encoder')}",
               f"--generator={self.session.weights_of(MODEL, 'generator')}"],
              stderr=subprocess.DEVNULL)

    @contextlib.contextmanager
    def server(self, cpus):
        """Gives (process, HOST:PORT)."""
        command = [s.PROGRAMS / "advae-server", f"--repository={self.repository}",
                   "--listen=127.0.0.1:0", "--metrics_listen=127.0.0.1:0", "--log_level=warning",
                   f"--scoring_threads={len(cpus)}"]
        with s.background(s.pin(cpus, command)) as (process, line):
            yield process, re.search(r"grpc=(\S+)", line)[1]

    @contextlib.contextmanager
    def echo(self, cpus):
        """Gives (process, HOST:PORT)."""
        with s.background(s.pin(cpus, [s.PROGRAMS / "advae-bench", "echo"])) as (process, line):
            yield process, re.search(r"grpc=(\S+)", line)[1]

    def load_command(self, address, rows, in_flight, *arguments):
        return ["load", f"--server={address}", f"--model={MODEL}", f"--data={self.data}",
                f"--rows={rows}", f"--in_flight={in_flight}",
                f"--seconds={self.session.seconds()}", *arguments]

    def load(self, address, rows, in_flight, *arguments, cpus=None):
        return s.bench(*self.load_command(address, rows, in_flight, *arguments), cpus=cpus)[0]


@contextlib.contextmanager
def new_setup(session):
    session.require_reference_data()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="advae-benchmark-"))
    try:
        setup = Setup(session, folder)
        setup.add_version()
        yield setup
    finally:
        shutil.rmtree(folder)


def rpc(session):
    with new_setup(session) as setup:
        throughput(session, setup)
        one_row(session, setup)
        mixed(session, setup)


def cpu_seconds(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2]
    user, system = fields.split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def throughput(session, setup):
    """Rows/s of 256-row requests over those of the scorer, on the server's cores; and that share for
    calls that take the CPU time of the scorer and of a bare echo."""
    cores = len(setup.server_cpus)
    pairs, limits = [], []
    with (setup.server(setup.server_cpus) as (_, address),
          setup.echo(setup.server_cpus) as (echo, echo_address)):
        for _ in range(session.rounds(full=7)):
            served = setup.load(address, 256, 4, cpus=setup.client_cpus)
            scored = s.score_rate(session, MODEL, threads=cores, cpus=setup.server_cpus)
            pairs.append((served["rows_per_second"], scored["rows_per_second"]))
            before = cpu_seconds(echo)
            echoed = setup.load(echo_address, 256, 4, cpus=setup.client_cpus)
            echo_seconds = (cpu_seconds(echo) - before) / echoed["requests"]
            score_seconds = 256 * cores / scored["rows_per_second"]
            limits.append((score_seconds, score_seconds + echo_seconds))
    session.record("256-row requests: rows/s over the in-process scorer's on the server's cores",
                   100 * s.median_ratio(pairs), "%", at_least=75)
    session.record("256-row requests: that share for the CPU time of the scorer and a bare echo",
                   100 * s.median_ratio(limits), "%")
    session.record("256-row requests: rows/s", max(pair[0] for pair in pairs), "rows/s")


def one_row(session, setup):
    """1-row requests, 16 in flight, against the echo server; all may use all cores."""
    served, echoed = [], []
    cpus = setup.all_cpus
    with setup.server(cpus) as (_, address), setup.echo(cpus) as (_, echo):
        for _ in range(session.rounds()):
            served.append(setup.load(address, 1, 16))
            echoed.append(setup.load(echo, 1, 16))

    def ratio(key):
        return s.median_ratio([(a[key], b[key]) for a, b in zip(served, echoed)])

    session.record("1-row requests, 16 in flight: requests/s over a bare echo's",
                   100 * ratio("requests_per_second"), "%", at_least=70)
    session.record("1-row requests, 16 in flight: p99 over a bare echo's",
                   ratio("p99_microseconds"), "x", at_most=2)
    session.record("1-row requests, 16 in flight: requests/s",
                   max(line["requests_per_second"] for line in served), "1/s")


@contextlib.contextmanager
def in_background(command):
    """A program that is expected to outlast the block, and is ended then."""
    with subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        try:
            yield process
            if process.poll() is not None:
                raise RuntimeError(f"{command[0]} ended before the measurement did")
        finally:
            process.terminate()


def p99_ratio(session, setup, address, disturbance):
    """p99 of 1-row requests, 16 in flight, while `disturbance` runs, over that alone."""
    pairs = []
    for _ in range(session.rounds(full=9)):  # the tail varies much between rounds
        alone = setup.load(address, 1, 16)
        with in_background(disturbance):
            disturbed = setup.load(address, 1, 16)
        pairs.append((disturbed["p99_microseconds"], alone["p99_microseconds"]))
    return s.median_ratio(pairs)


def mixed(session, setup):
    """1-row requests while 100,000-row requests are streamed; and while a model is trained."""
    with setup.server(setup.all_cpus) as (_, address):
        stream = [s.PROGRAMS / "advae-bench",
                  *setup.load_command(address, 100_000, 2, "--stream", "--requests=1000000")]
        session.record("1-row requests: p99 while 100,000-row requests are streamed, over alone",
                       p99_ratio(session, setup, address, stream), "x", at_most=5)
        training = [s.PROGRAMS / "advae", "train", "trained", f"--server={address}",
                    f"--data={session.rows_of('letter', 'train')}", "--epochs=1000000"]
        session.record("1-row requests: p99 during a training, over alone",
                       p99_ratio(session, setup, address, training), "x", at_most=2)


def resident_mebibytes(process, field):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int(re.search(rf"{field}:\s+(\d+) kB", status)[1]) / 1024


def memory(session):
    """Resident memory: idle, with 100 versions, under load, and its growth over many requests."""
    with new_setup(session) as setup:
        shutil.rmtree(setup.repository)
        setup.repository.mkdir()
        with setup.server(setup.all_cpus) as (process, _):
            session.record("server: peak memory when idle", resident_mebibytes(process, "VmHWM"),
                           "MiB")
        for _ in range(10 if session.quick else 100):
            setup.add_version()
        with setup.server(setup.all_cpus) as (process, address):
            session.record("server: peak memory with 100 versions of letter",
                           resident_mebibytes(process, "VmHWM"), "MiB")
            setup.load(address, 100_000, 4)
            session.record("server: peak memory under load of 100,000-row requests, 4 in flight",
                           resident_mebibytes(process, "VmHWM"), "MiB")
        requests = 50_000 if session.quick else 500_000
        with setup.server(setup.all_cpus) as (process, address):
            # The first half fills caches and arenas; the second must not add to them.
            setup.load(address, 1, 16, f"--requests={requests}")
            before = resident_mebibytes(process, "VmRSS")
            setup.load(address, 1, 16, f"--requests={requests}")
            grown = resident_mebibytes(process, "VmRSS") - before
        session.record("server: growth of memory over the second half of a million requests"
                       if not session.quick else
                       "server: growth of memory over the second half of 100,000 requests",
                       grown, "MiB", at_most=1)
