"""How light and how quick the page is."""

from __future__ import annotations

from collections.abc import Callable

from tests.interfaces.studio.conftest import Window

Open = Callable[..., Window]


def test_the_page_is_light_and_quick(window: Open) -> None:
    opened = window("#/about")
    page = opened.page
    page.goto("about:blank")
    sizes: dict[str, int] = {}
    page.on("response", lambda answer: sizes.update({answer.url: len(answer.body()) if answer.ok and "/events" not in answer.url else 0}))
    opened.go("#/")
    page.get_by_role("button", name="Woodcut").wait_for()
    page.wait_for_load_state("load")
    page.wait_for_function("() => [...document.images].every((image) => image.complete)")
    page.wait_for_timeout(500)
    first = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    visit = sum(sizes.values())
    # What only comes when it is asked for.
    for route in ("#/gallery", "#/studies", "#/course"):
        opened.go(route)
        page.locator("h1").first.wait_for(state="attached")
    for name in ("mask.js", "viewer.js", "compare.js"):
        page.evaluate("(url) => import(url)", f"{opened.studio.url}static/js/{name}")
    page.wait_for_timeout(300)
    files = {url: size for url, size in sizes.items() if "/api/" not in url}
    told = f"page: {sum(files.values()) / 1000:.0f} kB in {len(files)} files; first visit {visit / 1000:.0f} kB with pictures"
    print(f"{told}; painted after {first:.0f} ms")
    assert sum(files.values()) < 300_000
    assert first < 3000, "a second on an idle machine"
