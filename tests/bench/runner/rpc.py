"""The server over loopback: against the in-process scorer and a bare gRPC echo, under mixed load,
during a training, and its memory."""

import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import time

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
    def server(self, cpus, *flags):
        """Gives (process, HOST:PORT)."""
        command = [s.PROGRAMS / "advae-server", f"--repository={self.repository}",
                   "--listen=127.0.0.1:0", "--metrics_listen=127.0.0.1:0", "--log_level=warning",
                   f"--scoring_threads={len(cpus)}", *flags]
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
        secured(session, setup)
        one_row(session, setup)
        mixed(session, setup)
        fair(session, setup)
        loading(session, setup)


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


def make_keys(folder):
    """A key and a certificate for 127.0.0.1 that is its own authority: flags of a server."""
    key, certificate = folder / "server.key", folder / "server.pem"
    s.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
           "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1", "-addext",
           "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
          stderr=subprocess.DEVNULL)
    return [f"--tls_cert={certificate}", f"--tls_key={key}"], certificate


def make_token(folder, name):
    """A token in a file, and the file of who it is, which may have others: a flag of a server."""
    grants, token = folder / "tokens.json", folder / name
    token.write_text(s.run([s.PROGRAMS / "advae", "token", "create", f"--file={grants}",
                            f"--name={name}", "--role=scorer"]), encoding="ascii")
    return f"--tokens={grants}", token


def secured(session, setup):
    """Rows/s of 256-row requests with TLS and a token, over those without."""
    folder = setup.repository.parent
    keys, authority = make_keys(folder)
    grants, token = make_token(folder, "benchmark")
    pairs = []
    with (setup.server(setup.server_cpus) as (_, plain),
          setup.server(setup.server_cpus, *keys, grants) as (_, secure)):
        for _ in range(session.rounds(full=7)):
            with_both = setup.load(secure, 256, 4, f"--tls_ca={authority}",
                                   f"--token_file={token}", cpus=setup.client_cpus)
            without = setup.load(plain, 256, 4, cpus=setup.client_cpus)
            pairs.append((with_both["rows_per_second"], without["rows_per_second"]))
    session.record("256-row requests with TLS and a token: rows/s over those without",
                   100 * s.median_ratio(pairs), "%", at_least=90)


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


def p99_ratio(session, setup, address, disturb, *arguments):
    """p99 of 1-row requests, 16 in flight, within a block of `disturb()`, over that alone."""
    pairs = []
    for _ in range(session.rounds(full=9)):  # the tail varies much between rounds
        alone = setup.load(address, 1, 16, *arguments)
        with disturb():
            disturbed = setup.load(address, 1, 16, *arguments)
        pairs.append((disturbed["p99_microseconds"], alone["p99_microseconds"]))
    return s.median_ratio(pairs)


def mixed(session, setup):
    """1-row requests while 100,000-row requests are streamed; and while a model is trained."""
    with setup.server(setup.all_cpus) as (_, address):
        stream = [s.PROGRAMS / "advae-bench",
                  *setup.load_command(address, 100_000, 2, "--stream", "--requests=1000000")]
        session.record("1-row requests: p99 while 100,000-row requests are streamed, over alone",
                       p99_ratio(session, setup, address, lambda: in_background(stream)), "x",
                       at_most=5)
        training = [s.PROGRAMS / "advae", "train", "trained", f"--server={address}",
                    f"--data={session.rows_of('letter', 'train')}", "--epochs=1000000"]
        session.record("1-row requests: p99 during a training, over alone",
                       p99_ratio(session, setup, address, lambda: in_background(training)), "x",
                       at_most=2)


def fair(session, setup):
    """1-row requests of one caller while another one floods the server."""
    folder = setup.repository.parent
    grants, quiet = make_token(folder, "quiet")
    _, flooding = make_token(folder, "flooding")
    with setup.server(setup.all_cpus, grants) as (_, address):
        flood = [s.PROGRAMS / "advae-bench",
                 *setup.load_command(address, 256, 100, "--requests=100000000",
                                     f"--token_file={flooding}")]
        session.record("1-row requests: p99 while another caller has 100 256-row requests in flight, "
                       "over alone",
                       p99_ratio(session, setup, address, lambda: in_background(flood),
                                 f"--token_file={quiet}"), "x", at_most=2)


VERSIONS_THAT_APPEAR = 200  # more than do within a measurement


def rename_in_manifest(version, model):
    """Makes the files of a version those of another model."""
    path = version / "manifest.json"
    manifest = json.loads(path.read_bytes())
    manifest["info"]["model"] = model
    path.write_text(json.dumps(manifest), encoding="utf-8")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (version / "manifest.sha256").write_text(f"{digest}  manifest.json\n", encoding="ascii")


@contextlib.contextmanager
def versions_appear(setup):
    """Another version of another model every tenth of a second, as a trainer elsewhere makes it. It
    is made beforehand, so that only its loading takes time beside the requests."""
    source = setup.repository / MODEL / "1"
    stop = threading.Event()
    staging = setup.repository.parent / "staged"
    names = [f"other-{number}" for number in range(VERSIONS_THAT_APPEAR)]
    for name in names:
        shutil.copytree(source, staging / name / "1")
        rename_in_manifest(staging / name / "1", name)

    def publish():
        while names and not stop.wait(0.1):
            name = names.pop()
            (staging / name).rename(setup.repository / name)

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        shutil.rmtree(staging)
        for model in setup.repository.glob("other-*"):
            shutil.rmtree(model)


def loading(session, setup):
    """1-row requests while versions of other models are loaded, ten a second."""
    with setup.server(setup.all_cpus, "--repository_poll_interval=100ms") as (_, address):
        session.record("1-row requests: p99 while ten versions a second are loaded, over alone",
                       p99_ratio(session, setup, address, lambda: versions_appear(setup)), "x",
                       at_most=1.2)


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
