"""The list of attacks. Each is a function of a Trial, described by the decorator `attack`."""

import dataclasses
import importlib
from typing import Callable, Optional, Tuple

# In the order in which they run; each is a module of the package `attacks`.
GROUPS = ("lifetimes", "overload", "memory", "transport", "connections", "uploads", "disk",
          "replicas", "values", "tables", "http", "fuzz")


@dataclasses.dataclass(frozen=True)
class Attack:
    """What is run, and what it may cost the server.

    `growth_mib` bounds the peak of the resident memory above that of the idle server.
    """

    group: str
    name: str
    sends: str
    run: Callable
    models: Tuple[str, ...] = ("pump",)
    flags: Tuple[str, ...] = ()
    growth_mib: int = 256
    timeout: int = 90
    quick: bool = False  # part of --quick
    long: bool = False  # only with --long
    quiet: bool = False  # waits all the time: runs beside the others from the start
    alone: bool = False  # measures time: no other one runs, but for the quiet ones
    starts_server: bool = True
    rlimits: Optional[dict] = None  # resource.RLIMIT_...: value, of the server

    @property
    def key(self):
        return f"{self.group}/{self.name.replace(' ', '-')}"


_attacks = []


def attack(name, sends, **options):
    """Registers a function of a module of `attacks`; the module's name is the group."""

    def register(function):
        group = function.__module__.rpartition(".")[2]
        _attacks.append(Attack(group=group, name=name, sends=sends, run=function, **options))
        return function

    return register


def all_attacks():
    """Imports the modules and returns their attacks, by group."""
    for group in GROUPS:
        importlib.import_module(f"attacks.{group}")
    return list(_attacks)
