"""The page that paints a visitor's photograph in the browser: docs/_build/try, with the network and the program that runs it.

    python scripts/docs_try.py build      # make it
    python scripts/docs_try.py serve      # serve it with threads: http://localhost:8000/en.html
    python scripts/docs_try.py measure    # paint in Chromium; print megabytes of the first visit, and seconds
    python scripts/docs_try.py picture    # docs/images/browser.jpg

The program is onnxruntime-web, fetched once by npm into .tools/npm and compared with its digest here. Without npm, or without a network the
first time, the page is left out of the documentation, and a line says why.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypedDict

import torch
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from pincel.errors import PincelError
from pincel.feedforward.file import SHIPPED, load_stylizer
from pincel.feedforward.network import Network
from pincel.feedforward.onnx_parts import write_onnx_parts
from pincel.feedforward.stylize import stylize
from pincel.images.picture import LoadedImage
from pincel.samples import sample_names
from pincel.version import __version__

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "docs" / "try"
OUT = ROOT / "docs" / "_build" / "try"
PACKAGES = ROOT / ".tools" / "npm"
PACKAGE, VERSION = "onnxruntime-web", "1.30.0"
# As npm publishes it: SHA-512 of the package.
INTEGRITY = "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
# What runs the network: on processors, and on graphics processors; a visitor fetches one.
RUNTIMES = {
    "wasm": {"script": "ort.wasm.min.mjs", "loader": "ort-wasm-simd-threaded.mjs", "wasm": "ort-wasm-simd-threaded.wasm"},
    "webgpu": {"script": "ort.jspi.min.mjs", "loader": "ort-wasm-simd-threaded.jspi.mjs", "wasm": "ort-wasm-simd-threaded.jspi.wasm"},
}
SCRIPTS = ("page.js", "pictures.js", "worker.js", "painter.js", "resize.js", "try.css")
OTHERS = {"en": "es", "es": "en"}
SIZES = (256, 384, 512, 768, 1024)
# Long side of the samples, that of `pincel quick`.
SAMPLE_SIZE = 512
SECONDS = 300
# What lets a page have threads: nothing of other sites beside it.
ISOLATED = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}


class Drawn(TypedDict):
    """A drawn picture."""

    width: int
    height: int
    steps: tuple[int, int, int]


class MissingProgramError(Exception):
    """onnxruntime-web cannot be had; the message says why."""


def find_package() -> Path:
    """Return the archive of onnxruntime-web, fetched by npm if it is not there.

    Raises:
        MissingProgramError: If it cannot be fetched, or is another than the one that is known.
    """
    path = PACKAGES / f"{PACKAGE}-{VERSION}.tgz"
    if not path.is_file():
        if (npm := shutil.which("npm")) is None:
            raise MissingProgramError("there is no npm to fetch onnxruntime-web with")
        PACKAGES.mkdir(parents=True, exist_ok=True)
        command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--silent", "--pack-destination", str(PACKAGES)]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            raise MissingProgramError(f"npm could not fetch {PACKAGE} {VERSION}") from error
    if base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode() != INTEGRITY:
        raise MissingProgramError(f"{path} is damaged, or another file: remove it")
    return path


def make_page(out: Path, network: Path = SHIPPED) -> None:
    """Write the page with all its files; the folder is made anew.

    Raises:
        MissingProgramError: Without onnxruntime-web.
        PincelError: For a network that cannot be used, or without the libraries that write ONNX.
    """
    package = find_package()
    shutil.rmtree(out, ignore_errors=True)
    (out / "samples").mkdir(parents=True)
    with tarfile.open(package) as archive:
        for name in (name for runtime in RUNTIMES.values() for name in runtime.values()):
            _write_member(archive, f"package/dist/{name}", out / "ort" / name)
    shutil.copyfile(SOURCE / "LICENSE.onnxruntime.txt", out / "ort" / "LICENSE.txt")
    for name in SCRIPTS:
        shutil.copyfile(SOURCE / name, out / name)
    for name, path in sample_names().items():
        with Image.open(path) as picture:
            picture.thumbnail((SAMPLE_SIZE, SAMPLE_SIZE), Image.Resampling.LANCZOS)
            picture.save(out / "samples" / f"{name}.jpg", quality=90)
    _write_network(out, network)
    _write_pages(out)


def _write_member(archive: tarfile.TarFile, name: str, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    member = archive.extractfile(name)
    assert member is not None
    path.write_bytes(member.read())


def _write_network(out: Path, path: Path) -> None:
    """Write the parts of a network, and what the page must know of them."""
    network = load_stylizer(path)
    parts = {name: part.name for name, part in write_onnx_parts(out, network).items()}
    runtimes = {kind: {name: f"ort/{file}" for name, file in files.items()} for kind, files in RUNTIMES.items()}
    names = [*(files["wasm"] for files in runtimes.values()), *parts.values()]
    about = {
        "runtimes": runtimes,
        "parts": parts,
        "bytes": {name: (out / name).stat().st_size for name in names},
        "least": network.min_side,
        "check": _check(network),
    }
    (out / "network.json").write_text(json.dumps(about), encoding="utf-8")


def _check(network: Network) -> dict[str, Any]:
    """Return two drawn pictures, and what the network paints of them in gray levels: what a visitor's machine has to paint too."""
    content: Drawn = {"width": 27, "height": 22, "steps": (7, 13, 29)}
    style: Drawn = {"width": 32, "height": 24, "steps": (11, 5, 17)}
    painted = stylize(network, _drawn(**content), [(_drawn(**style), 1.0)])
    return {"content": content, "style": style, "levels": [round(255 * value) for value in painted.flatten().tolist()]}


