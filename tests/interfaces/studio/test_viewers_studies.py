"""Studies: begun from a form that the server describes, followed, read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from pincel.studio.studies import STUDIES
from pincel.translation import gettext_lazy
from tests.interfaces.studio.viewers_bench import STATIC, Bench, grave, run_view


@pytest.fixture
def bench(browser: Browser) -> Iterator[Bench]:
    context = browser.new_context(viewport={"width": 375, "height": 750}, locale="es")
    made = Bench(context.new_page())
    yield made
    context.close()
    assert made.complaints == []


def test_every_study_has_a_form(bench: Bench) -> None:
    page = bench.open("#/studies")
    expect(page.locator(".study-card")).to_have_count(len(STUDIES))
    for name, study in STUDIES.items():
        page.goto(page.url.split("#")[0] + f"#/studies/{name}")
        page.locator("#study-title").wait_for()
        assert page.locator(".study-roles .study-pictures").count() == len(study.takes.pictures)
        assert page.locator(".study-options .field").count() == len(study.options)
        # What is shown is in Spanish, and no key of the words is left over.
        assert page.locator("#study-title + p").inner_text() == gettext_lazy(study.summary).text("es") != study.summary
        assert page.locator(".study-options .hint").all_inner_texts() == [gettext_lazy(each.help).text("es") for each in study.options]
        assert "studies." not in page.locator("form").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert grave(page) == []


def test_a_study_is_begun_followed_and_read(bench: Bench) -> None:
    page = bench.open("#/studies/reconstruct")
    page.get_by_label("Tamaño").fill("96")
    page.get_by_label("Conjunto de capas").fill("cvpr2016")
    page.get_by_role("button", name="Elegir: Cuadro").click()
    page.get_by_role("dialog").get_by_role("button", name="Vidriera").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    bench.refuse = (422, "'size' cannot be 96: it should be integer of 100 or more.", "size")
    page.get_by_role("button", name="Empezar", exact=True).click()
    expect(page.get_by_label("Tamaño")).to_be_focused()
    assert page.get_by_label("Tamaño").get_attribute("aria-invalid") == "true"
    assert "it should be integer" in page.get_by_role("alert").inner_text()
    bench.complaints = [each for each in bench.complaints if "422" not in each]
    bench.refuse = None
    page.get_by_role("button", name="Empezar", exact=True).click()
    page.get_by_role("heading", level=1, name="Reconstrucción: Puerto, Vidriera").wait_for()
    options = {"lang": "es", "size": 96, "set": "cvpr2016"}
    assert bench.sent == [{"study": "reconstruct", "pictures": ["sample:harbour", "sample:glass"], "options": options}]

    run: dict[str, Any] = bench.runs[0]
    assert page.url.endswith(f"#/studies/{run['id']}")
    # The page may still be asking for the run itself: both say the same of it.
    bench.runs[0] = run | {"state": "running", "queue_position": None, "step": 30, "steps": 70}
    page.evaluate("(run) => tell('runs', { changed: [run] })", bench.runs[0])
    expect(page.get_by_role("progressbar")).to_have_js_property("value", 30)
    assert page.locator(".study-progress").inner_text().startswith("paso 30 de 70")
    bench.runs[0] = run | {"state": "done", "queue_position": None, "page": f"/api/runs/{run['id']}/page/"}
    page.evaluate("(run) => tell('runs', { changed: [run] })", bench.runs[0])
    inside = page.frame_locator("iframe.study-page")
    assert inside.get_by_role("heading", name="What layers answer").is_visible()
    # It may run its own script, and nothing more.
    sandbox = page.locator("iframe").get_attribute("sandbox") or ""
    assert "allow-scripts" in sandbox
    assert "allow-same-origin" not in sandbox
    tab = page.get_by_role("link", name="Abrir en una pestaña propia")
    assert (tab.get_attribute("target"), tab.get_attribute("href")) == ("_blank", bench.runs[0]["page"].removeprefix("/"))
    page.get_by_role("link", name="Todos los estudios").click()
    page.get_by_role("link", name="Reconstrucción: Puerto, Vidriera").wait_for()


def test_several_pictures_or_none(bench: Bench) -> None:
    page = bench.open("#/studies/correlations")
    page.get_by_role("button", name="Elegir: Imágenes").click()
    for name in ("Puerto", "Lago", "Empaste"):
        page.get_by_role("dialog").get_by_role("button", name=name).click()
    page.get_by_role("button", name="Listo").click()
    page.get_by_role("button", name="Empezar", exact=True).click()
    page.locator(".study-run").wait_for()
    # The first was there already: a click takes it away.
    assert bench.sent[-1]["pictures"] == ["sample:lake", "sample:impasto"]
    page.goto(page.url.split("#")[0] + "#/studies/activations")
    page.get_by_role("button", name="Elegir: Fotografía").click()
    page.get_by_role("dialog").get_by_role("button", name="Puerto").click()
    page.get_by_role("button", name="Listo").click()
    page.get_by_role("button", name="Empezar", exact=True).click()
    assert page.get_by_role("alert").inner_text().endswith("Elija antes una imagen: Fotografía.")


def test_one_that_failed_says_why(bench: Bench) -> None:
    study: dict[str, Any] = {"kind": "study", "study": "filters", "pictures": [], "content": None, "styles": [], "title": "filters"}
    unknown, ended = "The layer 'relu9_9' is not known.", "Alguien terminó el proceso de esta ejecución."
    messages: list[dict[str, Any]] = [{"text": unknown, "translations": {}}, {"text": "Ended.", "translations": {"es": ended}}]
    bench.runs = [run_view(n, **study, state="failed", message=each, has_result=False) for n, each in enumerate(messages, 1)]
    page = bench.open(f"#/studies/{bench.runs[0]['id']}")
    assert page.locator(".note").inner_text() == f"No se pudo terminar. {unknown}"
    assert page.locator(".note [lang=en]").inner_text() == unknown
    page = bench.open(f"#/studies/{bench.runs[1]['id']}")
    assert page.locator(".note").inner_text() == f"No se pudo terminar. {ended}"
    assert page.locator(".note [lang=es]").inner_text() == ended
    assert page.locator("iframe").count() == 0


def test_both_languages_have_every_word() -> None:
    import json
    import re

    def keys(tree: dict[str, Any], prefix: str = "") -> dict[str, str]:
        flat: dict[str, str] = {}
        for key, value in tree.items():
            flat |= {prefix + key: value} if isinstance(value, str) else keys(value, f"{prefix}{key}.")
        return flat

    english, spanish = (keys(json.loads((STATIC / "words" / f"{tag}.viewers.json").read_text(encoding="utf-8"))) for tag in ("en", "es"))
    assert set(english) == set(spanish)
    for key, text in english.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", spanish[key])), key
    shell = keys(json.loads((STATIC / "words" / "en.json").read_text(encoding="utf-8")))
    said = set()
    for name in (
        "mask",
        "mask-tools",
        "viewer",
        "gallery",
        "gallery-card",
        "gallery-filters",
        "compare",
        "studies",
        "study-form",
        "study-pictures",
        "study-run",
        "course",
    ):
        said |= set(re.findall(r"\bt\(\s*[\"`]([\w.]+)[\"`]", (STATIC / "js" / f"{name}.js").read_text(encoding="utf-8")))
    known = set(english) | set(shell) | {key.rsplit(".", 1)[0] for key in english if key.endswith(".other")}
    assert said <= known, said - known
    assert {f"studies.name.{name}" for name in STUDIES} <= set(english)
    assert {f"studies.role.{role.name}" for study in STUDIES.values() for role in study.takes.pictures} <= set(english)
