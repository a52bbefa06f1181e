"""Target: requests to the studio, as they come off the wire; the studio is in this process, and its runs and uploads begin no others.

An input is one request or several, divided by lines of ``%%``: a line with method and path, lines of headers, an empty line, a body.
"""

from __future__ import annotations

import asyncio
import atexit
import hashlib
import json
import random
import re
import shutil
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from fuzz.checkpoints import changed
from fuzz.common import Plain, Target, some_of
from pincel.studio.access import AccessPolicy, HostPort
from pincel.studio.app import make_app
from pincel.studio.commands import PAGE, PREVIEW, RECORD, RESULT, RunSpec
from pincel.studio.data_dir import DataDir
from pincel.studio.limits import Limits
from pincel.studio.models import RunView, StylePart
from pincel.studio.pictures import Pictures
from pincel.studio.records import Record, now, scan_files
from pincel.studio.studio import Studio

BREAK = b"\n%%\n"
HOST = b"localhost:8765"
RUN = "20260131-142501-3f9a"
# Requests of one input that are put.
MOST = 6
# Seconds for an answer; streams of events end when the client is gone, which it is at once.
PATIENCE = 5.0
LIMITS = Limits(bytes=1 << 20, waiting=5, pictures=5)
# Words that some part of a request may mean something by.
WORDS = (
    b"../", b"%2e%2e%2f", b"%00", b"\\", b"//", b"null", b"NaN", b"1e999", b"-1", b"true", b"[]", b"{}", b'""', b"sample:lake",
    b"/paint", b"token=fuzz", b"Bearer fuzz", b"pincel-8765=fuzz", b"cross-site", b"http://", b"[::1]", b"xn--", b"gzip", b"chunked",
    b"\xff", b"2026-01-01", b"0" * 16, b"99999999999999999999", b"text/plain", b"bytes=0-", b"bytes=9-1,0-", RUN.encode(),
)  # fmt: skip


