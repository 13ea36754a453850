/* The page of one item: what it says, what shows it, what is around it. */

function itemPage(n, criterion) {
  const item = items[n], result = results[n];
  const safety = item.safety_related ? [" · ", h("b", { class: "safety" }, "safety-related")] : null;
  return [
    h("p", { class: "kicker" }, words(item.kind), safety, " · ", idSpan(`${item.file}:${item.line}`)),
    h("h2", { tabindex: -1, id: "title" }, idSpan(item.id), ticked(item.title || item.id)),
    h("p", { class: `verdict ${tone(item.status)}` }, badge(item.status), " ", ticked(item.why)),
    whyOf(n),
    item.text && !result ? h("p", { class: "text" }, ticked(item.text)) : null,
    facts([
      ["Feature", result ? item.text : null],
      ["Rationale", item.rationale && item.rationale !== item.text ? ticked(item.rationale) : null],
      ["Source", item.source_clause],
      ...(item.facts || []).map(([name, value]) => [name, factValue(value)]),
      ...(data.goals[n] ? [...data.goals[n].facts, ["Result", outcomeBadge(n)]] : []),
    ]),
    item.criteria ? criteriaOf(item, criterion) : null,
    shownCriteria(item),
    result ? stepsOf(result) : null,
    waysDown(n),
    codeOf(n),
    around(n),
    strengthOfItem(item),
    enteredBy(n, result),
    reviewBlock(item),
    historyOf(item),
    documentsOf(n),
    issuesAbout(n),
  ];
}

function factValue(value) {
  if (!Array.isArray(value)) return ticked(value);
  if (value.every((one) => place.has(one))) return between(value.map(idLink));
  return h("ol", {}, value.map((one) => h("li", {}, ticked(one))));
}

/* Scenarios and criteria of studies with what came of them; rows of one outline that stand alike stand together. */
function showing(places) {
  const groups = new Map();
  for (const n of places) {
    const [, stem, number] = items[n].id.match(/^(.*?)(?:\/(\d+))?$/);
    const key = `${stem} ${outcomeOf(n)} ${items[n].status}`;
    if (!groups.has(key)) groups.set(key, { stem, n, rows: [] });
    groups.get(key).rows.push([number, n]);
  }
  if (!groups.size) return absent("none");
  return h("ul", { class: "plain" }, [...groups.values()].map(({ stem, n, rows }) => h("li", {},
    rows.length === 1 ? link(n) : [idSpan(stem), " ", between(rows.map(([number, one]) =>
      idAnchor(addressOf(items[one].id), number, { "aria-label": `${stem}, row ${number}` })), " ")],
    " ", outcomeBadge(n))));
}

const placesOf = (ids) => ids.filter((id) => place.has(id)).map((id) => place.get(id));
const shownBy = (criterion) => showing(placesOf([...criterion.scenarios, ...criterion.studied]));
const criterionLink = (n, criterion) => idAnchor(addressOf(`${items[n].id}/${lastOf(criterion.id)}`), `${items[n].id}/${lastOf(criterion.id)}`);

function criteriaOf(item, chosen) {
  const rows = item.criteria.map((one) => row([
    idSpan(lastOf(one.id)), ticked(one.text), words(one.method), shownBy(one),
    [badge(one.status), h("div", { class: "why" }, ticked(one.why)), reasonsFor(placesOf(one.scenarios).filter((n) => results[n]?.reason))],
  ], { class: `${tone(one.status)}${lastOf(one.id) === chosen ? " chosen" : ""}`, id: `criterion-${lastOf(one.id)}` }));
  return block("Criteria", table(["", "Criterion", "Method", "Shown by", "Status"], rows, { class: "criteria" }));
}

/* From a scenario, or from a criterion of a study, back to what it shows. */
function shownCriteria(item) {
  const found = shows.get(item.id);
  if (!found) return null;
  const rows = found.map(([n, one]) => row([criterionLink(n, one), ticked(one.text), [badge(one.status), h("div", { class: "why" }, ticked(one.why))]], { class: tone(one.status) }));
  return block(item.kind === "scenario" ? "Verifies" : "Shows", table(["Criterion", "It says", "Status"], rows, { class: "shown" }));
}

