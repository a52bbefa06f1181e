"""A network in a file: back as it was, and files that are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import safetensors.torch
import torch

from pincel.backbones.vgg import VGG
from pincel.errors import PincelError, WeightsError
from pincel.feedforward import file as shipped
from pincel.feedforward.file import KEY, find_stylizer, load_spec, load_stylizer, save_stylizer
from pincel.feedforward.tiles import stylize_pixels
from tests.feedforward.nets import any_style, one_style


def rewritten(path: Path, spec: dict[str, object] | None = None, **tensors: torch.Tensor | None) -> Path:
    """Write a file again with another spec, or other numbers."""
    with safetensors.safe_open(path, "pt") as opened:
        known = json.loads(opened.metadata()[KEY])
    numbers = {**safetensors.torch.load_file(path), **tensors}
    kept = {name: each for name, each in numbers.items() if each is not None}
    path.write_bytes(safetensors.torch.save(kept, metadata={KEY: json.dumps({**known, **(spec or {})})}))
    return path


def test_what_is_read_paints_like_what_was_written(tmp_path: Path) -> None:
    network, pixels = one_style(), torch.rand(1, 3, 40, 40)
    save_stylizer(tmp_path / "a.safetensors", network, half=False)
    save_stylizer(tmp_path / "b.safetensors", network)
    exact, half = (stylize_pixels(load_stylizer(tmp_path / f"{name}.safetensors"), pixels, None, 1.0, 0) for name in "ab")
    assert torch.equal(exact, stylize_pixels(network, pixels, None, 1.0, 0))
    assert 0 < float((half - exact).abs().max()) < 0.02
    assert load_spec(tmp_path / "b.safetensors") == network.spec


def test_an_eye_is_normalized_as_it_was(vgg: VGG, tmp_path: Path) -> None:
    network, pixels = any_style(vgg), torch.rand(1, 3, 20, 24)
    save_stylizer(tmp_path / "any.safetensors", network)
    found = load_stylizer(tmp_path / "any.safetensors")
    assert found.encoder is not None
    assert network.encoder is not None
    seen, expected = (each.vgg.features(pixels, ("relu2_1",))["relu2_1"] for each in (found.encoder, network.encoder))
    assert torch.allclose(seen, expected, rtol=1e-5, atol=1e-5)
    # Its weights are those of the backbone, in no file twice.
    assert (tmp_path / "any.safetensors").stat().st_size < 60_000


def test_files_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "n.safetensors"
    with pytest.raises(WeightsError, match=r"^network: cannot be read, [Nn]o such file"):
        load_stylizer(path)
    path.write_bytes(b"")
    with pytest.raises(WeightsError, match=r"^network: cannot be read, "):
        load_stylizer(path)
    path.write_bytes(safetensors.torch.save({"a": torch.zeros(1)}))
    with pytest.raises(
        WeightsError, match=r"^network: cannot be read, it holds something else · given .* · accepted: a file that 'pincel train-"
    ):
        load_stylizer(path)
    save_stylizer(path, one_style())
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(WeightsError, match=r"^network: cannot be read, "):
        load_stylizer(path)


@pytest.mark.parametrize(
    ("spec", "tensors", "said"),
    [
        ({"kind": "painter"}, {}, "its spec is not one: kind Input should be 'one-style' or 'any-style'"),
        ({"stages": "c9s1-6,boom"}, {}, "stages: cannot be read"),
        ({"kind": "any-style", "encoder": "vgg91"}, {}, "Unknown backbone 'vgg91'"),
        ({"stages": f"c3s1-{'9' * 5000}"}, {}, "stages: cannot be read"),
        ({"stages": ",".join(["U2"] * 50) + ",c3s1-3"}, {}, "what it paints is not as large as the picture"),
        ({"stages": "d6,c3s1-3"}, {}, "what it paints is not as large as the picture"),
        ({"kind": "any-style", "encoder": "random-cnn-11", "layer": "relu1_1"}, {}, "network: its encoder has other parts than a VGG"),
        ({}, {"0.bias": None}, r"its spec says that 0\.bias is \(6,\), and it holds None"),
        ({}, {"0.bias": torch.zeros(7)}, r"its spec says that 0\.bias is \(6,\), and it holds \(7,\)"),
        ({}, {"0.bias": torch.full((6,), torch.nan)}, r"0\.bias has values that are no numbers"),
    ],
)
def test_files_that_are_damaged(spec: dict[str, object], tensors: dict[str, torch.Tensor | None], said: str, tmp_path: Path) -> None:
    path = tmp_path / "n.safetensors"
    save_stylizer(path, one_style())
    rewritten(path, spec, **tensors)
    with pytest.raises(PincelError, match=rf"^network: cannot be read, {said}") as refused:
        load_stylizer(path)
    assert "\n" not in str(refused.value)


def test_an_eye_of_other_weights_is_refused(vgg: VGG, tmp_path: Path) -> None:
    path = tmp_path / "any.safetensors"
    save_stylizer(path, any_style(vgg))
    rewritten(path, {"encoder_hash": "SHA-256-0123456789abcdef"})
    with pytest.raises(WeightsError, match=r"^network: was trained with other weights of vgg19 \(SHA-256-0123456789ab\)"):
        load_stylizer(path)


def test_the_one_that_comes_with_pincel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_stylizer("x.safetensors") == Path("x.safetensors")
    monkeypatch.setattr(shipped, "SHIPPED", tmp_path / "none.safetensors")
    with pytest.raises(WeightsError, match=r"^network: none comes with this pincel"):
        find_stylizer("")
