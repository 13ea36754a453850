/* The page as a whole: its address says what is shown; filters, keys and the back button work on the address. */

const NONE = { q: "", kind: "", status: "", review: "", strength: "", change: "", safety: "", gaps: "" };
const VIEWS = ["overview", "items", ...Object.keys(MATRICES)];
const state = { view: "overview", id: null, filters: { ...NONE } };
const main = byId("main"), input = byId("q");
const itemList = windowed(byId("list"), { height: 58, draw: listRow, open: (n) => go(addressOf(items[n].id)) });
let matrix = null, painted = "";

/* --- address --------------------------------------------------------------------------------------------------------- */

function readAddress() {
  const hash = location.hash.slice(1), cut = hash.indexOf("?");
  let path = cut < 0 ? hash : hash.slice(0, cut);
  try { path = decodeURIComponent(path); } catch { /* not an address of ours: looked up as it is */ }
  const query = cut < 0 ? null : Object.fromEntries([...new URLSearchParams(hash.slice(cut + 1))].filter(([name]) => name in NONE));
  const view = path === "" || path === "/" ? "overview" : VIEWS.find((one) => path === `/${one}`) || "item";
  return { view, id: view === "item" ? path : null, query };
}

function writtenFilters() {
  const kept = Object.entries(state.filters).filter(([, value]) => value);
  return kept.length ? `?${new URLSearchParams(kept)}` : "";
}

function addressNow() {
  const path = state.view === "item" ? addressOf(state.id) : state.view === "overview" ? "#/" : `#/${state.view}`;
  return path + writtenFilters();
}

const go = (address) => { location.hash = address; };

/* A link names a place and keeps the filters; an address with filters brings its own. */
function follow() {
  const { view, id, query } = readAddress();
  state.view = view;
  state.id = id;
  if (query) state.filters = { ...NONE, ...query };
  if (view !== "compare") state.filters.change = "";
  if (addressNow() !== location.hash && location.hash) history.replaceState(null, "", addressNow());
  showFilters();
  paint();
}

/* --- what is shown --------------------------------------------------------------------------------------------------- */

function paint() {
  document.body.dataset.view = state.view;
  for (const one of byId("views").children) {
    if (one.dataset.to === state.view) one.setAttribute("aria-current", "page");
    else one.removeAttribute("aria-current");
  }
  const isMatrix = state.view in MATRICES;
  document.body.classList.toggle("tabular", isMatrix);
  const shown = `${isMatrix ? state.view : ""}${state.id || ""}`;
  input.setAttribute("role", isMatrix ? "searchbox" : "combobox");
  input.setAttribute("aria-controls", isMatrix ? "matrix" : "list");
  if (shown !== painted || !main.childNodes.length) {
    matrix = null;
    if (isMatrix) paintMatrix();
    else main.replaceChildren(...articleNow());
    painted = shown;
    main.scrollTop = 0;
    if (document.activeElement !== input) focusTitle();
  }
  search();
}

const here = () => (state.id === null ? undefined : place.get(state.id) ?? place.get(state.id.split("/AC")[0]));

function articleNow() {
  if (state.id === null) {
    document.title = `Trace of ${data.head.device}`;
    return [h("article", {}, overviewPage())];
  }
  document.title = `${state.id} · Trace`;
  const n = here();
  if (n === undefined) return [h("article", {}, h("h2", { tabindex: -1, id: "title" }, "No such item"), h("p", {}, "Nothing here has the id ", h("code", {}, state.id), ". Search for it, or go to the ", h("a", { href: "#/" }, "overview"), "."))];
  const criterion = items[n].id === state.id ? null : state.id.slice(items[n].id.length + 1);
  return [h("article", {}, itemPage(n, criterion))];
}

function focusTitle() {
  const chosen = main.querySelector(".chosen");
  if (chosen) chosen.scrollIntoView({ block: "center" });
  const title = byId("title");
  if (title) title.focus({ preventScroll: Boolean(chosen) });
}