/* What is below a need or a requirement that others derive from: requirements, criteria, and what shows each. */
function waysDown(n) {
  const found = childrenOf(n, new Set([n]));
  return found.length ? block("Below it, down to the criterion", h("ul", { class: "tree" }, found)) : null;
}

function childrenOf(n, seen) {
  const children = [...new Set(below[n].map(({ to }) => to))].filter((to) => items[to].kind.endsWith("requirement") && !seen.has(to));
  return children.map((to) => h("li", {}, h("details", { open: seen.size === 1 },
    h("summary", {}, link(to), " ", ticked(items[to].title), " ", badge(items[to].status)),
    h("ul", { class: "tree" },
      (items[to].criteria || []).map((one) => h("li", {}, criterionLink(to, one), " ", ticked(one.text), " ", badge(one.status), shownBy(one))),
      childrenOf(to, new Set([...seen, to]))))));
}

function stepsOf(result) {
  const example = Object.entries(result.example || {});
  const rows = (result.steps || []).map(([keyword, text, status, observed, cells, docstring]) => row([
    keyword,
    [ticked(text), cells.length ? h("pre", { class: "argument" }, cells.map((one) => one.join("  |  ")).join("\n")) : null,
      docstring ? h("pre", { class: "argument" }, docstring) : null],
    observed || absent("nothing recorded"), badge(status),
  ], { class: tone(status) === "good" ? "" : tone(status) }));
  return block("Steps",
    example.length ? h("p", { class: "example" }, between(example.map(([name, value]) => [`${name} = `, h("code", {}, value)]), " · ")) : null,
    table(["", "Step", "Observed", "Outcome"], rows, { class: "steps" }),
    result.message ? h("pre", { class: "message" }, result.message) : null);
}

/* --- code ---------------------------------------------------------------------------------------------------------- */

function codeOf(n) {
  const item = items[n];
  const symbols = item.kind === "symbol" ? [n] : below[n].map(({ to }) => to).filter((to) => items[to].kind === "symbol");
  if (!symbols.length) return null;
  const open = symbols.length <= 3;
  return block("Code", symbols.map((one) => (item.kind === "symbol" ? excerpt(one) : h("details", { open },
    h("summary", {}, link(one), " ", h("span", { class: "muted" }, `${items[one].file}:${items[one].line}`)), excerpt(one)))));
}

function excerpt(n) {
  const found = sources.excerpts[items[n].id];
  if (!found) return h("p", { class: "gapbox" }, sources.gap ? ticked(sources.gap.join("; ")) : "its code is not in the evidence");
  const [first, text] = found;
  const survivors = (faults.get(items[n].id) || []).flatMap((one) => one.mutants).filter((one) => one.outcome === "survived");
  const lines = text.split("\n").map((line, at) => {
    const here = survivors.filter((one) => one.line === first + at);
    return h("span", { class: `line${here.length ? " survived" : ""}`, "data-line": first + at,
      title: here.length ? here.map((one) => `survived: ${one.before} → ${one.after}`).join("\n") : null }, line);
  });
  return h("pre", { class: "code", tabindex: 0, role: "region", "aria-label": `${items[n].file} from line ${first}` }, h("code", {}, lines));
}

/* --- around -------------------------------------------------------------------------------------------------------- */

function around(n) {
  if (!above[n].length && !below[n].length) return block("Neighbourhood", h("p", {}, absent("nothing is linked to it")));
  return block("Neighbourhood", neighbourhood(n),
    h("div", { class: "pair" }, edgeList("Above", above[n]), edgeList("Below", below[n])));
}

function edgeList(title, edges) {
  const groups = new Map();
  for (const edge of edges) {
    if (!groups.has(edge.reads)) groups.set(edge.reads, []);
    groups.get(edge.reads).push(edge.to);
  }
  const entries = [...groups].map(([reads, places]) => [h("dt", {}, reads), h("dd", {}, items[places[0]].kind === "scenario"
    ? showing(places)
    : h("ul", { class: "plain" }, places.map((to) => h("li", {}, link(to), " ", ticked(clip(items[to].title || "", 80)), covers(items[to].status) ? null : [" ", badge(items[to].status)]))))]);
  return h("div", {}, h("h4", {}, title), entries.length ? h("dl", { class: "edges" }, entries) : absent("nothing"));
}

/* --- strength, review, history ------------------------------------------------------------------------------------- */

