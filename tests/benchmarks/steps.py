"""Builds the workspace that KINSHIP_HOME names and says where the time went, step by step, as one line of JSON."""

import functools
import importlib
import json
import threading
import time
from types import ModuleType, SimpleNamespace

from etl.__main__ import app
from etl.disclosure import step as protect
from etl.intake import land, read
from etl.release import measure, publish, units
from etl.spc import step as change

BEGAN = time.monotonic()
STEPS = (
    "land", "conform", "waiting for the judge", "judge", "keep", "model", "measure", "protect", "signal", "check", "publish",
)  # fmt: skip
seconds: dict[str, float] = dict.fromkeys(STEPS, 0.0)


def time_step(owner: ModuleType, name: str, step: str, within: str | None = None) -> None:
    """Adds what a function takes to its step, and takes it off the step within which it runs."""
    does = getattr(owner, name)

    @functools.wraps(does)
    def timed(*arguments, **named):
        began = time.monotonic()
        try:
            return does(*arguments, **named)
        finally:
            taken = time.monotonic() - began
            seconds[step] += taken
            if within:
                seconds[within] -= taken

    setattr(owner, name, timed)


def time_judge(module: ModuleType) -> None:
    """The judge answers file by file, so what counts is the time between being asked and answering."""
    judged = module.judged

    @functools.wraps(judged)
    def timed(*arguments):
        answers, began = judged(*arguments), time.monotonic()
        for answer in answers:
            seconds["judge"] += time.monotonic() - began
            yield answer
            began = time.monotonic()

    module.judged = timed


def import_judge(name: str) -> ModuleType:
    """The builder's way to import the judge, timed where it is waited for: it is imported ahead in another thread."""
    began = time.monotonic()
    module = importlib.import_module(name)
    if threading.current_thread() is threading.main_thread():
        seconds["waiting for the judge"] += time.monotonic() - began
        if not hasattr(module.judged, "__wrapped__"):
            time_judge(module)
    return module


def main() -> None:
    from etl import build
    from etl.intake import take_in

    take_in.importlib = SimpleNamespace(import_module=import_judge)
    for owner, names in {
        land: {"arrive": "land"},
        read: {"readable": "land"},
        take_in: {"conform": "conform", "keep": "keep"},
        build: {"lay_out_sources": "model", "run_core": "model"},
        units: {"lay_out_units": "model"},
        measure: {"measure": "measure"},
        protect: {"protect": "protect"},
        change: {"signal": "signal"},
        publish: {"publish": "publish"},
    }.items():
        for name, step in names.items():
            time_step(owner, name, step)
    time_step(publish, "check", "check", within="publish")
    try:
        app(["build"])
    finally:
        seconds["everything else"] = time.monotonic() - BEGAN - sum(seconds.values())
        print(json.dumps(seconds))


if __name__ == "__main__":
    main()
