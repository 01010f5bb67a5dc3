"""Applying 10,000 memberships over TLS on loopback, 8 in flight, with and without the log."""

import json
import shutil

from organization import ORGANIZATION, Simulator

FIGURES = ("P6",)


def make_work(bench, groups, people):
    folder = bench.folder / "memberships"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    addresses = [f"person{n}@acme.example" for n in range(people)]
    (folder / "seed.json").write_text(json.dumps({
        "organization": {"id": ORGANIZATION},
        "domains": [{"name": "acme.example"}],
        "users": [{"email": address} for address in addresses],
        "groups": [{"name": f"team-{n}"} for n in range(groups)]}))
    members = "".join(f'  "{address}",\n' for address in addresses)
    (folder / "rolecall.toml").write_text(
        f'version = 1\n[organization]\nid = "{ORGANIZATION}"\n'
        + "".join(f"[groups.team-{n}]\nmembers = [\n{members}]\n" for n in range(groups)))
    return folder


def apply(bench, work, store):
    """Calls a second and seconds."""
    with Simulator(bench, work / "seed.json") as organization:
        output = bench.run([bench.program("bench_apply"), work / "rolecall.toml", store],
                           env=organization.environment())
    changes, calls, seconds = output.split()
    assert changes == calls
    return int(calls) / float(seconds), float(seconds)


def run(bench):
    work = make_work(bench, 10, 100 if bench.short else 1000)
    logged, unlogged = [], []
    for n in range(1 if bench.short else bench.repeats):
        logged.append(apply(bench, work, work / f"store-{n}" / "rolecall.db"))
        unlogged.append(apply(bench, work, "-"))
    bench.figure("P6", "apply of 10,000 changes", "calls/s", [rate for rate, _ in logged],
                 least=5000)
    bench.figure("P6", "the same, against no log", "s", [seconds for _, seconds in logged],
                 peer=("no log", [seconds for _, seconds in unlogged]), most_of_peer=2.5)
