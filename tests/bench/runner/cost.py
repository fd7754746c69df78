"""Cost as the work grows, as a table and a plot, and the time of a threshold fit."""

import session as s

PLOT = s.ROOT / "docs/benchmarks-cost.svg"
AXES = {
    "rows": "rows in a call (d=32, h=128, k=11, L=64)",
    "samples": "samples L, one row (d=32, h=128, k=11)",
    "features": "features d, one row (h=128, k=11, L=64)",
    "fit": "training scores, distribution and threshold",
}


def plot(axes, path):
    import matplotlib  # pylint: disable=import-outside-toplevel
    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "advae", "svg.fonttype": "none"})
    from matplotlib import pyplot  # pylint: disable=import-outside-toplevel
    figure, panels = pyplot.subplots(1, len(axes), figsize=(14, 3.4), layout="constrained")
    for panel, (axis, points) in zip(panels, axes.items()):
        panel.loglog(*zip(*points), marker="o", markersize=4)
        panel.set_xlabel(AXES[axis], fontsize=8)
        panel.set_ylabel("seconds", fontsize=8)
        panel.grid(True, alpha=0.3)
    figure.savefig(path, metadata={"Date": None})


def cost(session):
    axes = {}
    for line in s.bench("cost", *(["--quick"] if session.quick else [])):
        axes.setdefault(line["axis"], []).append((line["value"], line["seconds"]))

    def growth(axis, low):
        """Cost a unit at the largest value over that at `low`."""
        points = dict(axes[axis])
        largest = max(points)
        return points[largest] / largest / (points[low] / low)

    session.record("time a row in the largest call over that in a call of 1,000 rows",
                   growth("rows", 1000), "x", at_most=1.1)
    session.record("time a sample at the largest L over that at L=64",
                   growth("samples", 64), "x", at_most=1.1)
    session.record("time a feature at the largest d over that at d=128",
                   growth("features", 128), "x", at_most=1.1)
    session.record("threshold of 1,000,000 training scores", dict(axes["fit"])[1_000_000], "s",
                   at_most=2)
    tables = []
    for axis, points in axes.items():
        tables.append(f"| {AXES[axis]} | seconds | microseconds each |\n|---|---|---|\n" + "\n".join(
            f"| {value:,} | {seconds:.3g} | {1e6 * seconds / value:.3g} |"
            for value, seconds in points))
    session.plots.append((PLOT, lambda path: plot(axes, path)))
    session.sections.append(
        ("Cost as the work grows", f"One thread.\n\n![seconds by work]({PLOT.name})\n\n"
         + "\n\n".join(tables)))
