#!/usr/bin/env python3
"""Simulates the telemetry of a pumping station: writes train.csv and test.csv beside this file.

Needs nothing but Python 3.9 and its standard library; the same code writes the same bytes.
README.md explains features and faults.
"""

import csv
import dataclasses
import math
import pathlib
import random
import sys
from typing import Callable

SEED = 20190304
ROWS_PER_DAY = 144  # one row in ten minutes
TRAIN_DAYS = 21
TEST_DAYS = 7

# Digits after the decimal point, in the order of the columns.
FEATURES = {
    "pump_speed_rpm": 0,
    "valve_position_pct": 1,
    "flow_m3h": 1,
    "suction_pressure_bar": 3,
    "discharge_pressure_bar": 3,
    "motor_current_a": 1,
    "motor_power_kw": 2,
    "vibration_mm_s": 2,
    "bearing_de_temperature_c": 1,
    "bearing_nde_temperature_c": 1,
    "winding_temperature_c": 1,
    "ambient_temperature_c": 1,
}

# Sensor noise, one standard deviation.
NOISE = {
    "pump_speed_rpm": 3.0,
    "valve_position_pct": 0.3,
    "flow_m3h": 1.2,
    "suction_pressure_bar": 0.006,
    "discharge_pressure_bar": 0.012,
    "motor_current_a": 0.4,
    "motor_power_kw": 0.25,
    "vibration_mm_s": 0.05,
    "bearing_de_temperature_c": 0.4,
    "bearing_nde_temperature_c": 0.4,
    "winding_temperature_c": 0.5,
    "ambient_temperature_c": 0.2,
}


@dataclasses.dataclass
class Plant:
    """What faults change, at its healthy values, and what the plant remembers between rows."""

    head_factor: float = 1.0  # of the pump's head, 1 when the impeller is sound
    leak_area: float = 0.0  # flow lost ahead of the valve, in m3/h per sqrt(m)
    friction_kw: float = 0.0  # extra heat in the drive-end bearing
    extra_vibration: float = 0.0  # mm/s
    valve_offset: float = 0.0  # true minus reported position, in percent
    cooling: float = 1.0  # of the motor's fan

    bearing_de: float = 12.0  # temperatures above ambient, in K
    bearing_nde: float = 9.0
    winding: float = 25.0

    def repaired(self) -> "Plant":
        """Without faults, at the temperatures of now."""
        return Plant(
            bearing_de=self.bearing_de, bearing_nde=self.bearing_nde, winding=self.winding
        )


@dataclasses.dataclass
class Demand:
    """Set points and surroundings of one row."""

    speed: float  # rpm
    valve: float  # percent open
    level: float  # m of water above the suction flange
    ambient: float  # degrees Celsius


def daily_demand(row: int, random_source: random.Random, weather: float, level: float) -> Demand:
    """Night, morning peak, day and evening peak, with smooth changes between them."""
    hour = 24.0 * (row % ROWS_PER_DAY) / ROWS_PER_DAY

    def peak(centre: float, width: float) -> float:
        return math.exp(-(((hour - centre) / width) ** 2))

    use = 0.15 + 0.75 * peak(7.5, 2.0) + 0.40 * peak(13.0, 3.0) + 0.65 * peak(19.5, 2.2)
    use = min(1.0, max(0.05, use + random_source.gauss(0.0, 0.06)))
    return Demand(
        speed=980.0 + 480.0 * use + random_source.gauss(0.0, 12.0),
        valve=45.0 + 40.0 * use + random_source.gauss(0.0, 3.0),
        level=level,
        ambient=14.0 + weather + 5.0 * math.sin(2.0 * math.pi * (hour - 9.0) / 24.0),
    )


def measure(plant: Plant, demand: Demand) -> dict[str, float]:
    """The noise-free readings of one row; moves the plant's temperatures on."""
    ratio = demand.speed / 1450.0
    opening = max(0.05, (demand.valve + plant.valve_offset) / 100.0)

    # Pump curve a n^2 - b Q^2 against static head plus the valve's resistance, in m and m3/h.
    shut_off_head = 52.0 * plant.head_factor * ratio**2
    static_head = 9.0 - 0.5 * demand.level
    resistance = 9.0e-5 + 1.5e-4 / opening**2
    flow = math.sqrt(max(1.0, shut_off_head - static_head) / (2.4e-4 + resistance))
    head = shut_off_head - 2.4e-4 * flow**2
    if plant.leak_area > 0.0:
        flow += plant.leak_area * math.sqrt(head)
        head = shut_off_head - 2.4e-4 * flow**2

    best_flow = 230.0 * ratio
    efficiency = 0.79 - 0.35 * (flow / best_flow - 1.0) ** 2
    shaft_power = flow * head / 367.0 / efficiency + plant.friction_kw
    power = shaft_power / 0.93 + 1.1
    current = 9.0 + 1.62 * power / (0.75 + 0.25 * ratio)
    vibration = 0.7 + 1.1 * ratio**2 + 1.6 * (flow / best_flow - 1.0) ** 2 + plant.extra_vibration

    # First-order lags: a bearing follows its load in about an hour, the winding in half of that.
    def follow(value: float, target: float, rows: float) -> float:
        return value + (target - value) / rows

    plant.bearing_de = follow(
        plant.bearing_de, 7.0 + 13.0 * ratio**2 + 0.25 * power + 9.0 * plant.friction_kw, 4.0
    )
    plant.bearing_nde = follow(
        plant.bearing_nde, 6.0 + 10.0 * ratio**2 + 0.15 * power + 1.5 * plant.friction_kw, 4.0
    )
    plant.winding = follow(plant.winding, (14.0 + 0.016 * current**2) / plant.cooling, 2.5)

    suction = 0.0981 * (demand.level - 3.0e-5 * flow**2) + 0.25
    return {
        "pump_speed_rpm": demand.speed,
        "valve_position_pct": demand.valve,
        "flow_m3h": flow,
        "suction_pressure_bar": suction,
        "discharge_pressure_bar": suction + 0.0981 * head,
        "motor_current_a": current,
        "motor_power_kw": power,
        "vibration_mm_s": vibration,
        "bearing_de_temperature_c": demand.ambient + plant.bearing_de,
        "bearing_nde_temperature_c": demand.ambient + plant.bearing_nde,
        "winding_temperature_c": demand.ambient + plant.winding,
        "ambient_temperature_c": demand.ambient,
    }


