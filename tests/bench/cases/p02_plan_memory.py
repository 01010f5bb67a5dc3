"""Peak memory of `rolecall plan` at W/10, against a simulated organization."""

import os
import subprocess

FIGURES = ("P2",)


def run(bench):
    work = bench.work(10)
    rolecall = bench.program("rolecall")
    server = subprocess.Popen(
        [rolecall, "simulate", "--listen", "127.0.0.1:0", "--seed", work / "seed.json"],
        stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().split()[2]
        environment = dict(os.environ, ROLECALL_API_URL=url, ROLECALL_API_KEY="k")
        command = [rolecall, "plan", work / "policy", "--format", "json", "--progress", "none"]
        took = bench.side_by_side({"plan": command}, repeats=3, env=environment)["plan"]
    finally:
        server.terminate()
        server.wait()
    bench.figure("P2", "peak memory of plan at W/10", "MB", took.peak, most=80)
    bench.figure("", "wall of plan at W/10, plain HTTP, no latency", "s", took.wall)
