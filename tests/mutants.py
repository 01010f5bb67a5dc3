#!/usr/bin/python3
"""Do the tests notice a changed place of the safety kernel (guarantees.md J6)? Builds a copy of the
last commit once, with every chosen change in it, each asleep until ROLECALL_MUTANT is its number;
then wakes one at a time, runs the tests that are nearest first, and says which nobody noticed.

    tests/mutants.py [COUNT [SEED]] [--only TEXT] [--number N,N...]
        COUNT changes, drawn by SEED; of files whose path has TEXT; only those numbers of them

Needs Debian's python3-clang-14 and ccache. Two hours of two cores for 300."""
import argparse
import concurrent.futures
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

from clang.cindex import Config, CursorKind as Kind, Index, TokenKind, TranslationUnit

ROOT = pathlib.Path(__file__).resolve().parent.parent
COPY = ROOT / "build" / "mutants"
BUILD = COPY / "build" / "release"

DIFF = "diff leans safety schedule trust losses plan plan_file plan_age goes_along".split()
CONTROLLER = """applier apply_state settling premises standing grounds read_back recover outcomes lasting_paths late_effects identities successor logged_run
    safety_history quarantine saved_plan apply_run stop_switch tug_of_war write_call""".split()
STORE = "store chain log_walk verify open_check lock head_file safety_log memory".split()
KERNEL = ([f"diff/{n}.cc" for n in DIFF] + [f"controller/{n}.cc" for n in CONTROLLER] +
          [f"state/store/{n}.cc" for n in STORE])

SLOW = ("*AmbiguousWrites*:*ProvedReads*:*EveryClassOfADay*:*OddFields*:FreshnessProperty*:"
        "RivalMeanwhile*:*DriftMatrix*:HostileNames*")
# What reads the sources, and must not meet the changed ones.
NEVER = ":Layering*"
LIVES = "Simulation.NothingGoesWrong*"
STORES = "*Store*:*Log*:*Schema*:*Export*:*Disk*:*Migration*:*Safety*"
TESTS = {
    "diff": [("test_diff", "-Markdown*"), ("test_controller", "-" + SLOW + NEVER),
             ("test_property", "-Simulation*:PeopleListing*"), ("test_property", LIVES),
             ("test_controller", SLOW)],
    "controller": [("test_controller", "-" + SLOW + NEVER), ("test_property", LIVES),
                   ("test_property", "-Simulation*:PeopleListing*"), ("test_controller", SLOW)],
    "state": [("test_state", STORES + "-LogFlips*:*ExportTest*"),
              ("test_controller", "-" + SLOW + NEVER), ("test_state", "LogFlips*:*ExportTest*"),
              ("test_property", LIVES)],
}
# Waits for other programs most of the time: last, for what all others let pass, many at a time.
LAST = [("test_e2e", "*")]

# What the changed sources call: the change's number says whether it is awake.
HEADER = """#pragma once
#include <cstdlib>
namespace mutant {
inline const int awake = std::getenv("ROLECALL_MUTANT") ? std::atoi(std::getenv("ROLECALL_MUTANT")) : 0;
inline bool on(int number) { return awake == number; }
inline int one(int number) { return awake == number ? 0 : 1; }
template <class A, class B> bool less(int n, const A& a, const B& b) { return on(n) ? a <= b : a < b; }
template <class A, class B> bool less_or_same(int n, const A& a, const B& b) { return on(n) ? a < b : a <= b; }
template <class A, class B> bool more(int n, const A& a, const B& b) { return on(n) ? a >= b : a > b; }
template <class A, class B> bool more_or_same(int n, const A& a, const B& b) { return on(n) ? a > b : a >= b; }
}
"""
ORDERS = {"<": "less", "<=": "less_or_same", ">": "more", ">=": "more_or_same"}
FUNCTIONS = (Kind.FUNCTION_DECL, Kind.CXX_METHOD, Kind.CONSTRUCTOR, Kind.FUNCTION_TEMPLATE,
             Kind.DESTRUCTOR, Kind.CONVERSION_FUNCTION)


