"""`audit verify` of a log of 1,000,000 rows."""

import shutil

FIGURES = ("P9",)


def run(bench):
    rows = 10_000 if bench.short else 1_000_000
    folder = bench.folder / "store"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    store = folder / "rolecall.db"
    bench.say(f"  making a log of {rows} rows")
    bench.run([bench.program("bench_audit"), store, rows])
    command = [bench.program("rolecall"), "audit", "verify", "--store", store]
    took = bench.side_by_side({"verify": command}, repeats=3)["verify"]
    bench.figure("P9", f"audit verify of {rows:,} rows", "s", took.wall, most=10)
    bench.figure("", "its peak memory", "MB", took.peak)
