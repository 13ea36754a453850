/* What differs between another build and this one, item by item. A build is a trace page, or the trace.json of its evidence. */

/* Not in one piece: this script stands in such a page itself. */
const OPENS = '<script type="application/json" id="data">', CLOSES = "<" + "/script>";

/* The content of a file as one build; what it is not is said as an error. */
function readBuild(name, text) {
  const from = text.indexOf(OPENS) + OPENS.length;
  const block = text.trimStart().startsWith("<") ? text.slice(from, text.indexOf(CLOSES, from)) : text;
  let value = null;
  try { value = JSON.parse(block); } catch { /* told below */ }
  if (value && Array.isArray(value.items) && Array.isArray(value.links) && value.head) return buildOfPage(value);
  if (value && Array.isArray(value.items) && Array.isArray(value.links) && value.source) return buildOfTrace(value);
  throw Error(`${name}: found neither a trace page nor a trace.json; choose the trace.html of another build, or the trace.json of its evidence`);
}

function buildOfPage(value) {
  const ids = value.items.map((item) => item.id);
  const found = value.items.map((item, n) => ({ ...item, result: value.goals?.[n]?.result }));
  return build(value.head.commit, value.head.date, found, value.links.map(([source, target, relation]) => [ids[source], ids[target], relation]),
    value.issues.map(([code, severity, , message]) => [code, severity, message]));
}

function buildOfTrace(value) {
  return build(value.source.commit, value.source.commit_date, value.items, value.links.map((one) => [one.source, one.target, one.relation]),
    value.issues.map((one) => [one.code, one.severity, one.message]));
}

function build(commit, date, found, links, issues) {
  const known = new Map(found.map((item) => [item.id, { item, links: new Map() }]));
  const ownerOf = (id) => (known.has(id) ? id : id.split("/")[0]);
  for (const [from, to, relation] of links) {
    const [source, target] = [from, to].map(ownerOf);
    if (source === target || relation.startsWith("shows") || !known.has(source) || !known.has(target)) continue;
    known.get(source).links.set(`${relation} ${target}`, `${(RELATIONS[relation] || [words(relation)])[0]} ${target}`);
  }
  return { commit, date, known, issues: new Map(issues.map(([code, severity, message]) => [`${code} ${message}`, { code, severity, message }])) };
}

/* The differences as rows: what of which item, before and now. */
function differ(before, now) {
  const kinds = [...now.known.values(), ...before.known.values()];
  const ids = [...new Set(kinds.sort((a, b) => data.kinds.indexOf(a.item.kind) - data.kinds.indexOf(b.item.kind)).map(({ item }) => item.id))];
  return [...ids.flatMap((id) => differencesOf(before.known.get(id), now.known.get(id))), ...issueDifferences(before.issues, now.issues)];
}

function differencesOf(old, own) {
  if (!old) return [difference(own.item, "added", "item", "", own.item.title)];
  if (!own) return [difference(old.item, "removed", "item", old.item.title, "")];
  const stated = [...statesOf(old, own)], said = [...textsOf(old, own), ...linksOf(old, own)];
  const [was, is] = [old, own].map(({ item }) => item.digest.slice(0, 12));
  if (was !== is && !said.length) said.push(["what it says, by its digest", was, is]);
  return [...stated.map((one) => difference(own.item, "state", ...one)), ...said.map((one) => difference(own.item, "changed", ...one))];
}

/* `whys` say of a state why it was, and why it is. */
const difference = (item, change, what, before, now, whys = ["", ""]) => ({ id: item.id, about: item, change, what, before, now, whys });
const reviewed = (item) => (item.review || REVIEW).status;
const criteriaById = (item) => new Map((item.criteria || []).map((one) => [lastOf(one.id), one]));

function* statesOf(old, own) {
  if (old.item.status !== own.item.status) yield ["status", old.item.status, own.item.status, [old.item.why, own.item.why]];
  // Only a trace page holds what came of the criteria of studies.
  if (old.item.result && own.item.result && old.item.result !== own.item.result) yield ["result", old.item.result, own.item.result, [old.item.why, own.item.why]];
  if (reviewed(old.item) !== reviewed(own.item)) yield ["review", reviewed(old.item), reviewed(own.item)];
  const [was, is] = [criteriaById(old.item), criteriaById(own.item)];
  for (const [id, one] of is) {
    const before = was.get(id);
    if (before && before.status !== one.status) yield [`status of ${id}`, before.status, one.status, [before.why, one.why]];
  }
}

function* textsOf(old, own) {
  for (const name of ["title", "text", "rationale"]) {
    const [was, is] = [old.item[name] || "", own.item[name] || ""];
    if (was !== is) yield [name, was, is];
  }
  const [was, is] = [criteriaById(old.item), criteriaById(own.item)];
  for (const id of new Set([...was.keys(), ...is.keys()])) {
    const [before, now] = [was, is].map((side) => side.get(id)?.text || "");
    if (before !== now) yield [`criterion ${id}`, before, now];
  }
}

function* linksOf(old, own) {
  for (const [key, text] of old.links) if (!own.links.has(key)) yield ["link", text, ""];
  for (const [key, text] of own.links) if (!old.links.has(key)) yield ["link", "", text];
}

function issueDifferences(before, now) {
  const found = [];
  for (const [key, one] of now) if (!before.has(key)) found.push({ id: one.code, about: null, change: "issue", what: `${one.severity} issue`, before: "", now: one.message });
  for (const [key, one] of before) if (!now.has(key)) found.push({ id: one.code, about: null, change: "issue", what: `${one.severity} issue`, before: one.message, now: "" });
  return found;
}
