"""The gallery: found again, compared, taken up again, thrown away; by mouse and by keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.interfaces.studio.viewers_bench import Bench, grave, run_view

Show = Callable[..., Bench]


@pytest.fixture
def show(browser: Browser) -> Iterator[Show]:
    """Open the gallery over some runs."""
    contexts = []

    def shown(runs: list[dict[str, Any]], width: int = 1100, **options: Any) -> Bench:
        context = browser.new_context(
            viewport={"width": width, "height": 800}, **{"locale": "en-GB", "timezone_id": "Europe/Madrid", **options}
        )
        contexts.append((context, Bench(context.new_page(), runs=runs)))
        contexts[-1][1].open("#/gallery")
        return contexts[-1][1]

    yield shown
    for context, bench in contexts:
        context.close()
        assert bench.complaints == []


def titles(page: Page) -> list[str]:
    return page.locator(".card-title").all_inner_texts()


def three() -> list[dict[str, Any]]:
    return [
        run_view(3, style="glass", recipe="gatys2016"),
        run_view(2, state="failed", has_result=False, size=None, message={"text": "Out of memory.", "translations": {}}),
        run_view(1, style="glass"),
    ]


def asked(bench: Bench) -> dict[str, str]:
    """Return what was asked of the list of runs by the gallery last."""
    last = [each for each in bench.asked if each.startswith("GET /api/runs?") and "limit=24" in each][-1]
    return {key: values[0] for key, values in parse_qs(urlsplit(last).query).items()}


def test_runs_are_looked_for(show: Show) -> None:
    bench = show(three())
    page = bench.page
    expect(page.locator(".card")).to_have_count(3)
    assert titles(page) == ["Harbour × Stained glass", "Harbour × Impasto", "Harbour × Stained glass"]
    page.get_by_label("Search").fill("stained")
    expect(page.locator(".card")).to_have_count(2)
    assert asked(bench)["q"] == "glass"
    page.get_by_label("Recipe").select_option("pincel")
    expect(page.locator(".card")).to_have_count(1)
    page.get_by_label("State").select_option("failed")
    page.get_by_text("Nothing is like that.").wait_for()
    page.get_by_role("button", name="Show all").click()
    expect(page.locator(".card")).to_have_count(3)
    assert page.get_by_label("Search").input_value() == ""
    # Days are those of the person's clock: in winter Madrid is an hour ahead.
    page.get_by_label("From", exact=True).fill("2026-01-30")
    with page.expect_response(lambda answer: "until=" in answer.url):
        page.get_by_label("Until").fill("2026-01-31")
    assert {key: asked(bench)[key] for key in ("since", "until")} == {
        "since": "2026-01-29T23:00:00.000Z",
        "until": "2026-01-31T23:00:00.000Z",
    }
    # What was looked for is still looked for when one comes back.
    page.locator(".card-open").first.click()
    page.get_by_role("heading", level=1, name="Harbour × Stained glass").wait_for()
    page.go_back()
    assert page.get_by_label("Until").input_value() == "2026-01-31"


def test_older_ones_come_as_one_scrolls(show: Show) -> None:
    bench = show([run_view(number) for number in range(60, 0, -1)])
    page = bench.page
    expect(page.locator(".card")).to_have_count(24)
    assert bench.asked.count("GET /api/runs?limit=24") == 1
    page.mouse.wheel(0, 20000)
    expect(page.locator(".card")).to_have_count(48)
    assert f"before={bench.runs[23]['id']}" in bench.asked[-1] or any(f"before={bench.runs[23]['id']}" in each for each in bench.asked)
    page.get_by_role("button", name="Show older ones").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".card")).to_have_count(60)
    expect(page.get_by_role("button", name="Show older ones")).to_have_count(0)
    assert len(set(page.locator(".card-open").evaluate_all("(links) => links.map((link) => link.id)"))) == 60
    # What happens meanwhile does not take them away.
    bench.runs[0] = {**bench.runs[0], "state": "interrupted"}
    page.evaluate("(run) => tell('runs', { changed: [run] })", bench.runs[0])
    expect(page.locator(".card .state")).to_have_count(1)
    page.wait_for_timeout(500)
    assert page.locator(".card").count() == 60


def test_what_happens_elsewhere_is_seen(show: Show) -> None:
    bench = show(three())
    page = bench.page
    expect(page.locator(".card")).to_have_count(3)
    new = run_view(4, state="running", has_result=False, step=5)
    bench.runs.insert(0, new)
    page.evaluate("(run) => tell('runs', { changed: [run] })", new)
    expect(page.locator(".card")).to_have_count(4)
    assert page.locator(".card .state").first.inner_text().lower() == "being painted 25 %"
    assert page.get_by_role("button", name="Delete: Harbour × Impasto").first.is_disabled()
    page.evaluate("(run) => tell('runs', { changed: [run] })", new | {"step": 10})
    expect(page.locator(".card .state").first).to_have_text("being painted 50 %")
    gone = bench.runs.pop()
    page.evaluate("(id) => tell('removed', { ids: [id] })", gone["id"])
    expect(page.locator(".card")).to_have_count(3)


def test_deleting_is_asked_twice_and_the_focus_goes_on(show: Show) -> None:
    bench = show(three())
    page = bench.page
    bin_of = page.get_by_role("button", name="Delete: Harbour × Impasto")
    bin_of.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Delete Harbour × Impasto?")
    dialog.wait_for()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(bin_of).to_be_focused()
    assert not any(each.startswith("DELETE") for each in bench.asked)
    bin_of.click()
    bench.refuse = (409, "The run is under way: cancel it first.", None)
    dialog.get_by_role("button", name="Delete").click()
    assert "under way" in dialog.get_by_role("alert").inner_text()
    bench.complaints = [each for each in bench.complaints if "409" not in each]
    bench.refuse = None
    dialog.get_by_role("button", name="Delete").click()
    expect(page.locator(".card")).to_have_count(2)
    # The one after it, or the one before it if it was the last; then the gallery itself.
    expect(page.locator(f"#open-{bench.runs[1]['id']}")).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="Harbour × Impasto is deleted.")).to_have_count(1)
    for _ in range(2):
        page.get_by_role("button", name="Delete: ").last.click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_text("Nothing has been painted yet.").wait_for()
    assert bench.runs == []


def test_an_answer_from_before_a_deletion_brings_nothing_back(show: Show) -> None:
    bench = show(three())
    page = bench.page
    expect(page.locator(".card")).to_have_count(3)
    held: list[tuple[Route, dict[str, Any]]] = []
    page.route("**/api/runs?*limit=24*", lambda route: held.append((route, {"runs": list(bench.runs), "more": False})))
    new = run_view(4)
    bench.runs.insert(0, new)
    with page.expect_request("**/api/runs?*limit=24*"):
        page.evaluate("(run) => tell('runs', { changed: [run] })", new)
    page.get_by_role("button", name="Delete: ").last.click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    gone = page.locator(f"#open-{run_view(1)['id']}")
    gone.wait_for(state="detached")
    early, with_it = held[0]
    early.fulfill(json=with_it)
    page.wait_for_timeout(100)
    expect(gone).to_have_count(0)
    page.unroute("**/api/runs?*limit=24*")
    for late, without in held[1:]:
        late.fulfill(json=without)
    expect(page.locator(".card")).to_have_count(3)
    expect(gone).to_have_count(0)


def test_two_are_compared_and_one_is_taken_up_again(show: Show) -> None:
    bench = show(three())
    page = bench.page
    choose = page.get_by_role("button", name="Choose to compare")
    assert choose.nth(1).is_disabled()
    choose.nth(0).click()
    compare = page.get_by_role("button", name="Compare", exact=True)
    assert compare.is_disabled()
    choose.nth(2).click()
    expect(choose.nth(0)).to_have_attribute("aria-pressed", "true")
    compare.click()
    page.get_by_role("heading", level=1, name="Two pictures").wait_for()
    assert page.url.endswith(f"#/compare/{bench.runs[0]['id']}/{bench.runs[2]['id']}")
    page.go_back()
    page.get_by_role("button", name="Use these settings").first.click()
    page.get_by_role("button", name="Paint", exact=True).wait_for()
    form = json.loads(page.evaluate("sessionStorage['pincel.form']"))
    assert (form["content"], form["recipe"], form["styles"][0]["picture"]) == ("sample:harbour", "gatys2016", "sample:glass")


def test_a_server_that_does_not_answer_is_told(show: Show) -> None:
    bench = show(three())
    page = bench.page
    expect(page.locator(".card")).to_have_count(3)
    page.route("**/api/runs?*", lambda route: route.abort())
    page.get_by_label("Recipe").select_option("gatys2016")
    page.get_by_text("The studio does not answer.").wait_for()
    page.unroute("**/api/runs?*")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".card")).to_have_count(1)
    expect(page.get_by_text("The studio does not answer.")).to_have_count(0)
    bench.complaints.clear()


@pytest.mark.parametrize(("width", "locale", "scheme"), [(375, "es", "dark"), (1280, "en-GB", "light")])
def test_for_everybody(show: Show, width: int, locale: str, scheme: str) -> None:
    study: dict[str, Any] = {"kind": "study", "content": None, "styles": [], "size": None, "study": "maximize", "title": "maximize"}
    bench = show(
        [run_view(5, **study), *three(), run_view(0, state="interrupted", size=[72, 120])], width=width, locale=locale, color_scheme=scheme
    )
    page = bench.page
    expect(page.locator(".card")).to_have_count(5)
    page.locator(".card-actions button:enabled").nth(1).click()
    for doomed in (False, True):
        if doomed:
            page.locator(".card-actions button:enabled").last.click()
        assert grave(page) == []
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.get_by_role("dialog").is_visible()
