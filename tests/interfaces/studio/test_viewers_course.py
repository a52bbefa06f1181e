"""The course: made from the studio's pictures, read while it is being made, given as a lecture."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.interfaces.studio.conftest import Window
from tests.interfaces.studio.viewers_bench import grave

Open = Callable[..., Window]


def test_a_course_is_made_and_given_as_a_lecture(window: Open) -> None:
    opened = window("#/course", locale="es", color_scheme="dark")
    page, frame = opened.page, opened.page.frame_locator("iframe.course-page")
    page.locator("summary").click()
    page.get_by_role("button", name="Ninguna").click()
    page.get_by_role("button", name="Hacer", exact=True).click()
    assert page.get_by_role("alert").inner_text() == "Elija una página, o varias."
    page.get_by_role("button", name="Elegir: Cuadro").click()
    page.get_by_role("dialog").get_by_role("button", name="Vidriera").click()
    for name in ("Convolución: un filtro sobre la imagen", "Variación total"):
        page.get_by_label(name).check()
    assert grave(page) == []
    page.get_by_role("button", name="Hacer", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Curso: Puerto × Vidriera")
    # In the order of the course; each can be opened as soon as it is there.
    link = page.get_by_role("link", name="Convolución: un filtro sobre la imagen")
    link.wait_for()
    assert page.locator("table.contents tbody tr").all_inner_texts()[1] == "Variación total\t3\t8"
    link.click()
    expect(frame.locator("h1")).to_have_text("Convolución: un filtro sobre la imagen")
    assert page.evaluate("[innerWidth, innerHeight]") == list(page.locator("iframe").bounding_box().values())[2:]  # type: ignore[union-attr]
    page.go_back()
    page.get_by_text("2 de 2 páginas").wait_for()
    assert grave(page) == []

    page.get_by_role("link", name="Dar la clase").click()
    expect(frame.locator(".place")).to_have_text("1/2 · minutos 0–5 de 8")
    assert urlsplit(page.url).fragment.endswith("/convolution/lecture")
    expect(page.locator("iframe")).to_be_focused()
    page.keyboard.press("p")
    page.keyboard.press("ArrowRight")
    expect(frame.locator("h1")).to_have_text("Variación total")
    # Large type and open answers go along; what the frame says of other places is not heeded.
    assert urlsplit(page.url).fragment.endswith("/total-variation/lecture&answers")
    expect(frame.locator("details.answer")).to_have_attribute("open", "")
    page.evaluate("postMessage({ page: 'convolution.html' }, '*')")
    frame.locator("body").evaluate("() => parent.postMessage({ page: '../../../about.html' }, '*')")
    frame.get_by_role("link", name="Índice").click()
    page.get_by_role("heading", level=1).wait_for()
    assert page.locator("iframe").count() == 0
    assert opened.strangers == opened.complaints == []


def test_a_phone_shows_all_of_it(window: Open) -> None:
    opened = window("#/course", width=360, height=740, locale="es")
    page = opened.page
    page.locator("summary").click()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert grave(page) == []
    if page.locator(".study-past a").count():
        page.locator(".study-past a").first.click()
        page.locator("table.contents").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
