"""What the cases share: the work, timing whole processes, the table.

A case is a module in cases/: its docstring says in one line what it measures, FIGURES names the
figures, and run(bench) measures them:

    command = [bench.program("bench_plan"), work / "policy", work / "pages"]
    took = bench.side_by_side({"rolecall": command, "a peer": [...]})
    bench.figure("P1", "offline plan at W", "s", took["rolecall"].wall,
                 peer=("a peer", took["a peer"].wall), most_of_peer=2.0)
"""

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path


class Measured:
    """Of one command, a value a round: seconds, megabytes (10^6) of the largest process, output."""

    def __init__(self):
        self.wall = []
        self.peak = []
        self.output = b""


class Bench:
    def __init__(self, build, short, repeats):
        self.build = build
        self.short = short
        self.repeats = repeats or (1 if short else 5)
        self.root = Path(__file__).resolve().parents[2]
        self.folder = self.root / "build" / "bench"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._works = {}
        self._rows = []

    def say(self, what):
        print(what, file=sys.stderr, flush=True)

    def program(self, name):
        return self.build / name if name == "rolecall" else self.build / "tests" / "bench" / name

    def peer(self, name):
        return self.root / "tests" / "bench" / "peers" / name

    def has(self, *tools):
        """Whether these are installed; says so where not, and what needs them is left out."""
        missing = [tool for tool in tools if not shutil.which(tool)]
        if missing:
            self.say(f"  left out: {', '.join(missing)} not found")
        return not missing

    def work(self, divisor):
        """The folder with W/divisor (see make_main.cc), made once a run; W/100 in the short form."""
        if self.short:
            divisor = 100
        if divisor not in self._works:
            folder = self.folder / ("W" if divisor == 1 else f"W-{divisor}")
            shutil.rmtree(folder, ignore_errors=True)
            self.say(f"  making W/{divisor}")
            self.run([self.program("bench_make"), folder, divisor])
            self._works[divisor] = folder
        return self._works[divisor]

    def run(self, command, codes=(0,), **options):
        """The output of a command that has to end well."""
        command = [str(part) for part in command]
        done = subprocess.run(command, stdout=subprocess.PIPE, **options)
        if done.returncode not in codes:
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}")
        return done.stdout

    def measure(self, command, into=None, codes=(0,), memory=True, **options):
        """Runs a command once and adds to `into`."""
        into = into or Measured()
        report = self.folder / "time"
        # A child's peak counts from its parent's size, and this interpreter is not small.
        prefix = ["/usr/bin/time", "-f", "%M", "-o", report] if memory else []
        began = time.perf_counter()
        into.output = self.run([*prefix, *command], codes, **options)
        into.wall.append(time.perf_counter() - began)
        if memory:
            into.peak.append(int(report.read_text().split()[-1]) * 1024 / 1e6)
        return into

    def side_by_side(self, commands, repeats=None, **options):
        """Each command once a round, so that what disturbs one disturbs all."""
        took = {name: Measured() for name in commands}
        for _ in range(1 if self.short else repeats or self.repeats):
            for name, command in commands.items():
                self.measure(command, took[name], **options)
        return took

    def instructions(self, command, codes=(0,)):
        """Counted by callgrind: the same to within a hundred, whatever else the machine does."""
        out = self.folder / "callgrind.out"
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *command]
        self.run(command, codes, stderr=subprocess.DEVNULL)
        for line in out.read_text().splitlines():
            if line.startswith(("summary:", "totals:")):
                return int(line.split()[1])
        raise SystemExit("callgrind counted nothing")

    def figure(self, name, what, unit, values, peer=None, most=None, least=None, most_of_peer=None):
        """A row of the table: `values` against a bound, or against (name, values) of a peer."""
        median = statistics.median(values)
        row = {"figure": name, "what": what, "unit": unit, "values": values, "median": median}
        goals = []
        if peer:
            row["peer"], row["peer_values"] = peer
            row["ratio"] = median / statistics.median(peer[1])
        if most is not None:
            goals.append((median <= most, f"<= {most:g} {unit}"))
        if least is not None:
            goals.append((median >= least, f">= {least:g} {unit}"))
        if most_of_peer is not None:
            goals.append((row["ratio"] <= most_of_peer, f"<= {most_of_peer:g} x"))
        row["goal"] = ", ".join(text for _, text in goals)
        row["met"] = all(met for met, _ in goals) if goals and not self.short else None
        self._rows.append(row)

    def print_table(self):
        def number(value):
            return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"

        lines = [("", "figure", "median", "min", "max", "unit", "against", "ratio", "goal", "")]
        for row in self._rows:
            peer = "" if "peer" not in row else (
                f"{row['peer']} {number(statistics.median(row['peer_values']))}")
            met = {True: "met", False: "missed", None: ""}[row["met"]]
            lines.append((row["figure"], row["what"], number(row["median"]),
                          number(min(row["values"])), number(max(row["values"])), row["unit"], peer,
                          f"{row['ratio']:.2f}" if "ratio" in row else "", row["goal"], met))
        widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
        for line in lines:
            print("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip())

    def write_json(self, path):
        commit = subprocess.run(["git", "-C", self.root, "rev-parse", "--short", "HEAD"],
                                capture_output=True, text=True).stdout.strip()
        report = {"at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
                  "commit": commit, "machine": platform.machine(), "cores": os.cpu_count(),
                  "load": os.getloadavg(), "short": self.short, "figures": self._rows}
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(json.dumps(report, indent=1) + "\n")
