"""docs/benchmarks.json and docs/BENCHMARKS.md."""

import datetime
import json
import os
import platform
import re
import subprocess

import session as s

JSON_FILE = s.ROOT / "docs/benchmarks.json"
MARKDOWN_FILE = s.ROOT / "docs/BENCHMARKS.md"


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        found = re.search(r"model name\s*:\s*(.*)", file.read())
    return found[1] if found else platform.machine()


def memory_gib():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def first_line(*command):
    try:
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return output.splitlines()[0] if output else None


def machine():
    """Lines that say what was measured on."""
    lines = [f"{processor()}, {os.cpu_count()} cores, {memory_gib():.0f} GiB",
             f"Linux {platform.release()}",
             first_line("c++", "--version"),
             f"Python {platform.python_version()}",
             f"revision {first_line('git', '-C', str(s.ROOT), 'describe', '--always', '--dirty')}",
             f"load average at the end {os.getloadavg()[0]:.1f}",
             datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")]
    return [f"- {line}" for line in lines if line]


def write(session):
    measured_on = machine()  # before its files make the tree dirty
    JSON_FILE.write_text("[\n" + ",\n".join("  " + json.dumps(r) for r in session.results)
                         + "\n]\n", encoding="utf-8")
    marks = {True: "yes", False: "**no**", None: ""}
    rows = [f"| {r['name']} | {r['value']:g} {r['unit']} | {r['goal'] or ''} | {marks[r['met']]} |"
            for r in session.results]
    parts = ["# Benchmarks",
             "Written by `scripts/benchmark`" + (" --quick" if session.quick else "")
             + "; the same numbers are in [benchmarks.json](benchmarks.json). Every ratio is "
             "measured inside one run, both sides in turn.",
             "\n".join(measured_on),
             "| what | value | goal | met |\n|---|---|---|---|\n" + "\n".join(rows)]
    if session.skipped:
        parts.append("Not measured:\n\n" + "\n".join(
            f"- {name}: {reason}" for name, reason in session.skipped))
    for title, text in session.sections:
        parts += [f"## {title}", text]
    for path, draw in session.plots:
        draw(path)
    MARKDOWN_FILE.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
