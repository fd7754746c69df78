#!/usr/bin/env python3
"""Simulates flow records of an office network: writes train.csv and test.csv beside this file.

Needs nothing but Python 3.9 and its standard library; the same code writes the same bytes. An argument
names another folder to write to. README.md explains columns and attacks.
"""

import csv
import datetime
import math
import pathlib
import random
import sys

SEED = 20150311
START = datetime.datetime(2026, 3, 2)  # a Monday
TRAIN_DAYS, TEST_DAYS = 14, 4
FLOWS_PER_DAY = 220
ATTACK_SHARE = 0.05

COLUMNS = ["flow_id", "start", "protocol", "service", "state", "encrypted", "duration_s", "packets",
           "bytes_out", "bytes_in", "label"]

# Of each service: share of the flows at night and by day, protocol, whether it is encrypted, and the
# medians of packets, bytes out and bytes in for each packet, and seconds.
SERVICES = {
    "https": (0.20, 0.46, "tcp", True, 24, 110, 780, 4.0),
    "dns": (0.30, 0.22, "udp", False, 2, 38, 70, 0.04),
    "http": (0.03, 0.08, "tcp", False, 14, 90, 640, 1.5),
    "smtp": (0.04, 0.06, "tcp", True, 20, 620, 60, 2.0),
    "ssh": (0.03, 0.04, "tcp", True, 160, 90, 130, 240.0),
    "ntp": (0.22, 0.05, "udp", False, 2, 48, 48, 0.05),
    "smb": (0.02, 0.07, "tcp", False, 60, 420, 510, 12.0),
    "backup": (0.12, 0.00, "tcp", True, 900, 980, 40, 90.0),
    "": (0.04, 0.02, "icmp", False, 4, 64, 64, 3.0),
}


def is_working_time(time: datetime.datetime) -> bool:
    return time.weekday() < 5 and 7 <= time.hour < 19


def draw(random_source: random.Random, median: float, spread: float) -> float:
    return median * math.exp(random_source.gauss(0.0, spread))


def flow(time: datetime.datetime, service: str, random_source: random.Random) -> dict:
    """An ordinary flow."""
    _, _, protocol, encrypted, packets, out, into, seconds = SERVICES[service]
    count = max(1, round(draw(random_source, packets, 0.5)))
    state = random_source.choices(["closed", "reset", "timeout"], [94, 3, 3])[0]
    return {
        "start": time,
        "protocol": protocol,
        "service": service,
        "state": state if protocol == "tcp" else "stateless",
        "encrypted": encrypted,
        "duration_s": draw(random_source, seconds, 0.5) * count / packets,
        "packets": count,
        "bytes_out": draw(random_source, count * out, 0.25),
        "bytes_in": draw(random_source, count * into, 0.25),
    }


# Attacks: each makes a flow of its own.


def scan(time, random_source):
    """Probes that no one answers."""
    row = flow(time, random_source.choice(["http", "ssh", "smb"]), random_source)
    return {**row, "state": "reset", "encrypted": False, "packets": 2, "bytes_out": 120,
            "bytes_in": 60, "duration_s": 0.02}


def tunnel(time, random_source):
    """Data in the questions of a name service."""
    row = flow(time, "dns", random_source)
    factor = draw(random_source, 5.0, 0.3)
    return {**row, "packets": round(6 * factor), "bytes_out": 900 * factor,
            "bytes_in": 420 * factor, "duration_s": 0.3 * factor}


def nightly_copy(time, random_source):
    """Files leave by the web, in the volume and at the time of the nightly backup."""
    row = flow(time.replace(hour=random_source.randrange(0, 5)), "backup", random_source)
    return {**row, "service": "https"}


def plain_text(time, random_source):
    """Mail without encryption."""
    return {**flow(time, "smtp", random_source), "encrypted": False}


def unknown_service(time, random_source):
    """A service that the network does not have, as busy as the web."""
    return {**flow(time, "https", random_source), "service": "irc"}


def wrong_protocol(time, random_source):
    """The web over a protocol that it does not use here."""
    return {**flow(time, "https", random_source), "protocol": "udp", "state": "stateless"}


ATTACKS = (scan, tunnel, nightly_copy, plain_text, unknown_service, wrong_protocol)


def simulate(first_day: int, days: int, random_source: random.Random, attack_share: float) -> list:
    rows = []
    for number in range(days * FLOWS_PER_DAY):
        minute = 1440 * number / FLOWS_PER_DAY + random_source.uniform(0, 6)
        time = START + datetime.timedelta(days=first_day, minutes=minute)
        column = 1 if is_working_time(time) else 0
        shares = [facts[column] for facts in SERVICES.values()]
        service = random_source.choices(list(SERVICES), shares)[0]
        row, label = flow(time, service, random_source), "normal"
        if random_source.random() < attack_share:
            attack = random_source.choice(ATTACKS)
            row, label = attack(time, random_source), attack.__name__
        row["flow_id"] = f"{random_source.getrandbits(32):08x}"
        row["label"] = label
        rows.append(row)
    return rows


def written(row: dict, random_source: random.Random) -> dict:
    """The row as a collector writes it, which now and then loses a measurement."""
    cells = {
        **row,
        "start": row["start"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "encrypted": "yes" if row["encrypted"] else "no",
        "duration_s": f"{row['duration_s']:.3f}",
        "bytes_out": f"{row['bytes_out']:.0f}",
        "bytes_in": f"{row['bytes_in']:.0f}",
    }
    for name in ("duration_s", "bytes_in"):
        if random_source.random() < 0.02:
            cells[name] = "-"
    return cells


def write(path: pathlib.Path, rows: list, columns: list, random_source: random.Random) -> None:
    with path.open("w", newline="", encoding="ascii") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(written(row, random_source) for row in rows)


def main() -> int:
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
    folder = folder if folder.is_dir() else folder.parent
    random_source = random.Random(SEED)
    train = simulate(0, TRAIN_DAYS, random_source, 0.0)
    test = simulate(TRAIN_DAYS, TEST_DAYS, random_source, ATTACK_SHARE)
    write(folder / "train.csv", train, COLUMNS[:-1], random_source)
    write(folder / "test.csv", test, COLUMNS, random_source)
    return 0


if __name__ == "__main__":
    sys.exit(main())
