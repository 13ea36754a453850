/* A list of any length: only the rows in sight are elements. On paper all of them are. */

function windowed(host, { height, draw, open }) {
  const inner = h("div", { class: "rows", role: "presentation" });
  host.append(inner);
  let rows = [], active = -1, shown = new Map(), whole = false;

  const elementOf = (n) => {
    const element = draw(rows[n], n, rows.length);
    element.id = `${host.id}-${n}`;
    element.classList.add("row");
    element.classList.toggle("active", n === active);
    if (element.role === "option") element.setAttribute("aria-selected", n === active);
    if (!whole) element.style.top = `${n * height}px`;
    element.style.height = whole ? "" : `${height}px`;
    return element;
  };

  function range() {
    if (whole) return [0, rows.length];
    const top = Math.max(0, host.scrollTop - inner.offsetTop), seen = host.clientHeight || 800;
    return [Math.max(0, Math.floor(top / height) - 6), Math.min(rows.length, Math.ceil((top + seen) / height) + 6)];
  }

  function refresh(anew) {
    const [from, to] = range();
    const kept = anew ? new Map() : shown;
    shown = new Map();
    inner.style.height = whole ? "" : `${rows.length * height}px`;
    for (let n = from; n < to; n += 1) shown.set(n, kept.get(n) || elementOf(n));
    if (anew) inner.replaceChildren(...shown.values());
    else {
      for (const [n, element] of kept) if (!shown.has(n)) element.remove();
      for (const [n, element] of shown) if (!kept.has(n)) inner.append(element);
    }
  }

  function activate(n) {
    active = rows.length ? Math.max(-1, Math.min(rows.length - 1, n)) : -1;
    if (active >= 0) {
      const top = inner.offsetTop + active * height, edge = inner.offsetTop;
      if (top - edge < host.scrollTop) host.scrollTop = top - edge;
      if (top + height > host.scrollTop + host.clientHeight) host.scrollTop = top + height - host.clientHeight;
    }
    refresh(true);
    return active < 0 ? null : `${host.id}-${active}`;
  }

  host.addEventListener("scroll", () => refresh(false), { passive: true });
  new ResizeObserver(() => refresh(false)).observe(host);
  return {
    show(found) { rows = found; active = -1; host.scrollTop = 0; refresh(true); },
    move: (by) => activate(active + by),
    activate,
    select: (test) => { const n = rows.findIndex(test); if (n !== active) activate(n); },
    page: () => Math.max(1, Math.floor(host.clientHeight / height) - 1),
    open() { if (rows.length) open(rows[Math.max(0, active)]); },
    print(all) { whole = all; host.classList.toggle("whole", all); refresh(true); },
    get length() { return rows.length; },
  };
}
