"""The status page: what the node holds and whether it is well, on the loopback interface alone."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from device.node.audit import KINDS
from device.node.configuration import Configuration
from device.node.events import LINES
from device.node.store import Store
from device.report import STATEMENT

LOOPBACK = "127.0.0.1"
LATEST = 20
"""How many of the last troubles the page shows."""
TROUBLES = tuple(what for what, line in LINES.items() if line.trouble)


def make_page_server(configuration: Configuration) -> ThreadingHTTPServer:
    """A server of /, /health and /metrics.

    Implements: SRS-053
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = 10.0

        def do_GET(self) -> None:
            status, kind, body = tell_status(self.path, configuration)
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            """Who looks at the page is no event of the node."""

    return ThreadingHTTPServer((LOOPBACK, configuration.page.port), Handler)


def tell_status(path: str, configuration: Configuration) -> tuple[int, str, str]:
    """What is answered to a path: the status of HTTP, the kind of content and the content.

    Implements: SRS-053
    """
    store = Store(configuration)
    try:
        if path == "/metrics":
            return 200, "text/plain; version=0.0.4", render_metrics(store)
        state = describe(store, configuration)
    finally:
        store.close()
    status = 200 if state["well"] else 503
    answers = {"/health": ("application/json", json.dumps(state)), "/": ("text/html", render_page(state))}
    return (status, *answers[path]) if path in answers else (404, "text/plain", "expected /, /health or /metrics")


def describe(store: Store, configuration: Configuration) -> dict[str, Any]:
    """What the node holds, what became of it, and what is not well with it.

    Implements: SRS-053
    """
    counts, outcomes = store.counts.count(), store.counts.count_outcomes()
    troubles = store.events.read_last(TROUBLES, LATEST)
    unwell = [f"{name} does not run" for name in store.parts.find_missing()]
    longest = configuration.times.longest_retry_seconds
    if (late := store.counts.find_longest_wait()) > 10 * configuration.times.settle_seconds + 60:
        unwell.append(f"an object waits for {late:.0f} s")
    if (late := store.counts.find_longest_delivery()) > longest:
        unwell.append(f"a result has not arrived for {late:.0f} s")
    if configuration.hl7 and (late := store.outbox.find_longest_wait()) > longest:
        unwell.append(f"a message has not been acknowledged for {late:.0f} s")
    if configuration.audit and (late := store.trail.find_longest_wait(tuple(KINDS))) > longest:
        unwell.append(f"a line of the record has not been told for {late:.0f} s")
    drift = {each.measure: each.said for each in store.drift.compare()}
    return {
        "well": not unwell, "unwell": unwell, "counts": counts, "outcomes": outcomes, "troubles": troubles,
        "times": store.counts.find_times(), "alarms": store.drift.read_alarms(), "drift": drift,
        "refused": {" ".join(each[:3]).strip(): each[3] for each in store.events.count_refused()},
        "release": configuration.release, "statement": STATEMENT,
    }  # fmt: skip


def render_metrics(store: Store) -> str:
    """The counts in the text format of Prometheus.

    Implements: SRS-053
    """
    lines = [f"clearway_{name} {value}" for name, value in store.counts.count().items()]
    for kind, outcomes in store.counts.count_outcomes().items():
        lines += [f'clearway_{kind}{{outcome="{outcome}"}} {number}' for outcome, number in outcomes.items()]
    lines += [f"clearway_time_to_delivery_{name} {value}" for name, value in store.counts.find_times().items()]
    alarms = store.drift.read_alarms()
    lines.append(f"clearway_drift_alarms {len(alarms)}")
    lines += [f"clearway_drift_alarm{{measure={json.dumps(each, ensure_ascii=False)}}} 1" for each in alarms]
    for peer, host, share, number in store.events.count_refused():
        named = f"peer={json.dumps(peer)},host={json.dumps(host)},share={json.dumps(share)}"
        lines.append(f"clearway_refused_of_peer{{{named}}} {number}")
    lines.append(f"clearway_processes_missing {len(store.parts.find_missing())}")
    lines.append(f"clearway_longest_wait_seconds {store.counts.find_longest_wait():.3f}")
    lines.append(f"clearway_longest_delivery_seconds {store.counts.find_longest_delivery():.3f}")
    return "\n".join(lines) + "\n"


def render_page(state: Mapping[str, Any]) -> str:
    """The page for people.

    Implements: SRS-053
    """
    well = "The node is well." if state["well"] else "The node is not well: " + "; ".join(state["unwell"])
    counts = [(name.replace("_", " "), value) for name, value in state["counts"].items()]
    tables = [_table("Now", ("", "Number"), counts)]
    times = [(name.replace("_", " "), value) for name, value in state["times"].items()]
    tables.append(_table("From the last object of a study to its delivered result", ("", "Number"), times))
    for kind, outcomes in state["outcomes"].items():
        rows = [(outcome.replace("_", " "), number) for outcome, number in outcomes.items()]
        tables.append(_table(kind.replace("_", " ").capitalize(), ("", "Number"), rows))
    refused = _table("Refused since the peer had its share of it", ("Peer", "Times"), list(state["refused"].items()))
    tables.append(refused)
    tables.append(_table("Drift, in the last whole window", ("", "Said"), list(state["drift"].items())))
    troubles = [
        (_tell_time(each["time"]), each["what"], each.get("said") or each.get("peer")) for each in state["troubles"]
    ]
    tables.append(_table("Last troubles", ("Time (UTC)", "What", "Said"), troubles))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="10">'
        f"<title>Clearway node</title><style>{_STYLE}</style><h1>Clearway node</h1>"
        f'<p class="{"well" if state["well"] else "unwell"}">{escape(well)}</p>'
        f"{_render_alarms(state['alarms'])}{''.join(tables)}"
        f"<p>Release {escape(state['release'])}. {escape(state['statement'])}</p></html>"
    )


def _render_alarms(alarms: Mapping[str, str]) -> str:
    """A line for each alarm of drift: the node is well, and somebody has to look.

    Implements: SRS-056
    """
    told = [f"Attention, drift: {measure}: {said}" for measure, said in alarms.items()]
    return "".join(f'<p class="attention">{escape(each)}</p>' for each in told) or "<p>No alarm of drift.</p>"


_STYLE = (
    "body{font:16px/1.4 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:0 0 1.5rem;min-width:50%}caption{text-align:left;font-weight:600}"
    "td,th{text-align:left;padding:.2rem 1rem .2rem 0;border-bottom:1px solid #ccc;vertical-align:top}"
    ".well{color:#0a5c2b;font-weight:600}.unwell{color:#a00000;font-weight:600}.attention{color:#8a4b00;font-weight:600}"
)


def _table(caption: str, heads: tuple[str, ...], rows: list[Any]) -> str:
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell or 0))}</td>" for cell in row) + "</tr>" for row in rows)
    none = f'<tr><td colspan="{len(heads)}">none</td></tr>'
    return f"<table><caption>{escape(caption)}</caption><tr>{head}</tr>{body or none}</table>"


def _tell_time(when: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(when))