function paintMatrix() {
  const { view } = state, { title, heads, height, rows, address, lead } = MATRICES[view];
  document.title = `${title} · Trace`;
  const host = h("div", { id: "matrix", class: `matrix ${view}`, role: "table", tabindex: 0, "aria-label": title, "aria-rowcount": rows.length + 1 },
    h("div", { role: "row", class: "heads", "aria-rowindex": 1 }, heads.map((head) => h("div", { role: "columnheader" }, head))));
  main.replaceChildren(h("h2", { class: "matrix-title", tabindex: -1, id: "title" }, title), lead ? lead() : "", host);
  matrix = windowed(host, {
    height,
    draw: (one, n, total) => matrixRow(view, one, n, total),
    open: (one) => { const to = address(one); if (to) go(to); },
  });
}

function listRow(n, at, total) {
  const item = items[n], tokens = tokensOf(state.filters.q);
  return h("a", { class: `entry ${covers(item.status) ? "" : tone(item.status)}`, href: addressOf(item.id), role: "option", tabindex: -1, "aria-posinset": at + 1, "aria-setsize": total, "aria-current": n === here() ? "true" : null },
    h("span", { class: "first" }, h("span", { class: "id" }, marked(clipId(item.id, 34), tokens)), badge(item.status)),
    h("span", { class: "second" }, marked(item.title || item.text || "", tokens)));
}

/* The last step of whatever changes the page; the body then names the address that it shows. */
function search() {
  if (matrix) searchRows();
  else searchItems();
  document.body.dataset.painted = location.hash;
}

function searchRows() {
  const found = findRows(state.view, state.filters), all = MATRICES[state.view].rows.length;
  matrix.show(found);
  byId("matrix").setAttribute("aria-rowcount", found.length + 1);
  byId("count").value = `${count(found.length)} of ${count(all)} rows`;
}

function searchItems() {
  const found = find(state.filters), key = JSON.stringify(state.filters);
  if (searchItems.key !== key || searchItems.at !== state.id) {
    if (searchItems.key !== key) itemList.show(found);
    const n = here();
    itemList.select((one) => one === n);
    Object.assign(searchItems, { key, at: state.id });
  }
  byId("count").value = `${count(found.length)} of ${several(items.length, "item")}`;
}

/* --- filters --------------------------------------------------------------------------------------------------------- */

const present = (values) => [...new Set(values)];
const CHOICES = [
  ["kind", "Kind", data.kinds.filter((kind) => items.some((item) => item.kind === kind)).map((one) => [one, words(one)])],
  ["status", "Status", present([...items.map((item) => item.status), ...data.forward.map((one) => one.status), ...data.backward.map((one) => one.status)]).sort().map((one) => [one, words(one)])],
  ["review", "Review", present(items.map((item) => reviewOf(item).status)).sort().map((one) => [one, words(one)])],
  ["change", "Change", Object.entries(CHANGES)],
  ["strength", "Strength", present(items.map(strengthOf)).map((one) => [one, STRENGTHS[one]])],
];
const TICKS = [["safety", "safety-related"], ["gaps", "only gaps"]];

function buildFilters() {
  const change = () => {
    for (const one of byId("choices").querySelectorAll("[name]")) state.filters[one.name] = one.type === "checkbox" ? (one.checked ? "1" : "") : one.value;
    history.replaceState(null, "", addressNow());
    showFilters();
    search();
  };
  byId("choices").append(
    ...CHOICES.map(([name, title, options]) => h("label", { class: `by-${name}` }, h("span", {}, title), h("select", { name }, h("option", { value: "" }, "any"), options.map(([value, text]) => h("option", { value }, text))))),
    ...TICKS.map(([name, title]) => h("label", { class: "tick" }, h("input", { type: "checkbox", name }), title)),
    h("button", { type: "button", id: "clear", hidden: true }, "Clear"));
  byId("choices").addEventListener("change", change);
  byId("clear").addEventListener("click", () => {
    state.filters = { ...NONE };
    history.replaceState(null, "", addressNow());
    showFilters();
    search();
    input.focus();
  });
}

