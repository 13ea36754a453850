/* Elements are made from text alone: nothing in this page writes markup. */

const SVG = "http://www.w3.org/2000/svg";
const byId = (id) => document.getElementById(id);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}
const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const s = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

/* What stands between backticks is set as code, as the tools write commands. */
const ticked = (text) => String(text).split("`").map((part, n) => (n % 2 ? h("code", {}, part) : part));

const badge = (status) => h("span", { class: `badge ${tone(status)}` }, words(status));
/* What came of something; where that is older than what it rests on, it says so and has the color of that. */
const outcomeBadge = (n) => (items[n].status === "stale" ? h("span", { class: "badge stale" }, `${words(outcomeOf(n))}, stale`) : badge(outcomeOf(n)));

const addressOf = (id) => `#${encodeURIComponent(id).replaceAll("%2F", "/")}`;
/* A long id may break after a mark, a short one nowhere. */
const idText = (id) => (id.length <= 16 ? h("span", { class: "whole-id" }, id) : id.split(/(?<=[./_-])/).flatMap((part) => [part, h("wbr")]));
const idSpan = (id) => h("span", { class: "id" }, idText(id));
const idAnchor = (address, id, attributes) => h("a", { class: "id", href: address, ...attributes }, idText(id));
const link = (n) => idAnchor(addressOf(items[n].id), items[n].id);
const idLink = (id) => (place.has(id) || place.has(id.split("/")[0]) ? idAnchor(addressOf(id), id) : idSpan(id));
const between = (values, mark = ", ") => values.flatMap((value, n) => (n ? [mark, value] : [value]));
const absent = (text) => h("span", { class: "absent" }, text);

/* The words that were searched for, marked where they stand in a text. */
function marked(text, tokens) {
  if (!tokens.length) return text;
  const pattern = new RegExp(`(${tokens.map(literal).join("|")})`, "gi");
  return text.split(pattern).map((part, n) => (n % 2 ? h("mark", {}, part) : part));
}

function table(heads, rows, attributes) {
  return h("div", { class: `scroll${heads.length > 3 ? " broad" : ""}` }, h("table", attributes,
    h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
    h("tbody", {}, rows)));
}
const row = (cells, attributes) => h("tr", attributes, cells.map((cell) => h("td", {}, cell)));

function facts(pairs) {
  const kept = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h("dl", { class: "facts" }, kept.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

const block = (title, ...content) => h("section", {}, h("h3", {}, title), content);
