/* What is shown as a file of comma-separated values: the rows that search and filters leave, in their order. */

/* A text that a spreadsheet would calculate gets an apostrophe before it, as in the matrix that the tools write. */
const CALCULATED = /^[=+\-@\t\r]/;

function asField(value) {
  const text = value === null || value === undefined ? "" : String(value);
  const inert = typeof value === "string" && CALCULATED.test(value) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

/* Every row says what it is of and what was left out: a line above the heads would be no table any more. */
function asCsv({ heads, rows }) {
  const same = [["Release status", data.head.banners.join("; ")], ["Commit", data.head.commit], ["Filters", filtersSaid()]];
  const lines = [[...heads, ...same.map(([head]) => head)], ...rows.map((cells) => [...cells, ...same.map(([, value]) => value)])];
  return `\ufeff${lines.map((line) => `${line.map(asField).join(",")}\r\n`).join("")}`;
}

function filtersSaid() {
  const set = Object.entries(state.filters).filter(([, value]) => value);
  return set.map(([name, value]) => `${name === "q" ? "search" : name}: ${value === "1" ? "yes" : words(value)}`).join("; ") || "none";
}

const ITEM_HEADS = ["Id", "Kind", "Title", "Text", "Safety-related", "Status", "Why", "Review", "Faults noticed", "File", "Line"];
const itemCells = (n) => {
  const item = items[n];
  return [item.id, words(item.kind), item.title || "", item.text || "", item.safety_related ? "yes" : "no", words(item.status),
    [item.why, ...failing(n).map((one) => results[one].reason)].join("\n"), words(reviewOf(item).status), faultsSaid(faultsOf(item.id)), item.file, item.line];
};

/* The heads and cells of what is shown now. */
function tableNow() {
  if (!(state.view in MATRICES)) return { heads: ITEM_HEADS, rows: find(state.filters).map(itemCells) };
  const found = findRows(state.view, state.filters);
  if (state.view === "compare") return { heads: DIFFERENCE_HEADS, rows: found.map(differenceCells) };
  const { heads, rows } = data.tables[state.view], all = MATRICES[state.view].rows;
  const at = new Map(all.map((one, n) => [one, n]));
  return { heads, rows: found.map((one) => rows[at.get(one)]) };
}

function saveCsv() {
  const name = state.view in MATRICES ? state.view : "items";
  const address = URL.createObjectURL(new Blob([asCsv(tableNow())], { type: "text/csv;charset=utf-8" }));
  h("a", { href: address, download: `trace-${name}-${data.head.commit.slice(0, 12)}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
