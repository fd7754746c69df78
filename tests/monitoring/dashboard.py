"""Reads the Grafana dashboard."""

import json

import stack

FILE = stack.ROOT / "deploy" / "grafana" / "dashboards" / "advae.json"


def load():
    return json.loads(FILE.read_text())


def panels():
    """All panels that show something."""
    return [panel for panel in load()["panels"] if panel["type"] != "row"]


def rows():
    """(title, panels) of each row, without the panels above the first."""
    found = []
    for panel in load()["panels"]:
        if panel["type"] == "row":
            found.append((panel["title"], []))
        elif found:
            found[-1][1].append(panel)
    return found


def fill_in(expression, variables):
    """`expression` with Grafana's variables replaced, as Grafana does it."""
    for name, value in variables.items():
        expression = expression.replace(name, value)
    return expression


def expression(target, variables):
    return fill_in(target["expr"], variables)
