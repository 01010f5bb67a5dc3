"""The pure parts on their own (Google Benchmark), at W/100; no goals, for watching."""

import json

FIGURES = ("parts",)


def run(bench):
    command = [bench.program("bench_parts"), "--benchmark_format=json",
               f"--benchmark_min_time={0.01 if bench.short else 0.5}"]
    for part in json.loads(bench.run(command))["benchmarks"]:
        bench.figure("", f"{part['name']} at W/100", part["time_unit"], [part["cpu_time"]])
