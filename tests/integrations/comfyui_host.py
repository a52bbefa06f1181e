"""A stand-in for ComfyUI: what its nodes import of it, and how it loads them and calls them.

Written after its API of version 0.0.2 (``comfy_api/latest``): inputs are objects with an id and a type, ``execute`` gets them by name,
progress goes through ``set_progress``, and an interrupted node is left by an exception.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch

FOLDER = Path(__file__).parents[2] / "integrations" / "comfyui"


class InterruptProcessingException(Exception):  # noqa: N818 - as the host calls it
    """The button was pressed."""


@dataclass
class Input:
    """An input or an output of a node."""

    kind: str
    id: str
    options: dict[str, Any]


def type_of(kind: str, **known: type) -> Any:
    """Return a type of values of the host, whose inputs take only the options it knows."""
    common = {"display_name", "optional", "tooltip", "lazy", "extra_dict"}

    def made(id: str = "", **options: Any) -> Input:  # noqa: A002 - as the host calls it
        assert set(options) <= common | set(known), options
        for name, value in options.items():
            assert name not in known or isinstance(value, known[name]), (name, value)
        return Input(kind, id, options)

    return SimpleNamespace(Input=made, Output=lambda display_name="", **_: Input(kind, display_name, {}))


@dataclass
class Schema:
    """What a node says of itself."""

    node_id: str
    display_name: str
    category: str
    inputs: list[Input]
    outputs: list[Input]
    description: str = ""


@dataclass
class NodeOutput:
    """What a node returns."""

    result: Any


@dataclass
class Host:
    """ComfyUI, as far as nodes see it.

    Attributes:
        progress: (value, max_value, preview) of each message.
        interrupt_after: Number of messages after which the button is pressed.
    """

    progress: list[tuple[float, float, Any]] = field(default_factory=list)
    interrupt_after: int = 10**9

    def set_progress(self, value: float, max_value: float, node_id: str | None = None, preview_image: Any = None) -> None:
        assert 0 <= value <= max_value
        self.progress.append((value, max_value, preview_image))

    def check(self) -> None:
        if len(self.progress) >= self.interrupt_after:
            raise InterruptProcessingException

    def modules(self) -> dict[str, ModuleType]:
        """Return what the nodes import."""
        number = {"default": (int, float), "min": (int, float), "max": (int, float), "step": (int, float)}
        io = SimpleNamespace(
            ComfyNode=object,
            Schema=Schema,
            NodeOutput=NodeOutput,
            Input=Input,
            Image=type_of("IMAGE"),
            Mask=type_of("MASK"),
            Float=type_of("FLOAT", **number),  # type: ignore[arg-type]
            Int=type_of("INT", **number, control_after_generate=bool),  # type: ignore[arg-type]
            Combo=type_of("COMBO", options=list, default=str),
        )
        latest, management = ModuleType("comfy_api.latest"), ModuleType("comfy.model_management")
        latest.io, latest.ComfyExtension = io, object  # type: ignore[attr-defined]
        latest.ComfyAPISync = lambda: SimpleNamespace(execution=SimpleNamespace(set_progress=self.set_progress))  # type: ignore[attr-defined]
        management.throw_exception_if_processing_interrupted = self.check  # type: ignore[attr-defined]
        names = {"comfy_api": ModuleType("comfy_api"), "comfy": ModuleType("comfy")}
        return {**names, "comfy_api.latest": latest, "comfy.model_management": management}

    def load(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        """Load the folder as ComfyUI does, and return its nodes by id."""
        for name, module in self.modules().items():
            monkeypatch.setitem(sys.modules, name, module)
        name = str(FOLDER).replace(".", "_x_")
        spec = spec_from_file_location(name, FOLDER / "__init__.py", submodule_search_locations=[str(FOLDER)])
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        for part in ("nodes", "images"):
            monkeypatch.delitem(sys.modules, f"{name}.{part}", raising=False)
        spec.loader.exec_module(module)

        async def nodes() -> list[Any]:
            return list(await (await module.comfy_entrypoint()).get_node_list())

        return {node.define_schema().node_id: node for node in asyncio.run(nodes())}


def run(node: Any, **given: Any) -> torch.Tensor:
    """Call a node as the host does: with all inputs that have a default, and those that are given; return its first output."""
    schema = node.define_schema()
    known = {each.id: each for each in schema.inputs}
    assert set(given) <= set(known)
    needed = {name for name, each in known.items() if not each.options.get("optional") and "default" not in each.options}
    assert needed <= set(given), needed
    values = {name: each.options["default"] for name, each in known.items() if "default" in each.options}
    # As the host does: nothing that comes in, or is computed outside, can have a gradient.
    with torch.inference_mode():
        inputs = {name: value.clone() if isinstance(value, torch.Tensor) else value for name, value in {**values, **given}.items()}
        result: torch.Tensor = node.execute(**inputs).result
        return result.clone()
