"""Attacks servers and tells what they did."""

import argparse
import concurrent.futures
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

try:
    import clients
except ImportError as error:
    print(f"scripts/torture: needs python3-grpcio and python3-protobuf: {error}", file=sys.stderr)
    sys.exit(77)  # a skipped test
import models
import registry
import report
import trial


def parse(arguments):
    parser = argparse.ArgumentParser(prog="scripts/torture")
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--run", help=argparse.SUPPRESS)  # one attack, in this process
    parser.add_argument("--work", type=pathlib.Path, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def chosen(options):
    """The attacks to run. SystemExit for a name that none has."""
    attacks = registry.all_attacks()
    for name in options.only:
        if not any(attack.key.startswith(name) for attack in attacks):
            sys.exit(f"scripts/torture: there is no attack {name}; --list names them")
    if options.only:
        return [attack for attack in attacks if attack.key.startswith(tuple(options.only))]
    return [attack for attack in attacks
            if (attack.quick or not options.quick) and (options.long or not attack.long)]


class Running:
    """An attack in a process of its own, which may hang or crash without harm to the others."""

    def __init__(self, attack, options, work):
        self.attack, self.begin = attack, time.monotonic()
        self._limit = attack.timeout * (4 if options.long else 1)
        flags = ["--long"] if options.long else []
        self._log = open(work / f"{attack.key.replace('/', '-')}.client.log", "w+")
        self._process = subprocess.Popen(
            [sys.executable, "-B", pathlib.Path(__file__).parent, f"--programs={options.programs}",
             f"--run={attack.key}", f"--work={work}", *flags],
            stdout=subprocess.PIPE, stderr=self._log, text=True, start_new_session=True)

    def result(self):
        """Its row of the table, when it has ended or its time is over."""
        failure = "the attack failed"
        try:
            output, _ = self._process.communicate(
                timeout=max(1, self._limit - (time.monotonic() - self.begin)))
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)  # a group of our own making
            output, _ = self._process.communicate()
            failure = f"no end within {self._limit} s"
        lines = output.splitlines()
        row = {"key": self.attack.key, "group": self.attack.group, "name": self.attack.name,
               "sends": self.attack.sends, "did": "", "failures": []}
        if self._process.returncode == 0 and lines:
            row.update(json.loads(lines[-1]))
        else:
            self._log.seek(0)
            last = self._log.read().strip().splitlines()[-1:]
            row["failures"] = [" ".join([failure, *last])]
        self._log.close()
        row["seconds"] = time.monotonic() - self.begin
        return row


def run_all(attacks, options, work):
    """The quiet ones run beside all others, which run one by one or, where that does no harm, two
    at a time. Returns the rows in the order of the attacks."""
    clients.generate_api(work / "api")
    names = sorted({name for attack in attacks for name in attack.models})
    print(f"training {', '.join(names)}", file=sys.stderr)
    models.prepare(options.programs, work / "models", names)
    beside = [Running(attack, options, work) for attack in attacks if attack.quiet]
    rows = {}

    def take(running):
        row = running.result()
        rows[row["key"]] = row
        print(report.text(row), flush=True)

    for attack in attacks:
        if attack.alone:
            take(Running(attack, options, work))
    others = [attack for attack in attacks if not attack.alone and not attack.quiet]
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(lambda attack: take(Running(attack, options, work)), others))
    for running in beside:
        take(running)
    return [rows[attack.key] for attack in attacks]


def run_one(options):
    """In a process of its own: prints the row as JSON."""
    attack = next(a for a in registry.all_attacks() if a.key == options.run)
    clients.use_api(options.work / "api")
    try:
        row = trial.Trial(attack, options.programs, options.work, options.long).run()
    except trial.Skip as reason:
        row = {"skipped": str(reason)}
    print(json.dumps(row), flush=True)
    os._exit(0)  # threads of floods may still hang in a send


def main():
    options = parse(sys.argv[1:])
    options.programs = options.programs.resolve()
    if options.run:
        run_one(options)
    attacks = chosen(options)
    if options.list:
        for attack in attacks:
            print(f"{attack.key}: {attack.sends}")
        return
    if options.keep:
        options.keep.mkdir(parents=True)
        rows = run_all(attacks, options, options.keep.resolve())
    else:
        with tempfile.TemporaryDirectory(prefix="advae-torture-") as work:
            rows = run_all(attacks, options, pathlib.Path(work))
    words = "".join(f" --{name}" for name in ("quick", "long") if getattr(options, name))
    words += "".join(f" --only={name}" for name in options.only)
    print("\n" + report.markdown(rows, words))
    if options.write:
        report.write(rows, words)
    fell = [row["key"] for row in rows if row["failures"]]
    print(f"scripts/torture: {len(rows)} attacks, {len(fell)} not withstood"
          + "".join(f"\nscripts/torture: not withstood: {key}" for key in fell))
    sys.exit(1 if fell else 0)


if __name__ == "__main__":
    main()
