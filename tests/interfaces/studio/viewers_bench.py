"""A bench for the viewers: their real files in a real browser, over an API of a few dictionaries, and streams that tests speak into."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import axe_playwright_python  # type: ignore[import-untyped]
from PIL import Image

from pincel.samples import find_sample
from pincel.studio.auth import POLICY
from pincel.studio.studies import study_views

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
ORIGIN = "http://bench.test/"
STATIC = Path(str(files("pincel.studio"))) / "static"
KINDS = {".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".html": "text/html", ".svg": "image/svg+xml"}
SIZES = {"harbour": (720, 540), "lake": (720, 540), "impasto": (540, 540), "glass": (540, 720)}
VALUES = {"size": 512, "steps": 100, "style_weight": 1000.0, "scales": "1/4=2.0"}

# What is on the page but for the shell: a component alone.
HARNESS = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>bench</title>
<link rel="stylesheet" href="static/app.css"><link rel="stylesheet" href="static/viewers.css"></head>
<body><main id="app"></main><script type="module" src="bench.js"></script></body></html>"""
BENCH = """import { html, render } from "/static/vendor/preact.js";
import { loadWords } from "/static/js/words.js";
await loadWords();
window.mount = async (file, name, given) => {
  const { [name]: part } = await import(`/static/js/${file}`);
  window.saved = [];
  document.body.dataset.saved = 0;
  const onSave = async (blob, painted) => {
    window.saved.push({ bytes: [...new Uint8Array(await blob.arrayBuffer())], painted });
    document.body.dataset.saved = window.saved.length;
  };
  render(html`<${part} ...${given} onSave=${onSave} />`, document.getElementById("app"));
};
document.body.dataset.ready = "yes";"""
# EventSource that listens to the test: window.tell(type, data).
STREAMS = """window.streams = new Set();
window.EventSource = class extends EventTarget {
  constructor(url) { super(); this.url = url; window.streams.add(this); setTimeout(() => this.dispatchEvent(new Event("open"))); }
  close() { window.streams.delete(this); }
};
window.tell = (type, data) => {
  for (const stream of window.streams) stream.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }));
};"""


def run_view(number: int, **changes: Any) -> dict[str, Any]:
    """Return a run as the server tells of it; the higher its number, the newer."""
    style = changes.pop("style", "impasto")
    view = {
        "id": f"20260131-14{number // 60:02}{number % 60:02}-{number:04x}",
        "kind": "transfer",
        "state": "done",
        "created": f"2026-01-31T14:{number // 60:02}:{number % 60:02}Z",
        "started": "2026-01-31T14:00:00Z",
        "ended": "2026-01-31T14:30:00Z",
        "content": "sample:harbour",
        "styles": [{"picture": f"sample:{style}", "weight": 1.0}],
        "content_mask": None,
        "style_masks": [],
        "recipe": "pincel",
        "settings": {},
        "study": None,
        "pictures": [],
        "title": f"harbour × {style}",
        "size": [96, 72],
        "scale": {"index": 1, "count": 1},
        "step": 20,
        "steps": 20,
        "total": 257333.6,
        "terms": {"content": 23481.7, "style": 233.8},
        "seconds": 12.5,
        "seconds_left": None,
        "message": None,
        "stopping": False,
        "queue_position": None,
        "has_result": True,
        "has_preview": True,
        "has_checkpoint": False,
        "page": None,
        "continued_from": None,
    }
    return view | changes


def grave(page: Page, within: str = "document") -> list[str]:
    """Return what axe finds serious, or worse."""
    page.evaluate(AXE)
    found = page.evaluate(f"axe.run({within})")["violations"]
    return [f"{each['id']}: {[node['html'] for node in each['nodes']]}" for each in found if each["impact"] in ("serious", "critical")]


def png(color: str = "#c08040", size: tuple[int, int] = (96, 72)) -> bytes:
    """Return a small picture of one color."""
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, "PNG")
    return out.getvalue()


def picture_of(saved: dict[str, Any]) -> Image.Image:
    """Open what a component has saved."""
    return Image.open(io.BytesIO(bytes(saved["bytes"])))