class Source:
    """The changes that can be made to one file: a list of (line, what, [(offset, length, depth, text)])
    whose texts have {n} for the number."""

    def __init__(self, path):
        self.path = path
        self.bytes = (COPY / path).read_bytes()
        unit = Index.create().parse(
            str(COPY / path), ["-std=c++20", f"-I{COPY}", "-DTOML_HEADER_ONLY=0", "-xc++",
                               "-DBOOST_ASIO_NO_DEPRECATED", "-DBOOST_ASIO_SEPARATE_COMPILATION",
                               '-DROLECALL_VERSION="0"'],
            options=TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD)
        errors = [d for d in unit.diagnostics if d.severity >= 3]
        if errors:
            sys.exit(f"{path}: {errors[0]}")
        self.macros = [(c.extent.start.offset, c.extent.end.offset) for c in unit.cursor.get_children()
                       if c.kind == Kind.MACRO_INSTANTIATION and self.is_here(c)]
        self.changes = []
        for cursor in unit.cursor.get_children():
            if self.is_here(cursor):
                self.walk(cursor, None, False, 0)

    def is_here(self, cursor):
        return cursor.location.file and cursor.location.file.name == str(COPY / self.path)

    def text(self, cursor):
        return self.bytes[cursor.extent.start.offset:cursor.extent.end.offset].decode()

    def walk(self, cursor, parent, inside, depth):
        if cursor.kind in FUNCTIONS:
            head = self.text(cursor).split("{")[0]
            inside = "constexpr" not in head and "consteval" not in head
        if cursor.kind == Kind.DECL_STMT and re.match(r"(static )?constexpr", self.text(cursor)):
            return
        if inside and cursor.kind != Kind.STATIC_ASSERT:
            self.change(cursor, parent, depth)
        children = list(cursor.get_children())
        for child in children:
            if cursor.kind == Kind.CASE_STMT and child is children[0]:
                continue
            self.walk(child, cursor, inside, depth + 1)

    def add(self, cursor, what, *edits):
        self.changes.append((cursor.extent.start.line, what, list(edits)))

    def wrap(self, cursor, depth, before, after):
        start, end = cursor.extent.start.offset, cursor.extent.end.offset
        return [(start, 0, depth, before), (end, 0, -depth, after)]

    def operator(self, cursor, left, right):
        """The token between the two operands."""
        for token in cursor.get_tokens():
            at = token.extent.start.offset
            if left.extent.end.offset <= at < right.extent.start.offset and token.kind == TokenKind.PUNCTUATION:
                if token.spelling not in "()":
                    return token
        return None

    def change(self, cursor, parent, depth):
        start, end = cursor.extent.start.offset, cursor.extent.end.offset
        if any(a < end and start < b for a, b in self.macros if a <= start and end <= b):
            return
        text = self.text(cursor)
        if not text or "assert(" in text.split("\n")[0]:
            return
        kind = cursor.kind
        if parent is not None and parent.kind == Kind.COMPOUND_STMT and kind in (
                Kind.CALL_EXPR, Kind.BINARY_OPERATOR, Kind.COMPOUND_ASSIGNMENT_OPERATOR,
                Kind.UNARY_OPERATOR, Kind.UNEXPOSED_EXPR):
            self.add(cursor, "not done: " + text, (start, 0, depth, "if (!::mutant::on({n})) "))
        if kind == Kind.CONTINUE_STMT:
            self.add(cursor, "continue -> break", (start, 0, depth, "if (::mutant::on({n})) break; else "))
        if "co_await" in text or "co_yield" in text:
            return
        children = list(cursor.get_children())
        if kind == Kind.RETURN_STMT and text in ("return true", "return false"):
            self.add(cursor, text + " -> not", *self.wrap(children[0], depth, "(::mutant::on({n}) != ", ")"))
        if kind == Kind.UNARY_OPERATOR and text.startswith("!"):
            self.add(cursor, text + " -> not", *self.wrap(cursor, depth, "(::mutant::on({n}) != bool(", "))"))
        if kind == Kind.IF_STMT:
            condition = children[0]
            plain = (condition.kind not in (Kind.DECL_STMT, Kind.VAR_DECL) and
                     not re.match(r"if (constexpr|\([^()]*;)", text) and
                     condition.extent.start.offset == start + text.find("(") + 1)
            judged = (condition.kind == Kind.BINARY_OPERATOR and
                      self.named(condition) in ("==", "!=")) or self.text(condition).startswith("!")
            if plain and not judged and "co_await" not in self.text(condition):
                self.add(condition, "if not " + self.text(condition),
                         *self.wrap(condition, depth, "::mutant::on({n}) != bool(", ")"))
        if kind not in (Kind.BINARY_OPERATOR, Kind.CALL_EXPR, Kind.UNEXPOSED_EXPR):
            return
        sides = [c for c in children if c.kind != Kind.DECL_REF_EXPR or "operator" not in c.spelling]
        if len(sides) == 3 and kind == Kind.CALL_EXPR:
            sides = [sides[0], sides[2]]
        if len(sides) != 2:
            return
        token = self.operator(cursor, *sides)
        if token is None:
            return
        sign, at = token.spelling, token.extent.start.offset
        if sign in ("==", "!="):
            self.add(cursor, text + " -> not", *self.wrap(cursor, depth, "(::mutant::on({n}) != (", "))"))
        elif sign in ORDERS:
            self.add(cursor, f"{text} -> {sign} or without the same",
                     *self.wrap(cursor, depth, "::mutant::" + ORDERS[sign] + "({n}, ", ")"),
                     (at, len(sign), depth, ","))
        elif sign in ("&&", "||"):
            on = "::mutant::on({n})"
            self.add(cursor, text + (" -> or" if sign == "&&" else " -> and"),
                     *self.wrap(cursor, depth, "((", f") != {on})"),
                     *self.wrap(sides[0], depth + 0.5, "(bool(", f") != {on})"),
                     *self.wrap(sides[1], depth + 0.5, "(bool(", f") != {on})"))
        elif sign in "+-" and self.text(sides[1]) == "1":
            self.add(cursor, f"{text} -> without {sign} 1",
                     *self.wrap(sides[1], depth, "::mutant::one({n})", ""), (sides[1].extent.start.offset, 1, depth, ""))
        elif sign == "=" and self.text(sides[1]) in ("true", "false"):
            self.add(cursor, text + " -> not", *self.wrap(sides[1], depth, "(::mutant::on({n}) != ", ")"))

    def named(self, cursor):
        sides = list(cursor.get_children())
        token = self.operator(cursor, *sides) if len(sides) == 2 else None
        return token.spelling if token else ""

    def write(self, chosen):
        """The file with those changes asleep in it: [(number, edits)]."""
        edits = sorted(((at, depth < 0, depth, length, text.replace("{n}", str(number)))
                        for number, group in chosen for at, length, depth, text in group),
                       # What ends at a place comes before what begins there; what is deeper ends first.
                       key=lambda e: (e[0], not e[1], e[2], e[3]))
        out, done = [], 0
        for at, _, _, length, text in edits:
            out += [self.bytes[done:at], text.encode()]
            done = max(done, at + length)
        (COPY / self.path).write_bytes(b"".join([*out, self.bytes[done:]]))


