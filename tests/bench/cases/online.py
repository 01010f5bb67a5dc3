"""Reading over TLS with 50 ms an answer: calls, wall, rate limits, end to end."""

import json
import math
import re

from organization import Simulator

FIGURES = ("P3", "P4", "P5", "P10")
LATENCY = 0.05


def people_of(work):
    """How many there are in the directory, with and without MFA, and how many groups."""
    seed = json.loads((work / "seed.json").read_text())
    inside = [user for user in seed["users"] if "directories" not in user]
    mfa = sum(user.get("mfa", False) for user in inside)
    return mfa, len(inside) - mfa, len(seed["groups"])


def longest_chain(work):
    """Round trips that no client of these walks can do without: half of the larger part."""
    mfa, no_mfa, _ = people_of(work)
    return math.ceil(math.ceil(max(mfa, no_mfa) / 100) / 2)


def fewest_calls(work, counts):
    mfa, no_mfa, groups = people_of(work)
    policy = "\n".join(path.read_text() for path in (work / "policy").glob("*.toml"))
    resources = len(set(re.findall(r"ari:cloud:[^\"]+", policy)))
    roles = len(set(re.findall(r'"(user|admin|guest|customer|contributor|basic|stakeholder)"', policy)))
    ambiguous = counts.get("getGroupRoleAssignments", 0)
    return (math.ceil((mfa + no_mfa) / 100) + math.ceil(groups / 100) + resources + roles
            + ambiguous + 8)


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
    chain = longest_chain(work) * LATENCY
    bench.figure("P3", "read calls at W/10", "calls", [calls], most=fewest_calls(work, counts))
    bench.figure("P4", "plan at W/10", "s", wall, most=1.5)
    bench.figure("P4", "the same, against its longest chain", "s", wall,
                 peer=("chain x latency", [chain]), most_of_peer=1.15)
    for rate in (10, 50, 100):
        wall, counts, refused = plan(bench, work, rate=rate)
        calls = sum(counts.values())
        least = max(chain, calls / rate)
        bench.figure("P5", f"plan at W/10, {rate} calls a second allowed", "s", wall,
                     peer=("calls / rate, or chain x latency", [least]), most_of_peer=1.05)
        bench.figure("P5", f"its calls refused, at {rate} a second", "%", [100 * refused / calls],
                     most=1)
    wall, _, _ = plan(bench, bench.work(100))
    bench.figure("P10", "plan at W/100 (Terraform: 14 to 15 s)", "s", wall, most=0.7)
