"""The tools, called by a client in this process."""

from __future__ import annotations

import io
import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from PIL import Image

from pincel.mcp.folders import AllowedFolders
from pincel.mcp.server import THUMBNAIL, make_server
from tests.mcp.loop import wait_for
from tests.runs import SHALLOW

PAIR = {"photograph": "sample:harbour", "paintings": ["sample:glass"]}


def call(folder: Path, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """Call tools one after the other, and return their answers."""

    async def run() -> list[Any]:
        async with Client(make_server(AllowedFolders([folder]), "cpu")) as client:
            return [await client.call_tool(name, arguments) for name, arguments in calls]

    return wait_for(run)


def test_results_are_new_files_with_a_small_picture(tmp_path: Path) -> None:
    quick = ("stylize", {**PAIR, "size": 64, "paintings": ["sample:glass", "sample:impasto"], "weights": [1, 3]})
    painted = ("transfer", {**PAIR, "size": 48, "values": {**SHALLOW, "steps": 2, "scales": "none"}, "output": "in/painted.png"})
    colored = ("match_colors", {"picture": "sample:harbour", "colors_of": "sample:glass"})
    answers = call(tmp_path, quick, painted, colored)
    assert [each.is_error for each in answers] == [False] * 3
    values = [each.structured_content for each in answers]
    assert [each["path"] for each in values] == ["harbour-glass-impasto.png", "in/painted.png", "harbour-glass.png"]
    for answer, each in zip(answers, values, strict=True):
        text, shown = answer.content
        assert json.loads(text.text) == each
        small = Image.open(io.BytesIO(b64decode(shown.data)))
        assert max(small.size) <= THUMBNAIL
        with Image.open(tmp_path / each["path"]) as picture:
            assert picture.size == (each["width"], each["height"])
        assert json.loads((tmp_path / each["record"]).read_text())["picture"] == Path(each["path"]).name
    assert json.loads((tmp_path / "harbour-glass-impasto.json").read_text())["styles"][1]["weight"] == 3


def test_a_study_answers_with_its_page(tmp_path: Path) -> None:
    [answer] = call(tmp_path, ("study", {"name": "filters", "pictures": ["sample:harbour"], "options": {"size": 48}, "language": "es"}))
    assert answer.structured_content["page"] == "filters-harbour/index.html"
    assert 'lang="es"' in (tmp_path / "filters-harbour" / "index.html").read_text()


def test_what_can_be_asked_without_painting(tmp_path: Path) -> None:
    Image.new("RGB", (8, 6)).save(tmp_path / "own.png")
    listed, recipes, plan = call(tmp_path, ("list_pictures", {}), ("describe_recipes", {}), ("plan", {**PAIR, "size": 64}))
    assert listed.structured_content["pictures"] == ["own.png"]
    assert listed.structured_content["not_listed"] == 0
    assert "sample:lake" in listed.structured_content["samples"]
    assert recipes.structured_content["pincel"]["good_for"]
    assert plan.structured_content["size"] == [64, 48]
    assert plan.structured_content["memory"] > 0
    assert {path.name for path in tmp_path.iterdir()} == {"own.png"}


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("transfer", {**PAIR, "photograph": "/etc/passwd"}, "may not be read"),
        ("transfer", {**PAIR, "paintings": ["../x.png"]}, "may not be read"),
        ("transfer", {**PAIR, "output": "/tmp/x.png"}, "may not be written"),
        ("transfer", {**PAIR, "recipe": "mine.toml"}, "Unknown recipe"),
        ("transfer", {**PAIR, "values": {"init": "/etc/passwd"}}, "Unknown init"),
        ("transfer", {**PAIR, "values": {"content_mask": "a.png"}}, "content_mask"),
        ("transfer", {**PAIR, "values": {"calibration": "/etc"}}, "calibration"),
        ("transfer", {**PAIR, "values": {"backbone": "/tmp/net.pt"}}, "backbone"),
        ("transfer", {**PAIR, "weights": [1, 2]}, "not a weight for each painting"),
        ("transfer", {**PAIR, "size": 5}, "greater than or equal to 16"),
        ("plan", {**PAIR, "values": {"steps": -1}}, "steps"),
        ("study", {"name": "filters", "pictures": ["sample:lake"], "options": {"backbone": "/tmp/net.pt"}}, "backbone"),
        ("study", {"name": "filters", "pictures": ["sample:lake"], "options": {"layer": "../x"}}, "layer"),
        ("study", {"name": "activations", "pictures": []}, "takes"),
        ("match_colors", {"picture": "sample:none", "colors_of": "sample:glass"}, "none"),
    ],
)
def test_what_is_refused_is_said_and_nothing_written(tool: str, arguments: dict[str, Any], said: str, tmp_path: Path) -> None:
    [answer] = call(tmp_path, (tool, arguments))
    assert answer.is_error
    assert said in answer.content[0].text
    assert list(tmp_path.iterdir()) == []


def test_every_argument_is_described(tmp_path: Path) -> None:
    async def run() -> list[Any]:
        async with Client(make_server(AllowedFolders([tmp_path]), "cpu")) as client:
            return (await client.list_tools()).tools

    tools = wait_for(run)
    assert [tool.name for tool in tools] == ["transfer", "stylize", "match_colors", "study", "plan", "list_pictures", "describe_recipes"]
    for tool in tools:
        assert tool.description
        assert all(each.get("description") for each in tool.input_schema["properties"].values())
    assert [tool.annotations.read_only_hint for tool in tools] == [False] * 4 + [True] * 3
