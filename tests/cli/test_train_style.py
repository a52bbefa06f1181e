"""``pincel train-style``, ``pincel quick`` and ``pincel export``: what they say and write; a run that starts where a network ends."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
import torch
from PIL import Image

from pincel.backbones.vgg import VGG
from pincel.feedforward.file import load_stylizer, save_stylizer
from pincel.feedforward.stylize import stylize
from pincel.images.io import load_picture
from tests.cli.run import pincel, process, refused
from tests.feedforward.nets import any_style, one_style
from tests.runs import make_run

Capture = pytest.CaptureFixture[str]
SMALL = (
    *("--stages", "c5s1-4,d6,R6,U2,c5s1-3", "--crop", "24", "--side", "64", "--style-side", "48"),
    *("--steps", "3", "--batch", "1", "--device", "cpu"),
)


@pytest.fixture(scope="module")
def nets(vgg: VGG, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with ``one.safetensors`` and ``any.safetensors``."""
    folder = tmp_path_factory.mktemp("nets")
    save_stylizer(folder / "one.safetensors", one_style(name="one"))
    save_stylizer(folder / "any.safetensors", any_style(vgg))
    return folder


def test_it_says_how_it_goes_and_what_has_come_of_it(photographs: list[Path], capsys: Capture, tmp_path: Path) -> None:
    net, onnx = tmp_path / "n.safetensors", tmp_path / "n.onnx"
    answer = pincel(capsys, "train-style", photographs[1], photographs[0].parent, *SMALL, "-o", net, "--onnx", onnx)
    assert answer.code == 0, answer.err
    said = answer.err.splitlines()
    assert "johnson-small on cpu: 1,683 parameters, 3 pictures, 1 style; 3 steps" in said
    assert said[-1].startswith("step 3 of 3 · J ")
    assert said[-1].endswith("0 s left")
    assert answer.out.splitlines() == [str(net), str(net.with_suffix(".json")), str(onnx)]
    painted = pincel(capsys, "quick", photographs[0], "-o", tmp_path / "p.png", "--network", net, "--size", "48", "--device", "cpu")
    assert painted.code == 0, painted.err
    with Image.open(tmp_path / "p.png") as picture:
        assert max(picture.size) == 48


def test_events_as_lines(photographs: list[Path], capsys: Capture, tmp_path: Path) -> None:
    answer = pincel(
        capsys, "train-style", photographs[1], photographs[0].parent, *SMALL, "-o", tmp_path / "n.safetensors", "--json", "--quiet"
    )
    assert answer.code == 0, answer.err
    assert answer.err == ""
    rows = [json.loads(line) for line in answer.out.splitlines()]
    told = [row["event"] for row in rows if row["event"] != "notice"]
    assert told == ["train_start", *["step_end"] * 3, "train_end", "saved"]
    assert rows[-1]["stopped"] == "steps"


