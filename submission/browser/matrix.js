/* The matrix in each direction. A gap is a row like any other. */

const few = (values, most) => [between(values.slice(0, most)), values.length > most ? h("span", { class: "rest" }, ` and ${count(values.length - most)} more`, h("span", { class: "on-paper" }, ": ", between(values.slice(most)))) : null];

/* What came of scenarios, each outcome once with its number. */
function tallied(places) {
  const tally = new Map();
  for (const n of places) {
    const key = `${outcomeOf(n)} ${items[n].status === "stale"}`;
    tally.set(key, [n, (tally.get(key)?.[1] || 0) + 1]);
  }
  return [...tally.values()].map(([n, number]) => h("div", {}, outcomeBadge(n), number > 1 ? ` × ${count(number)}` : ""));
}

/* What shows a criterion, and what came of it. */
function shownIn(one) {
  if (one.study !== undefined) return h("div", {}, link(one.study), " ", outcomeBadge(one.study));
  if (!one.scenarios) return one.text ? badge(one.result) : "–";
  return [tallied(one.scenarios), h("div", { class: "on-paper" }, showing(one.scenarios))];
}

function criterionCell(one) {
  if (one.text) return [idAnchor(rowAddress(one), lastOf(one.criterion)), " ", ticked(one.text)];
  if (!one.children) return absent("no criterion");
  return [absent("no criterion; below it: "), between(one.children.map((n) => [link(n), " ", badge(items[n].status)]))];
}

const statusCell = (one) => [badge(one.status), h("div", { class: "why" }, ticked(one.why)), reasonsFor((one.scenarios || []).filter((n) => results[n]?.reason))];
const rowAddress = (one) => addressOf(one.criterion ? `${items[one.item].id}/${lastOf(one.criterion)}` : items[one.item].id);
const ofKind = (places, kind) => places.filter((n) => items[n].kind === kind).map(link);
const spoken = (one) => `${one.criterion || ""} ${one.text || ""} ${one.why || ""} ${one.study === undefined ? "" : items[one.study].id}`;

/* Each: its rows; the item that filters ask about, null where there is none; the words that a search finds; its cells. */
const MATRICES = {
  forward: {
    title: "From requirement to evidence",
    height: 74,
    heads: ["Requirement", "Above it", "Criterion", "Shown by", "Faults noticed", "Code", "Controls, hazards", "Review", "Status"],
    rows: data.forward,
    about: (one) => items[one.item],
    status: (one) => one.status,
    words: (one) => `${spoken(one)} ${said[one.item]}`,
    address: rowAddress,
    cells: (one) => [
      [link(one.item), items[one.item].safety_related ? h("span", { class: "safety" }, " safety-related") : null, h("div", {}, ticked(items[one.item].title))],
      one.parents ? few(one.parents.map(link), 4) : absent("none"),
      criterionCell(one),
      shownIn(one),
      PROVABLE.includes(items[one.item].kind) ? faultsSaid(faultsOf(items[one.item].id)) : "–",
      one.symbols ? few(one.symbols.map(link), 2) : absent("none"),
      one.risks ? few(one.risks.map(link), 3) : absent("none"),
      badge(reviewOf(items[one.item]).status),
      statusCell(one),
    ],
  },
  needs: {
    title: "From user need to criterion",
    height: 66,
    heads: ["User need", "System requirement", "Software requirement", "Criterion", "Shown by", "Status"],
    rows: data.needs.map((one) => ({ ...data.forward[one.row], need: one.need, path: one.path })),
    about: (one) => items[one.item],
    status: (one) => one.status,
    words: (one) => `${spoken(one)} ${[one.need, ...one.path].map((n) => said[n]).join(" ")}`,
    address: rowAddress,
    cells: (one) => [
      [link(one.need), h("div", {}, ticked(items[one.need].title))],
      ofKind(one.path, "system_requirement"),
      ofKind(one.path, "software_requirement"),
      criterionCell(one),
      shownIn(one),
      statusCell(one),
    ],
  },
  backward: {
    title: "From code, scenario and study to need",
    height: 48,
    heads: ["What was made", "Kind", "Where", "Asked for by", "User needs", "Faults noticed", "Review", "Status"],
    rows: data.backward,
    about: (one) => (one.item === null ? null : items[one.item]),
    status: (one) => one.status,
    words: (one) => `${one.name} ${one.targets.join(" ")} ${one.why} ${one.item === null ? "" : said[one.item]}`,
    address: (one) => (one.item === null ? null : addressOf(items[one.item].id)),
    cells: (one) => [
      [one.item === null ? idSpan(one.name) : idAnchor(addressOf(items[one.item].id), one.name), one.rows ? h("span", { class: "muted" }, ` ${several(one.rows, "row")}`) : null],
      one.kind,
      idSpan(one.place),
      one.targets.length ? few(one.targets.map(idLink), 3) : absent("nothing asked for it"),
      one.needs.length ? few(one.needs.map(link), 3) : absent("none"),
      one.kind === "symbol" && one.item !== null ? faultsSaid(faultsOf(items[one.item].id)) : "–",
      one.item === null ? badge(REVIEW.status) : badge(reviewOf(items[one.item]).status),
      [badge(one.status), h("div", { class: "why" }, ticked(one.why))],
    ],
  },
};

function findRows(view, filters) {
  const matrix = MATRICES[view], tokens = tokensOf(filters.q);
  const asked = Object.entries(filters).some(([name, value]) => !["q", "change"].includes(name) && value);
  return matrix.rows.filter((one) => {
    const about = matrix.about(one);
    if (about ? !passes(about, filters, matrix.status(one)) : asked) return false;
    if (filters.change && one.change && one.change !== filters.change) return false;
    if (!tokens.length) return true;
    const text = matrix.words(one).toLowerCase();
    return tokens.every((token) => text.includes(token));
  });
}

function matrixRow(view, one, n, total) {
  const status = MATRICES[view].status(one), state = covers(status) ? "" : tone(status);
  return h("div", { role: "row", class: `line-of ${state}`, "aria-rowindex": n + 2, "aria-setsize": total },
    MATRICES[view].cells(one).map((cell) => h("div", { role: "cell" }, h("div", { class: "clip" }, cell))));
}
