"""`python -m defects`: applies each defect of the catalogue and runs the acceptance, which has to notice it.

python -m defects                       the whole catalogue; an interrupted run is resumed
python -m defects --defect AREA/NAME    one defect, and the lines that noticed it
python -m defects --sample SEED         one random defect of each area, drawn by SEED
python -m defects --clean 50            50 runs without a defect, under varying loads: each has to be GO
python -m defects generate --seed N     mutants of any pipeline, drawn by a seed: see defects.generator.command
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import time
from pathlib import Path

from defects import catalogue_reader, clean_runs, kill_matrix
from defects.catalogue_reader import Defect
from defects.generator.command import main as generate
from defects.kill_matrix import Results
from defects.outcome import Outcome, tally
from defects.pipeline_copy import missed
from defects.runner import in_memory, run_all
from steps.diagnoses import catalogue as diagnoses
from steps.paths import REPORTS
from steps.verdict import checklist

CLEAN = "clean-runs.json"


def main() -> int:
    """Return the exit code: 0 if every defect was noticed, and a whole run turned every line red; 1 if not.

    2 if the catalogue cannot be used.
    """
    for ending in (signal.SIGINT, signal.SIGTERM):  # each interrupts the sessions; a shell's background ignores SIGINT
        signal.signal(ending, signal.default_int_handler)
    if sys.argv[1:2] == ["generate"]:
        return generate(sys.argv[2:])
    told = _arguments()
    if told.clean:
        return _clean(told)
    lines = checklist.read()
    try:
        defects = catalogue_reader.read(lines, diagnoses.read())
        if stale := [f"{name}: {fault}" for name, each in defects.items() for fault in missed(each.edits)]:
            raise LookupError("\n  evidence: ".join(["Defects do not fit the sources any more.", *stale]))
        defects = catalogue_reader.possible(defects, as_root=sys.platform == "linux" and os.geteuid() == 0)
        chosen = _chosen(defects, told)
    except (catalogue_reader.MalformedCatalogue, LookupError) as fault:
        print(fault.args[0], file=sys.stderr)
        return 2
    whole = chosen.keys() == defects.keys()
    results = Results(told.reports / "kill-matrix.jsonl", defects)
    outcomes = {} if told.fresh or not whole else results.read()
    in_memory()
    began, left = time.monotonic(), {name: each for name, each in chosen.items() if name not in outcomes}
    for number, outcome in enumerate(run_all(left, at_once=told.at_once, keep=told.keep), 1):
        outcomes[outcome.defect] = outcome
        results.add(outcome)
        remaining = (time.monotonic() - began) / number * (len(left) - number) / 60
        place = f"{number:4} of {len(left)}, {remaining:.0f} minutes left"
        print(f"{place}  {_line(outcome, defects[outcome.defect])}", flush=True)
    elsewhere = catalogue_reader.proven_elsewhere()
    found = tally(chosen, outcomes, list(lines), elsewhere)
    if whole:
        minutes = sum(each.seconds for each in outcomes.values()) / 60 / told.at_once
        alarms = clean_runs.remembered(told.reports / CLEAN) or "no clean runs yet"
        figures = f"{alarms}; about {minutes:.0f} minutes, {told.at_once} at a time"
        file = told.reports / "kill-matrix.html"
        kill_matrix.write(file, defects, outcomes, found, list(lines), figures=figures, proven_elsewhere=elsewhere)
        for id in found.never_first:
            print(f"nothing turns {id} red{'' if id in found.never_red else ' before all others'}")
        print(f"{found}; {figures}")
    else:
        print(f"{found}; {time.monotonic() - began:.0f} s")
    return 1 if found.survivors or (whole and found.never_red) else 0


def _clean(told: argparse.Namespace) -> int:
    began, alarms = time.monotonic(), []
    for number, (load, outcome) in enumerate(clean_runs.runs(told.clean, told.keep), 1):
        go = clean_runs.is_go(outcome)
        wrong = ", ".join([*outcome.statuses, outcome.first or "", outcome.ended])
        alarms += [] if go else [wrong]
        said = "GO" if go else f"FALSE ALARM: {wrong}"
        print(f"{number:4} of {told.clean}  {load.what} in {outcome.seconds:.0f} s: {said}", flush=True)
    series = clean_runs.Series(told.clean, alarms, round((time.monotonic() - began) / 60, 1))
    clean_runs.remember(told.reports / CLEAN, series)
    print(f"{series}, {series.minutes:.0f} minutes")
    return 1 if alarms else 0


def _line(outcome: Outcome, defect: Defect) -> str:
    noticed = outcome.noticed(defect)
    word = "killed  " if noticed else "SURVIVED"
    said = "" if outcome.diagnosed(defect) else f", diagnosed as {outcome.first}, not {defect.diagnosis}"
    by = ", ".join(noticed or outcome.red) or outcome.ended or "nothing was NO"
    return f"{word} {outcome.defect} in {outcome.seconds:.0f} s by {by}{said}"


def _chosen(defects: dict[str, Defect], told: argparse.Namespace) -> dict[str, Defect]:
    if told.defect:
        if strangers := [name for name in told.defect if name not in defects]:
            raise LookupError(f"There is no defect {', '.join(strangers)}; there are:\n" + "\n".join(defects))
        return {name: defects[name] for name in told.defect}
    if told.sample is not None:
        draw = random.Random(told.sample)
        return {
            name: defects[name] for names in catalogue_reader.areas(defects).values() for name in [draw.choice(names)]
        }
    return defects


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m defects", description="the acceptance against each known defect")
    parser.add_argument("--defect", action="append", metavar="AREA/NAME", help="this one alone")
    parser.add_argument("--sample", metavar="SEED", help="one defect of each area, drawn by SEED, such as a commit")
    parser.add_argument("--clean", type=int, metavar="N", help="N runs without a defect, under loads that vary")
    parser.add_argument("--at-once", type=int, default=2, metavar="N", help="sessions at a time")
    parser.add_argument("--fresh", action="store_true", help="forget what was found before")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the reports of each session")
    parser.add_argument("--reports", type=Path, default=REPORTS, metavar="DIR")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
