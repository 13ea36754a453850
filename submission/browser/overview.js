/* Everything at a glance: what there is, how it stands, what is wrong. Every count leads to what it counts. */

function overviewPage() {
  const { head } = data;
  return [
    h("p", { class: "kicker" }, head.device, " · release ", head.release),
    h("h2", { tabindex: -1, id: "title" }, "What is shown, and what is not"),
    h("p", { class: "lead" }, head.standing),
    head.blocking.length ? block("What blocks it", head.blocking.length <= 12 ? issueTable(head.blocking) : issueGroups(head.blocking)) : null,
    block("Items by kind and status", countTable()),
    block("What is not covered, and why", legend()),
    block("Strength and review", requirementTable()),
    block("Issues", issueGroups(data.issues)),
    block("What this was made from", facts([
      ["Commit", [idSpan(head.commit), ` of ${head.date}`]],
      ["Verification", head.run],
      ...Object.entries(head.digests).map(([name, digest]) => [name, idSpan(digest)]),
    ])),
  ];
}

const toItems = (filters, text) => h("a", { href: `#/items?${new URLSearchParams(filters)}` }, text);

function countTable() {
  const statuses = Object.keys(data.tones).filter((status) => items.some((item) => item.status === status));
  const kinds = data.kinds.filter((kind) => items.some((item) => item.kind === kind));
  const rows = kinds.map((kind) => {
    const own = items.filter((item) => item.kind === kind);
    const cells = statuses.map((status) => {
      const found = own.filter((item) => item.status === status).length;
      return found ? toItems({ kind, status }, count(found)) : h("span", { class: "muted" }, "·");
    });
    return h("tr", {}, h("th", { scope: "row" }, toItems({ kind }, words(kind))), cells.map((cell) => h("td", {}, cell)), h("td", {}, count(own.length)));
  });
  return table(["", ...statuses.map((status) => badge(status)), "all"], rows, { class: "counts" });
}

function requirementTable() {
  const groups = [["Safety-related requirements", true], ["Other requirements", false]];
  const rows = groups.map(([title, safety]) => {
    const own = items.filter((item) => item.kind.endsWith("requirement") && Boolean(item.safety_related) === safety);
    const known = own.map((item) => faultsOf(item.id)).filter(Boolean);
    const sum = (key) => known.reduce((total, one) => total + one[key], 0);
    const said = known.length ? `${faultsSaid({ noticed: sum("noticed"), survived: sum("survived"), equivalent: sum("equivalent") })}, in the code of ${several(known.length, "requirement")}` : "not known: no fault has been put into the code";
    const reviewed = own.filter((item) => reviewOf(item).status === "reviewed").length;
    return h("tr", {}, h("th", { scope: "row" }, title), [count(own.length), said, `${count(reviewed)} of ${count(own.length)}`].map((cell) => h("td", {}, cell)));
  });
  return table(["", "All", "Deliberate faults", "Reviewed by a person"], rows);
}

/* Issues of one code together; what a group holds is set when it is opened, for there may be thousands. */
function issueGroups(issues) {
  if (!issues.length) return h("p", {}, absent("none"));
  const groups = new Map();
  for (const issue of issues) {
    const key = `${issue[1]} ${issue[0]}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(issue);
  }
  return [...groups.values()].map((found) => {
    const [code, severity] = found[0];
    const body = h("div", {});
    const details = h("details", {}, h("summary", {}, isStale(found[0]) ? [h("span", { class: "badge stale" }, "stale"), ", "] : null, badge(severity), " ", idSpan(code), " ", h("span", { class: "muted" }, count(found.length))), body);
    details.complete = () => { if (!body.childNodes.length) body.append(issueTable(found)); };
    details.addEventListener("toggle", details.complete);
    return details;
  });
}
