/* Two builds beside each other: this one, and another that a person chooses. The file is read here and goes nowhere. */

const CHANGES = { state: "state changed", changed: "content changed", added: "added, not in the other", removed: "removed, in the other alone", issue: "issue came or went" };
const DIFFERENCE_HEADS = ["Item", "Kind", "Change", "What", "Other build", "This build", "Commit of the other build"];
const differenceCells = (one) => [one.id, one.about ? words(one.about.kind) : "issue", CHANGES[one.change], one.what, inWords(one, one.before, 0), inWords(one, one.now, 1), other.commit];
let other = null;

function inWords(one, value, side) {
  if (one.change !== "state") return value;
  return one.whys[side] ? `${words(value)}: ${one.whys[side]}` : words(value);
}

function shownSide(one, value, side) {
  if (value === "") return absent("–");
  return one.change === "state" ? [badge(value), h("div", { class: "why" }, ticked(one.whys[side]))] : ticked(value);
}

MATRICES.compare = {
  title: "Another build compared with this one",
  height: 66,
  heads: ["Item", "Kind", "Change", "What", "Other build", "This build"],
  rows: [],
  about: (one) => one.about,
  status: (one) => (one.change === "state" ? one.now : one.about?.status ?? "covers"),
  words: (one) => `${one.id} ${one.about?.title ?? ""} ${one.what} ${one.before} ${one.now} ${(one.whys || []).join(" ")}`,
  address: (one) => (place.has(one.id) ? addressOf(one.id) : null),
  cells: (one) => [
    [idLink(one.id), one.about ? h("div", {}, ticked(one.about.title || "")) : null],
    one.about ? words(one.about.kind) : "issue",
    CHANGES[one.change],
    one.what,
    shownSide(one, one.before, 0),
    shownSide(one, one.now, 1),
  ],
  lead: compareLead,
};

function compareLead() {
  const chooser = h("input", { type: "file", id: "other", accept: ".html,.json", "aria-describedby": "other-said" });
  chooser.addEventListener("change", () => openOther(chooser.files[0]));
  return h("div", { class: "chooser" },
    h("label", { for: "other" }, "The trace page (trace.html) of another, older build, or the trace.json of its evidence"), chooser,
    h("p", { id: "other-said", role: "status" }, other ? comparedSaid() : "It is read in this page and goes nowhere."));
}

async function openOther(file) {
  if (!file) return;
  try {
    other = readBuild(file.name, await file.text());
    MATRICES.compare.rows = differ(other, buildOfPage(data));
    byId("other-said").replaceChildren(...comparedSaid());
    search();
  } catch (error) {
    other = null;
    MATRICES.compare.rows = [];
    byId("other-said").replaceChildren(h("span", { class: "badge bad" }, error.message));
    search();
  }
}

function comparedSaid() {
  const { rows } = MATRICES.compare;
  const counts = Object.entries(CHANGES).map(([change, said]) => [change, said, rows.filter((one) => one.change === change).length]).filter(([, , number]) => number);
  return [`Other build: commit ${other.commit.slice(0, 12)} of ${other.date}. This build: commit ${data.head.commit.slice(0, 12)} of ${data.head.date}. `,
    ...(counts.length ? between(counts.map(([change, said, number]) => h("a", { href: `#/compare?${new URLSearchParams({ change })}` }, `${said}: ${count(number)}`)), " · ") : ["Nothing differs."])];
}
