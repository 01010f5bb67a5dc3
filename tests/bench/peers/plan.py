"""plan.py FOLDER: people and memberships compared as a script does it, with dicts and sets."""

import json
import sys

folder = sys.argv[1]


def pages(operation):
    with open(f"{folder}/pages/index.jsonl") as index:
        for line in index:
            entry = json.loads(line)
            if entry["operation"] == operation:
                with open(f"{folder}/pages/{entry['file']}") as page:
                    yield from json.load(page)["data"]


with open(f"{folder}/policy.json") as file:
    policy = json.load(file)
users, groups = policy["users"], policy["groups"]

names = {group["id"]: group["name"] for group in pages("searchDirectoryGroups")}
present, members = {}, {}
for user in pages("searchDirectoryUsers"):
    present[user["email"]] = user["membershipStatus"]
    for group in user["groups"]:
        members.setdefault(names[group["id"].split("/")[-1]], set()).add(user["email"])

out = []
for email, wanted in users.items():
    now = present.get(email)
    if wanted == "removed" and now:
        out.append(f"remove_user {email}")
    elif wanted == "suspended" and now == "active":
        out.append(f"suspend_user {email}")
    elif wanted == "active" and now != "active":
        out.append(f"{'restore_user' if now else 'invite_user'} {email}")
there = set(names.values())
for name, wanted in groups.items():
    if wanted is None:
        out.append(f"delete_group {name}")
        continue
    if name not in there:
        out.append(f"create_group {name}")
    now = {email for email in members.get(name, ()) if users.get(email, "active") == "active"}
    wanted = set(wanted)
    out.extend(f"add_member {email}\t{name}" for email in sorted(wanted - now))
    out.extend(f"remove_member {email}\t{name}" for email in sorted(now - wanted))
print("\n".join(out))
