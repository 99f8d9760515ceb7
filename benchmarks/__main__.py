"""The command line: `python -m benchmarks NAME`, with `acceptance`, `session`, `throughput` and the others below."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.report import BenchmarkError
from steps.paths import ROOT

MILLION = 1_000_000
SIZES = [1_000, 10_000, 100_000, MILLION]


def main() -> int:
    """Run one benchmark; return 0 if it measured a working system and met its limits, else 1."""
    options = vars(_options())
    name = options.pop("benchmark").replace("-", "_")
    try:
        # Imported alone, since boto3 and psycopg must not count as the time of a session.
        code: int = import_module(f"benchmarks.{name}").run(**options)
        return code
    except BenchmarkError as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measures the suite and the pipeline.")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--reports", type=Path, default=ROOT / "reports", metavar="DIR", help="where bench-*.json goes")
    kinds = parser.add_subparsers(dest="benchmark", required=True)
    acceptance = kinds.add_parser("acceptance", parents=[common], help="the phases of pytest -m local")
    acceptance.add_argument("--runs", type=_positive, default=3, metavar="N", help="how often to run it (3)")
    acceptance.add_argument("more", nargs="*", metavar="-- OPTION", help="pytest's, such as --system-under-test=DIR")
    session = kinds.add_parser("session", parents=[common], help="whole sessions, beside those of another checkout")
    session.add_argument("--runs", type=_positive, default=3, metavar="N", help="how often to run each (3)")
    session.add_argument("--against", type=Path, metavar="DIR", help="the other checkout, run in turn with this one")
    session.add_argument("--robustness", action="store_true", help="pytest -m robustness, too")
    session.add_argument("--install", action="store_true", help="time and size of the installation, too")
    beside = kinds.add_parser("side-by-side", parents=[common], help="1, 2, 3... sessions at a time")
    beside.add_argument("--most", type=_positive, default=4, metavar="N", help="how many at a time, at most (4)")
    kinds.add_parser("profile", parents=[common], help="a session's CPU by group of processes and by phase")
    kinds.add_parser("peers", parents=[common], help="moto_server and ministack beside the embedded AWS")
    timed = kinds.add_parser("timed", parents=[common], help="the catalogue of defects, or .ci/run in a clean checkout")
    timed.add_argument("what", choices=("catalogue", "ci"))
    throughput = kinds.add_parser("throughput", parents=[common], help="the pipeline beside PostgreSQL's own ceiling")
    throughput.add_argument(
        "--sizes", type=_sizes, default=SIZES, metavar="N,N", help="records in a file (1000,10000,100000,1000000)"
    )
    throughput.add_argument(
        "--users", type=_positive, default=MILLION, metavar="N", help="registered users, at least (1000000)"
    )
    throughput.add_argument("--rounds", type=_positive, default=3, metavar="N", help="measurements of each (3)")
    throughput.add_argument("--system-under-test", dest="folder", type=Path, metavar="DIR", help="another pipeline")
    throughput.set_defaults(folder=ROOT / "system_under_test")
    reconciliation = kinds.add_parser(
        "reconciliation", parents=[common], help="the suite's own reading of many records"
    )
    reconciliation.add_argument("--records", type=_positive, default=MILLION, metavar="N", help="records (1000000)")
    kinds.add_parser("performance", parents=[common], help="writes docs/performance.md of what the others have found")
    report = kinds.add_parser("report", help="the HTML report of many results")
    report.set_defaults(benchmark="html_report")
    report.add_argument(
        "--results", dest="count", type=_positive, default=1000, metavar="N", help="results to report (1000)"
    )
    return parser.parse_args()


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def _sizes(text: str) -> list[int]:
    return [_positive(size) for size in text.split(",")]


if __name__ == "__main__":
    sys.exit(main())
