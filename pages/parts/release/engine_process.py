"""Asks the engine, as a child process: the app shares no code with it, and holds none of its data.

The child is told where things are and nothing else that the app knows: no secret of sign-in, no address of a database.

A sample lies on the disk only while the engine looks at it, in a folder of its own that goes with whatever the engine left there.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts.release import warehouse

PROJECT = Path(__file__).parents[3]
LONGEST = 180  # seconds
AT_ONCE = 2  # children: checking a sample takes some 400 MB
LARGEST = 30  # MB of a sample
PASSED_ON = (  # what Python needs to start, and how text, time and libraries are found on this machine
    "PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "PYTHONPATH", "PYTHONHOME", "PYTHONUTF8", "LD_LIBRARY_PATH", "SYSTEMROOT",
)  # fmt: skip
LOST = "The engine did not answer. Try again; if it happens again, whoever looks after Kinship finds the reason in the log."
LATE = f"This took longer than {LONGEST // 60} minutes and was stopped. Take a smaller sample."


class Refused(Exception):
    """The engine would not; the message is its sentence."""


def propose(sample: bytes, file: str) -> dict[str, Any]:
    """A contract proposed for a sample. Raises Refused."""
    return _of_sample(sample, file)["proposal"]


def attempt(sample: bytes, file: str, proposal: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """What became of the sample under a proposal, and the files of the source's folder. Raises Refused."""
    answer = _of_sample(sample, file, proposal)
    return answer["trial"], answer["files"]


def save(sample: bytes, file: str, proposal: dict[str, Any]) -> str:
    """Where the source's folder was put. Raises Refused."""
    return _of_sample(sample, file, proposal, "--save")["saved"]


def roll_back(release: str) -> str:
    """Makes a release current; the engine's sentence. Raises Refused."""
    done = _run(["rollback", "--", release])
    if done.returncode:
        raise Refused(" ".join(done.stderr.split()) or LOST)
    return done.stdout.strip().splitlines()[-1]


def safe_name(file: str) -> str:
    """The last part of a file's name, with nothing in it that could lead elsewhere."""
    name = re.sub(r"[^\w .,&'()-]", "_", re.split(r"[/\\]", file)[-1]).strip(" .")
    return name[-120:].lstrip("-. ") or "sample"


def _of_sample(sample: bytes, file: str, proposal: dict[str, Any] | None = None, *more: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="kinship-sample-") as folder:
        path = Path(folder) / "given" / safe_name(file)
        path.parent.mkdir()
        path.write_bytes(sample)
        asked = ["source", "new", "--json"]
        if proposal is not None:
            changed = Path(folder) / "proposal.json"
            changed.write_text(json.dumps(proposal), encoding="utf-8")
            asked += ["--changed", str(changed)]
        done = _run([*asked, *more, "--", str(path)], folder)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise Refused(LOST) from None
    if "sentence" in answer:
        raise Refused(answer["sentence"])
    return answer


def _run(verb: list[str], folder: str | None = None) -> subprocess.CompletedProcess:
    """`folder` is where it works, if it needs one: home, temporary files and all."""
    surroundings = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    path = [str(PROJECT), *filter(None, [surroundings.get("PYTHONPATH")])]
    surroundings |= {"KINSHIP_HOME": str(warehouse.home().resolve()), "PYTHONPATH": os.pathsep.join(path)}
    if folder:
        surroundings |= {"TMPDIR": folder, "HOME": folder}
    with _few():
        try:
            return subprocess.run(
                [sys.executable, "-P", "-m", "etl", *verb],
                cwd=folder or PROJECT, env=surroundings, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
                timeout=LONGEST, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise Refused(LATE) from None


@st.cache_resource(show_spinner=False)
def _few() -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(AT_ONCE)
