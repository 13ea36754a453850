/* Why something stands as it does, in sentences: what a status means, and which scenario did not pass, where and how. */

const MEANINGS = {
  failed: "A scenario ran and did not pass.",
  stale: "The evidence is older than what it rests on. That is no failure: it says nothing until it is made again.",
  not_run: "Its scenario was not run, or did not get to its end.",
  orphaned: "What has to be below it, or what it names, is not there.",
  unproven: "It passed, but the run did not enter the code that claims it; or it was not watched.",
  unspecified: "Code that no requirement asks for.",
  suspect: "What it was reviewed against has changed.",
  unreviewed: "No person has reviewed it.",
  gap: "Evidence that is named as missing. It is declared, and no failure.",
};
const MOST_REASONS = 5;

/* A sentence about a scenario; its name, with which it begins, leads there. */
const reason = (n) => {
  const text = results[n].reason, { id } = items[n];
  return text.startsWith(id) ? [link(n), ticked(text.slice(id.length))] : ticked(text);
};

function reasonsFor(places) {
  if (!places.length) return null;
  const more = places.length - MOST_REASONS;
  return h("ul", { class: "reasons" }, places.slice(0, MOST_REASONS).map((n) => h("li", {}, reason(n))),
    more > 0 ? h("li", { class: "muted" }, `and ${several(more, "other scenario")} that did not pass`) : null);
}

/* What the line of an item's status leaves open. */
function whyOf(n) {
  const { status } = items[n];
  const last = results[n] || data.goals[n] ? ` When it was made: ${words(outcomeOf(n))}.` : "";
  return [status === "stale" ? h("p", { class: "note stale" }, MEANINGS.stale, last) : null, reasonsFor(failing(n))];
}

const isStale = (issue) => issue[0].endsWith("-stale");
const SAYS_UNPASSED = /\b(?:is (?:failed|error|undefined|skipped|xfailed|xpassed|not run)|was not run)\b/;

/* The scenarios that an issue is about in the end, where it says that something did not pass. */
function behind([, , , message, , about]) {
  return SAYS_UNPASSED.test(message) ? [...new Set(about.flatMap(failing))] : [];
}

/* The statuses that are there, what each means, and the items that have it. */
function legend() {
  const rows = Object.entries(MEANINGS).map(([status, meaning]) => [status, meaning, items.filter((item) => item.status === status).length]);
  const shown = rows.filter(([, , number]) => number).map(([status, meaning, number]) =>
    row([badge(status), meaning, toItems({ status }, several(number, "item"))], { class: tone(status) }));
  return shown.length ? table(["Status", "What it means", "Where"], shown, { class: "legend" }) : h("p", {}, absent("everything covers"));
}
