"""The form: what is filled in, kept, refused in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from pincel.recipes.schema import help_of
from tests.interfaces.studio.conftest import Window, setting

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

Open = Callable[..., Window]


def test_an_upload_too_heavy_is_refused_before_it_is_sent(window: Open, tmp_path: Path) -> None:
    opened = window()
    sent: list[str] = []
    opened.page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    heavy = tmp_path / "panorama.jpg"
    with heavy.open("wb") as file:
        file.truncate(100_000_000)
    opened.page.locator(".drop input").set_input_files(heavy)
    said = opened.page.locator("#error-content")
    said.wait_for()
    assert said.inner_text() == "panorama.jpg is too large: 100 MB, and at most 64 MB can be taken. Save it smaller and try again."
    assert sent == []


def test_the_server_refuses_it_too(window: Open, tmp_path: Path) -> None:
    """A page that does not know the limit sends it all, and is told."""
    opened = window()
    heavy = tmp_path / "panorama.jpg"
    with heavy.open("wb") as file:
        file.truncate(100_000_000)
    opened.page.route("**/api/about", lambda route: route.abort())
    opened.page.reload()
    opened.page.locator(".drop input").set_input_files(heavy)
    said = opened.page.locator("#error-content")
    said.wait_for()
    assert "too large" in said.inner_text()


def test_a_corrupt_upload_is_refused_in_words(window: Open, tmp_path: Path) -> None:
    opened = window()
    whole = tmp_path / "whole.png"
    Image.effect_noise((200, 200), 80).save(whole)
    corrupt = tmp_path / "corrupt.png"
    corrupt.write_bytes(whole.read_bytes()[:5000])
    opened.page.get_by_label("Add a painting of your own").set_input_files(corrupt)
    said = opened.page.locator("#error-styles")
    said.wait_for()
    assert "corrupt.png" in said.inner_text()
    # And the next one is taken.
    opened.page.get_by_label("Add a painting of your own").set_input_files(whole)
    opened.page.get_by_role("button", name="The part of whole that counts").wait_for()
    assert opened.page.locator("#error-styles").count() == 0


def test_what_is_chosen_is_previewed_and_the_next_choice_too(window: Open) -> None:
    page = window().page
    page.get_by_role("button", name="Harbour").click()
    assert page.locator(".preview").count() == 0
    page.get_by_role("button", name="Glass").click()
    shown = page.get_by_alt_text("Preview: Harbour after Stained glass")
    shown.wait_for()
    assert shown.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [320, 240]
    page.get_by_text("The painting itself will be finer.").wait_for()
    first = shown.get_attribute("src")
    page.get_by_role("button", name="Woodcut").click()
    page.wait_for_function("first => document.querySelector('.preview[aria-busy=false] img')?.src !== first", arg=first)
    assert page.locator(".preview img").get_attribute("alt") == "Preview: Harbour after Stained glass + Woodcut"


def test_what_is_missing_is_said_where_it_is_missing(window: Open) -> None:
    page = window().page
    page.get_by_role("button", name="Paint", exact=True).click()
    assert page.locator("#error-content").inner_text() == "Choose a photograph first, or one of the scenes."
    page.get_by_role("button", name="Harbour").click()
    page.locator("#error-content").wait_for(state="detached")
    page.get_by_role("button", name="Paint", exact=True).click()
    assert page.locator("#error-styles").inner_text() == "Choose a painting, or several."


def test_an_error_of_the_server_stands_beside_its_field(window: Open) -> None:
    page = window().page
    page.get_by_role("button", name="Harbour").click()
    page.get_by_role("button", name="Glass").click()
    setting(page, "style_layers", "relu9_9")
    page.get_by_role("button", name="Paint", exact=True).click()
    page.locator("#error-style_layers").wait_for()
    assert "relu9_9" in page.locator("#error-style_layers").inner_text()
    page.wait_for_function("document.activeElement.id === 'setting-style_layers'")
    assert page.get_attribute("#setting-style_layers", "aria-invalid") == "true"
    setting(page, "style_layers", "")
    page.locator("#error-style_layers").wait_for(state="detached")
    # Those above have their errors above.
    page.get_by_label("Another size, in pixels").fill("-5")
    page.get_by_role("button", name="Paint", exact=True).click()
    page.locator("#error-size").wait_for()


def test_the_form_survives_a_reload_and_a_tour(window: Open) -> None:
    opened = window()
    page = opened.page
    page.get_by_role("button", name="Lighthouse").click()
    page.get_by_role("button", name="Cubist").click()
    page.get_by_role("button", name="Impasto").click()
    page.get_by_label("How much of Cubist").fill("0.5")
    page.get_by_label("those of the photograph").check()
    setting(page, "seed", "7")

    def kept() -> list[object]:
        page.locator(".chosen li").nth(1).wait_for()
        return [
            page.locator("#paint-summary").inner_text(),
            page.locator(".chosen output").all_inner_texts(),
            page.get_by_label("those of the photograph").is_checked(),
            page.locator("#setting-seed").input_value(),
            page.locator(".badge").inner_text(),
        ]

    expected = ["Lighthouse after Cubist + Impasto", ["33 %", "67 %"], True, "7", "2 changed"]
    assert kept() == expected
    page.reload()
    assert kept() == expected
    opened.go("#/about")
    opened.go("#/")
    assert kept() == expected
    assert opened.complaints == []


def test_the_strength_goes_from_photograph_to_painting_in_every_recipe_that_has_both(window: Open) -> None:
    page = window().page
    slider = page.get_by_role("slider", name="Strength")
    assert slider.get_attribute("aria-valuetext") == "× 1"
    slider.fill("0.5")
    assert page.input_value("#setting-strength") == "0.5"
    slider.fill("1")
    assert page.input_value("#setting-strength") == ""
    slider.fill("2")
    page.get_by_label("Recipe").select_option("neural-style")
    assert page.input_value("#setting-strength") == "2"
    page.get_by_label("Recipe").select_option("texture")
    assert slider.is_disabled()


def test_a_picture_of_ones_own_can_be_deleted(window: Open, tmp_path: Path) -> None:
    page = window().page
    Image.effect_noise((40, 30), 60).save(tmp_path / "secret.png")
    page.locator(".drop input").set_input_files(tmp_path / "secret.png")
    page.get_by_role("img", name="secret").wait_for()
    page.get_by_role("button", name="Delete secret from the studio").click()
    page.get_by_role("img", name="secret").wait_for(state="detached")
    page.get_by_role("button", name="secret", exact=True).wait_for(state="detached")


def test_the_language_can_be_changed_and_is_kept(window: Open) -> None:
    page = window(locale="es-MX").page
    page.get_by_role("button", name="Puerto").wait_for()
    assert page.evaluate("document.documentElement.lang") == "es"
    help_text, recipe = page.locator("#setting-tolerance-help"), page.locator("#recipe-good")
    assert help_text.text_content() == help_of("tolerance", "es")
    assert "Sirve para: la mayoría de los pares de imágenes; un buen comienzo." in recipe.inner_text()
    page.get_by_label("Idioma").select_option("en")
    page.get_by_role("button", name="Harbour").wait_for()
    assert help_text.text_content() == help_of("tolerance", "en")
    assert "most pairs of pictures; where to begin." in recipe.inner_text()
    page.reload()
    page.get_by_role("button", name="Harbour").wait_for()


def test_appearance_can_be_chosen_and_is_kept(window: Open) -> None:
    page = window(color_scheme="light").page
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    button = page.get_by_role("button", name="Appearance")
    button.click()
    assert page.evaluate(background) == light
    button.click()
    dark = page.evaluate(background)
    assert dark != light
    page.reload()
    assert page.evaluate(background) == dark


def test_what_is_painted_on_the_pictures_is_sent_along(window: Open) -> None:
    page = window().page
    asked: list[Any] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.post_data_json)
        route.fulfill(status=422, json={"error": {"message": "No region has a style.", "field": "content_mask"}})

    page.route("**/api/runs", refuse)
    page.get_by_role("button", name="Harbour").click()
    page.get_by_role("button", name="Impasto").click()
    page.get_by_role("button", name="Paint only a part").click()
    stroke(page)
    page.get_by_role("button", name="The part of Impasto that counts").click()
    stroke(page)
    # Painted on, they survive a reload.
    page.reload()
    page.get_by_role("button", name="Change the part").wait_for()
    page.get_by_role("button", name="Paint", exact=True).click()
    page.get_by_text("No region has a style.").wait_for()
    names = {mask["id"]: mask["name"] for mask in window().studio.ask("api/pictures")}
    assert [names[asked[0]["content_mask"]], *(names[mask] for mask in asked[0]["style_masks"])] == [
        "mask-of-Harbour.png",
        "mask-of-Impasto.png",
    ]
    # They are no photographs to choose from.
    page.reload()
    page.get_by_role("button", name="Harbour").wait_for()
    assert page.get_by_role("button", name="mask-of").count() == 0
    # Another number of paintings, and the regions are others.
    page.get_by_role("button", name="Glass").click()
    page.get_by_role("button", name="Paint only a part").wait_for()


def stroke(page: Page) -> None:
    """Paint a stroke in the dialogue that is open, and use it."""
    canvas = page.locator("dialog canvas")
    canvas.wait_for()
    page.wait_for_timeout(300)
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 80, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 120, steps=4)
    page.mouse.up()
    page.get_by_role("button", name="Use this").click()
    page.locator("dialog").wait_for(state="detached")


def test_a_hidden_tab_holds_no_connection(window: Open) -> None:
    """Browsers have six for all tabs together."""
    opened = window()
    page = opened.page
    page.add_init_script(
        """window.streams = new Set();
        window.EventSource = class extends EventSource {
            constructor(url) { super(url); streams.add(this); }
            close() { super.close(); streams.delete(this); }
        };
        window.hide = (hidden) => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        };"""
    )
    page.reload()
    page.get_by_role("button", name="Harbour").wait_for()
    assert page.evaluate("streams.size") == 1
    page.evaluate("hide(true)")
    assert page.evaluate("streams.size") == 0
    page.evaluate("hide(false)")
    assert page.evaluate("streams.size") == 1
    assert opened.complaints == []


def test_who_is_turned_away_is_told_why(window: Open) -> None:
    page = window().page
    page.route("**/api/**", lambda route: route.fulfill(status=401, json={"error": {"message": "The token is wrong.", "field": None}}))
    page.reload()
    page.get_by_text("The token is wrong.").wait_for()
    page.unroute_all()
    page.locator(".lost").wait_for(state="detached")
    page.get_by_role("button", name="Harbour").wait_for()