# Faults of the plant: each sets it for the rows of an episode.


def cavitation(plant: Plant) -> None:
    plant.head_factor = 0.94
    plant.extra_vibration = 0.35


def bearing_wear(plant: Plant) -> None:
    plant.friction_kw = 1.4
    plant.extra_vibration = 0.20


def leak(plant: Plant) -> None:
    plant.leak_area = 7.0


def worn_impeller(plant: Plant) -> None:
    plant.head_factor = 0.84


def slipped_valve(plant: Plant) -> None:
    plant.valve_offset = -18.0


def blocked_fan(plant: Plant) -> None:
    plant.cooling = 0.66


PLANT_FAULTS = (cavitation, bearing_wear, leak, worn_impeller, slipped_valve, blocked_fan)


# Faults of a sensor: each gives the reading of the episode's row `step`.


def stuck_flow_meter(reading: dict, before: dict, _step: int) -> dict[str, float]:
    return {**reading, "flow_m3h": before["flow_m3h"]}


def drifting_pressure(reading: dict, _before: dict, step: int) -> dict[str, float]:
    value = reading["discharge_pressure_bar"] - 0.45 - 0.06 * step
    return {**reading, "discharge_pressure_bar": value}


SENSOR_FAULTS = (stuck_flow_meter, drifting_pressure)


@dataclasses.dataclass
class Episode:
    """One fault over the rows [begin, end)."""

    begin: int
    end: int
    fault: Callable


# Two or three episodes a day: (day, hour at which it begins, rows, fault). Each fault meets
# different operating modes.
SCHEDULE = (
    (0, 6.0, 4, cavitation),
    (0, 15.0, 5, bearing_wear),
    (1, 3.0, 4, leak),
    (1, 10.0, 4, blocked_fan),
    (1, 20.0, 4, worn_impeller),
    (2, 6.0, 6, stuck_flow_meter),
    (2, 14.0, 4, slipped_valve),
    (3, 1.0, 4, drifting_pressure),
    (3, 12.0, 4, cavitation),
    (3, 22.0, 4, bearing_wear),
    (4, 8.0, 4, slipped_valve),
    (4, 17.0, 4, leak),
    (5, 4.0, 4, worn_impeller),
    (5, 9.0, 4, drifting_pressure),
    (5, 20.5, 7, stuck_flow_meter),
    (6, 7.0, 4, blocked_fan),
    (6, 19.0, 4, cavitation),
)


def schedule_episodes() -> list[Episode]:
    episodes = []
    for day, hour, rows, fault in SCHEDULE:
        begin = day * ROWS_PER_DAY + round(hour * ROWS_PER_DAY / 24.0)
        episodes.append(Episode(begin, begin + rows, fault))
    return episodes


def simulate(days: int, random_source: random.Random, episodes: list[Episode]) -> list[list[str]]:
    """Rows of readings, rounded as a historian stores them, each with its label."""
    plant = Plant()
    weather, level = 0.0, 3.0
    before = {}
    rows = []
    for row in range(-ROWS_PER_DAY // 2, days * ROWS_PER_DAY):  # half a day to settle
        weather = 0.995 * weather + random_source.gauss(0.0, 0.25)
        level += 0.05 * (3.0 - level) + random_source.gauss(0.0, 0.08)
        demand = daily_demand(row, random_source, weather, level)

        active = next((e for e in episodes if e.begin <= row < e.end), None)
        plant = plant.repaired()
        if active and active.fault in PLANT_FAULTS:
            active.fault(plant)
        readings = measure(plant, demand)

        readings = {k: v + random_source.gauss(0.0, NOISE[k]) for k, v in readings.items()}
        if active and active.fault in SENSOR_FAULTS:
            readings = active.fault(readings, before, row - active.begin)
        before = readings
        if row >= 0:
            rows.append(
                [f"{readings[k]:.{digits}f}" for k, digits in FEATURES.items()]
                + [str(int(active is not None))]
            )
    return rows


def write(path: pathlib.Path, rows: list[list[str]], with_label: bool) -> None:
    with path.open("w", newline="", encoding="ascii") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*FEATURES, "label"] if with_label else FEATURES)
        writer.writerows(rows if with_label else (row[:-1] for row in rows))


def main() -> int:
    folder = pathlib.Path(__file__).resolve().parent
    random_source = random.Random(SEED)
    write(folder / "train.csv", simulate(TRAIN_DAYS, random_source, []), with_label=False)
    write(
        folder / "test.csv",
        simulate(TEST_DAYS, random_source, schedule_episodes()),
        with_label=True,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