@dataclass
class Bench:
    """The server, as far as viewers see it.

    Attributes:
        page: Where it is shown.
        runs: What there is, newest first.
        pictures: Path → bytes, for pictures that are not as others.
        asked: What was asked of the API: "GET /api/runs?q=…".
        sent: Bodies of what was posted.
        complaints: What the console or a script complained of.
    """

    page: Page
    runs: list[dict[str, Any]] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    sent: list[Any] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    refuse: tuple[int, str, str | None] | None = None

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.set_default_timeout(20_000)
        self.page.add_init_script(STREAMS)
        self.page.route("**/*", self._answer)

    def open(self, route: str) -> Page:
        """Show a part of the whole page."""
        self.page.goto(ORIGIN + route)
        self.page.locator("h1").first.wait_for()
        return self.page

    def mount(self, file: str, name: str, **given: Any) -> Page:
        """Show one component alone; what it saves is in window.saved."""
        if self.page.url != f"{ORIGIN}bench.html":
            self.page.goto(f"{ORIGIN}bench.html")
            self.page.locator("body[data-ready]").wait_for()
        self.page.evaluate("([file, name, given]) => mount(file, name, given)", [file, name, given])
        return self.page

    def call(self, file: str, script: str, *given: Any) -> Any:
        """Run a function of a module: `script` is a JavaScript function of (module, ...given)."""
        if not self.page.url.startswith(ORIGIN):
            self.page.goto(f"{ORIGIN}bench.html")
        return self.page.evaluate(
            f"async ([file, given]) => ({script})(await import(`/static/js/${{file}}`), ...given)", [file, list(given)]
        )

    def _answer(self, route: Route) -> None:
        parts = urlsplit(route.request.url)
        path = unquote(parts.path)
        if path.startswith("/api/"):
            method = route.request.method
            self.asked.append(f"{method} {path}{'?' if parts.query else ''}{parts.query}")
            self._api(route, method, path, {key: values[0] for key, values in parse_qs(parts.query).items()})
            return
        own = {"/bench.html": (HARNESS, "text/html"), "/bench.js": (BENCH, "text/javascript")}
        if path in own:
            body, kind = own[path]
        elif path == "/":
            body, kind = (STATIC / "index.html").read_text(encoding="utf-8"), "text/html"
        else:
            file = STATIC / path.removeprefix("/static/")
            if not file.is_file():
                route.fulfill(status=404)
                return
            body, kind = file.read_text(encoding="utf-8"), KINDS[file.suffix]
        # The scripts of the bench itself are of this origin too, so the page may be as strict as it is.
        route.fulfill(body=body, content_type=f"{kind}; charset=utf-8", headers={"Content-Security-Policy": POLICY})

    def _api(self, route: Route, method: str, path: str, query: dict[str, str]) -> None:
        name = path.rsplit("/", 1)[-1]
        if method != "GET" and self.refuse:
            status, message, about = self.refuse
            route.fulfill(status=status, json={"error": {"message": message, "field": about}})
        elif method == "POST":
            self.sent.append(json.loads(route.request.post_data or "null"))
            self.runs.insert(0, self._study(self.sent[-1]))
            route.fulfill(status=201, json=self.runs[0])
        elif method == "DELETE":
            self.runs = [run for run in self.runs if run["id"] != name]
            route.fulfill(status=204)
        elif path in self.pictures:
            route.fulfill(body=self.pictures[path], content_type="image/png")
        elif path.endswith("/page/"):
            route.fulfill(body="<h1>What layers answer</h1>", content_type="text/html")
        elif path.startswith("/api/samples/"):
            route.fulfill(path=find_sample(f"sample:{path.split('/')[3].removesuffix('.jpg')}"), content_type="image/jpeg")
        elif name.endswith((".png", ".jpg", ".webp")):
            route.fulfill(body=png(), content_type="image/png")
        else:
            found = self._json(path, query)
            route.fulfill(
                status=200 if found is not None else 404, json=found or {"error": {"message": f"There is no run '{name}'.", "field": None}}
            )

    def _study(self, asked: dict[str, Any]) -> dict[str, Any]:
        waits = {"kind": "study", "state": "queued", "queue_position": 1, "recipe": None, "content": None, "styles": [], "size": None}
        told = {"study": asked["study"], "pictures": asked["pictures"], "title": f"{asked['study']}: harbour", "step": None, "steps": None}
        return run_view(999, **waits, **told, total=None, terms={}, has_result=False, has_preview=False, seconds=None)

    def _json(self, path: str, query: dict[str, str]) -> Any:
        samples = [
            {"name": name, "kind": "scene" if name in ("harbour", "lake") else "style", "width": width, "height": height}
            for name, (width, height) in SIZES.items()
        ]
        recipe = {"name": "pincel", "summary": "", "good_for": "", "values": VALUES}
        fixed: dict[str, Callable[[], Any]] = {
            "/api/about": lambda: {"version": "1", "languages": ["en", "es"], "limits": {"bytes": 1, "pictures": 1}},
            "/api/settings": lambda: {
                "groups": [],
                "recipes": [recipe, {**recipe, "name": "gatys2016", "values": {**VALUES, "scales": "none"}}],
                "default_recipe": "pincel",
            },
            "/api/samples": lambda: samples,
            "/api/pictures": list,
            "/api/studies": lambda: [study.model_dump(mode="json") for study in study_views("es" if query.get("lang") == "es" else "en")],
            "/api/runs": lambda: self._list(query),
        }
        if path in fixed:
            return fixed[path]()
        if path.endswith("/command"):
            return {"cli": "pincel transfer", "python": None}
        return next((run for run in self.runs if path == f"/api/runs/{run['id']}"), None)

    def _list(self, query: dict[str, str]) -> dict[str, Any]:
        found = [run for run in self.runs if all(run[key] == query[key] for key in ("recipe", "state", "kind") if key in query)]
        found = [run for run in found if all(word in run["title"] for word in query.get("q", "").split())]
        found = [run for run in found if query.get("since", "") <= run["created"] < query.get("until", "9")]
        found = [run for run in found if run["id"] < query.get("before", "9")]
        limit = int(query.get("limit", 50))
        return {"runs": found[:limit], "more": len(found) > limit}
