"""An offline plan, policy files and recorded pages to plan JSON: wall, memory, growth.

The peers do less: they read the policy as JSON (or plain pairs), compare people and memberships
but no grants, and print addresses and groups, with no place in a file, no check and no digest.
"""

import json

FIGURES = ("P1", "P2", "P7")


def count(output, kind):
    return output.count(f"{kind} ".encode())


def commands(bench, work):
    found = {"rolecall": [bench.program("bench_plan"), work / "policy", work / "pages"],
             "sort and comm": ["bash", bench.peer("pairs.sh"), work]}
    for name, tool, script in (("Python", "python3", "plan.py"), ("Node", "node", "plan.js"),
                               ("jq", "jq", "plan_jq.sh")):
        if bench.has(tool):
            runner = "bash" if script.endswith(".sh") else tool
            found[name] = [runner, bench.peer(script), work]
    return found


def check(took):
    """Everybody has to find the same members to add and to take out."""
    plan = json.loads(took["rolecall"].output)["summary"]
    for name, measured in took.items():
        if name == "rolecall":
            continue
        found = count(measured.output, "add_member"), count(measured.output, "remove_member")
        if found != (plan["add_member"], plan["remove_member"]):
            raise SystemExit(f"{name} finds {found} members to add and remove, not those of {plan}")


def run(bench):
    took = bench.side_by_side(commands(bench, bench.work(1)))
    check(took)
    own = took["rolecall"]
    for name, measured in took.items():
        if name != "rolecall":
            bench.figure("P1", "offline plan at W", "s", own.wall, peer=(name, measured.wall),
                         most_of_peer=2.0 if name == "sort and comm" else 1.0)
    for name, measured in took.items():
        if name != "rolecall":
            bench.figure("P2", "its peak memory", "MB", own.peak, peer=(name, measured.peak),
                         most=450)
    smaller = {1: own}
    for divisor in (10, 100):
        command = commands(bench, bench.work(divisor))["rolecall"]
        smaller[divisor] = bench.side_by_side({"rolecall": command})["rolecall"]
    for big, small in ((1, 10), (10, 100)):
        for what, unit in (("wall", "s"), ("peak", "MB")):
            bench.figure("P7", f"{what} at W/{big}, against W/{small}", unit,
                         getattr(smaller[big], what),
                         peer=(f"W/{small}", getattr(smaller[small], what)), most_of_peer=12)
