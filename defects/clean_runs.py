"""Clean runs: acceptances of the pipeline without a defect, under varying loads; each one not GO is a false alarm."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from defects.kill_matrix import judges
from defects.outcome import Outcome
from defects.runner import accepted

_SPIN = "while True: pass"
_WRITE = """
import os, sys, tempfile
block = os.urandom(1 << 20)
while True:
    with tempfile.TemporaryFile(dir=sys.argv[1]) as file:
        for _ in range(64):
            file.write(block)
        os.fsync(file.fileno())
"""


@dataclass(frozen=True)
class Load:
    """A load on the machine: programs that run in the background, and the number of concurrent runs."""

    what: str
    programs: tuple[str, ...]
    at_once: int


LOADS = (
    Load("alone", (), 1),
    Load("two at a time", (), 2),
    Load("beside a busy process", (_SPIN,), 1),
    Load("beside heavy writing", (_WRITE,), 1),
    Load("four at a time", (), 4),
)


def runs(count: int, keep: Path | None = None) -> Iterator[tuple[Load, Outcome]]:
    """Do `count` runs under the loads in order; yield each outcome once known."""
    share, more = divmod(count, len(LOADS))
    done = 0
    for place, load in enumerate(LOADS):
        names = [f"clean/{done + number:02}" for number in range(1, share + (place < more) + 1)]
        done += len(names)
        with _busy(load), ThreadPoolExecutor(load.at_once) as pool:
            for ended in as_completed([pool.submit(accepted, name, (), keep) for name in names]):
                yield load, ended.result()


def is_go(outcome: Outcome) -> bool:
    """True if every line passed, without any diagnosis or abnormal end."""
    return not (outcome.statuses or outcome.first or outcome.ended)


@contextmanager
def _busy(load: Load) -> Iterator[None]:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="load-"))
        for program in load.programs:
            process = subprocess.Popen([sys.executable, "-c", program, folder])
            stack.callback(process.wait)
            stack.callback(process.kill)
        yield


@dataclass(frozen=True)
class Series:
    """A series of runs: their number, a text for each that was not GO, and the minutes for all."""

    runs: int
    alarms: list[str]
    minutes: float

    def __str__(self) -> str:
        return f"{len(self.alarms)} false alarms in {self.runs} clean runs"


def remember(file: Path, series: Series) -> None:
    """Store the series with a digest of the sources for which it holds."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"key": judges(), **asdict(series)}, indent=2), "utf-8")


def remembered(file: Path) -> Series | None:
    """Return the stored series; None if there is none of the current sources."""
    told = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    return Series(**told) if told.pop("key", None) == judges() else None
