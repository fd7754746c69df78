"""Runs the benchmarks of scripts/benchmark, which builds the programs first."""

import argparse
import os
import pathlib
import sys

import cost
import detectors
import report
import rpc
import scoring
import session as s
import training

# Each takes the session, records its results and may raise Skip.
PARTS = {
    "peers": scoring.peers,
    "detectors": detectors.detectors,
    "limit": scoring.limit,
    "cores": scoring.cores,
    "plans": scoring.plans,
    "training": training.training,
    "rpc": rpc.rpc,
    "memory": rpc.memory,
    "cost": cost.cost,
}


def folder(option, variable, default, needed):
    """The folder that was asked for, or the default one when it is there."""
    asked = option or os.environ.get(variable)
    path = pathlib.Path(asked) if asked else default
    if path is None or not (path / needed).exists():
        if asked:
            sys.exit(f"benchmark: {path} has no {needed}")
        return None
    return path.resolve()


def main():
    parser = argparse.ArgumentParser(prog="scripts/benchmark", description=__doc__)
    parser.add_argument("--quick", action="store_true",
                        help="fewer rounds and smaller work; for development")
    parser.add_argument("--only", action="append", choices=PARTS, metavar="PART",
                        help=f"only this part, one of {', '.join(PARTS)}; may be given again. "
                        "Writes no files")
    parser.add_argument("--reference-data",
                        help="folder with datasets/ and reference/ "
                        "(default: ADVAE_REFERENCE_DATA, or `shared` beside the repository)")
    parser.add_argument("--peers", help="folder of the peers' scripts "
                        "(default: ADVAE_BENCH_PEERS, or bench/ of the reference data)")
    options = parser.parse_args()

    data = folder(options.reference_data, "ADVAE_REFERENCE_DATA", s.ROOT.parent / "shared",
                  "datasets")
    peers = folder(options.peers, "ADVAE_BENCH_PEERS", data / "bench" if data else None,
                   "pytorch_scorer.py")
    session = s.Session(data, peers, options.quick)
    for name in options.only or PARTS:
        s.note(f"benchmark: {name}")
        try:
            PARTS[name](session)
        except s.Skip as reason:
            session.skipped.append((name, str(reason)))
            s.note(f"benchmark: {name} skipped: {reason}")
    if not options.only:
        report.write(session)
    missed = [result["name"] for result in session.results if result["met"] is False]
    s.note(f"benchmark: {len(session.results)} results, {len(missed)} goals missed, "
           f"{len(session.skipped)} parts skipped")
    for name in missed:
        s.note(f"benchmark: missed: {name}")


if __name__ == "__main__":
    main()
