"use strict";
/* The evidence in this page, and what follows from it: who stands above whom, what can be found by which words. */

const data = JSON.parse(document.getElementById("data").textContent);
const { items, results, sources } = data;
const place = new Map(items.map((item, n) => [item.id, n]));

const REVIEW = { status: "unreviewed", why: "no person has reviewed it" };
const reviewOf = (item) => item.review || REVIEW;
const lastOf = (id) => id.split("/").pop();
const words = (text) => String(text).replaceAll("_", " ");
const tone = (status) => data.tones[status] || "open";
const covers = (status) => tone(status) === "good";
const count = (number) => number.toLocaleString("en-US");
const several = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;

/* Relations as they read from their source, and from their target. */
const RELATIONS = {
  derives_from: ["derives from", "is refined by"],
  implements: ["implements", "is implemented by"],
  verifies: ["verifies", "is verified by"],
  controlled_by: ["is controlled by", "controls"],
  implemented_by: ["is implemented by", "implements"],
  affects: ["affects", "is affected by"],
  shown_by: ["is shown to be effective by", "shows the effect of"],
};

const above = items.map(() => []);
const below = items.map(() => []);
for (const [source, target, relation, status] of data.links) {
  const [reads, readsBack] = RELATIONS[relation] || [words(relation), `${words(relation)} (from there)`];
  const down = data.downward.includes(relation);
  (down ? below : above)[source].push({ to: target, reads, status });
  (down ? above : below)[target].push({ to: source, reads: readsBack, status });
}

/* What a scenario, or a criterion of a study, shows: by its place, criteria with the places of their requirements. */
const shows = new Map();
items.forEach((item, n) => (item.criteria || []).forEach((criterion) => [...criterion.scenarios, ...criterion.studied].forEach((id) => {
  if (!shows.has(id)) shows.set(id, []);
  shows.get(id).push([n, criterion]);
})));

/* What came of a scenario when it ran, or of a criterion of a study. */
const outcomeOf = (n) => results[n]?.status ?? data.goals[n]?.result ?? "not_run";

/* The scenarios at or below an item that did not pass, the nearest first; nothing where the item covers. */
function failing(n) {
  const seen = new Set([n]), found = [];
  let step = covers(items[n].status) ? [] : [n];
  while (step.length) {
    found.push(...step.filter((one) => results[one]?.reason));
    step = [...new Set(step.flatMap((one) => below[one].map(({ to }) => to)))].filter((one) => !seen.has(one));
    step.forEach((one) => seen.add(one));
  }
  return found;
}

const sectionsOf = (n) => [...new Set(data.sections
  .filter(([, shown]) => shown === n || shown === items[n].kind).map(([section]) => section))];

/* Deliberate faults by the item that they are about: a requirement, or a symbol. */
const faults = new Map();
for (const strength of data.strengths) {
  for (const id of [strength.requirement, strength.symbol]) {
    if (!faults.has(id)) faults.set(id, []);
    faults.get(id).push(strength);
  }
}

function faultsOf(id) {
  const found = faults.get(id);
  if (!found) return null;
  const sum = (key) => found.reduce((total, one) => total + one[key], 0);
  return { noticed: sum("killed"), survived: sum("survived"), equivalent: sum("equivalent") };
}

function faultsSaid(of) {
  if (!of) return "not known";
  const put = of.noticed + of.survived;
  const exempt = of.equivalent ? `; ${count(of.equivalent)} equivalent` : "";
  return (put ? `${count(of.noticed)} of ${count(put)} faults noticed` : "no place for a fault") + exempt;
}

const STRENGTHS = { unknown: "not known", all: "all faults noticed", some: "faults survived", none: "no place for a fault" };
function strengthOf(item) {
  const of = faultsOf(item.id);
  if (!of) return "unknown";
  if (of.survived) return "some";
  return of.noticed ? "all" : "none";
}

/* --- search ------------------------------------------------------------------------------------------------------ */

const said = items.map((item) => [
  item.id, item.title, item.text, item.file, item.rationale, item.source_clause, item.why,
  ...(item.criteria || []).map((one) => `${item.id}/${one.id} ${one.text}`),
  ...(item.facts || []).flatMap(([, value]) => value),
].filter(Boolean).join("\n").toLowerCase());

const tokensOf = (query) => query.toLowerCase().split(/\s+/).filter(Boolean);

/* How near a find is to what was meant: the id, then words of the title and of the id, then any part of them. */
function rank(n, query, wordly) {
  const id = items[n].id.toLowerCase(), title = (items[n].title || "").toLowerCase();
  const tests = [id === query, id.startsWith(query), wordly.test(title), wordly.test(id), title.includes(query), id.includes(query), wordly.test(said[n])];
  const first = tests.indexOf(true);
  return first < 0 ? tests.length : first;
}

const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function passes(item, filters, status) {
  return (!filters.kind || item.kind === filters.kind)
    && (!filters.status || status === filters.status)
    && (!filters.review || reviewOf(item).status === filters.review)
    && (!filters.strength || strengthOf(item) === filters.strength)
    && (!filters.safety || item.safety_related)
    && (!filters.gaps || !covers(status));
}

/* The places of the items that hold every word, best first: by id, by title, by what they say. */
function find(filters) {
  const query = filters.q.trim().toLowerCase(), tokens = tokensOf(query), found = [];
  for (let n = 0; n < items.length; n += 1) {
    if (tokens.every((token) => said[n].includes(token)) && passes(items[n], filters, items[n].status)) found.push(n);
  }
  if (!query) return found;
  const wordly = new RegExp(`(^|[^a-z0-9])${literal(query)}`);
  const ranks = new Map(found.map((n) => [n, rank(n, query, wordly)]));
  return found.sort((a, b) => ranks.get(a) - ranks.get(b) || a - b);
}
