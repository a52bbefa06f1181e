"""A studio in a process of its own, and windows of a browser on it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import psutil
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Seconds for what takes one or two on an idle machine.
PATIENCE = 60.0


@dataclass
class Studio:
    """A server that can be killed and started again on the same port, with the same home.

    Attributes:
        home: Where it keeps everything.
        port: Of its page.
        root: The path its page is below.
    """

    home: Path
    port: int
    root: str = ""
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """Address of the page."""
        return f"http://localhost:{self.port}{self.root}/"

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "pincel", "studio", "--port", str(self.port), "--home", str(self.home), "--no-browser"]
        command += ["--root-path", self.root] if self.root else []
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        told = self.process.stdout.readline() if ready else ""
        assert self.url in told, told

    def kill(self) -> None:
        """Let it die at once, with what it has started, as in a power cut."""
        if self.process:
            for child in psutil.Process(self.process.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    child.kill()
            self.process.kill()
            self.process.communicate()
            self.process = None

    def ask(self, path: str, body: Any = None) -> Any:
        """GET a path, or POST a body as JSON, and return what comes back."""
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"{self.url}{path}", data=data, headers={"Content-Type": "application/json"}), timeout=PATIENCE) as answer:
            return json.load(answer)


@pytest.fixture(scope="session", autouse=True)
def _patience() -> None:
    """Let what is expected of a page take its time on a busy machine."""
    if find_spec("playwright"):
        import_module("playwright.sync_api").expect.set_options(timeout=1000 * PATIENCE)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """Start a studio for the tests of a file."""
    made = Studio(tmp_path_factory.mktemp("studio"), free_port())
    made.start()
    yield made
    made.kill()


def free_port() -> int:
    """Return a port that nobody uses."""
    with closing(socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class Window:
    """A page in a browser.

    Attributes:
        page: To be acted on.
        studio: What it shows.
        complaints: What the console or a script complained of.
        requests: Every address that was asked for.
    """

    page: Page
    studio: Studio
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def go(self, route: str) -> None:
        """Go to another part of the page, as ``#/gallery``."""
        self.page.goto(self.studio.url + route)
        self.page.locator("main").wait_for()

    @property
    def strangers(self) -> list[str]:
        """Requests that left the studio."""
        return [url for url in self.requests if not url.startswith((self.studio.url, "data:", "blob:" + self.studio.url))]


def setting(page: Page, name: str, value: str) -> None:
    """Fill in one of all settings."""
    if page.locator("details.all").get_attribute("open") is None:
        page.locator("details.all > summary").click()
    page.fill(f"#setting-{name}", value)
    page.press(f"#setting-{name}", "Tab")


@pytest.fixture
def window(browser: Browser, studio: Studio) -> Iterator[Callable[..., Window]]:
    """Return a function that opens the studio in a window of its own: ``window("#/gallery", width=375, color_scheme="dark")``."""
    contexts: list[Any] = []

    def opened(route: str = "#/", width: int = 1280, height: int = 900, beside: Window | None = None, **options: Any) -> Window:
        if beside:
            context = beside.page.context
        else:
            usual: dict[str, Any] = {"locale": "en-GB", "reduced_motion": "reduce"}
            context = browser.new_context(viewport={"width": width, "height": height}, **{**usual, **options})
            contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(1000 * PATIENCE)
        made = Window(page, studio)
        page.on("console", lambda message: made.complaints.append(f"{message.text} {message.location.get('url', '')}"))
        page.on("pageerror", lambda error: made.complaints.append(str(error)))
        page.on("request", lambda request: made.requests.append(request.url))
        made.go(route)
        return made

    yield opened
    for context in contexts:
        context.close()
