"""What a run is on the command line and in Python: what is shown is what is done."""

from __future__ import annotations

import ast
import shlex
from typing import Any

import click
import pytest

from pincel.cli.transfer import command as transfer
from pincel.recipes.schema import Recipe
from pincel.studio.commands import RunSpec, argv, command_line, format_value, own_names, python, resuming

ORDER = RunSpec(
    verb=["transfer"],
    arguments=[("inputs/content.jpg", None), ("inputs/style-1.png", 0.7), ("sample:glass", None)],
    options=[
        ("recipe", "slides"),
        ("size", "256"),
        ("style_layers", "relu1_1=0.2,relu2_1=0.8"),
        ("optimizer_option", "history=20"),
        ("content_mask", "inputs/content-mask.png"),
        ("style_mask", "inputs/style-mask-1.png"),
        ("style_mask", "inputs/style-mask-2.png"),
    ],
    files={
        "inputs/content.jpg": "día de playa.jpg",
        "inputs/style-1.png": "$(night).png",
        "inputs/content-mask.png": "mask.png",
        "inputs/style-mask-1.png": "mask.png",
        "inputs/style-mask-2.png": "mask.png",
    },
    output="día de playa-painted.png",
)


def understood(words: list[str]) -> dict[str, Any]:
    """Return what the command line makes of words."""
    context = transfer.make_context("transfer", list(words), resilient_parsing=False)
    return {
        name: value
        for name, value in context.params.items()
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    }


def test_the_process_is_told_what_is_shown_but_for_the_names() -> None:
    told, typed = understood(argv(ORDER)[1:]), understood(shlex.split(command_line(ORDER))[2:])
    own = {"json_lines", "quiet", "preview", "checkpoint", "checkpoint_every", "output"}
    assert set(told) - own == set(typed) - own
    names = own_names(ORDER.files)

    def renamed(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(renamed, value))
        path, sign, weight = str(value).partition("=")
        return f"{names[path]}{sign}{weight}" if path in names else value

    assert {name: renamed(value) for name, value in told.items() if name not in own} == {n: v for n, v in typed.items() if n not in own}
    assert typed["output"] == "día de playa-painted.png"
    assert typed["style"] == ("$(night).png=0.7", "sample:glass")
    assert typed["style_mask"] == ("mask-2.png", "mask-3.png")
    assert resuming()[:2] == ["resume", "checkpoint"]


def test_python_asks_for_the_same() -> None:
    text = python(ORDER, "slides", {"size": 256, "style_layers": "relu1_1=0.2,relu2_1=0.8", "optimizer_options": {"history": "20"}})
    call = ast.parse(text).body[1]
    assert isinstance(call, ast.Assign)
    assert isinstance(call.value, ast.Call)
    content, style = (ast.literal_eval(argument) for argument in call.value.args)
    assert (content, style) == ("día de playa.jpg", [("$(night).png", 0.7), "sample:glass"])
    given = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.value.keywords}
    assert given == {
        "recipe": "slides",
        "size": 256,
        "style_layers": "relu1_1=0.2,relu2_1=0.8",
        "optimizer_options": {"history": "20"},
        "content_mask": "mask.png",
        "style_mask": ["mask-2.png", "mask-3.png"],
    }
    assert set(given) - {"recipe"} <= set(Recipe.model_fields)
    assert text.endswith("result.save('día de playa-painted.png')\n")


def test_python_of_a_picture_that_was_painted_on() -> None:
    order = ORDER.model_copy(
        update={
            "arguments": [("sample:lake", None), ("sample:glass", None)],
            "options": [("size", "64"), ("init", "inputs/start.png"), ("scales", "none"), ("steps", "9")],
            "files": {"inputs/start.png": "lake-painted-1.png"},
        }
    )
    text = python(order, "pincel", {"size": 64, "steps": 9})
    assert "    init='lake-painted-1.png',\n" in text
    assert "    scales='none',\n" in text
    assert "    'sample:glass',\n" in text


@pytest.mark.parametrize("name", ["-rf.png", "--json", "sample:harbour", "a b;c.png", "it's.png", '"q".png'])
def test_a_name_can_be_anything(name: str) -> None:
    order = RunSpec(
        verb=["transfer"],
        arguments=[("inputs/content.png", None), ("sample:glass", None)],
        files={"inputs/content.png": name},
        output="o.png",
    )
    found = understood(shlex.split(command_line(order))[2:])
    assert found["content"] in (name, f"./{name}")
    assert found["style"] == ("sample:glass",)


def test_names_are_told_apart() -> None:
    files = {"a": "x.png", "b": "x.png", "c": "x.png", "d": "x-2.png", "e": "noend", "f": "noend", "g": ".hidden", "h": ".hidden"}
    names = list(own_names(files).values())
    assert len(set(names)) == len(names)
    assert names[:3] == ["x.png", "x-2.png", "x-3.png"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (256, "256"),
        (0.1, "0.1"),
        (1e-7, "1e-07"),
        ("none", "none"),
        ({}, "none"),
        ({"relu1_1": 0.5, "relu2_1": 1}, "relu1_1=0.5,relu2_1=1"),
        ([1, 0.5], "1,0.5"),
    ],
)
def test_values_are_written_as_the_command_line_takes_them(value: Any, text: str) -> None:
    assert format_value(value) == text
