"""A picture is cut as the paper says, and answered as the network computes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from pincel.backbones import BACKBONES
from pincel.backbones.alexnet import AlexNet
from pincel.backbones.native import write_network
from pincel.backbones.specs import ModelSpec, build_layers, conv, fully_connected, relu
from pincel.backbones.vgg import VGG
from pincel.classify.predict import (
    Classifier,
    Prediction,
    class_names,
    classifier_names,
    classifier_spec,
    cut_crops,
    imagenet,
    predict,
    shorter_side,
)
from pincel.errors import OptionError, PictureMissingError, PictureSizeError, UnknownNameError, WeightsError
from tests.backbones.stand_ins import drawn_weights
from tests.backbones.timm_stand_in import pretend
from tests.classify.thin import have_thin_alexnet
from tests.tensors import assert_close

NAMES = ("cat", "dog", "harbour")
# One convolution as large as the crop: each class is a filter.
CARD: ModelSpec = replace(
    BACKBONES["alexnet"],
    name="small",
    layers=build_layers((conv("conv1", 4, 3, pad=1), relu("relu1"), *fully_connected(16, 5, 3))),
    mean=(10.0, 20.0, 30.0),
    std=(64.0, 64.0, 128.0),
    classes=NAMES,
    crop=16,
)


def saved(path: Path, spec: ModelSpec = CARD) -> ModelSpec:
    """Write a network as ``pincel train`` does, and return its spec."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_network(path, spec, drawn_weights(spec))
    return spec


