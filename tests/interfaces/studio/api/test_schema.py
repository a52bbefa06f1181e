"""The API is what its description says: asked for anything the description allows, and for much it does not, it never fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from tests.studio.api.process import Server, serving

# They tell for ever.
STREAMS = ["/api/events", "/api/runs/{key}/events"]
# Of each request of the API.
EXAMPLES = 8
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a studio with something in it."""
    with serving(tmp_path_factory.mktemp("home")) as running:
        for seed in range(3):
            running.ended(running.begin(steps=2, seed=seed))
        yield running


def kept(server: Server) -> dict[str, list[str]]:
    """Return ids of what there is, by the path they belong to: found by chance alone, they never are."""
    runs, pictures = server.ask("GET", "/api/runs")[1]["runs"], server.ask("GET", "/api/pictures")[1]
    return {"/api/runs": [view["id"] for view in runs], "/api/pictures": [view["id"] for view in pictures]}


def asked_of(operation: Any, mode: GenerationMode, known: list[str]) -> int:
    """Put requests of one kind, and return how many."""
    count = 0

    @given(case=operation.as_strategy(generation_mode=mode), number=st.integers(0, 3))
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    def put(case: Case[Any], number: int) -> None:
        nonlocal count
        if known and "key" in case.path_parameters and number:
            case.path_parameters["key"] = known[number % len(known)]
        case.call_and_validate(checks=CHECKS, timeout=30)
        count += 1

    with suppress(Unsatisfiable):  # what takes nothing cannot be asked wrongly
        put()
    return count


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_whatever_is_asked_the_answer_is_one_of_those_described(mode: GenerationMode, server: Server) -> None:
    described = schemathesis.openapi.from_url(f"http://127.0.0.1:{server.port}/api/openapi.json").exclude(path=STREAMS)
    operations = [found.ok() for found in described.get_all_operations() if isinstance(found, Ok)]
    counts = [asked_of(each, mode, kept(server).get("/".join(each.path.split("/")[:3]), [])) for each in operations]
    assert len(counts) > 20
    assert sum(counts) > 80


def test_the_description_is_complete(server: Server) -> None:
    described = server.ask("GET", "/api/openapi.json")[1]
    assert set(described["paths"]) == {
        "/api/about",
        "/api/settings",
        "/api/samples",
        "/api/samples/{name}.jpg",
        "/api/samples/{name}/thumb.webp",
        "/api/pictures",
        "/api/pictures/{key}",
        "/api/pictures/{key}/thumb.webp",
        "/api/pictures/{key}/view.jpg",
        "/api/runs",
        "/api/runs/{key}",
        "/api/runs/{key}/cancel",
        "/api/runs/{key}/resume",
        "/api/runs/{key}/continue",
        "/api/runs/{key}/events",
        "/api/runs/{key}/preview.jpg",
        "/api/runs/{key}/result.png",
        "/api/runs/{key}/result.jpg",
        "/api/runs/{key}/result.tif",
        "/api/runs/{key}/thumb.webp",
        "/api/runs/{key}/record.json",
        "/api/runs/{key}/command",
        "/api/runs/{key}/page/",
        "/api/runs/{key}/page/{name}",
        "/api/events",
        "/api/studies",
        "/api/courses",
        "/api/previews",
    }
    for path, methods in described["paths"].items():
        for method, told in methods.items():
            assert told["summary"], (method, path)
            assert told["description"], (method, path)