const PROVABLE = ["system_requirement", "software_requirement", "symbol"];

function strengthOfItem(item) {
  if (!PROVABLE.includes(item.kind)) return null;
  const found = faults.get(item.id);
  if (!found) return block("Strength", h("p", {}, "Not known: no fault has been put into its code. ", h("code", {}, "clearway trace prove"), " does so."));
  const rows = found.map((one) => row([idLink(one.requirement), idLink(one.symbol), count(one.scenarios), count(one.killed), count(one.survived), count(one.equivalent)]));
  const rest = found.flatMap((one) => one.mutants.map((mutant) => row([
    [idSpan(one.symbol), `, line ${mutant.line}`],
    [h("code", {}, mutant.before), " → ", h("code", {}, mutant.after)],
    [badge(mutant.outcome), mutant.reason ? h("div", { class: "why" }, mutant.reason) : null],
  ])));
  return block("Strength", h("p", {}, `${faultsSaid(faultsOf(item.id))}. A fault that a scenario notices shows that the scenario executes the code and is sensitive to it; whether the scenarios are adequate is for a person to review.`),
    table(["Requirement", "Symbol", "Scenarios", "Noticed", "Survived", "Equivalent"], rows, { class: "numbers" }),
    rest.length ? table(["Where", "Fault", "Outcome"], rest) : null);
}

function enteredBy(n, result) {
  const at = data.functions.indexOf(items[n].id);
  if (items[n].kind === "symbol" && data.functions.length) {
    const scenarios = Object.keys(results).map(Number).filter((one) => at >= 0 && (results[one].entered || []).includes(at));
    return block("Entered by", h("details", { open: scenarios.length <= 12 }, h("summary", {}, several(scenarios.length, "scenario")), showing(scenarios)));
  }
  if (!result) return null;
  if (!result.entered) return block("Enters", h("p", {}, "Not known: the run did not watch which functions each scenario enters."));
  return block("Enters", h("ul", { class: "plain columns" }, result.entered.map((one) => h("li", {}, idLink(data.functions[one])))));
}

function reviewBlock(item) {
  const { status, why, by, meaning, date } = reviewOf(item);
  const lines = data.records.filter((one) => one.id === item.id).map((one) =>
    row([one.date, words(one.event), one.by, one.meaning, one.reason, idSpan(one.digest.slice(0, 12))]));
  return block("Review", h("p", {}, badge(status), " ", ticked(why)),
    by ? facts([["By", by], ["Meaning", meaning], ["Date", date]]) : null,
    lines.length ? table(["Date", "Event", "By", "Meaning", "Reason", "Digest"], lines) : null,
    h("p", { class: "muted" }, "Digest of what it says: ", idSpan(item.digest)));
}

function historyOf(item) {
  if (!sources.history) return block("History", h("p", { class: "gapbox" }, ticked(sources.gap.join("; "))));
  const commits = (sources.history[item.file] || []).map((at) => sources.commits[at]);
  if (!commits.length) return block("History", h("p", {}, absent(`no commit holds ${item.file}`)));
  const rows = commits.map(([date, hash, subject]) => row([date, idSpan(hash), subject]));
  return block("History", h("p", { class: "muted" }, `Commits that touched ${item.file}, newest first`),
    table(["Date", "Commit", "Subject"], rows, { class: "history" }));
}

function documentsOf(n) {
  const sections = sectionsOf(n);
  if (!sections.length) return null;
  return block("In documents", h("ul", { class: "plain" }, sections.map((one) => h("li", {}, link(one), " ", items[one].title))));
}

function issuesAbout(n) {
  const found = data.issues.filter((issue) => issue[5].includes(n));
  if (!found.length) return null;
  return block("Issues", issueTable(found));
}

const issueTable = (issues) => table(["Severity", "Issue", "Where", "What to do"], issues.map((issue) => {
  const [code, severity, where, message, hint, about] = issue;
  return row([
    isStale(issue) ? [h("span", { class: "badge stale" }, "stale"), h("div", { class: "why" }, words(severity))] : badge(severity),
    [ticked(message), reasonsFor(behind(issue)), h("div", { class: "why id" }, code)],
    about.length === 1 ? [link(about[0]), h("div", { class: "why id" }, where)] : idSpan(where), ticked(hint)]);
}), { class: "issues" });
