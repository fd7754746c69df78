#!/usr/bin/python3
"""Draws what panels of the Grafana dashboard show, with their own queries on real data.

usage: tests/monitoring/pictures.py FOLDER_OF_PROGRAMS FOLDER_OF_PICTURES

Runs two servers and Prometheus for some four minutes: normal traffic, then a minute in which every
second row is a fault, then normal traffic again, and a training of a second version. Writes a PNG
for each row of the dashboard. Needs Debian's prometheus, python3-grpcio, python3-yaml and
python3-matplotlib.
"""

import pathlib
import sys
import threading
import time

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # after the choice of the backend

import dashboard
import stack

PHASES = [(0.0, 80), (0.5, 60), (0.0, 100)]  # share of faulty rows, seconds
TRAIN_AFTER_PHASE = 1
VARIABLES = {"$__rate_interval": "10s", "$__range": "4m", "$instance": ".*", "$model": ".*",
             "$job": "advae"}
UNITS = {"short": "", "percentunit": "share", "s": "seconds", "rowsps": "rows/s",
         "reqps": "calls/s", "bytes": "bytes"}
COLUMNS = 2


def legend_of(target, series):
    legend = target.get("legendFormat") or target["expr"]
    for label, value in series["metric"].items():
        legend = legend.replace("{{" + label + "}}", value)
    return legend


def draw_bars(axes, panel, prometheus):
    """Rows by bucket, from a query of cumulative buckets."""
    (target,) = panel["targets"]
    series = prometheus.query(dashboard.expression(target, VARIABLES))
    buckets = sorted((float(item["metric"]["le"]), float(item["value"][1])) for item in series)
    heights = [count - (buckets[i - 1][1] if i else 0) for i, (_, count) in enumerate(buckets)]
    axes.bar([f"{bound:g}" for bound, _ in buckets], heights)
    axes.tick_params(axis="x", rotation=60)
    axes.set_xlabel("p-value up to")


def draw_lines(axes, panel, prometheus, start, end):
    for target in panel["targets"]:
        answer = prometheus.get("query_range", query=dashboard.expression(target, VARIABLES),
                                start=start, end=end, step=1)
        for series in answer["result"]:
            points = [(float(at) - start, float(value)) for at, value in series["values"]]
            axes.plot(*zip(*points), label=legend_of(target, series), linewidth=1.2)
    axes.set_xlim(0, end - start)
    axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
    axes.set_xlabel("seconds")
    if 0 < len(axes.lines) <= 8:
        axes.legend(fontsize=7, loc="best")


def draw_row(title, panels, prometheus, start, end, file):
    lines = -(-len(panels) // COLUMNS)
    figure, grid = plt.subplots(lines, COLUMNS, figsize=(12, 3.4 * lines), squeeze=False)
    for axes, panel in zip(grid.flat, panels):
        axes.set_title(panel["title"], fontsize=10)
        axes.set_ylabel(UNITS[panel["fieldConfig"]["defaults"]["unit"]])
        axes.grid(alpha=0.3)
        if panel["type"] == "bargauge":
            draw_bars(axes, panel, prometheus)
        else:
            draw_lines(axes, panel, prometheus, start, end)
    for axes in list(grid.flat)[len(panels):]:
        axes.axis("off")
    figure.suptitle(title)
    figure.tight_layout()
    figure.savefig(file, dpi=80)
    plt.close(figure)


def main(programs, pictures):
    pictures = pathlib.Path(pictures)
    pictures.mkdir(parents=True, exist_ok=True)
    running = stack.Stack(programs, interval="1s")
    try:
        start = time.time()
        for phase, (share, seconds) in enumerate(PHASES):
            running.load.anomaly_share = share
            if phase == TRAIN_AFTER_PHASE:
                training = threading.Thread(target=running.train, args=("--epochs=400",))
                training.start()
            time.sleep(seconds)
        training.join()
        for title, panels in dashboard.rows():
            drawn = [panel for panel in panels if panel["type"] in ("timeseries", "bargauge")]
            draw_row(title, drawn, running.prometheus, start, time.time(),
                     pictures / f"{title.lower()}.png")
    finally:
        running.stop()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
