#!/usr/bin/env python3
"""Simulates a historian's export of a waterworks: writes train.csv and test.csv beside this file.

Needs nothing but Python 3.9 and its standard library; the same code writes the same bytes. An argument
names another folder to write to. README.md explains columns and faults.
"""

import csv
import datetime
import math
import pathlib
import random
import sys

SEED = 20161101
START = datetime.datetime(2026, 5, 4)  # a Monday
TRAIN_DAYS, TEST_DAYS = 28, 7
ROWS_PER_DAY = 96  # one row in a quarter of an hour
FAULT_ROWS = 6

COLUMNS = ["time", "pump", "mode", "standby_ready", "tank_level_m", "flow_m3h", "pressure_bar",
           "power_kw", "fault"]
MEASURED = ("tank_level_m", "flow_m3h", "pressure_bar", "power_kw")

PUMPS = {"P1": 1.00, "P2": 0.94}  # power for the same work


class Works:
    """Two pumps that take turns by the day fill a tank, which a town draws from."""

    def __init__(self, random_source: random.Random):
        self.random = random_source
        self.level = 4.0

    def row(self, time: datetime.datetime) -> dict:
        hour = time.hour + time.minute / 60
        weekend = time.weekday() >= 5
        peak = math.exp(-(((hour - (10.0 if weekend else 7.0)) / 2.2) ** 2))
        evening = math.exp(-(((hour - 19.0) / 2.5) ** 2))
        use = 60 + 120 * peak + 90 * evening + self.random.gauss(0.0, 5.0)
        # By night, with cheap power, the tank is filled; by day the pump follows the town.
        mode = "filling" if hour < 5 else "following" if use > 75 else "idle"
        flow = {"filling": 150.0, "following": 0.9 * use, "idle": 30.0}[mode]
        flow += self.random.gauss(0.0, 2.0)
        self.level += (flow - use) / 900 + 0.05 * (4.0 - self.level)
        pump = "P1" if time.toordinal() % 2 == 0 else "P2"
        pressure = 3.2 + 0.1 * self.level + 3.5e-5 * flow**2
        return {"time": time, "pump": pump, "mode": mode, "standby_ready": True,
                "tank_level_m": self.level + self.random.gauss(0.0, 0.01), "flow_m3h": flow,
                "pressure_bar": pressure + self.random.gauss(0.0, 0.02),
                "power_kw": (4 + 0.045 * flow * pressure) * PUMPS[pump] + self.random.gauss(0, 0.15),
                "fault": 0}


# Faults: each changes a row of an episode.


def filling_by_day(row):
    """The clock of the controller is wrong: it fills the tank at noon."""
    flow, level = 150.0, row["tank_level_m"]
    pressure = 3.2 + 0.1 * level + 3.5e-5 * flow**2
    return {**row, "mode": "filling", "flow_m3h": flow, "pressure_bar": pressure,
            "power_kw": (4 + 0.045 * flow * pressure) * PUMPS[row["pump"]]}


def wrong_mode(row):
    """The mode that is reported is not that of the flow."""
    return {**row, "mode": "filling" if row["mode"] != "filling" else "idle"}


def no_standby(row):
    """The other pump is out of order."""
    return {**row, "standby_ready": False}


def worn_pump(row):
    """Pump 2 takes the power of pump 1."""
    return {**row, "pump": "P2", "power_kw": row["power_kw"] / PUMPS[row["pump"]] * 1.03}


def burst_pipe(row):
    """More flow at less pressure."""
    return {**row, "flow_m3h": row["flow_m3h"] * 1.25, "pressure_bar": row["pressure_bar"] - 0.35}


def dead_meter(row):
    """The flow meter sends nothing, which it never does for long."""
    return {**row, "flow_m3h": None, "pressure_bar": None}


# (day, hour, fault)
SCHEDULE = (
    (0, 11.5, filling_by_day), (0, 17.0, no_standby), (1, 6.0, wrong_mode), (1, 14.0, worn_pump),
    (2, 9.0, burst_pipe), (2, 20.0, dead_meter), (3, 2.0, wrong_mode), (3, 13.0, filling_by_day),
    (4, 8.0, worn_pump), (4, 21.0, no_standby), (5, 3.0, burst_pipe), (5, 15.0, wrong_mode),
    (6, 10.0, dead_meter), (6, 18.0, filling_by_day),
)


def simulate(works: Works, first_day: int, days: int, schedule: tuple) -> list:
    faults = {}
    for day, hour, fault in schedule:
        first = day * ROWS_PER_DAY + int(hour * ROWS_PER_DAY / 24)
        faults.update({number: fault for number in range(first, first + FAULT_ROWS)})
    rows = []
    for number in range(days * ROWS_PER_DAY):
        time = START + datetime.timedelta(days=first_day, minutes=15 * number)
        row = works.row(time)
        if number in faults:
            row = {**faults[number](row), "fault": 1}
        for name in MEASURED:
            if works.random.random() < 0.01:
                row[name] = None
        # Now and then the historian loses a row.
        is_lost = number not in faults and (number * 7919) % 1009 < 4
        if not is_lost:
            rows.append(row)
    return rows


def written(row: dict) -> dict:
    cells = dict(row)
    cells["time"] = row["time"].strftime("%d.%m.%Y %H:%M")
    cells["standby_ready"] = "true" if row["standby_ready"] else "false"
    for name in MEASURED:
        value = row[name]
        cells[name] = "" if value is None else f"{value:.2f}".replace(".", ",")
    return cells


def write(path: pathlib.Path, rows: list, columns: list) -> None:
    with path.open("w", newline="", encoding="ascii") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", delimiter=";",
                                lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(written(row) for row in rows)


def main() -> int:
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
    folder = folder if folder.is_dir() else folder.parent
    works = Works(random.Random(SEED))
    write(folder / "train.csv", simulate(works, 0, TRAIN_DAYS, ()), COLUMNS[:-1])
    write(folder / "test.csv", simulate(works, TRAIN_DAYS, TEST_DAYS, SCHEDULE), COLUMNS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
