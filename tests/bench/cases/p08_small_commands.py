"""Commands that people wait for: --version, and validate of 500 users in 20 files."""

import shutil

FIGURES = ("P8",)


def policy(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "organization.toml").write_text(
        'version = 1\n\n[organization]\nid = "1b2c3d4e-0000-4000-8000-0000000000aa"\n\n'
        '[resources]\njira = "ari:cloud:jira-software::site/70ef3a32-0000-4000-8000-000000000001"\n')
    for i in range(19):
        people = [f"person{n}@acme.example" for n in range(i, 500, 19)]
        (folder / f"team-{i:02}.toml").write_text(
            "[users]\n"
            + "".join(f'"{person}" = {{ attributes = {{ site = "Berlin" }} }}\n' for person in people)
            + f'\n[groups.team-{i}]\naccess = {{ jira = ["user"] }}\nmembers = [\n'
            + "".join(f'  "{person}",\n' for person in people) + "]\n")
    return folder


def run(bench):
    rolecall = bench.program("rolecall")
    took = bench.side_by_side({
        "version": [rolecall, "--version"],
        "validate": [rolecall, "validate", policy(bench.folder / "people-500")],
        "true": ["/bin/true"]}, repeats=21, memory=False)
    for name, what, most in (("version", "rolecall --version", 10),
                             ("validate", "validate of 500 users in 20 files", 30)):
        bench.figure("P8", what, "ms", [wall * 1000 for wall in took[name].wall],
                     peer=("/bin/true", [wall * 1000 for wall in took["true"].wall]), most=most)