def stripes(height: int, width: int) -> Image.Image:
    """Return a picture of which every pixel is another color: rows in red, columns in green."""
    rows, columns = np.mgrid[:height, :width]
    pixels = np.stack([rows * 255 // max(height - 1, 1), columns * 255 // max(width - 1, 1), np.full_like(rows, 7)], 2)
    return Image.fromarray(pixels.astype(np.uint8))


# --- What is seen of a picture ----------------------------------------------------------------------------------------------------------


def test_the_center_of_the_central_square() -> None:
    # As large as it must be: 18 pixels, an eighth more than 16; nothing is resampled.
    seen = cut_crops(stripes(18, 30), CARD)
    assert seen.shape == (1, 3, 16, 16)
    red, green, blue = seen[0]
    assert red[:, 0].tolist() == [row * 255 // 17 for row in range(1, 17)]
    assert green[0].tolist() == [column * 255 // 29 for column in range(7, 23)]
    assert set(blue.flatten().tolist()) == {7.0}


def test_ten_crops_are_center_and_corners_and_their_mirror_images() -> None:
    seen = cut_crops(stripes(18, 18), CARD, 10)
    assert seen.shape == (10, 3, 16, 16)
    value = [place * 255 // 17 for place in range(18)]
    corners = [(int(view[0, 0, 0]), int(view[1, 0, 0])) for view in seen[:5]]
    assert corners == [(value[top], value[left]) for top, left in ((1, 1), (0, 0), (0, 2), (2, 0), (2, 2))]
    assert torch.equal(seen[5:], seen[:5].flip(-1))
    assert torch.equal(seen[0], cut_crops(stripes(18, 18), CARD)[0])


@pytest.mark.parametrize(("crop", "side"), [(224, 256), (227, 256), (64, 72), (299, 336), (16, 18), (8, 9)])
def test_the_square_is_an_eighth_larger_than_the_crop(crop: int, side: int) -> None:
    assert shorter_side(crop) == side


def test_small_pictures_are_enlarged_and_thin_ones_refused() -> None:
    assert cut_crops(stripes(5, 9), CARD).shape == (1, 3, 16, 16)
    assert cut_crops(stripes(3, 192), CARD).shape == (1, 3, 16, 16)
    with pytest.raises(PictureSizeError, match=r"^picture: is too thin to show anything · given .*193×3 · accepted: at most 64 times"):
        cut_crops(stripes(3, 193), CARD)


def test_what_is_transparent_shows_nothing() -> None:
    picture = stripes(18, 18).convert("RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 9, 18))
    assert float(cut_crops(picture, CARD)[0, 2].min()) == 7


# --- What is answered -------------------------------------------------------------------------------------------------------------------


def by_hand(seen: Tensor, spec: ModelSpec = CARD) -> Tensor:
    """Compute the small network step by step, and average over views."""
    weights = {name: (weight.double(), bias.double()) for name, (weight, bias) in drawn_weights(spec).items()}
    x = (seen.double() - torch.tensor(spec.mean).double().view(1, 3, 1, 1)) / torch.tensor(spec.std).double().view(1, 3, 1, 1)
    x = torch.conv2d(x, *weights["conv1"], padding=1).clamp_min(0).flatten(1)
    for name in ("fc6", "fc7", "fc8"):
        weight, bias = weights[name]
        x = x @ weight.flatten(1).T + bias
        x = x if name == "fc8" else x.clamp_min(0)
    each = (x - x.max(1, keepdim=True).values).exp()
    return (each / each.sum(1, keepdim=True)).mean(0)


@pytest.mark.parametrize("crops", [1, 10])
def test_probabilities_are_those_of_the_network(crops: int, tmp_path: Path) -> None:
    saved(tmp_path / "run" / "network.safetensors")
    picture = stripes(20, 25)
    expected = by_hand(cut_crops(picture, CARD, crops))
    found = predict(picture, backbone=str(tmp_path / "run"), crops=crops, device="cpu")
    assert [each.index for each in found] == expected.argsort(descending=True).tolist()
    assert [each.name for each in found] == [NAMES[each.index] for each in found]
    assert_close(torch.tensor([each.probability for each in found]), expected[[each.index for each in found]].float(), rtol=1e-3, atol=1e-5)
    assert sum(each.probability for each in found) == pytest.approx(1)
    assert predict(picture, backbone=str(tmp_path / "run"), crops=crops, top=1, device="cpu") == found[:1]


def test_ten_probabilities_are_averaged_and_not_ten_answers() -> None:
    # Two views that say the one thing as surely as the other say another come out even.
    seen = torch.zeros(2, 3, 16, 16)
    seen[0, 0], seen[1, 1] = 255, 255
    weights = drawn_weights(CARD)
    network = Classifier(VGG(CARD, weights).to(), NAMES)
    single = torch.stack([network.probabilities(seen[:1]), network.probabilities(seen[1:])])
    assert_close(network.probabilities(seen), single.mean(0), atol=1e-6, rtol=1e-6)
    assert not torch.allclose(network.probabilities(seen), single.log().mean(0).softmax(0))


def test_a_network_that_ends_in_a_map_answers_with_its_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = replace(CARD, layers=build_layers((conv("conv1", 3, 3), relu("relu1"))))
    network = Classifier(AlexNet(spec, drawn_weights(spec)).to(), NAMES)
    seen = cut_crops(stripes(18, 18), CARD)
    weight, bias = drawn_weights(spec)["conv1"]
    fed = (seen - torch.tensor(spec.mean).view(1, 3, 1, 1)) / torch.tensor(spec.std).view(1, 3, 1, 1)
    expected = torch.conv2d(fed, weight, bias).clamp_min(0).mean((2, 3))[0].double().softmax(0)
    assert_close(network.probabilities(seen), expected, atol=1e-6, rtol=1e-4)


def test_a_whole_alexnet_has_the_names_of_imagenet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    have_thin_alexnet(tmp_path, monkeypatch)
    found = predict("sample:harbour", top=7, device="cpu")
    assert len(found) == 7
    assert all(each.name == imagenet()[each.index] for each in found)
    assert [each.probability for each in found] == sorted((each.probability for each in found), reverse=True)


def test_a_network_of_timm(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch)
    found = predict(stripes(80, 90), backbone="timm:tiny", top=100, device="cpu")
    assert len(found) == 10
    assert {each.name for each in found} == {f"class {index}" for index in range(10)}


# --- Names ------------------------------------------------------------------------------------------------------------------------------


def test_the_classes_of_imagenet() -> None:
    names = imagenet()
    assert len(set(names)) == 1000
    # In the order of WordNet numbers: n01440764 first, n15075141 last; some that everybody knows between.
    known = {
        0: "tench",
        1: "goldfish",
        207: "golden retriever",
        281: "tabby",
        285: "Egyptian cat",
        409: "analog clock",
        999: "toilet tissue",
    }
    assert {index: names[index] for index in known} == known


def test_names_are_those_of_the_spec_if_it_has_one_for_each_channel() -> None:
    assert class_names(CARD) == NAMES
    assert class_names(replace(CARD, classes=())) == ("class 0", "class 1", "class 2")
    assert class_names(replace(CARD, classes=("one",))) == ("class 0", "class 1", "class 2")
    assert class_names(BACKBONES["caffenet"]) == imagenet()


# --- What is refused --------------------------------------------------------------------------------------------------------------------


def test_a_network_without_a_classifier_names_those_that_have_one() -> None:
    with pytest.raises(OptionError) as caught:
        predict(stripes(20, 20), backbone="vgg19")
    failed, given, accepted, hint = str(caught.value).split(" · ")
    assert (failed, given) == ("backbone: vgg19 has no classifier", "given --backbone vgg19")
    assert {"alexnet", "caffenet", "vgg16-fc", "squeezenet"} <= set(accepted.removeprefix("accepted: ").split(", "))
    assert "alexnet2012" not in accepted
    assert hint == "try: --backbone vgg19-caffe-fc"
    with pytest.raises(OptionError, match=r"random-cnn has no classifier · .* · try: --backbone alexnet$"):
        classifier_spec("random-cnn")


def test_an_import_that_is_damaged_is_no_classifier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINCEL_WEIGHTS", str(tmp_path))
    saved(tmp_path / "mine.safetensors")
    (tmp_path / "other.safetensors").write_bytes(b"nothing")
    assert "mine" in classifier_names()
    assert "other" not in classifier_names()


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        ({"top": 0}, OptionError, r"^top: is how many answers are given · given 0 · accepted: 1 or more"),
        ({"crops": 5}, OptionError, r"^crops: how many views of a picture · given 5 · accepted: 1 or 10"),
        ({"backbone": "alexnett"}, UnknownNameError, r"Did you mean 'alexnet'\?$"),
        ({"picture": "gone.jpg"}, PictureMissingError, r"gone\.jpg"),
        ({}, WeightsError, r"^The weights of alexnet are not here"),
        ({"backbone": "alexnet2012"}, WeightsError, r"^weights: nobody published those of alexnet2012"),
    ],
)
def test_mistakes(given: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        predict(**{"picture": stripes(20, 20), **given})


def test_an_answer_says_what_it_is() -> None:
    assert Prediction("cat", 0.5, 0) == Prediction(name="cat", probability=0.5, index=0)
