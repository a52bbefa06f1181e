"""Layers of a file become those of a spec."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pincel.backbones import BACKBONES
from pincel.backbones.formats.match_layers import candidate_specs, match_layers
from pincel.backbones.formats.weight_file import Channels, StoredLayer, WeightFile, display_name
from pincel.backbones.specs import ModelSpec, vgg_layers
from pincel.errors import WeightsError
from pincel.files import natural_key
from tests.backbones.formats.writers import TINY, as_bgr, exact, matrix, weights_of

PATH = Path("some.file")


def held(name: str, channels: Channels = "rgb", *, called: str = "layer {}", flat: bool = False) -> WeightFile:
    weights = as_bgr(weights_of(name)) if channels == "bgr" else weights_of(name)
    layers = [
        StoredLayer(called.format(place, layer), matrix(TINY[name], layer, weight) if flat else weight, bias)
        for place, (layer, (weight, bias)) in enumerate(weights.items())
    ]
    return WeightFile(tuple(layers), channels)


@pytest.mark.parametrize("called", ["layer {}", "{1}"])
@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("name", TINY)
def test_by_order_and_by_name(name: str, flat: bool, called: str) -> None:
    exact(match_layers(held(name, called=called, flat=flat), TINY[name], PATH), weights_of(name))


def test_names_that_agree_count_more_than_the_order() -> None:
    found = held("vgg-fc", called="{1}")
    exact(match_layers(replace(found, layers=tuple(reversed(found.layers))), TINY["vgg-fc"], PATH), weights_of("vgg-fc"))


def test_a_layer_that_was_renamed_is_where_it_was() -> None:
    *layers, last = held("caffenet", called="{1}").layers
    exact(match_layers(WeightFile((*layers, replace(last, name="fc8_flickr")), "rgb"), TINY["caffenet"], PATH), weights_of("caffenet"))


@pytest.mark.parametrize("usual", ["rgb", "bgr"])
@pytest.mark.parametrize("said", ["", "rgb", "bgr"])
def test_the_spec_knows_the_order_of_colors_better(usual: Channels, said: str) -> None:
    truth: Channels = "bgr" if "bgr" in (said or usual) else "rgb"
    found = replace(held("vgg", truth), channels=usual)
    exact(match_layers(found, replace(TINY["vgg"], channels=said), PATH), weights_of("vgg"))


@given(rows=st.integers(1, 3), channels=st.integers(1, 4), outs=st.integers(1, 4))
def test_a_map_flattened_by_positions(rows: int, channels: int, outs: int) -> None:
    # What a matrix answers for a flattened map is what the convolution answers for the map.
    spec = replace(TINY["vgg"], layers=(replace(TINY["vgg-fc"].layer("fc6"), kernel=rows, channels=outs),))
    seen = torch.arange(3.0 * rows * rows).view(3, rows, rows).cos()
    numbers = torch.arange(outs * 3.0 * rows * rows).view(outs, -1).sin()
    for flat, vector in (("chw", seen.flatten()), ("hwc", seen.permute(1, 2, 0).flatten())):
        layer = StoredLayer("fc6", numbers, torch.zeros(outs), "hwc" if flat == "hwc" else "chw")
        weight, bias = match_layers(WeightFile((layer,), "rgb"), spec, PATH)["fc6"]
        answer = torch.nn.functional.conv2d(seen[None], weight, bias).flatten()
        torch.testing.assert_close(answer, numbers @ vector)
    assert channels


def test_groups_may_be_layers_of_their_own() -> None:
    # As Lasagne has them, whose convolutions knew no groups.
    spec, layers = TINY["caffenet"], list[StoredLayer]()
    for layer in held("caffenet", called="{1}").layers:
        groups = spec.layer(layer.name).groups
        assert layer.bias is not None
        parts = zip(layer.weight.chunk(groups), layer.bias.chunk(groups), strict=True)
        layers += [StoredLayer(f"part {layer.name}_{part}", *pair) for part, pair in enumerate(parts)]
    found = WeightFile(tuple(layers), "rgb")
    assert len(layers) == 8 + 3
    exact(match_layers(found, spec, PATH), weights_of("caffenet"))


def test_what_the_file_has_beyond_the_spec_is_left_out() -> None:
    plain_spec = replace(TINY["vgg-fc"], layers=TINY["vgg"].layers)
    assert list(match_layers(held("vgg-fc"), plain_spec, PATH)) == ["conv1_1", "conv2_1", "conv2_2"]


def of_another_network() -> Iterable[tuple[WeightFile, str, str]]:
    whole = held("vgg-fc", flat=True)
    first, *rest = whole.layers
    yield replace(whole, layers=()), "vgg-fc", r"conv1_1 has shapes None and None, conv1_1 needs \(4, 3, 3, 3\) and \(4,\)"
    yield replace(whole, layers=whole.layers[:3]), "vgg-fc", r"fc6 has shapes None and None, fc6 needs \(5, 6, 3, 3\) and \(5,\)"
    yield replace(whole, layers=tuple(rest)), "vgg-fc", r"layer 1 has shapes \(6, 4, 3, 3\) and \(6,\), conv1_1 needs \(4, 3, 3, 3\)"
    yield replace(whole, layers=(replace(first, bias=None), *rest)), "vgg-fc", r"layer 0 has shapes \(4, 3, 3, 3\) and None, conv1_1 needs"
    yield (
        replace(whole, layers=(replace(first, bias=torch.ones(5)), *rest)),
        "vgg",
        r"layer 0 has shapes \(4, 3, 3, 3\) and \(5,\), conv1_1",
    )
    matrix_first = replace(first, weight=first.weight.flatten(1))
    yield replace(whole, layers=(matrix_first, *rest)), "vgg", r"layer 0 has shapes \(4, 27\) and \(4,\), conv1_1 needs \(4, 3, 3, 3\)"
    smaller = (*whole.layers[:3], replace(whole.layers[3], weight=torch.ones(5, 50)))
    yield replace(whole, layers=smaller), "vgg-fc", r"layer 3 has shapes \(5, 50\) and \(5,\), fc6 needs \(5, 54\) and \(5,\)\.$"
    evil = replace(first, name="a\n\x1b[31m" + "b" * 1000, weight=torch.ones(1, 1, 1, 1))
    yield replace(whole, layers=(evil,)), "vgg", rf"a��\[31m{'b' * 150}+… has shapes "
    named = held("vgg-fc", called="{1}")
    yield replace(named, layers=named.layers[1:]), "vgg-fc", r"conv1_1 has shapes None and None, conv1_1 needs \(4, 3, 3, 3\) and \(4,\)\.$"


@pytest.mark.parametrize("case", range(9))
def test_other_networks_are_told_by_their_first_layer_that_differs(case: int) -> None:
    found, name, message = list(of_another_network())[case]
    with pytest.raises(WeightsError, match=rf"^The weights of tiny-{name} are of another network: in some\.file, {message}") as caught:
        match_layers(found, TINY[name], PATH)
    assert str(caught.value).isprintable()


def test_another_mean_and_a_network_of_another_kind() -> None:
    near = replace(held("vgg"), mean=(124.0, 117.0, 104.0))
    exact(match_layers(near, TINY["vgg"], PATH), weights_of("vgg"))
    with pytest.raises(
        WeightsError, match=r"^weights: the file subtracts the color 125\.00 117\.00 104\.00, and tiny-vgg another · given 'some\.file' "
    ):
        match_layers(replace(near, mean=(125.0, 117.0, 104.0)), TINY["vgg"], PATH)
    with pytest.raises(WeightsError, match=r"^weights: tiny-vgg is no stack of layers · given 'some\.file' · "):
        match_layers(near, replace(TINY["vgg"], layers=TINY["vgg"].layers[1:2]), PATH)


# --- Real networks, of which only the shapes are here -----------------------------------------------------------------------------------


def hollow(spec: ModelSpec, *, flat: bool = False) -> WeightFile:
    """Return a file of a network whose numbers are nowhere."""
    layers, before = list[StoredLayer](), 3
    for layer in spec.layers:
        if layer.kind in ("conv", "fc"):
            weight = torch.empty(layer.channels, before // layer.groups, layer.kernel, layer.kernel, device="meta")
            bias = torch.empty(layer.channels, device="meta")
            layers.append(StoredLayer(layer.name, weight.flatten(1) if flat and layer.kind == "fc" else weight, bias))
            before = layer.channels
    return WeightFile(tuple(layers), "bgr")


def names(specs: Iterable[ModelSpec]) -> set[str]:
    return {spec.name for spec in specs}


@pytest.mark.parametrize("name", ["vgg19", "vgg16", "vgg19-torchvision-fc", "vgg16-fc", "alexnet", "caffenet", "alexnet-torchvision"])
def test_shapes_of_real_networks_fit_and_are_guessed(name: str) -> None:
    spec = BACKBONES[name]
    found = hollow(spec, flat=True)
    weights = match_layers(found, spec, PATH)
    assert sum(weight.numel() + bias.numel() for weight, bias in weights.values()) == spec.parameters
    assert all(weight.ndim == 4 for weight, _ in weights.values())
    guessed = candidate_specs(found)
    assert name in names(guessed)
    shapes = [(layer.channels, layer.kernel, layer.groups) for layer in spec.layers if layer.kind in ("conv", "fc")]
    for other in guessed:
        assert [(layer.channels, layer.kernel, layer.groups) for layer in other.layers if layer.kind in ("conv", "fc")] == shapes


def test_guesses_have_all_layers_of_a_file_or_its_first_ones() -> None:
    with_classifier = names(candidate_specs(hollow(BACKBONES["vgg19-torchvision-fc"])))
    assert "vgg19" not in with_classifier
    assert "vgg19" in names(candidate_specs(hollow(BACKBONES["vgg19"])))
    # A classifier of ten classes is that of no network, and what is below it is that of many.
    spec = BACKBONES["vgg19-torchvision-fc"]
    ten = replace(spec, layers=(*spec.layers[:-1], replace(spec.layers[-1], channels=10)))
    assert "vgg19" in names(candidate_specs(hollow(ten)))
    assert "vgg19-torchvision-fc" not in names(candidate_specs(hollow(ten)))
    assert candidate_specs(hollow(replace(spec, layers=vgg_layers([(1, 5)])))) == ()
    assert candidate_specs(WeightFile((), "rgb")) == ()


# --- Small things -----------------------------------------------------------------------------------------------------------------------


def test_names_are_sorted_as_people_count() -> None:
    counted = ["conv2d", "conv2d_1", "conv2d_2", "conv2d_10", "dense", "features.2.weight", "features.10.weight"]
    assert sorted(set(counted), key=natural_key) == counted


@given(st.text())
def test_a_name_fit_to_be_printed(text: str) -> None:
    assert display_name(text).isprintable()
    assert len(display_name(text)) <= 161
    assert display_name("conv1_1 é") == "conv1_1 é"
