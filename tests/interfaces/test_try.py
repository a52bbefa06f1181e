"""The page that paints in the browser: as pincel quick to two gray levels, by keyboard, on a phone, in Spanish, and nothing leaves it."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import axe_playwright_python  # type: ignore[import-untyped]
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import pincel
from docs_try import ISOLATED, MissingProgramError, find_package, make_page, serving
from pincel.feedforward.file import SHIPPED, load_stylizer, save_stylizer
from tests.interfaces.conftest import FLAGS, find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
LEVELS = 2
# Megabytes of a first visit.
LARGEST = 20_000_000
Pixels = NDArray[np.int16]


@dataclass(frozen=True)
class Site:
    """The page as it is served.

    Attributes:
        folder: Its files.
        network: The network that it has.
        address: Where it is served, to be isolated from other sites.
        plain: Where it is served without that, so that it has one thread.
        sent: Bytes of each file that was sent from the first.
    """

    folder: Path
    network: Path
    address: str
    plain: str
    sent: list[int]


@dataclass(frozen=True)
class Visitor:
    """A window on the page.

    Attributes:
        page: To be asked.
        requests: Every address that was asked for.
        complaints: What the console or a script complained of.
    """

    page: Page
    requests: list[str]
    complaints: list[str]

    def set(self, photo: Path | str, *, size: int, strength: float = 1.0, keep: bool = False) -> None:
        """Choose a photograph and settings."""
        if isinstance(photo, Path):
            self.page.locator("#photo-file").set_input_files(photo)
            self.page.locator(f"#photos :text-is('{photo.name}')").wait_for()
        else:
            self.page.locator(f"#photos [value={photo}]").check()
        self.page.locator("#size").evaluate("(menu, size) => { menu.add(new Option(size, size)); menu.value = size; }", str(size))
        self.page.locator("#strength").fill(str(strength))
        self.page.locator("#keep").set_checked(keep)

    def choose(self, **shares: int) -> None:
        """Choose paintings with their shares."""
        for box in self.page.locator("[name=painting]").all():
            box.set_checked(box.get_attribute("value") in shares)
        for name, share in shares.items() if len(shares) > 1 else ():
            self.page.locator(f".item:has([value={name}]) .share").fill(str(share))

    def paint(self) -> Pixels:
        """Paint, and return the picture, (height, width, 4)."""
        self.page.locator("#paint").click()
        self.page.locator("#paint:enabled").wait_for(timeout=120_000)
        assert self.status.startswith(("Painted", "Listo")), self.status
        return self.shown("after")

    def shown(self, name: str) -> Pixels:
        """Return what a canvas shows."""
        url: str = self.page.locator(f"#{name}").evaluate("canvas => canvas.toDataURL()")
        with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as picture:
            return np.asarray(picture.convert("RGBA")).astype(np.int16)

    @property
    def status(self) -> str:
        """What the page says."""
        return self.page.locator("#status").inner_text()


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Make the page with the network that comes with pincel, or with another transform in it, and serve it."""
    try:
        find_package()
    except MissingProgramError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("try")
    network, page = folder / "network.safetensors", folder / "page"
    shipped = load_stylizer(SHIPPED)
    save_stylizer(network, replace(shipped, spec=replace(shipped.spec, transform=getattr(request, "param", shipped.spec.transform))))
    make_page(page, network)
    with serving(page, ISOLATED) as (address, sent), serving(page, {}) as (plain, _):
        yield Site(page, network, address, plain, sent)


