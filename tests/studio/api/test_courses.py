"""Courses: their pages listed, made, read as soon as each is there, kept."""

from __future__ import annotations

import pytest

from pincel.courses.pages import PAGES
from pincel.studio.event_parser import EventParser
from pincel.studio.records import Record
from tests.studio.api.conftest import Visitor


def test_the_pages_are_listed_in_either_language(visitor: Visitor) -> None:
    english, spanish = (visitor.client.get(f"/api/courses?lang={language}").json() for language in ("en", "es"))
    assert [page["name"] for page in english] == [page.slug for page in PAGES]
    assert [page["title"] for page in spanish] == [page.title.text("es") for page in PAGES]
    assert sum(page["minutes"] for page in english if page["part"] == "lecture") == 50


def test_a_course_is_made_and_goes_on_with_the_pages_it_has(visitor: Visitor) -> None:
    mine = visitor.picture()
    asked = {"picture": mine, "painting": "sample:glass", "lang": "es", "pages": ["gram", "filters", "convolution"]}
    answer = visitor.client.post("/api/courses", json=asked)
    assert answer.status_code == 201, answer.text
    key = answer.json()["id"]
    view = visitor.ended(key)
    # The first page stays when the second fails.
    assert (view["kind"], view["state"], view["pages"]) == ("course", "failed", ["convolution"])
    assert view["title"] == "course: photo × glass"
    first = visitor.client.get(f"{view['page']}convolution.html")
    assert first.headers["content-security-policy"].startswith("sandbox allow-scripts ")
    assert visitor.client.get(f"{view['page']}gram.html").status_code == 404
    assert visitor.client.post(f"/api/runs/{key}/resume").status_code == 200
    view = visitor.ended(key)
    assert (view["state"], view["pages"], view["steps"]) == ("done", ["convolution", "filters", "gram"], 30)
    command = visitor.client.get(f"/api/runs/{key}/command").json()["cli"]
    assert command == "pincel course course --picture photo.png --painting sample:glass --lang es --pages convolution,filters,gram"
    listed = visitor.client.get("/api/runs?kind=course").json()["runs"]
    assert [run["id"] for run in listed] == [key]

    # Another from the same begins with the pages of this one, as far as they are wanted; one from something else with none.
    def there(**changes: object) -> list[str]:
        made = visitor.ended(visitor.client.post("/api/courses", json={**asked, **changes}).json()["id"])
        assert made["state"] == "done" or not made["pages"]
        return [str(page) for page in made["pages"]]

    assert there(pages=["filters"]) == ["filters"]
    assert there(pages=["filters"], lang="en") == []


@pytest.mark.parametrize(
    ("asked", "field", "hint"),
    [
        ({"pages": ["grams"]}, "pages", "gram"),
        ({"pages": ["../gram"]}, "pages", "page of the course"),
        ({"picture": "0123456789abcdef"}, "picture", "no picture"),
        ({"painting": "sample:../x"}, "painting", "match"),
        ({"lang": "de"}, "lang", "en"),
        ({"device": "cuda"}, "device", ""),
    ],
)
def test_what_is_not_accepted_is_said(visitor: Visitor, asked: dict[str, object], field: str, hint: str) -> None:
    answer = visitor.client.post("/api/courses", json=asked)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert field in error["field"]
    assert hint in error["message"]
    assert visitor.client.get("/api/runs").json()["runs"] == []


def test_the_time_left_is_of_the_pace_so_far() -> None:
    view = {"id": "20260131-142501-3f9a", "kind": "course", "state": "running", "created": "2026-01-31T14:25:01Z", "title": ""}
    record = Record.model_validate({"view": view, "order": {"verb": ["course"], "arguments": [], "output": "course"}})
    times = iter((100.0, 110.0))
    parser = EventParser(record, lambda name, data: None, [], clock=lambda: next(times))
    left = []
    parser.stdout('{"event": "course", "page": "gram", "title": "", "what": "", "done": 5.0, "total": 65.0}')
    left.append(record.view.seconds_left)
    parser.stdout('{"event": "course", "page": "filters", "title": "", "what": "", "done": 25.0, "total": 65.0}')
    assert (record.view.step, record.view.steps) == (25, 65)
    assert [*left, record.view.seconds_left] == [None, 20.0]
    assert record.view.message is not None
    assert set(record.view.message.translations) == {"es"}
