"""Reading over TLS with 50 ms an answer: calls, wall, rate limits, end to end."""

import json
import math
import re

from organization import Simulator

FIGURES = ("P3", "P4", "P5", "P10")
LATENCY = 0.05
IN_FLIGHT = 8


def fewest_calls(work):
    """The goal of performance.md; ambiguous are groups whose resources and roles leave it open."""
    seed = json.loads((work / "seed.json").read_text())
    people = sum("directories" not in user for user in seed["users"])
    access = [group.get("access", {}) for group in seed["groups"]]
    ambiguous = sum(len(held) > 1 and len(set().union(*held.values())) > 1 for held in access)
    policy = "\n".join(path.read_text() for path in (work / "policy").glob("*.toml"))
    resources = len(set(re.findall(r"ari:cloud:[^\"]+", policy)))
    roles = len(set(re.findall(r'"(user|admin|guest|customer|contributor|basic|stakeholder)"', policy)))
    return math.ceil(people / 100) + math.ceil(len(access) / 100) + resources + roles + ambiguous + 8


def longest_chain(work):
    """Calls of which each waits for the one before: the directory, the counts, the groups page by
    page with the searches of their access beside them, those that tell access apart, the domains
    and the apps."""
    seed = json.loads((work / "seed.json").read_text())
    return 2 + math.ceil(len(seed["groups"]) / 100) + 3


def plan(bench, work, **simulator):
    with Simulator(bench, work / "seed.json", 1000 * LATENCY, **simulator) as organization:
        command = [bench.program("rolecall"), "plan", work / "policy", "--format", "json",
                   "--progress", "none", "--quiet"]
        took = bench.side_by_side({"plan": command}, env=organization.environment())["plan"]
        counts = organization.counts()
        refused = organization.refused()
    rounds = len(took.wall)
    counts = {operation: n / rounds for operation, n in counts.items()}
    return took.wall, counts, refused / rounds


def run(bench):
    work = bench.work(10)
    wall, counts, _ = plan(bench, work)
    calls = sum(counts.values())
    bench.figure("P3", "read calls at W/10", "calls", [calls], most=fewest_calls(work))
    chain = longest_chain(work)
    bench.figure("P4", "plan at W/10", "s", wall, most=1.5)
    bench.figure("P4", "the same, against what its calls take", "s", wall,
                 peer=("longest chain, or calls 8 at a time",
                       [max(chain, calls / IN_FLIGHT) * LATENCY]), most_of_peer=1.15)
    for rate in (10, 50, 100):
        wall, counts, refused = plan(bench, work, rate=rate)
        calls = sum(counts.values())
        least = max(chain * LATENCY, calls / rate)
        bench.figure("P5", f"plan at W/10, {rate} calls a second allowed", "s", wall,
                     peer=("calls / rate, or chain x latency", [least]), most_of_peer=1.05)
        bench.figure("P5", f"its calls refused, at {rate} a second", "%", [100 * refused / calls],
                     most=1)
    wall, _, _ = plan(bench, bench.work(100))
    bench.figure("P10", "plan at W/100 (Terraform: 14 to 15 s)", "s", wall, most=0.7)
