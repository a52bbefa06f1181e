"""Networks in files of our own, as anybody may have written them: a spec is checked before it is obeyed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from pincel.backbones.native import KEY, read_network, read_spec, to_json, write_network
from pincel.errors import WeightsError
from tests.backbones.formats.writers import TINY, exact, parts, weights_of

CARD = replace(TINY["vgg"], channels="rgb")


def written(path: Path, kind: torch.dtype = torch.float32, **changed: Any) -> Path:
    """Write a network whose spec, or numbers, are changed."""
    numbers = {f"{name}.{part}": each.to(kind).contiguous() for name, part, each in parts(weights_of("vgg"))}
    path.write_bytes(safetensors.torch.save(numbers, metadata={KEY: json.dumps({**json.loads(to_json(CARD)), **changed})}))
    return path


def layers(place: int, **changed: Any) -> dict[str, Any]:
    found = json.loads(to_json(CARD))["layers"]
    found[place] |= changed
    return {"layers": found}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"network": "timm"}, "network 'timm' is none of vgg, alexnet"),
        ({"network": "bank", "filters": [10**6]}, "network 'bank' is none of vgg, alexnet"),
        ({"filters": [3]}, "network 'vgg' is none of"),
        ({"std": [0, 1, 1]}, "mean or std are no numbers to subtract and divide by"),
        ({"mean": [float("nan"), 1, 1]}, "mean"),
        ({"layers": []}, "layers without a name of their own"),
        (layers(1, name="conv1_1"), "layers without a name of their own"),
        (layers(0, groups=0), "layer 'conv1_1' is none that there can be"),
        (layers(0, step=0), "layer 'conv1_1' is none that there can be"),
        (layers(0, stride=0), "layer 'conv1_1' is none that there can be"),
        (layers(0, pad=-1), "layer 'conv1_1' is none that there can be"),
        (layers(0, pad=2**40), "layer 'conv1_1' is none that there can be"),
        (layers(0, channels=2**40), "layer 'conv1_1' is none that there can be"),
        (layers(0, kind="module\x1b[2J"), "layer 'conv1_1' is none that there can be"),
    ],
)
def test_specs_of_networks_that_cannot_be_are_refused(changed: dict[str, Any], said: str, tmp_path: Path) -> None:
    path = written(tmp_path / "a.safetensors", **changed)
    with pytest.raises(
        WeightsError, match=r"^network: cannot be read, its spec is not one: [^\n]+ · given '.*a\.safetensors' · "
    ) as refused:
        read_network(path, read_spec(path))
    assert said in str(refused.value)
    assert str(refused.value).isprintable()


def test_what_a_spec_says_can_be_printed(tmp_path: Path) -> None:
    spec = read_spec(written(tmp_path / "a.safetensors", summary="ñ\x1b[31m\n", source="a\x07", classes=["tench\r"]))
    assert (spec.summary, spec.source, spec.classes) == ("ñ�[31m�", "a�", ("tench�",))


def test_numbers_of_another_precision_are_float32_once_read(tmp_path: Path) -> None:
    path = written(tmp_path / "a.safetensors", torch.float64)
    exact(read_network(path, read_spec(path)), weights_of("vgg"))
    with pytest.raises(WeightsError, match=r"^network: cannot be read, its conv1_1\.\w+ is of whole numbers · "):
        read_network(written(path, torch.int32), CARD)


def test_our_own_are_what_they_were(tmp_path: Path) -> None:
    for name in TINY:
        write_network(tmp_path / "a.safetensors", TINY[name], weights_of(name))
        exact(read_network(tmp_path / "a.safetensors", read_spec(tmp_path / "a.safetensors")), weights_of(name))
