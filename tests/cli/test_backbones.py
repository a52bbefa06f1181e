"""``pincel backbones`` lists networks, and what each is made of."""

from __future__ import annotations

import pytest

from pincel.backbones import BACKBONES
from tests.backbones.timm_stand_in import pretend
from tests.cli.run import pincel, refused

Capture = pytest.CaptureFixture[str]


def test_every_network_with_its_parameters(capsys: Capture) -> None:
    lines = {line.split()[0]: line for line in pincel(capsys, "backbones").out.splitlines()}
    assert list(lines) == list(BACKBONES)
    expected = {"vgg19": "20.0 M", "vgg19-caffe-fc": "143.7 M", "alexnet2012": "61.0 M", "squeezenet": "1.2 M", "random-cnn-11": "46.6 k"}
    for name, count in expected.items():
        assert lines[name] == f"{name:<{max(map(len, BACKBONES))}}{count:>9}  {BACKBONES[name].summary}"


def test_every_layer_with_its_kind(capsys: Capture) -> None:
    lines = pincel(capsys, "backbones", "caffenet").out.splitlines()
    assert "MD5:     675dd47906d34f4d9a70fc44210d3804" in lines
    assert "parameters: 60,965,224" in lines
    assert "classes: 1000, of pictures of 227×227 pixels ('pincel classify')" in lines
    rows = [line.split() for line in lines[lines.index("") + 1 :]]
    assert rows[0] == ["layer", "kind", "channels", "stride", "receptive", "field"]
    assert rows[1:6] == [
        ["conv1", "conv", "96", "4", "11"],
        ["relu1", "relu", "96", "4", "11"],
        ["pool1", "pool", "96", "8", "19"],
        ["norm1", "norm", "96", "8", "19"],
        ["conv2", "conv", "256", "8", "51"],
    ]
    assert rows[-1] == ["fc8", "fc", "1000", "32", "355"]


def test_one_without_weights_has_no_hash(capsys: Capture) -> None:
    text = pincel(capsys, "backbones", "alexnet2012").out
    assert "nobody published them" in text
    assert "SHA-256" not in text


def test_a_network_of_timm(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch)
    text = pincel(capsys, "backbones", "timm:tiny").out
    assert "weights: nobody/tiny; apache-2.0; nobody/tiny, through the Python package timm" in text
    assert text.splitlines()[-1].split() == ["head", "fc", "10", "1", "whole", "picture"]


def test_an_unknown_one_is_told_with_the_closest(capsys: Capture) -> None:
    assert "Did you mean 'vgg16'?" in refused(pincel(capsys, "backbones", "vgg-16"))