def test_ctrl_c_keeps_what_was_learned(photographs: list[Path], tmp_path: Path) -> None:
    net = tmp_path / "n.safetensors"
    command: list[str | Path] = ["train-style", photographs[1], photographs[0].parent, *SMALL, "--steps", "100000", "-o", net, "--json"]
    started = process(*command)
    assert started.stdout is not None
    for line in started.stdout:
        if json.loads(line)["event"] == "step_end":
            started.send_signal(signal.SIGINT)
            break
    out, err = started.communicate(timeout=120)
    assert started.returncode == 130, err
    assert json.loads(out.splitlines()[-1])["stopped"] == "interrupted"
    assert load_stylizer(net).spec.trained["stopped"] == "interrupted"
    assert net.with_name("n.checkpoint.safetensors").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere.jpg", "sample:scenes", "-o", "n.safetensors"), "STYLE: no such file"),
        (("sample:glass", "nowhere", "-o", "n.safetensors"), "data: no such folder"),
        (("sample:glass", "sample:scenes", "-o", "n.pt"), "network: a name that pincel would not find again"),
        (("sample:glass", "sample:scenes", "-o", "n.safetensors", "--recipe", "johnson"), "Unknown recipe of train-style 'johnson'"),
        (("sample:glass", "sample:scenes", "-o", "n.safetensors", "--resume"), "checkpoint: there is none to go on from"),
        (("sample:glass", "sample:scenes", "-o", "n.safetensors", "--onnx", "n.onnx/"), "ONNX file: is a folder"),
        (("sample:glass", "sample:scenes", "-o", "n.safetensors", "--crop", "9"), "--crop: cannot be that · given 9"),
    ],
)
def test_refusals(arguments: tuple[str, ...], said: str, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert refused(pincel(capsys, "train-style", *arguments)).startswith(f"pincel: {said}")
    assert list(tmp_path.iterdir()) == []


def test_quick_after_any_style(nets: Path, photographs: list[Path], capsys: Capture, tmp_path: Path) -> None:
    out, common = tmp_path / "p.png", ("--network", nets / "any.safetensors", "--size", "0", "--style-size", "0", "--device", "cpu")
    answer = pincel(capsys, "quick", photographs[0], f"{photographs[1]}=3", photographs[2], "-o", out, *common, "--strength", "0.5")
    assert answer.code == 0, answer.err
    assert answer.err.startswith("any on cpu: 96×96, ")
    record = json.loads(out.with_suffix(".json").read_text())
    assert [style["weight"] for style in record["styles"]] == [3.0, 1.0]
    assert (record["strength"], record["color"], record["tiles"]) == (0.5, "style", 0)
    pictures = [load_picture(path) for path in photographs]
    from pincel.feedforward.stylize import StylizeOptions

    expected = stylize(load_stylizer(nets / "any.safetensors"), pictures[0], [(pictures[1], 3.0), (pictures[2], 1.0)], StylizeOptions(0.5))
    assert torch.allclose(load_picture(out).pixels, expected, atol=0.51 / 255)


def test_quick_in_little_memory(nets: Path, capsys: Capture, tmp_path: Path) -> None:
    common = ("--network", nets / "one.safetensors", "--size", "300", "--device", "cpu", "--json")
    whole = pincel(capsys, "quick", "sample:harbour", "-o", tmp_path / "whole.png", *common)
    tiled = pincel(capsys, "quick", "sample:harbour", "-o", tmp_path / "tiled.png", *common, "--memory", "10M")
    assert (whole.code, tiled.code) == (0, 0), tiled.err
    assert "in tiles of 128 pixels, for the whole would take" in tiled.err
    one, other = (load_picture(tmp_path / f"{name}.png").pixels for name in ("whole", "tiled"))
    assert float((one - other).abs().max()) <= 1.01 / 255


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("any", ()), "PAINTING: the network any paints after a picture"),
        (("one", ("sample:glass",)), "PAINTING: the network one has learned one and takes no other"),
        (("one", ("--strength", "0.5")), "--network: one has learned one style"),
        (("any", ("sample:glass", "--strength", "3")), "--strength: is out of range"),
        (("any", ("sample:glass=x",)), "The weight of 'sample:glass'"),
        (("none", ("sample:glass",)), "network: cannot be read"),
        (("any", ("sample:glass", "--memory", "1M")), "memory: too little to paint with"),
        (("any", ("sample:glass", "--size", "2")), "picture: too small for the network any · given 2×2 pixels"),
    ],
)
def test_refusals_of_quick(arguments: tuple[str, tuple[str, ...]], said: str, nets: Path, capsys: Capture, tmp_path: Path) -> None:
    name, rest = arguments
    answer = pincel(capsys, "quick", "sample:harbour", *rest, "-o", tmp_path / "p.png", "--network", nets / f"{name}.safetensors")
    assert refused(answer).startswith(f"pincel: {said}")
    assert not (tmp_path / "p.png").exists()


def test_export(nets: Path, capsys: Capture, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    answer = pincel(capsys, "export", nets / "one.safetensors", "-o", tmp_path / "one.onnx")
    assert answer.code == 0, answer.err
    assert answer.out == f"{tmp_path / 'one.onnx'}\n"
    said = refused(pincel(capsys, "export", nets / "one.safetensors", "-o", nets / "one.safetensors"))
    assert said.startswith("pincel: ONNX file: would overwrite the input")


def test_a_run_begins_where_a_network_ends(nets: Path, photographs: list[Path], capsys: Capture, tmp_path: Path) -> None:
    for name in ("any", "one"):
        start = f"feedforward={nets / name}.safetensors"
        run = make_run(
            photographs[0], photographs[1], init=start, size=64, steps=0, scales="none", canvas="pixels", bounds="free", device="cpu"
        )
        list(run)
        network, content, style = load_stylizer(nets / f"{name}.safetensors"), run.objectives.images.content, run.objectives.images.styles
        assert run.result.pixels is not None
        assert torch.allclose(run.result.pixels, stylize(network, content, style if name == "any" else ()), atol=1e-5)
    options = ("--size", "48", "--steps", "1", "--scales", "none", "--device", "cpu", "--quiet")
    for spelling in ("--init", "--start"):
        answer = pincel(capsys, "transfer", photographs[0], photographs[1], "-o", tmp_path / f"{spelling}.png", spelling, start, *options)
        assert answer.code == 0, answer.err
    assert (tmp_path / "--init.png").read_bytes() == (tmp_path / "--start.png").read_bytes()
    answer = pincel(capsys, "transfer", photographs[0], photographs[1], "-o", tmp_path / "p.png", "--init", "feedforward=no.safetensors")
    assert refused(answer).startswith("pincel: network: cannot be read")
