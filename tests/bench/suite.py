"""Runs the cases of tests/bench/cases; see run.sh."""

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path

import cases
from frame import Bench


def main():
    parser = argparse.ArgumentParser(prog="run.sh")
    parser.add_argument("build")
    parser.add_argument("figures", nargs="*", help="P1, P9, ...; all where none is named")
    parser.add_argument("--short", action="store_true", help="W/100 alone, once")
    parser.add_argument("--repeats", type=int, default=None, help="rounds of each case")
    parser.add_argument("--out", default="build/bench/results.json")
    arguments = parser.parse_args()

    bench = Bench(Path(arguments.build).resolve(), arguments.short, arguments.repeats)
    failed = False
    for module in sorted(pkgutil.iter_modules(cases.__path__), key=lambda found: found.name):
        case = importlib.import_module(f"cases.{module.name}")
        if not arguments.figures or set(case.FIGURES) & set(arguments.figures):
            bench.say(f"{' '.join(case.FIGURES)}: {case.__doc__.strip().splitlines()[0]}")
            try:
                case.run(bench)
            except (RuntimeError, SystemExit, AssertionError, OSError) as error:
                failed = True  # what the others measured is not lost
                bench.say(f"  FAILED: {error}")
    bench.print_table()
    bench.write_json(arguments.out)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
