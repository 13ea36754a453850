/* The page of one item: what it says, what shows it, what is around it. */

function itemPage(n, criterion) {
  const item = items[n], result = results[n];
  const safety = item.safety_related ? [" · ", h("b", { class: "safety" }, "safety-related")] : null;
  return [
    h("p", { class: "kicker" }, words(item.kind), safety, " · ", idSpan(`${item.file}:${item.line}`)),
    h("h2", { tabindex: -1, id: "title" }, idSpan(item.id), ticked(item.title || item.id)),
    h("p", { class: `verdict ${tone(item.status)}` }, badge(item.status), " ", ticked(item.why)),
    item.text && !result ? h("p", { class: "text" }, ticked(item.text)) : null,
    facts([
      ["Feature", result ? item.text : null],
      ["Rationale", item.rationale && item.rationale !== item.text ? ticked(item.rationale) : null],
      ["Source", item.source_clause],
      ...(item.facts || []).map(([name, value]) => [name, factValue(value)]),
    ]),
    item.criteria ? criteriaOf(item, criterion) : null,
    result ? stepsOf(result) : null,
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

const outcomeOf = (n) => (results[n] ? results[n].status : "not_run");

/* Scenarios with their outcomes; rows of one outline with one outcome stand together. */
function scenarioLinks(places) {
  const groups = new Map();
  for (const n of places) {
    const [, stem, number] = items[n].id.match(/^(.*?)(?:\/(\d+))?$/);
    const key = `${stem} ${outcomeOf(n)}`;
    if (!groups.has(key)) groups.set(key, { stem, n, rows: [] });
    groups.get(key).rows.push([number, n]);
  }
  if (!groups.size) return absent("none");
  return h("ul", { class: "plain" }, [...groups.values()].map(({ stem, n, rows }) => h("li", {},
    rows.length === 1 ? link(n) : [idSpan(stem), " ", between(rows.map(([number, one]) =>
      idAnchor(addressOf(items[one].id), number, { "aria-label": `${stem}, row ${number}` })), " ")],
    " ", badge(outcomeOf(n)))));
}

const placesOf = (ids) => ids.filter((id) => place.has(id)).map((id) => place.get(id));

function criteriaOf(item, chosen) {
  const rows = item.criteria.map((one) => row([
    idSpan(lastOf(one.id)), ticked(one.text), words(one.method), scenarioLinks(placesOf(one.scenarios)),
    [badge(one.status), h("div", { class: "why" }, ticked(one.why))],
  ], { class: `${tone(one.status)}${lastOf(one.id) === chosen ? " chosen" : ""}`, id: `criterion-${lastOf(one.id)}` }));
  return block("Criteria", table(["", "Criterion", "Method", "Scenarios", "Status"], rows, { class: "criteria" }));
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
    ? scenarioLinks(places)
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
    return block("Entered by", h("details", { open: scenarios.length <= 12 }, h("summary", {}, several(scenarios.length, "scenario")), scenarioLinks(scenarios)));
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

const issueTable = (issues) => table(["Severity", "Issue", "Where", "What to do"], issues.map(([code, severity, where, message, hint, about]) =>
  row([badge(severity), [ticked(message), h("div", { class: "why id" }, code)], about && about.length === 1 ? [link(about[0]), h("div", { class: "why id" }, where)] : idSpan(where), ticked(hint)])), { class: "issues" });
