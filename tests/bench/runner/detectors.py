"""The default detector: its price beside scikit-learn's, over gRPC, and as training rows grow."""

import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import time

import rpc
import session as s

SETS = ("letter", "optical", "pen")
PEERS = {"KNN": "kNN", "LOF": "LOF", "IFOREST": "isolation forest"}
TRAINING_SECONDS = {"letter": 3, "optical": 5}
FEATURES = 32  # of the made-up tables and of letter


def detectors(session):
    core = rpc.cpus()[-1:]
    peers(session, core)
    search(session, core)
    served(session)
    growth(session)


def experiment(session, core):
    """Quality and price by set and detector, on one core, one detector after the other."""
    data = session.require_reference_data() / "datasets"
    command = [s.PROGRAMS / "advae-experiment", f"--data={data}", f"--sets={','.join(SETS)}",
               f"--detectors=ADVAE,{','.join(PEERS)}", f"--seeds={session.rounds()}", "--jobs=1",
               "--output=json"]
    environment = s.peer_environment(OMP_NUM_THREADS="1")
    return json.loads(s.run(s.pin(core, command), env=environment,
                            stderr=subprocess.DEVNULL))["sets"]


def peers(session, core):
    """Rows scored a second and seconds of training against scikit-learn's, in one run."""
    results = experiment(session, core)
    table = ["| set | detector | average precision | rows/s | training, s |", "|---|---|---|---|---|"]
    for name in SETS:
        means = {detector: {measure: value["mean"] for measure, value in record.items()
                            if measure in ("average_precision", "rows_per_second", "train_seconds")}
                 for detector, record in results[name].items()}
        ours = means["ADVAE"]
        for peer, title in PEERS.items():
            session.record(f"{name}: rows/s of the default version over those of scikit-learn's "
                           f"{title}", ours["rows_per_second"] / means[peer]["rows_per_second"],
                           "x", at_least=1)
        session.record(f"{name}: default training on one core", ours["train_seconds"], "s",
                       at_most=TRAINING_SECONDS.get(name))
        for detector, title in {"ADVAE": "default version", **PEERS}.items():
            mean = means[detector]
            table.append(f"| {name} | {title} | {mean['average_precision']:.3f} "
                         f"| {mean['rows_per_second']:,.0f} | {mean['train_seconds']:.3f} |")
    session.sections.append(
        ("Default version beside scikit-learn", "\n".join(table) + "\n\nOne core, one detector after "
         "the other, means of the seeds. Training lasts from the rows to the threshold; "
         "scikit-learn's has none."))


def search(session, core):
    """The search for neighbours alone."""
    command = [s.ROOT / "build/release/bench/advae_benchmarks",
               "--benchmark_filter=BM_NeighborSearch.*k:20/batch:256",
               f"--benchmark_min_time={session.seconds()}", "--benchmark_format=json"]
    for line in json.loads(s.run(s.pin(core, command), stderr=subprocess.DEVNULL))["benchmarks"]:
        rows = int(line["name"].split("rows:")[1].split("/")[0])
        session.record(f"search of 20 neighbours among {rows:,} rows of {FEATURES} features",
                       line["items_per_second"], "rows/s")


def served(session):
    """The default version of letter in 256-row requests over gRPC, for each core of the server."""
    with rpc.new_setup(session) as setup:
        shutil.rmtree(setup.repository)
        with setup.server(setup.server_cpus) as (process, address):
            s.run([s.PROGRAMS / "advae", "train", rpc.MODEL, f"--server={address}",
                   f"--data={session.rows_of(rpc.MODEL, 'train')}"], stderr=subprocess.DEVNULL)
            rates = []
            for _ in range(session.rounds()):
                before = rpc.cpu_seconds(process)
                load = setup.load(address, 256, 4, cpus=setup.client_cpus)
                rates.append(256 * load["requests"] / (rpc.cpu_seconds(process) - before))
    session.record("letter, default version: rows of 256-row requests a second of the server's "
                   "CPU time", max(rates), "rows/s", at_least=150_000)


def write_table(path, rows):
    """A table of normal rows: four groups, columns that depend on each other."""
    generator = random.Random(1)
    with open(path, "w", encoding="ascii") as file:
        file.write(",".join(f"f{i}" for i in range(FEATURES)) + "\n")
        for _ in range(rows):
            group = generator.randrange(4)
            common = generator.gauss(group, 0.3)
            file.write(",".join(f"{common * (i % 5) + generator.gauss(0, 1):.4g}"
                                for i in range(FEATURES)) + "\n")


def peak_mebibytes(command):
    """Peak resident memory of a program that must succeed."""
    command = [str(word) for word in command]
    null = os.open(os.devnull, os.O_WRONLY)
    child = os.posix_spawn(command[0], command, os.environ,
                           file_actions=[(os.POSIX_SPAWN_DUP2, null, stream) for stream in (1, 2)])
    os.close(null)
    _, status, usage = os.wait4(child, 0)
    if status != 0:
        raise RuntimeError(f"{' '.join(command)} ended with status {status}")
    return usage.ru_maxrss / 1024


def growth(session):
    """Training on more and more rows, on all cores: time, and peak memory of the largest."""
    table = ["| training rows | seconds | peak memory, MiB |", "|---|---|---|"]
    sizes = (1_000, 10_000, 100_000) if session.quick else (1_000, 10_000, 100_000, 1_000_000)
    with tempfile.TemporaryDirectory(prefix="advae-benchmark-") as folder:
        data = pathlib.Path(folder) / "rows.csv"
        for rows in sizes:
            write_table(data, rows)
            command = [s.PROGRAMS / "advae-trainer", "train", "grown", f"--data={data}",
                       f"--repository={folder}/models"]
            start = time.monotonic()
            mebibytes = peak_mebibytes(command)
            seconds = time.monotonic() - start
            table.append(f"| {rows:,} | {seconds:.1f} | {mebibytes:,.0f} |")
    name = f"training on {sizes[-1]:,} rows of {FEATURES} features"
    session.record(name, seconds, "s", at_most=60)
    session.record(f"{name}: peak memory", mebibytes, "MiB", at_most=1024)
    session.sections.append(
        ("Training as the rows grow", "\n".join(table) + f"\n\n`advae-trainer train` with its "
         f"defaults on all cores, from a CSV file of {FEATURES} columns to the published version."))
