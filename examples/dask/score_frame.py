#!/usr/bin/python3
"""Scores a Dask frame over a cluster of workers.

usage: score_frame.py [--rows=N] [--workers=N] [--programs=FOLDER | --server=HOST:PORT] [--check]

Trains a detector on simulated flows, then scores as many more, which the workers make themselves, as they
would read files. Each worker starts a server of its own from the detector that it is sent or, with
--server, calls that one. Prints how many rows are outliers and how long it took. --check scores all rows
again without Dask, in other parts, and fails unless every score has the same bits.

Needs python3-distributed, python3-pandas, and the package advae on PYTHONPATH.
"""

import argparse
import hashlib
import os
import sys
import time

import dask.dataframe
import distributed
import numpy as np
import pandas

from advae import AdvaeDetector

SCORED = {"score": float, "is_outlier": bool}


def make_flows(part, rows):
    """Part `part` of the flows, always the same: in place of a file to read."""
    random = np.random.default_rng(part)
    is_tcp = random.uniform(size=rows) < 0.7
    size = np.where(is_tcp, 1200, 90) * random.lognormal(0, 0.3, rows)
    return pandas.DataFrame(
        {
            "protocol": np.where(is_tcp, "tcp", "udp"),
            "bytes": size,
            "packets": np.ceil(size / 500) + random.poisson(2, rows),
            "seconds": random.gamma(2, np.where(is_tcp, 2, 0.1)),
            "port": random.choice([53, 80, 443, 8080], rows),
        },
        index=pandas.RangeIndex(part * rows, (part + 1) * rows),
    )


def score(flows, detector):
    """What every worker does with every part: as it would be without Dask."""
    scores = -detector.score_samples(flows)
    return pandas.DataFrame(
        {"score": scores, "is_outlier": -scores < detector.offset_}, index=flows.index
    )


def digest(scored):
    """The bits of the scores, as a row for each part."""
    text = hashlib.sha256(scored["score"].to_numpy().tobytes()).hexdigest()
    return pandas.DataFrame(
        {"first": [scored.index[0]], "outliers": [scored["is_outlier"].sum()], "digest": [text]}
    )


def pin_to_core(core):
    """Makes a worker, and the server that it starts, stand for a machine of one core."""
    for thread in os.listdir("/proc/self/task"):
        os.sched_setaffinity(int(thread), {core})


def start_cluster(arguments):
    cluster = distributed.LocalCluster(
        n_workers=arguments.workers,
        threads_per_worker=arguments.threads,
        processes=True,
        dashboard_address=None,
        host="127.0.0.1",
    )
    client = distributed.Client(cluster)
    if arguments.one_core_each:
        cores = sorted(os.sched_getaffinity(0))
        for i, worker in enumerate(client.scheduler_info()["workers"]):
            client.run(pin_to_core, cores[i % len(cores)], workers=[worker])
    return cluster, client


def parse(words):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--part-rows", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2, help="calls of a worker at a time")
    parser.add_argument("--memory-rows", type=int, default=1024)
    parser.add_argument("--programs", help="folder of advae-server and advae-trainer")
    parser.add_argument("--server", help="HOST:PORT of a server for all workers")
    parser.add_argument("--one-core-each", action="store_true", help="pin each worker to a core")
    parser.add_argument("--check", action="store_true")
    return parser.parse_args(words)


def check(digests, detector, arguments):
    """Fails unless the scores are those of one process that knows no Dask."""
    for part, found in zip(range(len(digests)), digests["digest"]):
        flows = make_flows(part, arguments.part_rows)
        cut = len(flows) // 3  # rows have other neighbours in their requests
        scored = pandas.concat([score(flows[:cut], detector), score(flows[cut:], detector)])
        if digest(scored)["digest"][0] != found:
            sys.exit(f"part {part} has other scores without Dask")
    print("every score has the same bits without Dask")


def main(words):
    arguments = parse(words)
    detector = AdvaeDetector(
        programs=arguments.programs,
        server=arguments.server,
        model="flows" if arguments.server else None,
        memory_rows=arguments.memory_rows,
        kinds={"port": "category"},
        alpha=0.001,
        random_state=1,
    ).fit(make_flows(1_000_000, 20_000))

    parts = -(-arguments.rows // arguments.part_rows)
    cluster, client = start_cluster(arguments)
    with cluster, client:
        flows = dask.dataframe.from_map(
            make_flows, range(parts), rows=arguments.part_rows, meta=make_flows(0, 1).head(0)
        )
        fitted = client.scatter(detector, broadcast=True)
        scored = flows.map_partitions(score, fitted, meta=SCORED)
        # A use of the scores: scored.to_csv, scored[scored.is_outlier].compute() and so on.
        start = time.perf_counter()
        digests = scored.map_partitions(
            digest, meta=digest(score(make_flows(0, 1), detector))
        ).compute()
        seconds = time.perf_counter() - start
    rows = parts * arguments.part_rows
    print(
        f"{rows:,} rows, {digests['outliers'].sum():,} outliers, {arguments.workers} worker(s): "
        f"{seconds:.1f} s, {rows / seconds:,.0f} rows/s"
    )
    if arguments.check:
        check(digests, detector, arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