@pytest.fixture
def visitor(browser: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """Open a window on the page, with the options of a parameter if there is one."""
    context = browser.new_context(**getattr(request, "param", {}))
    page = context.new_page()
    opened = Visitor(page, [], [])
    page.on("request", lambda asked: opened.requests.append(asked.url))
    page.on("console", lambda message: opened.complaints.append(message.text))
    page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    page.goto(f"{site.address}/en.html")
    yield opened
    assert opened.complaints == []
    assert all(url.startswith((site.address, site.plain, "blob:", "data:")) for url in opened.requests)
    context.close()


def quick(site: Site, photo: Path | str, styles: Mapping[Any, int], **options: Any) -> Pixels:
    def path(source: Path | str) -> str:
        return str(source if isinstance(source, Path) else site.folder / "samples" / f"{source}.jpg")

    given = [(path(source), float(share)) for source, share in styles.items()]
    result = pincel.stylize(path(photo), given, network=str(site.network), **options)
    return np.asarray(result.image.convert("RGBA")).astype(np.int16)


def write_pictures(folder: Path) -> dict[str, Path]:
    """Write pictures of sizes that are multiples of nothing, one gray, one with transparent parts."""
    noise = np.random.default_rng(0)
    with Image.open(SHIPPED.parents[1] / "samples" / "scene-lake.jpg") as lake:
        made = {
            "wide": lake.crop((0, 0, 301, 97)),
            "tall": lake.crop((100, 50, 153, 211)),
            "tiny": lake.crop((200, 200, 231, 219)),
            "gray": lake.convert("L").crop((10, 20, 140, 151)),
            "noise": Image.fromarray(noise.integers(0, 256, (90, 71, 3), dtype=np.uint8)),
        }
        alpha = np.clip(np.add.outer(np.arange(99), np.arange(133)) * 2 - 60, 0, 255).astype(np.uint8)
        made["alpha"] = lake.crop((0, 0, 133, 99))
        made["alpha"].putalpha(Image.fromarray(alpha))
    for name, picture in made.items():
        picture.save(folder / f"{name}.png")
    return {name: folder / f"{name}.png" for name in made}


@pytest.mark.parametrize("site", ["adain", "wct"], indirect=True)
def test_ten_pictures_are_as_quick_paints_them(visitor: Visitor, site: Site, tmp_path: Path) -> None:
    own = write_pictures(tmp_path)
    cases: list[tuple[Path | str, dict[str, int], dict[str, Any]]] = [
        ("harbour", {"impasto": 50}, {"size": 256}),
        ("lake", {"woodcut": 50}, {"size": 131, "strength": 0.5}),
        ("lighthouse", {"glass": 70, "impasto": 30}, {"size": 150}),
        ("still-life", {"cubist": 50}, {"size": 97, "strength": 2.0}),
        (own["wide"], {"pointillism": 50}, {"size": 203, "color": "luminance"}),
        (own["tall"], {"watercolor": 50}, {"size": 161}),
        (own["tiny"], {"impasto": 50}, {"size": 77}),
        (own["gray"], {"glass": 50}, {"size": 90}),
        (own["noise"], {"impasto": 50}, {"size": 64, "strength": 0.0}),
        (own["alpha"], {"impasto": 50}, {"size": 101}),
    ]
    for photo, styles, options in cases:
        visitor.set(photo, size=options["size"], strength=options.get("strength", 1.0), keep="color" in options)
        visitor.choose(**styles)
        found, wanted = visitor.paint(), quick(site, photo, styles, **options)
        assert found.shape == wanted.shape, photo
        seen = wanted[..., 3] > 128
        assert np.abs(found - wanted)[seen].max() <= LEVELS, photo
        assert np.abs(found[..., 3] - wanted[..., 3]).max() <= 1, photo
    assert found[..., 3].min() == 0
    assert visitor.page.evaluate("crossOriginIsolated")


def test_a_plain_server_and_a_first_visit(visitor: Visitor, site: Site) -> None:
    site.sent.clear()
    visitor.page.context.clear_cookies()
    visitor.page.goto(f"{site.address}/en.html")
    visitor.set("lake", size=64)
    one = visitor.paint()
    assert 14_000_000 < sum(site.sent) < LARGEST
    # Without what threads need: the same picture.
    visitor.page.goto(f"{site.plain}/en.html")
    assert not visitor.page.evaluate("crossOriginIsolated")
    visitor.set("lake", size=64)
    assert np.abs(visitor.paint() - one).max() <= 1


@pytest.mark.parametrize(("site", "wrong"), [("wct", False), ("wct", True)], indirect=["site"])
def test_on_a_graphics_processor_if_it_paints_what_it_should(browser: Browser, site: Site, wrong: bool, tmp_path: Path) -> None:
    # One that is computed by processors.
    flags = [*(flag for flag in FLAGS if flag != "--disable-gpu"), "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"]
    window = browser.browser_type.launch(executable_path=find_chromium(), args=flags)
    page = window.new_page()
    if wrong:

        def spoil(route: Route) -> None:
            about = json.loads((site.folder / "network.json").read_text(encoding="utf-8"))
            about["check"]["levels"][100] += 9
            route.fulfill(json=about)

        page.route("**/network.json", spoil)
    site.sent.clear()
    page.goto(f"{site.address}/en.html")
    visitor = Visitor(page, [], [])
    # A painting of few pixels in the size that it is looked at.
    narrow = tmp_path / "narrow.png"
    with Image.open(site.folder / "samples" / "glass.jpg") as glass:
        glass.crop((0, 200, 400, 230)).save(narrow)
    visitor.choose()
    page.locator("#painting-file").set_input_files(narrow)
    page.locator("#paintings :text-is('narrow.png')").wait_for()
    visitor.set("lake", size=63)
    found = visitor.paint()
    assert visitor.status.endswith("by WebAssembly." if wrong else "by WebGPU.")
    assert np.abs(found - quick(site, "lake", {narrow: 50}, size=63)).max() <= LEVELS
    assert wrong or sum(site.sent) < LARGEST
    window.close()


def test_by_keyboard_alone(visitor: Visitor) -> None:
    press, page = visitor.page.keyboard.press, visitor.page
    page.locator("#size").evaluate("menu => { menu.add(new Option(64, 64)); menu.value = '64'; }")

    def tab_to(selector: str) -> None:
        for _ in range(40):
            if page.locator(f"{selector}:focus").count():
                return
            press("Tab")
        pytest.fail(f"{selector} is not reached")

    tab_to("[name=photo]")
    press("ArrowRight")
    assert page.locator("[name=photo]:checked").get_attribute("value") == "lake"
    tab_to("[value=glass]")
    press("Space")
    assert page.locator(".share:visible").count() == 2
    tab_to("#paint")
    press("Enter")
    page.locator("#save:focus").wait_for(timeout=60_000)
    assert page.locator("[role=status]").inner_text().startswith("Painted: 64 × 48 pixels")
    with page.expect_download() as download:
        press("Enter")
    assert download.value.suggested_filename == "pincel.png"
    with Image.open(download.value.path()) as saved:
        assert (np.asarray(saved.convert("RGBA")) == visitor.shown("after")).all()


def test_what_is_dropped_or_pasted_is_chosen(visitor: Visitor, tmp_path: Path) -> None:
    page, own = visitor.page, write_pictures(tmp_path)
    give = """([kind, target, name, data]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([Uint8Array.from(atob(data), each => each.charCodeAt(0))], name, {type: "image/png"}));
        const told = kind === "drop" ? new DragEvent("drop", {dataTransfer: transfer, bubbles: true, cancelable: true})
            : new ClipboardEvent("paste", {clipboardData: transfer, bubbles: true});
        document.querySelector(target).dispatchEvent(told);
    }"""
    for kind, target, name, listed in (("drop", "#paintings", "gray", "paintings"), ("paste", "body", "tiny", "photos")):
        # Pasted pictures go where the keyboard is.
        page.locator(f"#{listed} input").first.focus()
        data = base64.b64encode(own[name].read_bytes()).decode()
        page.evaluate(give, [kind, target, f"{name}.png", data])
        page.locator(f"#{listed} :text-is('{name}.png')").wait_for()
    assert page.locator("[name=photo]:checked").get_attribute("value") == "own-2"
    assert page.locator("[name=painting]:checked").count() == 2
    page.locator("#size").evaluate("menu => { menu.add(new Option(64, 64)); menu.value = '64'; }")
    assert visitor.paint().shape == (39, 64, 4)


def test_the_camera(browser: Browser, site: Site) -> None:
    flags = [*FLAGS, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    window = browser.browser_type.launch(executable_path=find_chromium(), args=flags)
    page = window.new_page()
    page.goto(f"{site.address}/en.html")
    page.locator("#camera").click()
    page.locator("#lens[open]").wait_for()
    page.wait_for_timeout(500)
    page.locator("#shoot").click()
    page.locator("#photos :text-is('Own picture 1')").wait_for()
    assert not page.locator("#lens").is_visible()
    assert page.locator("[name=photo]:checked").get_attribute("value") == "own-1"
    # It is off when it is not looked through.
    assert page.locator("#video").evaluate("video => video.srcObject.getTracks().every(track => track.readyState === 'ended')")
    window.close()


def test_cancel_and_again(visitor: Visitor) -> None:
    visitor.set("harbour", size=768)
    visitor.page.locator("#paint").click()
    visitor.page.locator("#cancel").click()
    assert visitor.status == "Canceled."
    assert visitor.page.locator("#paint").is_enabled()
    visitor.set("harbour", size=64)
    assert visitor.paint().shape == (48, 64, 4)


def test_refusals_are_one_line(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.page
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    Image.new("RGBA", (40, 40)).save(tmp_path / "nothing.png")
    Image.new("RGB", (400, 3)).save(tmp_path / "line.png")
    page.locator("#photo-file").set_input_files(tmp_path / "broken.jpg")
    page.locator("#status.wrong").wait_for()
    assert visitor.status == "broken.jpg cannot be opened as a picture: the browser reads JPEG, PNG, WebP and AVIF."
    for name, said in (("nothing", "Every pixel of the photograph is transparent"), ("line", "The picture is too narrow")):
        visitor.set(tmp_path / f"{name}.png", size=64)
        page.locator("#paint").click()
        page.locator("#paint:enabled").wait_for(timeout=60_000)
        assert visitor.status.startswith(said)
    visitor.choose()
    page.locator("#paint").click()
    assert visitor.status == "No painting is chosen: choose one or more."
    page.locator("#camera").click()
    page.locator("#status:text('No camera can be used')").wait_for()
    # And after all of them it paints.
    visitor.choose(impasto=50)
    visitor.set("lake", size=64)
    assert visitor.paint().shape == (48, 64, 4)


def test_a_network_that_does_not_come(visitor: Visitor) -> None:
    visitor.page.route("**/decoder.onnx", lambda route: route.fulfill(status=404))
    visitor.set("lake", size=64)
    visitor.page.locator("#paint").click()
    visitor.page.locator("#status.wrong").wait_for(timeout=60_000)
    assert visitor.status == "The network could not be fetched: check the connection, and press Paint again."
    visitor.page.unroute("**/decoder.onnx")
    assert visitor.paint().shape == (48, 64, 4)
    visitor.complaints[:] = [each for each in visitor.complaints if "404" not in each]


@pytest.mark.parametrize(
    "visitor",
    [
        {"viewport": {"width": 390, "height": 844}, "user_agent": "iPhone"},
        {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    ],
    indirect=True,
    ids=["phone", "dark"],
)
def test_everybody_can_use_it_in_both_languages(visitor: Visitor, site: Site) -> None:
    page = visitor.page
    for language, other in (("en", "Español"), ("es", "English")):
        page.goto(f"{site.address}/{language}.html")
        assert page.evaluate("document.documentElement.lang") == language
        assert page.locator("nav a").last.inner_text() == other
        assert not page.locator("#served").is_visible()
        visitor.choose(impasto=50, glass=50)
        visitor.set("lake", size=64)
        visitor.paint()
        assert visitor.status.startswith("Painted" if language == "en" else "Listo")
        across = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert across[0] <= across[1]
        page.evaluate(AXE)
        found = page.evaluate("axe.run()")
        assert [(each["id"], each["nodes"][0]["html"][:160]) for each in found["violations"]] == []
    limited = page.evaluate("navigator.userAgent") == "iPhone"
    assert page.locator("#size option:disabled").count() == (2 if limited else 0)
    assert page.locator("#limited").is_visible() == limited