class Stub:
    """A studio of which everything is real but the processes it would begin; it has one run, that is done."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        atexit.register(self._runner.close)
        memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - the folder inside it has a name of its own
        self._home = Path(tempfile.mkdtemp(prefix="fuzz-studio-", dir=memory))
        atexit.register(shutil.rmtree, self._home, ignore_errors=True)
        policies = (AccessPolicy(), AccessPolicy(token="fuzz", allowed=(HostPort("paint.example.org"),), root="/paint"))  # noqa: S106 - of nobody
        self._apps = [make_app(DataDir(self._home), LIMITS, policy) for policy in policies]
        self._picture = BytesIO()
        Image.new("RGBA", (8, 6), (9, 9, 9, 200)).save(self._picture, "PNG")

    def ask(self, data: bytes) -> None:
        """Put the requests of an input, to a studio that asks for no token, or to one that does, below a path."""
        self._runner.run(self._ask(data))

    async def _ask(self, data: bytes) -> None:
        for path in self._home.iterdir():
            shutil.rmtree(path, ignore_errors=True)
        app = self._apps[b"/paint" in data]
        app.state.studio = studio = Studio(DataDir(self._home), LIMITS)
        self._paint(studio)
        for text in data.split(BREAK)[:MOST]:
            await answered(app, text)

    def _paint(self, studio: Studio) -> None:
        """Put a run that is done into a studio."""
        folder = studio.home.run(RUN)
        (folder / PAGE).mkdir(parents=True)
        for name in (RESULT, PREVIEW, f"{PAGE}/a.png"):
            (folder / name).write_bytes(self._picture.getvalue())
        for name in (RECORD, f"{PAGE}/index.html"):
            (folder / name).write_text("{}")
        view = RunView(
            id=RUN,
            kind="transfer",
            state="done",
            created=now(),
            content="sample:lake",
            styles=[StylePart(picture="sample:glass")],
            title="lake",
            recipe="pincel",
        )
        told = RunSpec(verb=["transfer"], arguments=[("sample:lake", None), ("sample:glass", 2)], options=[], output="lake-painted.png")
        record = Record(view=view, order=told)
        scan_files(folder, record)
        # As it is after the studio has been opened again.
        studio.runs._records[RUN] = record


async def _opened(self: Pictures, path: Path, folder: Path, given: str) -> dict[str, Any]:  # noqa: ARG001
    """Stand for the process that opens an upload: a picture is what begins with one byte, and others are none."""
    if path.read_bytes()[:1] != b"\x89":
        return {"error": f"picture: is not a picture · given {given}", "large": False}
    for name in ("view.jpg", "thumb.webp"):
        (folder / name).write_bytes(b"small")
    return {"width": 3, "height": 2, "notes": [], "suffix": "png"}


async def answered(app: Any, text: bytes) -> None:
    """Put a request, and raise AssertionError for an answer that no studio should give."""
    scope, body = request(text)
    told: list[dict[str, Any]] = []
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return parts.pop() if parts else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    # Whatever the studio does not know itself how to answer is raised.
    await asyncio.wait_for(app(scope, receive, send), PATIENCE)
    assert told, "nothing was answered"
    assert told[0]["status"] < 500, told
    headers = {name.lower(): value for name, value in told[0]["headers"]}
    assert headers.get(b"x-content-type-options") == b"nosniff", headers
    assert b"access-control-allow-origin" not in headers, headers
    assert not any(sign in value for value in headers.values() for sign in b"\r\n\0"), headers
    place = headers.get(b"location", b"/")
    assert place.startswith((b"/", b"../")), place
    assert place[1:2] not in (b"/", b"\\"), place
    if told[0]["status"] >= 400 and headers[b"content-type"] == b"application/json":
        said = json.loads(b"".join(message.get("body", b"") for message in told))
        assert set(said) == {"error"}, said
        assert "\n" not in said["error"]["message"], said


def request(text: bytes) -> tuple[dict[str, Any], bytes]:
    """Return a request as a server hands it on: (ASGI scope, body). What a server would refuse itself is left out."""
    head, _, body = text.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    method, _, target = first.partition(b" ")
    raw, _, query = (b"/" + target.lstrip()).replace(b"//", b"/", 1).partition(b"?")
    pairs = [line.partition(b":")[::2] for line in lines]
    headers = [(name.strip().lower(), re.sub(rb"[\x00-\x08\x0a-\x1f\x7f]", b"", value.strip())) for name, value in pairs]
    headers = [(name, value) for name, value in headers if re.fullmatch(rb"[!#$%&'*+.^_`|~0-9a-z-]+", name)]
    if not any(name == b"host" for name, _ in headers):
        headers.insert(0, (b"host", HOST))
    raw = bytes(sign for sign in raw if 32 < sign < 127)
    unquoted = re.sub(rb"%([0-9a-fA-F]{2})", lambda found: bytes([int(found[1], 16)]), raw)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": re.sub(rb"[^A-Z]", b"", method.upper()).decode() or "GET",
        "scheme": "http",
        "path": unquoted.decode("utf-8", "replace"),
        "raw_path": raw,
        "query_string": bytes(sign for sign in query if 32 < sign < 127),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8765),
    }
    return scope, body


_STUBS: list[Stub] = []


def ask(data: bytes) -> None:
    """Put the requests of an input to a studio."""
    if not _STUBS:
        Pictures._inspect = _opened  # type: ignore[method-assign]
        _STUBS.append(Stub())
    _STUBS[0].ask(data)


def written(method: str, path: str, body: Any = None, **headers: str) -> bytes:
    """Return a request as an input has it."""
    lines = [f"{method} {path}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    if isinstance(body, bytes):
        return "\n".join(lines).encode() + b"\n\n" + body
    told = [] if body is None else ["content-type: application/json"]
    return "\n".join([*lines, *told]).encode() + b"\n\n" + (b"" if body is None else json.dumps(body).encode())


def form(data: bytes, name: str) -> bytes:
    """Return the body of an upload."""
    part = b'--x\r\ncontent-disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    return part % (b"name", b"", name.encode()) + part % (b"file", b'; filename="a.png"', data) + b"--x--\r\n"


def seeds() -> dict[str, bytes]:
    """Return requests of every kind, alone and in a row."""
    settings = {
        "size": 64,
        "steps": 3,
        "style_layers": "relu1_1=0.2,relu2_1=0.8",
        "scales": {"1/2": 1},
        "optimizer_options": {"history": 5},
    }
    styles = [{"picture": "sample:impasto", "weight": 0.5}, {"picture": "sample:glass"}]
    masks: dict[str, Any] = {"content_mask": None, "style_masks": []}
    painting = {"content": "sample:harbour", "styles": styles, "recipe": "gatys2016", "settings": settings, **masks}
    plain = {"content": "sample:lake", "styles": [{"picture": "sample:woodcut"}], "settings": {"init": "blend=0.5", "background": "#fff"}}
    study = {"study": "activations", "pictures": ["sample:lake"], "options": {"layers": "relu1_1", "channels": 3, "lang": "es"}}
    upload = written("POST", "/api/pictures", form(b"\x89PNG", "día.png"), content_type="multipart/form-data; boundary=x")
    # What the bytes of that upload are called.
    picture = hashlib.sha256(b"\x89PNG").hexdigest()[:16]
    here, run = f"/api/pictures/{picture}", f"/api/runs/{RUN}"
    filters = "state=done&state=failed&kind=transfer&recipe=pincel&since=2026-01-01&until=2027-01-01T00:00:00Z&q=harbour&limit=20"
    proxied = {"host": "paint.example.org:443", "origin": "https://paint.example.org", "cookie": "pincel-8765=fuzz"}
    return {
        "paint": written("POST", "/api/runs", painting),
        "plain": written("POST", "/api/runs", plain, origin="http://localhost:8765"),
        "study": written("POST", "/api/studies", study),
        "upload": upload,
        "more": written("POST", f"{run}/continue", {"steps": 5}),
        "resume": in_a_row(written("POST", f"{run}/cancel"), written("POST", f"{run}/resume"), written("DELETE", run)),
        "picture": in_a_row(upload, gets(here, f"{here}/thumb.webp", f"{here}/view.jpg"), written("DELETE", here)),
        "mask": in_a_row(upload, written("POST", "/api/runs", {**plain, "content_mask": picture})),
        "runs": in_a_row(written("POST", "/api/runs", plain), gets(f"/api/runs?{filters}", f"/api/runs?before={RUN}")),
        "events": in_a_row(written("GET", "/api/events", last_event_id="abc-3"), gets(f"{run}/events")),
        "page": gets("/", "/static/js/app.js", "/api/settings", "/api/samples/lake.jpg", "/api/studies"),
        "part": written("GET", "/static/app.css", range="bytes=0-9,20-30", if_none_match='"x"', accept_encoding="gzip"),
        "results": gets(*(f"{run}/{name}" for name in ("result.jpg?download=true", "command", "page/", "page/a.png", "preview.jpg?v=3"))),
        "proxy": written("GET", "/paint/?token=fuzz&a=1", host="paint.example.org", x_forwarded_proto="https"),
        "cookie": in_a_row(written("POST", "/paint/api/runs", plain, **proxied), written("GET", "/paint/api/runs", **proxied)),
        "bearer": written("DELETE", "/paint/api/pictures/0123456789abcdef", authorization="Bearer fuzz", sec_fetch_site="same-origin"),
    }


def in_a_row(*requests: bytes) -> bytes:
    """Return an input of several requests."""
    return BREAK.join(requests)


def gets(*paths: str) -> bytes:
    """Return an input that asks for several paths."""
    return in_a_row(*(written("GET", path) for path in paths))


def in_body(data: bytes, plain: Plain, chance: random.Random) -> bytes:
    """Put something else in the place of a part of what a request brings as JSON."""
    texts = data.split(BREAK)
    at = chance.randrange(len(texts))
    head, sign, body = texts[at].partition(b"\n\n")
    try:
        texts[at] = head + sign + json.dumps(changed(json.loads(body), chance)).encode()
    except (ValueError, RecursionError, TypeError):
        texts[at] = plain(texts[at])
    return BREAK.join(texts)


def with_word(data: bytes, _: Plain, chance: random.Random) -> bytes:
    """Put a word somewhere into the first lines of a request, or in the place of some of them."""
    texts = data.split(BREAK)
    at = chance.randrange(len(texts))
    head, sign, body = texts[at].partition(b"\n\n")
    begin = chance.randint(0, len(head))
    end = min(len(head), begin + chance.choice((0, 0, 1, 4, 16)))
    texts[at] = head[:begin] + chance.choice(WORDS) + head[end:] + sign + body
    return BREAK.join(texts)


STUDIO = Target(ask, seeds, some_of(in_body, with_word), memory=256 * 2**20, seconds=10, longest=16 * 1024)
