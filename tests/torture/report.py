"""The table of results, as text and as docs/RELIABILITY.md."""

import datetime
import pathlib
import re
import subprocess
import textwrap

import models

PAGE = models.ROOT / "docs" / "RELIABILITY.md"


def _cells(row):
    def three(*names):
        return " / ".join("–" if row.get(name) is None else str(row[name]) for name in names)

    return {
        "memory": three("rss_before", "rss_peak", "rss_after"),
        "threads": three("threads_before", "threads_after"),
        "descriptors": three("descriptors_before", "descriptors_after"),
        "verdict": _verdict(row),
    }


def _verdict(row):
    if "skipped" in row:
        return f"not made: {row['skipped']}"
    return "fell: " + "; ".join(row["failures"]) if row["failures"] else "held"


def text(row):
    """One result, for a terminal."""
    cells = _cells(row)
    lines = [f"{row['key']}: {cells['verdict']}",
             f"sent: {row['sends']}",
             f"server: {row['did'] or '–'}",
             f"memory {cells['memory']} MiB, threads {cells['threads']}, "
             f"descriptors {cells['descriptors']}; {row['seconds']:.0f} s"]
    wrapped = [textwrap.fill(line, 110, subsequent_indent="    ") for line in lines]
    return "\n  ".join(wrapped)


def machine():
    """Processor and cores."""
    model = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(),
                      re.MULTILINE)
    cores = subprocess.run(["nproc"], capture_output=True, text=True, check=True).stdout.strip()
    memory = re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())
    return f"{model.group(1) if model else 'an unknown processor'}, {cores} cores, " \
           f"{int(memory.group(1)) / 1048576:.0f} GiB of memory"


def revision():
    """The revision of the tree, and whether its programs may differ from it."""
    def git(*arguments):
        return subprocess.run(["git", "-C", models.ROOT, *arguments], capture_output=True,
                              text=True, check=True).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", ":!docs")
    return git("rev-parse", "--short=12", "HEAD") + (" with changes" if changed else "")


def _escape(words):
    return words.replace("|", "\\|").replace("\n", " ")


def markdown(rows, options):
    """The table of the page."""
    skipped = sum("skipped" in row for row in rows)
    made = len(rows) - skipped
    held = made - sum(bool(row["failures"]) for row in rows)
    lines = [
        f"The server withstood {held} of {made} attacks"
        f"{f'; {skipped} could not be made' if skipped else ''}. "
        f"`scripts/torture{options}`, revision {revision()}, "
        f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d}, {machine()}.", "",
        "| attack | what was sent | what the server did | memory, MiB | threads | descriptors "
        "| verdict |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        cells = _cells(row)
        lines.append("| " + " | ".join(map(_escape, (
            f"{row['group']}: {row['name']}", row["sends"], row["did"] or "–", cells["memory"],
            cells["threads"], cells["descriptors"], cells["verdict"]))) + " |")
    return "\n".join(lines) + "\n"


BEGIN, END = "<!-- begin: scripts/torture --write -->\n", "<!-- end -->\n"


def write(rows, options):
    """Replaces the part of the page that is generated."""
    page = PAGE.read_text()
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    PAGE.write_text(head + BEGIN + markdown(rows, options) + END + tail)