function showFilters() {
  if (input.value.trim() !== state.filters.q.trim()) input.value = state.filters.q;
  const set = Object.entries(state.filters).filter(([name, value]) => name !== "q" && value);
  for (const one of byId("choices").querySelectorAll("[name]")) {
    if (one.type === "checkbox") one.checked = Boolean(state.filters[one.name]);
    else one.value = state.filters[one.name];
    one.parentElement.classList.toggle("set", Boolean(state.filters[one.name]));
  }
  byId("filters").querySelector("summary").textContent = set.length ? `Filters (${set.length})` : "Filters";
  byId("clear").hidden = !set.length && !state.filters.q;
}

input.addEventListener("input", () => {
  state.filters.q = input.value;
  if (state.view === "overview") state.view = "items";
  history.replaceState(null, "", addressNow());
  document.body.dataset.view = state.view;
  showFilters();
  search();
});

/* --- keys ------------------------------------------------------------------------------------------------------------ */

const listNow = () => matrix || itemList;

function moveBy(event) {
  const list = listNow(), page = list.page();
  const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page }[event.key];
  const inField = event.target === input;
  if (step === undefined && (inField || !["Home", "End"].includes(event.key))) return false;
  const id = step === undefined ? list.activate(event.key === "Home" ? 0 : list.length - 1) : list.move(step);
  const owner = inField ? input : event.target;
  if (id) owner.setAttribute("aria-activedescendant", id);
  else owner.removeAttribute("aria-activedescendant");
  return true;
}

function inList(event) {
  const list = matrix ? byId("matrix") : byId("list");
  return event.target === input || event.target === list;
}

function escape(event) {
  if (event.target === input && input.value) {
    input.value = "";
    input.dispatchEvent(new Event("input"));
  } else if (event.target === input) input.blur();
  else input.focus();
}

const typing = (element) => element.matches("input:not([type=checkbox]), select, textarea");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
  if (inList(event) && moveBy(event)) event.preventDefault();
  else if (event.key === "Enter" && inList(event)) { event.preventDefault(); input.blur(); listNow().open(); }
  else if (event.key === "Escape") escape(event);
  else if (event.key === "/" && !typing(event.target)) { event.preventDefault(); input.focus(); input.select(); }
  else if (event.key === "?" && !typing(event.target)) byId("help").showModal();
});
byId("keys").addEventListener("click", () => byId("help").showModal());
byId("csv").addEventListener("click", saveCsv);
byId("skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });

/* --- light and dark, paper -------------------------------------------------------------------------------------------- */

const dark = matchMedia("(prefers-color-scheme: dark)");
const store = (value) => { try { if (value === undefined) return localStorage.getItem("clearway-theme"); localStorage.setItem("clearway-theme", value); } catch { /* kept for this page alone */ } return null; };

function showTheme(chosen) {
  if (chosen) document.documentElement.dataset.theme = chosen;
  const isDark = (document.documentElement.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
  byId("theme").textContent = isDark ? "Light" : "Dark";
  byId("theme").setAttribute("aria-label", isDark ? "Light colors" : "Dark colors");
}
byId("theme").addEventListener("click", () => {
  const next = byId("theme").textContent.toLowerCase();
  store(next);
  showTheme(next);
});
dark.addEventListener("change", () => showTheme());

addEventListener("beforeprint", () => {
  itemList.print(state.view === "items");
  if (matrix) matrix.print(true);
  if (state.view === "overview") for (const one of main.querySelectorAll("details")) one.complete?.();
});
addEventListener("afterprint", () => { itemList.print(false); if (matrix) matrix.print(false); });

const staleFiles = present(data.head.blocking.filter(([code]) => code === "evidence-stale").map(([, , where]) => where));
byId("standing").replaceChildren(...data.head.banners.map((banner) => h("span", { class: banner === "BLOCKED" ? "blocked" : "word" }, banner)),
  data.head.blocking.length ? h("a", { href: "#/" }, several(data.head.blocking.length, "reason")) : "",
  staleFiles.length ? h("a", { href: "#/" }, `${several(staleFiles.length, "file")} of the evidence stale`) : "",
  ...["failed", "stale"].map((status) => [status, items.filter((item) => item.status === status).length])
    .filter(([, number]) => number).map(([status, number]) => toItems({ status }, `${several(number, "item")} ${status}`)));
buildFilters();
showTheme(store());
byId("filters").open = !matchMedia("(max-width: 899px)").matches;
addEventListener("hashchange", follow);
follow();
