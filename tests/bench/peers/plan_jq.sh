#!/usr/bin/env bash
# plan_jq.sh FOLDER: memberships compared by jq alone, with objects as sets.
set -euo pipefail
cd "$1"
of() { jq -r --arg operation "$1" 'select(.operation == $operation) | "pages/" + .file' pages/index.jsonl; }
mapfile -t groups < <(of searchDirectoryGroups)
mapfile -t users < <(of searchDirectoryUsers)
jq -nr --slurpfile policy policy.json --slurpfile groups <(jq -c '.data[] | {key: .id, value: .name}' "${groups[@]}") '
  $policy[0] as {users: $people, groups: $teams}
  | ($groups | from_entries) as $names
  | (reduce ($teams | to_entries[] | select(.value != null)) as $team ({};
       reduce $team.value[] as $email (.; .["\($email)\t\($team.key)"] = true))) as $wanted
  | (reduce (inputs.data[] | select(($people[.email] // "active") == "active")) as $user ({};
       reduce ($user.groups[] | $names[.id | split("/")[-1]] | select($teams[.] != null)) as $name
         (.; .["\($user.email)\t\($name)"] = true))) as $now
  | ($wanted | keys_unsorted[] | select($now[.] == null) | "add_member " + .),
    ($now | keys_unsorted[] | select($wanted[.] == null) | "remove_member " + .)' "${users[@]}"