def _drawn(width: int, height: int, steps: tuple[int, int, int]) -> LoadedImage:
    """Return a picture of slanted ramps; ``steps`` are those to the next column, row and channel."""
    channel, y, x = torch.meshgrid(torch.arange(3), torch.arange(height), torch.arange(width), indexing="ij")
    values = (steps[0] * x + steps[1] * y + steps[2] * channel) % 32 / 31
    return LoadedImage(values[None].float(), None, "drawn", "")


def _write_pages(out: Path) -> None:
    """Write the page in each language."""
    template = Environment(loader=FileSystemLoader(SOURCE), autoescape=True, undefined=StrictUndefined).get_template("page.html.j2")
    all_words = json.loads((SOURCE / "words.json").read_text(encoding="utf-8"))
    samples = {kind: [name for name, path in sample_names().items() if path.stem.startswith(kind)] for kind in ("scene", "style")}
    known = json.loads((out / "network.json").read_text(encoding="utf-8"))["bytes"].values()
    fetched = (max(known) + sum(path.stat().st_size for path in out.glob("*.onnx"))) / 1e6
    for language, other in OTHERS.items():
        words = {name: texts[language] for name, texts in all_words.items()}
        text = template.render(
            language=language,
            other=other,
            words=words,
            version=__version__,
            scenes=samples["scene"],
            styles=samples["style"],
            sizes=SIZES,
            megabytes=f"{fetched:.0f}",
        )
        (out / f"{language}.html").write_text(text, encoding="utf-8")


def make_try() -> bool:
    """Make the page of the documentation; return whether it could be, and print why not."""
    try:
        make_page(OUT)
    except (MissingProgramError, PincelError) as error:
        shutil.rmtree(OUT, ignore_errors=True)
        print(f"docs/_build/try: left out, {error}")
        return False
    size = sum(path.stat().st_size for path in OUT.rglob("*") if path.is_file())
    print(f"docs/_build/try: {size / 1e6:.1f} MB")
    return True


class _Handler(SimpleHTTPRequestHandler):
    """Serves files, with the headers given, and says nothing; counts the bytes of what was asked for."""

    def __init__(self, *arguments: Any, headers: dict[str, str], sent: list[int], **options: Any) -> None:
        self._more, self._sent = headers, sent
        super().__init__(*arguments, **options)

    def end_headers(self) -> None:
        """Add the headers."""
        for name, value in self._more.items():
            self.send_header(name, value)
        super().end_headers()

    def copyfile(self, source: Any, outputfile: Any) -> None:
        """Send a file, and count it."""
        data = source.read()
        self._sent.append(len(data))
        outputfile.write(data)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the name that http.server gives it
        """Say nothing."""


@contextmanager
def serving(folder: Path, headers: dict[str, str], port: int = 0) -> Iterator[tuple[str, list[int]]]:
    """Serve a folder; yields its address and a list that gets the bytes of each file sent."""
    sent: list[int] = []
    handler = partial(_Handler, directory=str(folder), headers=headers, sent=sent)
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://localhost:{server.server_port}", sent
        finally:
            server.shutdown()


@contextmanager
def _window(headers: dict[str, str], options: dict[str, Any]) -> Iterator[tuple[Any, list[int]]]:
    """Open the page in a new window of Chromium; yields it and a list that gets the bytes of each file sent."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - building needs none

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as driver, serving(OUT, headers) as (address, sent):
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(**options).new_page()
        page.goto(f"{address}/en.html")
        yield page, sent
        browser.close()


def measure() -> None:
    """Paint samples at each size in a new window; print what the first visit fetches, and seconds."""
    print("threads\tMB of the first visit\tpixels\tfirst painting, s\tanother, s\tonly the strength changed, s")
    for threads, headers in (("1", {}), ("all", ISOLATED)):
        for size in (256, 512):
            with _window(headers, {}) as (page, sent):
                page.locator("#size").select_option(str(size))
                took = [_painted(page)]
                fetched = sum(sent) / 1e6
                page.locator("[value=impasto]").uncheck()
                page.locator("[value=woodcut]").check()
                took.append(_painted(page))
                page.locator("#strength").press("ArrowRight")
                took.append(_painted(page))
                print(threads, f"{fetched:.1f}", size, *(f"{seconds:.1f}" for seconds in took), sep="\t", flush=True)


def _painted(page: Any) -> float:
    """Paint, and return the seconds."""
    began = time.perf_counter()
    page.locator("#paint").click()
    page.locator("#paint:enabled").wait_for()
    return time.perf_counter() - began


def draw_picture() -> None:
    """Photograph the page with a picture that it has painted, for the documentation."""
    with _window({}, {"viewport": {"width": 900, "height": 1250}}) as (page, _):
        page.locator("#paintings [value=glass]").click()
        page.locator("#size").select_option("256")
        _painted(page)
        page.locator("#edge").fill("30")
        shot = Image.open(io.BytesIO(page.screenshot(full_page=True)))
        shot.convert("RGB").save(ROOT / "docs" / "images" / "browser.jpg", quality=80)


def main(arguments: Sequence[str]) -> None:
    """Do what the command line asks for."""
    match arguments:
        case ["build"]:
            raise SystemExit(not make_try())
        case ["serve"]:
            with serving(OUT, ISOLATED, 8000) as (address, _):
                print(f"{address}/en.html")
                threading.Event().wait()
        case ["measure"]:
            measure()
        case ["picture"]:
            draw_picture()
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
