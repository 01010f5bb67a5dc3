// plan.js FOLDER: people and memberships compared as a script does it, with maps and sets.
const fs = require('fs');

const folder = process.argv[2];
const read = (path) => JSON.parse(fs.readFileSync(`${folder}/${path}`, 'utf8'));
const index = fs.readFileSync(`${folder}/pages/index.jsonl`, 'utf8').trim().split('\n').map((line) => JSON.parse(line));

function* pages(operation) {
  for (const entry of index) {
    if (entry.operation === operation) yield* read(`pages/${entry.file}`).data;
  }
}

const { users, groups } = read('policy.json');
const wish = new Map(Object.entries(users));
const names = new Map();
for (const group of pages('searchDirectoryGroups')) names.set(group.id, group.name);
const present = new Map();
const members = new Map();
for (const user of pages('searchDirectoryUsers')) {
  present.set(user.email, user.membershipStatus);
  for (const group of user.groups) {
    const name = names.get(group.id.split('/').pop());
    if (!members.has(name)) members.set(name, new Set());
    members.get(name).add(user.email);
  }
}

const out = [];
for (const [email, wanted] of wish) {
  const now = present.get(email);
  if (wanted === 'removed' && now) out.push(`remove_user ${email}`);
  else if (wanted === 'suspended' && now === 'active') out.push(`suspend_user ${email}`);
  else if (wanted === 'active' && now !== 'active') out.push(`${now ? 'restore_user' : 'invite_user'} ${email}`);
}
const there = new Set(names.values());
for (const [name, list] of Object.entries(groups)) {
  if (list === null) {
    out.push(`delete_group ${name}`);
    continue;
  }
  if (!there.has(name)) out.push(`create_group ${name}`);
  const now = members.get(name) ?? new Set();
  const wanted = new Set(list);
  for (const email of wanted) if (!now.has(email)) out.push(`add_member ${email}\t${name}`);
  for (const email of now) {
    if ((wish.get(email) ?? 'active') === 'active' && !wanted.has(email)) out.push(`remove_member ${email}\t${name}`);
  }
}
process.stdout.write(out.join('\n') + '\n');
