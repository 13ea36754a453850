/* The matrix both ways. A gap is a row like any other. */

const few = (values, most) => [between(values.slice(0, most)), values.length > most ? h("span", { class: "rest" }, ` and ${count(values.length - most)} more`, h("span", { class: "on-paper" }, ": ", between(values.slice(most)))) : null];

function tallied(places) {
  if (!places || !places.length) return absent("none");
  const tally = new Map();
  for (const n of places) tally.set(outcomeOf(n), (tally.get(outcomeOf(n)) || 0) + 1);
  return [...tally].map(([status, number]) => h("div", {}, badge(status), number > 1 ? ` × ${count(number)}` : ""));
}

const MATRICES = {
  forward: {
    title: "From requirement to evidence",
    height: 74,
    heads: ["Requirement", "Above it", "Criterion", "Scenarios", "Faults noticed", "Code", "Controls, hazards", "Review", "Status"],
    rows: data.forward,
    item: (one) => one.item,
    words: (one) => `${one.criterion || ""} ${one.text || ""} ${one.why || ""}`,
    cells: (one) => [
      [link(one.item), items[one.item].safety_related ? h("span", { class: "safety" }, " safety-related") : null, h("div", {}, ticked(items[one.item].title))],
      one.parents ? few(one.parents.map(link), 4) : absent("none"),
      one.text ? [idAnchor(addressOf(`${items[one.item].id}/${lastOf(one.criterion)}`), lastOf(one.criterion)), " ", ticked(one.text)] : absent("no criterion"),
      [tallied(one.scenarios), one.scenarios ? h("div", { class: "on-paper" }, scenarioLinks(one.scenarios)) : null],
      PROVABLE.includes(items[one.item].kind) ? faultsSaid(faultsOf(items[one.item].id)) : "–",
      one.symbols ? few(one.symbols.map(link), 2) : absent("none"),
      one.risks ? few(one.risks.map(link), 3) : absent("none"),
      badge(reviewOf(items[one.item]).status),
      [badge(one.status), h("div", { class: "why" }, ticked(one.why))],
    ],
  },
  backward: {
    title: "From code and scenario to need",
    height: 48,
    heads: ["What was made", "Kind", "Where", "Asked for by", "User needs", "Faults noticed", "Review", "Status"],
    rows: data.backward,
    item: (one) => one.item,
    words: (one) => `${one.name} ${one.targets.join(" ")}`,
    cells: (one) => [
      [one.item === null ? idSpan(one.name) : idAnchor(addressOf(items[one.item].id), one.name), one.rows ? h("span", { class: "muted" }, ` ${several(one.rows, "row")}`) : null],
      one.kind,
      idSpan(one.place),
      one.targets.length ? few(one.targets.map(idLink), 3) : absent("nothing asked for it"),
      one.needs.length ? few(one.needs.map(link), 3) : absent("none"),
      one.kind === "symbol" && one.item !== null ? faultsSaid(faultsOf(items[one.item].id)) : "–",
      one.item === null ? badge(REVIEW.status) : badge(reviewOf(items[one.item]).status),
      badge(one.status),
    ],
  },
};

function findRows(view, filters) {
  const matrix = MATRICES[view], tokens = tokensOf(filters.q);
  return matrix.rows.filter((one) => {
    const n = matrix.item(one), own = n === null ? "" : said[n];
    if (n === null ? Object.entries(filters).some(([name, value]) => name !== "q" && value) : !passes(items[n], filters, one.status)) return false;
    if (!tokens.length) return true;
    const text = matrix.words(one).toLowerCase();
    return tokens.every((token) => text.includes(token) || own.includes(token));
  });
}

function matrixRow(view, one, n, total) {
  const state = covers(one.status) ? "" : tone(one.status);
  return h("div", { role: "row", class: `line-of ${state}`, "aria-rowindex": n + 2, "aria-setsize": total },
    MATRICES[view].cells(one).map((cell) => h("div", { role: "cell" }, h("div", { class: "clip" }, cell))));
}
