"""Notation → operations: the network of the paper, and what cannot be read."""

from __future__ import annotations

import pytest

from pincel.backbones.vgg_specs import VGG19
from pincel.errors import OptionError
from pincel.feedforward.network import Network, init_weights, weight_shapes
from pincel.feedforward.spec import NetworkSpec, encoder_ops
from pincel.feedforward.stages import build_ops, tile_geometry
from pincel.training.recipes import RECIPES

JOHNSON = RECIPES["johnson2016"].recipe.stages


def spec(stages: str = JOHNSON, **parts: str) -> NetworkSpec:
    return NetworkSpec(**{"kind": "one-style", "name": "n", "stages": stages, "padding": "reflect-start", **parts})  # type: ignore[arg-type]


def test_the_network_of_the_paper_has_its_parameters() -> None:
    # pytorch/examples, fast_neural_style: sum(p.numel() for p in TransformerNet().parameters()), the same layers.
    assert Network(spec(), init_weights(spec(), 3, 0)).parameters == 1_679_235


def test_the_network_of_the_paper_is_mirrored_by_40_pixels() -> None:
    # Johnson et al. 2016, supplementary material, table 1: "Reflection Padding (40 × 40)".
    assert Network(spec(), init_weights(spec(), 3, 0)).initial_padding == 40


def test_operations_by_hand() -> None:
    ops = build_ops("c5s2-4,R4,U2,c3s1-3", padding="reflect", norm="instance", output="tanh")
    assert [op.kind for op in ops] == [
        *("pad", "conv", "norm", "relu"),
        *("keep", "pad", "conv", "norm", "relu", "pad", "conv", "norm", "add"),
        "unpool",
        *("pad", "conv"),
        "tanh",
    ]
    assert [op.amount for op in ops if op.kind == "pad"] == [2, 1, 1, 1]
    assert weight_shapes(spec("c5s2-4,c3s1-3", norm="none")) == {
        "0.weight": (4, 3, 5, 5),
        "0.bias": (4,),
        "1.weight": (3, 4, 3, 3),
        "1.bias": (3,),
    }


def test_how_far_it_sees_by_hand() -> None:
    # 2 pixels; then 1 position of 2 pixels, twice; then 1 pixel: 7, and up to the next position of the coarsest.
    ops = build_ops("c5s2-4,R4,U2,c3s1-3", padding="reflect", norm="none", output="linear")
    assert (tile_geometry(ops).margin, tile_geometry(ops).stride) == (8, 2)


def test_an_eye_is_what_its_spec_says() -> None:
    ops = encoder_ops(VGG19, "relu2_1")
    assert [op.kind for op in ops] == [*("pad", "conv", "relu") * 2, "pool", *("pad", "conv", "relu")]
    assert [op.after for op in ops if op.kind == "conv"] == [64, 64, 128]


@pytest.mark.parametrize(
    ("stages", "wrong"),
    [
        ("", "cannot be read · given ''"),
        ("c9s1-32,x4,c9s1-3", "cannot be read · given 'x4'"),
        ("c8s1-32,c9s1-3", "cannot be read · given 'c8s1-32'"),
        ("c9s1-32,R16,c9s1-3", "a block cannot change the number of channels · given R16"),
        ("c9s1-32,d64", "do not end in a picture · given 'd64'"),
        ("c9s1-5000,c9s1-3", "too many channels · given 5000"),
        # More digits than Python makes a number of.
        (f"c9s1-{'9' * 5000},c9s1-3", "cannot be read · given 'c9s1-9{5000}'"),
        (",".join(["c3s1-3"] * 65), "cannot be read · given '65 of them'"),
    ],
)
def test_what_cannot_be_read(stages: str, wrong: str) -> None:
    with pytest.raises(OptionError, match=rf"^stages: {wrong} · accepted: "):
        build_ops(stages, padding="reflect", norm="none", output="linear")


def test_parts_that_are_not() -> None:
    with pytest.raises(OptionError, match="network: has no such part · given 'batch' · accepted: instance or none"):
        spec(norm="batch").decoder_ops()
