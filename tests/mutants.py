#!/usr/bin/env python3
"""Do the tests notice a changed line of the safety kernel? Changes one place at a time in a copy of
the last commit, builds, runs the tests that are nearest first, and says which changes nobody
noticed (guarantees.md J6).

    tests/mutants.py [COUNT [SEED]] [--only TEXT]    files and places of a path with TEXT
"""
import argparse
import os
import pathlib
import random
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
COPY = ROOT / "build" / "mutants"

DIFF = "diff safety schedule trust losses plan plan_file plan_age goes_along".split()
CONTROLLER = """applier premises standing grounds read_back recover outcomes late_effects identities successor logged_run
    safety_history quarantine saved_plan apply_run stop_switch tug_of_war write_call""".split()
STORE = "store chain log_walk verify open_check lock head_file safety_log memory".split()
KERNEL = ([f"diff/{n}.cc" for n in DIFF] + [f"controller/{n}.cc" for n in CONTROLLER] +
          [f"state/store/{n}.cc" for n in STORE])

SLOW = ("*AmbiguousWrites*:*ProvedReads*:*EveryClassOfADay*:*OddFields*:FreshnessProperty*:"
        "RivalMeanwhile*:*DriftMatrix*:"
        "HostileNames*:Layering*")
LIVES = "Simulation.NothingGoesWrong*"
STORES = "*Store*:*Log*:*Schema*:*Export*:*Disk*:*Migration*:*Safety*"
TESTS = {
    "diff": [("test_diff", "-Markdown*"), ("test_controller", "-" + SLOW),
             ("test_property", "-Simulation*:PeopleListing*"), ("test_property", LIVES),
             ("test_controller", SLOW), ("test_e2e", "*")],
    "controller": [("test_controller", "-" + SLOW), ("test_property", LIVES),
                   ("test_property", "-Simulation*:PeopleListing*"), ("test_controller", SLOW),
                   ("test_e2e", "*")],
    "state": [("test_state", STORES + "-LogFlips*:*ExportTest*"), ("test_controller", "-" + SLOW),
              ("test_state", "LogFlips*:*ExportTest*"), ("test_property", LIVES),
              ("test_e2e", "*")],
}

SWAPS = [(" == ", " != "), (" != ", " == "), (" < ", " <= "), (" <= ", " < "), (" > ", " >= "),
         (" >= ", " > "), (" && ", " || "), (" || ", " && "), ("return true;", "return false;"),
         ("return false;", "return true;"), (" + 1", ""), (" - 1", ""), ("continue;", "break;"),
         ("= true;", "= false;"), ("= false;", "= true;")]
NEGATION = re.compile(r"(?<=[ (])!(?=[a-z_(])")
STATEMENT = re.compile(r"^\s+(?!return|using|case|else|do|goto|throw|delete|co_)"
                       r"(?:\+\+)?[a-z_][\w.:\[\]>-]*(?:\(.*\)| [+|]?= .*|)[^={]*;$")
DECLARATION = re.compile(r"^\s+(?:const |auto |static |std::[\w:<>, ]+ |bool |int |[A-Z]\w+ )")


def quoted(line, at):
    return line[:at].count('"') % 2 == 1


def mutants_of(path):
    """(line number, line, changed line) of every place that can be changed."""
    for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
        code = line.split("//")[0]
        if not code.strip() or code.lstrip().startswith("#") or "assert(" in code:
            continue
        for old, new in SWAPS:
            for found in re.finditer(re.escape(old), code):
                if not quoted(code, found.start()) and not code.startswith("template"):
                    yield number, line, line[:found.start()] + new + line[found.end():]
        for found in NEGATION.finditer(code):
            if not quoted(code, found.start()):
                yield number, line, line[:found.start()] + line[found.end():]
        condition = re.match(r"^(\s+(?:\} else )?if )\((.*)\)( \{| return.*;| continue;)?$", code)
        if condition and ";" not in condition[2] and condition[2].count("(") == condition[2].count(")"):
            yield number, line, f"{condition[1]}(!({condition[2]})){condition[3] or ''}"
        if (STATEMENT.match(code) and not DECLARATION.match(code) and
                code.count("(") == code.count(")")):
            yield number, line, "  ;"


def run(command, seconds, **more):
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              stdin=subprocess.DEVNULL, timeout=seconds, **more).returncode
    except subprocess.TimeoutExpired:
        return -1


def build(program):
    return run(["cmake", "--build", "--preset", "dev", "--target", program], 1200, cwd=COPY) == 0


def noticed_by(path):
    """Which test notices the change that was made; nothing if none does, False if it does not compile."""
    environment = dict(os.environ, GTEST_FAIL_FAST="1", GTEST_BRIEF="1", ROLECALL_SEEDS="60",
                       RC_PARAMS="max_success=100")
    if os.access("/dev/shm", os.W_OK):
        environment["TMPDIR"] = "/dev/shm"
    for program, tests in TESTS[path.split("/")[0]]:
        if not build(program) or (program == "test_e2e" and not build("rolecall")):
            return False
        binary = COPY / "build" / "dev" / "tests" / program
        if run([binary, "--gtest_filter=" + tests], 900, env=environment, cwd=COPY) != 0:
            return f"{program} {tests}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("count", nargs="?", type=int, default=300)
    parser.add_argument("seed", nargs="?", type=int, default=1)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()

    places = [(path, *mutant) for path in KERNEL if asked.only in path
              for mutant in mutants_of(path)]
    random.Random(asked.seed).shuffle(places)
    places = places[:asked.count]

    COPY.parent.mkdir(exist_ok=True)
    if not COPY.exists():
        subprocess.run(["git", "clone", "--quiet", ROOT, COPY], check=True)
    subprocess.run(["git", "fetch", "--quiet"], cwd=COPY, check=True)
    subprocess.run(["git", "reset", "--quiet", "--hard", "origin/HEAD"], cwd=COPY, check=True)
    subprocess.run(["cmake", "--preset", "dev", "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"], cwd=COPY,
                   stdout=subprocess.DEVNULL, check=True)
    noticed = unnoticed = 0
    begun = time.monotonic()
    for path, number, line, changed in places:
        file = COPY / path
        whole = file.read_text().splitlines(keepends=True)
        if whole[number - 1].rstrip("\n") != line:
            sys.exit(f"{path}:{number} is not as committed")
        file.write_text("".join([*whole[:number - 1], changed + "\n", *whole[number:]]))
        by = noticed_by(path)
        file.write_text("".join(whole))
        if by is False:
            continue
        noticed += by is not None
        unnoticed += by is None
        print(f"{'noticed' if by else 'UNNOTICED'} {path}:{number}: {line.strip()}  ->  "
              f"{changed.strip()}  {by or ''}", flush=True)
    print(f"{noticed} of {noticed + unnoticed} changes noticed, "
          f"{len(places) - noticed - unnoticed} did not compile, {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
