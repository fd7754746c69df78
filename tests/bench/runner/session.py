"""What every part of the benchmark uses: the programs, their options, and the results."""

import contextlib
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAMS = ROOT / "build/release/bin"


class Skip(Exception):
    """A part cannot be measured here; the message says why."""


class Session:
    """One run: options and results."""

    def __init__(self, reference_data, peers, quick):
        self.reference_data = reference_data  # folder with datasets/ and reference/, or None
        self.peers = peers  # folder of the peers' scripts, or None
        self.quick = quick
        self.results = []
        self.sections = []  # (title, Markdown), for BENCHMARKS.md
        self.plots = []  # (path, function that draws it there), for BENCHMARKS.md
        self.skipped = []

    def record(self, name, value, unit, at_least=None, at_most=None):
        """Adds one result and prints it as a line of JSON. Without a bound it has no goal."""
        value = float(f"{value:.4g}")
        goal, met = None, None
        if at_least is not None:
            goal, met = f">= {at_least:g}", value >= at_least
        if at_most is not None:
            goal, met = f"<= {at_most:g}", value <= at_most
        result = {"name": name, "value": value, "unit": unit, "goal": goal, "met": met}
        self.results.append(result)
        print(json.dumps(result), flush=True)

    def rounds(self, full=3):
        return 1 if self.quick else full

    def seconds(self):
        """How long one measurement lasts."""
        return 1 if self.quick else 3

    def require_reference_data(self):
        if self.reference_data is None:
            raise Skip("needs the reference models and data sets; "
                       "set ADVAE_REFERENCE_DATA or --reference-data")
        return self.reference_data

    def rows_of(self, model, kind="test"):
        return self.require_reference_data() / "datasets" / f"{model}.{kind}.csv"

    def weights_of(self, model, part):
        return self.require_reference_data() / "reference" / model / f"{part}.safetensors"


def note(text):
    print(text, file=sys.stderr, flush=True)


def median_ratio(pairs):
    """Median of the ratios a / b of (a, b) that were measured one after the other."""
    return statistics.median(a / b for a, b in pairs)


def pin(cpus, command):
    return ["taskset", "--cpu-list", ",".join(map(str, cpus)), *command]


# Makes glibc keep the memory that a program frees. PyTorch allocates its tensors anew in each
# operation, which on some machines makes it ten times slower than it need be.
KEEP_FREED_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "1000000000", "MALLOC_TRIM_THRESHOLD_": "2000000000",
                     "MALLOC_TOP_PAD_": "100000000"}


def peer_environment(**variables):
    """This environment for a peer, which chooses its kernels itself: a setting of OpenBLAS that suits
    some other program, as OPENBLAS_CORETYPE, may halve the speed of its products."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    return own | variables


def run(command, **options):
    """Standard output of a program that must succeed."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True,
                          check=False, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with status {done.returncode}: "
                           f"{' '.join(map(str, command))}")
    return done.stdout


def bench(*arguments, cpus=None):
    """The JSON lines of `advae-bench`."""
    command = [PROGRAMS / "advae-bench", *arguments]
    lines = run(pin(cpus, command) if cpus else command).splitlines()
    return [json.loads(line) for line in lines]


def score_rate(session, model, *arguments, threads=1, cpus=None, seconds=None):
    """Rows a second, and the error, of the in-process scorer: the line of `advae-bench score`."""
    return bench("score", f"--encoder={session.weights_of(model, 'encoder')}",
                 f"--generator={session.weights_of(model, 'generator')}",
                 f"--data={session.rows_of(model, 'train')}", f"--rows={session.rows_of(model)}",
                 f"--threads={threads}", f"--seconds={seconds or session.seconds()}",
                 *arguments, cpus=cpus)[0]


@contextlib.contextmanager
def background(command):
    """A program that runs until the block ends; gives its first line of output."""
    with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True,
                          env=os.environ) as process:
        try:
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(f"{command} ended at once")
            yield process, line.strip()
        finally:
            process.send_signal(signal.SIGTERM)
            process.stdout.read()