def build(*targets):
    made = subprocess.run(["cmake", "--build", str(BUILD), "--target", *targets], cwd=COPY, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return made.returncode, made.stdout


def noticed_by(number, tests_of_it):
    """Which of the tests notice that change; None if none do."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as scratch:
        os.chmod(scratch, 0o1777)  # some tests try another user's rights
        environment = dict(os.environ, GTEST_FAIL_FAST="1", GTEST_BRIEF="1", ROLECALL_SEEDS="60",
                           RC_PARAMS="max_success=100", ROLECALL_MUTANT=str(number), TMPDIR=scratch)
        for program, tests in tests_of_it:
            try:
                ran = subprocess.run([BUILD / "tests" / program, "--gtest_filter=" + tests], cwd=COPY,
                                     env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, timeout=600, check=False)
            except subprocess.TimeoutExpired:
                return f"{program}: no end"
            if ran.returncode != 0:
                failed = re.search(rb"\[  FAILED  \] ([\w./]+)", ran.stdout)
                return f"{program} {failed[1].decode() if failed else ran.returncode}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("count", nargs="?", type=int, default=300)
    parser.add_argument("seed", nargs="?", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--number", default="")
    asked = parser.parse_args()

    if not COPY.exists():
        subprocess.run(["git", "clone", "--quiet", ROOT, COPY], check=True)
    subprocess.run(["git", "fetch", "--quiet"], cwd=COPY, check=True)
    subprocess.run(["git", "reset", "--quiet", "--hard", "origin/HEAD"], cwd=COPY, check=True)
    kernel = [path for path in KERNEL if asked.only in path]
    (COPY / "mutant.h").write_text(HEADER)
    lists = COPY / "CMakeLists.txt"
    lists.write_text(lists.read_text().replace(
        "# One static library", f"set_source_files_properties({' '.join(kernel)} PROPERTIES COMPILE_OPTIONS "
        '"-w;-Wno-error;-include;${CMAKE_SOURCE_DIR}/mutant.h")\n# One static library', 1))
    surroundings = COPY / "tests/support/simulator_process.cc"
    surroundings.write_text(surroundings.read_text().replace('{"PATH",', '{"PATH", "ROLECALL_MUTANT",', 1))

    sources = {path: Source(path) for path in kernel}
    places = [(path, *change) for path, source in sources.items() for change in source.changes]
    total = len(places)
    random.Random(asked.seed).shuffle(places)
    chosen = {number: place for number, place in enumerate(places[:asked.count], 1)}

    subprocess.run(["cmake", "--preset", "release", "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache",
                    *os.environ.get("ROLECALL_CMAKE", "").split()], cwd=COPY, stdout=subprocess.DEVNULL, check=True)
    programs = sorted({program for tests in TESTS.values() for program, _ in tests})
    while True:
        for path, source in sources.items():
            source.write([(n, place[3]) for n, place in chosen.items() if place[0] == path])
        failed, said = build("rolecall", *programs)
        if not failed:
            break
        broken = set(re.findall(r"/([\w/]+\.cc):(\d+):\d+: error", said))
        gone = [n for n, place in chosen.items()
                if any(path.endswith(place[0]) and abs(int(line) - place[1]) <= 1 for path, line in broken)]
        if not gone:
            sys.exit(said[-4000:])
        for n in gone:
            print(f"does not compile: {chosen[n][0]}:{chosen[n][1]}: {chosen[n][2]}", flush=True)
            del chosen[n]
    if by := noticed_by(0, sorted({test for tests in TESTS.values() for test in tests}) + LAST):
        sys.exit(f"fails without any change: {by}")

    def try_all(numbers, tests_of, workers):
        unnoticed = []
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            for number, by in zip(numbers, pool.map(lambda n: noticed_by(n, tests_of(chosen[n][0])), numbers)):
                path, line, what, _ = chosen[number]
                print(f"{number} {'noticed' if by else 'UNNOTICED'} {path}:{line}: {' '.join(what.split())[:140]}"
                      f"  {by or ''}", flush=True)
                if not by:
                    unnoticed.append(number)
        return unnoticed

    begun = time.monotonic()
    awake = [int(n) for n in asked.number.split(",") if n] or list(chosen)
    left = try_all(awake, lambda path: TESTS[path.split("/")[0]], os.cpu_count())
    print(f"{len(left)} are left for the whole program", flush=True)
    left = try_all(left, lambda path: LAST, 3 * os.cpu_count())
    print(f"{len(awake) - len(left)} of {len(awake)} changes noticed, of {total} that can be made; "
          f"{time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    Config.set_library_file("/usr/lib/x86_64-linux-gnu/libclang-14.so.1")
    main()
