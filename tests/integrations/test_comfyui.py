"""The nodes for ComfyUI, called as it calls them."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable, Hashable
from typing import Any

import pytest
import torch
from torch import Tensor

import pincel
from pincel.run.cache import Cache
from pincel.sources import open_picture
from tests.integrations.comfyui_host import FOLDER, Host, InterruptProcessingException, run

Nodes = dict[str, Any]
# Of the recipe gram at that size.
SCALES = 1
SMALL: dict[str, Any] = {"size": 32, "steps": 2, "recipe": "gram", "seed": 3}


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def nodes(host: Host, monkeypatch: pytest.MonkeyPatch) -> Nodes:
    return host.load(monkeypatch)


def image(name: str, side: int = 32) -> Tensor:
    """Return a sample as IMAGE, (1, H, W, 3)."""
    picture = open_picture(f"sample:{name}", "content", fit=lambda height, width: (side * height // width, side))
    pixels = torch.nn.functional.interpolate(picture.pixels, (side * 3 // 4, side), mode="area")
    return pixels.permute(0, 2, 3, 1).contiguous()


def test_every_input_says_what_it_is(nodes: Nodes) -> None:
    assert list(nodes) == ["PincelStyleTransfer", "PincelStylize", "PincelMatchColors"]
    for node in nodes.values():
        schema = node.define_schema()
        assert schema.category == "image/pincel"
        assert schema.description
        assert [output.kind for output in schema.outputs] == ["IMAGE"]
        assert all(each.options.get("tooltip") for each in schema.inputs)
        for each in schema.inputs:
            if each.kind == "COMBO":
                assert each.options["default"] in each.options["options"]


def test_a_batch_is_painted_frame_by_frame_as_alone(nodes: Nodes, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    class Counted(Cache):
        def get_or_make(self, kind: str, key: Hashable, make: Callable[[], Any]) -> Any:
            def counted() -> Any:
                made.append(kind)
                return make()

            return super().get_or_make(kind, key, counted)

    monkeypatch.setattr(sys.modules[nodes["PincelStyleTransfer"].__module__], "Cache", Counted)
    batch, style = torch.cat([image("harbour"), image("lake")]), image("impasto")
    painted = run(nodes["PincelStyleTransfer"], image=batch, style=style, style_2=image("glass"), weight=1.0, weight_2=0.5, **SMALL)
    assert (painted.shape, painted.dtype) == (batch.shape, torch.float32)
    assert 0 <= float(painted.min()) <= float(painted.max()) <= 1
    styles = [(style.permute(0, 3, 1, 2), 1.0), (image("glass").permute(0, 3, 1, 2), 0.5)]
    for frame, result in zip(batch, painted, strict=True):
        alone = pincel.transfer(frame.permute(2, 0, 1)[None], styles, device="cpu", **SMALL)
        assert alone.pixels is not None
        assert torch.equal(result, alone.pixels[0].permute(1, 2, 0))
    # Once, not once a frame.
    assert made.count("network") == 1
    assert made.count("style") == SCALES
    values = [value for value, _, _ in host.progress]
    assert values == sorted(values)
    assert (values[-1], {most for _, most, _ in host.progress}) == (2000, {2000})


def test_only_where_the_mask_is_white(nodes: Nodes) -> None:
    photograph, mask = image("harbour"), torch.zeros(1, 24, 32)
    mask[..., 16:] = 1
    painted = run(nodes["PincelStylize"], image=photograph, style=image("impasto"), size=0, mask=mask)
    whole = run(nodes["PincelStylize"], image=photograph, style=image("impasto"), size=0)
    assert torch.allclose(painted[:, :, :16], photograph[:, :, :16], atol=1e-6)
    assert torch.equal(painted[:, :, 16:], whole[:, :, 16:])
    assert float((whole - photograph).abs().mean()) > 0.02


def test_a_fast_batch_is_what_stylize_makes(nodes: Nodes, host: Host) -> None:
    batch = torch.cat([image("harbour"), image("lake")])
    painted = run(nodes["PincelStylize"], image=batch, style=image("woodcut"), size=32, strength=0.7)
    for frame, result in zip(batch, painted, strict=True):
        alone = pincel.stylize(frame.permute(2, 0, 1)[None], image("woodcut").permute(0, 3, 1, 2), size=32, strength=0.7, device="cpu")
        assert alone.pixels is not None
        assert torch.equal(result, alone.pixels[0].permute(1, 2, 0))
    # Each frame is shown as soon as it is there.
    assert [preview.shape for _, _, preview in host.progress] == [(1, 24, 32, 3)] * 2


def test_colors_alone(nodes: Nodes) -> None:
    photograph, colors = image("lake"), image("glass")
    changed = run(nodes["PincelMatchColors"], image=photograph, colors=colors)
    alone = pincel.match_colors(photograph.permute(0, 3, 1, 2), colors.permute(0, 3, 1, 2)).pixels
    assert alone is not None
    assert torch.equal(changed, alone.permute(0, 2, 3, 1))


def test_the_button_ends_it(nodes: Nodes, host: Host) -> None:
    host.interrupt_after = 1
    with pytest.raises(InterruptProcessingException):
        run(nodes["PincelStyleTransfer"], image=image("harbour"), style=image("impasto"), **{**SMALL, "steps": 100_000})
    assert len(host.progress) == 1
    value, _most, preview = host.progress[0]
    assert value < 1000
    assert preview.shape[-1] == 3


@pytest.mark.parametrize(
    ("node", "changed", "said"),
    [
        ("PincelStyleTransfer", {"image": torch.rand(1, 24, 32, 4)}, "image: no picture of three colors · given 1×24×32×4"),
        ("PincelStyleTransfer", {"style": torch.rand(0, 24, 32, 3)}, "style: no picture of three colors · given 0×24×32×3"),
        ("PincelStylize", {"mask": torch.ones(3, 24, 32)}, "mask: does not fit · given 3×24×32 · accepted: MASK, 1 or 1 of height×width"),
        ("PincelStyleTransfer", {"weight": 0.0}, "weights of the style pictures are all zero"),
        ("PincelStylize", {"size": 4}, "too small for the network"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(node: str, changed: dict[str, Any], said: str, nodes: Nodes) -> None:
    given = {"image": image("harbour"), "style": image("impasto"), "size": 32, **changed}
    with pytest.raises(ValueError, match=said.replace("·", ".").split(" . ")[0]) as refused:
        run(nodes[node], **given)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_workflow_has_the_nodes_there_are(nodes: Nodes) -> None:
    workflow = json.loads((FOLDER / "example_workflows" / "neural-style-transfer.json").read_text(encoding="utf-8"))
    kinds = [node["type"] for node in workflow["nodes"]]
    assert set(nodes) & set(kinds) == {"PincelStyleTransfer"}
    (node,) = [node for node in workflow["nodes"] if node["type"] == "PincelStyleTransfer"]
    schema = nodes["PincelStyleTransfer"].define_schema()
    widgets = [each for each in schema.inputs if "default" in each.options]
    # Behind a seed the page keeps what becomes of it after a run.
    names = [name for each in widgets for name in ([each.id, "after"] if each.options.get("control_after_generate") else [each.id])]
    assert len(node["widgets_values"]) == len(names)
    links = {link[0]: link for link in workflow["links"]}
    assert all(each["link"] is None or links[each["link"]][5] == each["type"] for each in node["inputs"])
    assert (FOLDER / "example_workflows" / "neural-style-transfer.jpg").is_file()


def test_the_registry_finds_what_it_asks_for() -> None:
    project = tomllib.loads((FOLDER / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == pincel.__version__
    assert set(project["tool"]["comfy"]) == {"PublisherId", "DisplayName", "requires-comfyui"}
