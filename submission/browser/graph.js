/* An item's neighbourhood as a drawing: two steps up, two steps down; every node leads to its item. */

const NODE = { height: 40, gap: 10, between: 36, most: 8 };
const widthOf = (columns) => ({ 5: 150, 4: 184 })[columns] || 214;

/* Rows of one outline that stand alike are one node. */
function grouped(places) {
  const groups = new Map();
  for (const n of places) {
    const item = items[n];
    const stem = item.kind === "scenario" ? item.id.replace(/\/\d+$/, "") : item.id;
    const key = `${stem} ${item.status}`;
    if (!groups.has(key)) groups.set(key, { n, name: stem, all: [] });
    groups.get(key).all.push(n);
  }
  // What does not cover comes first, then what people wrote, then what was made from it.
  const order = ({ n }) => (covers(items[n].status) ? 100 : 0) + data.kinds.indexOf(items[n].kind);
  return [...groups.values()].sort((a, b) => order(a) - order(b) || a.n - b.n);
}

/* Columns left to right: what is above the item, the item, what is below it. */
function columnsAround(start) {
  const seen = new Set([start]);
  const step = (from, edges) => {
    const next = [...new Set(from.flatMap((n) => edges[n].map((edge) => edge.to)))].filter((n) => !seen.has(n));
    next.forEach((n) => seen.add(n));
    return next;
  };
  const up = step([start], above), upper = step(up, above), down = step([start], below), lower = step(down, below);
  return [upper, up, [start], down, lower].map((places) => {
    const groups = grouped(places);
    return { groups: groups.slice(0, NODE.most), more: groups.length - NODE.most };
  }).filter((column) => column.groups.length);
}

const clip = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
/* Of a long id the end tells more than the beginning. */
const clipId = (text, most) => (text.length > most ? `…${text.slice(1 - most)}` : text);

function node(group, start, width) {
  const letters = Math.floor((width - 16) / 6.6);
  const item = items[group.n], good = covers(item.status);
  const label = group.all.length > 1 ? `${group.name} (${group.all.length} rows)` : item.id;
  const kind = `${words(item.kind)}, ${words(item.status)}`;
  const lead = group.all.length > 1 ? `${group.all.length} rows · ` : "";
  const state = good ? "" : `${words(item.status)} · `;
  return s("a", { href: addressOf(item.id), class: `node ${tone(item.status)}${group.n === start ? " here" : ""}`, "aria-label": `${label}: ${item.title} (${kind})`, transform: `translate(${group.x} ${group.y})` },
    s("title", {}, `${label}\n${item.title}\n${kind}`),
    s("rect", { width, height: NODE.height, rx: 3 }),
    s("rect", { class: "edge-mark", width: 3, height: NODE.height }),
    s("text", { class: "node-id", x: 11, y: 16 }, clipId(group.name, letters)),
    s("text", { class: "node-title", x: 11, y: 31 },
      state ? s("tspan", { class: "node-state" }, state) : null, clip(lead + item.title, Math.floor(letters * 1.14) - state.length)));
}

function layOut(columns, width) {
  const tall = Math.max(...columns.map(({ groups, more }) => groups.length + (more > 0 ? 0.5 : 0)));
  const full = tall * (NODE.height + NODE.gap) - NODE.gap;
  columns.forEach(({ groups, more }, column) => {
    const own = (groups.length + (more > 0 ? 0.5 : 0)) * (NODE.height + NODE.gap) - NODE.gap;
    groups.forEach((group, at) => {
      group.x = column * (width + NODE.between) + 1;
      group.y = (full - own) / 2 + at * (NODE.height + NODE.gap) + 1;
    });
  });
  return { width: columns.length * (width + NODE.between) - NODE.between + 2, height: full + 2 };
}

function curve(from, to, width) {
  const x = from.x + width, y = from.y + NODE.height / 2, endX = to.x, endY = to.y + NODE.height / 2;
  const bend = Math.max(18, (endX - x) / 2);
  return `M${x} ${y}C${x + bend} ${y} ${endX - bend} ${endY} ${endX} ${endY}`;
}

function neighbourhood(start) {
  const columns = columnsAround(start);
  const wide = widthOf(columns.length), { width, height } = layOut(columns, wide);
  const where = new Map(columns.flatMap(({ groups }) => groups.flatMap((group) => group.all.map((n) => [n, group]))));
  const drawn = new Map();
  for (const [n, group] of where) {
    for (const { to, reads } of below[n]) {
      const end = where.get(to);
      if (end && end !== group && end.x > group.x) drawn.set(`${group.n} ${end.n}`, [group, end, reads]);
    }
  }
  const edges = [...drawn.values()].map(([from, to, reads]) => s("path",
    { class: `edge${from.n === start || to.n === start ? " near" : ""}`, d: curve(from, to, wide) }, s("title", {}, reads)));
  const rest = columns.filter(({ more }) => more > 0).map(({ groups, more }) => {
    const last = groups[groups.length - 1];
    return s("text", { class: "more", x: last.x + 11, y: last.y + NODE.height + 22 }, `and ${count(more)} more`);
  });
  const names = columns.flatMap(({ groups }) => groups.map((group) => node(group, start, wide)));
  return h("div", { class: "graph", tabindex: 0, role: "group", "aria-label": "Neighbourhood: what is above on the left, what is below on the right" },
    s("svg", { viewBox: `0 0 ${width} ${height}`, width, height }, edges, names, rest));
}
