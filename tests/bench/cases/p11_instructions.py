"""Instructions of an offline plan at W/10, against those of toml++ reading the same files."""

FIGURES = ("P11",)


def run(bench):
    if not bench.has("valgrind"):
        return
    work = bench.work(10)
    plan = bench.instructions([bench.program("bench_plan"), work / "policy", work / "pages"])
    files = sorted((work / "policy").glob("*.toml"))
    toml = bench.instructions([bench.program("bench_toml"), *files])
    bench.figure("P11", "instructions of an offline plan at W/10", "M", [plan / 1e6],
                 peer=("toml++ alone", [toml / 1e6]), most_of_peer=1.6)
