"""``pincel train``: what it says and writes, by one process and by two, and what becomes of the network."""

from __future__ import annotations

import csv
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pincel.backbones.native import read_network
from pincel.classify.plan import plan_spec
from tests.classify.tiny import TINY, tiny, write_set
from tests.cli.run import Answer, pincel, process, refused
from tests.torchrun import run

Capture = pytest.CaptureFixture[str]


def small(**changes: Any) -> list[str]:
    """Return the options that make a recipe tiny."""
    values = {**TINY, **changes}
    texts = {name: ",".join(map(str, value)) if isinstance(value, tuple) else str(value) for name, value in values.items()}
    return [part for name, text in texts.items() for part in (f"--{name.replace('_', '-')}", text)]


SMALL = (*small(), "--device", "cpu")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a set of three colors, 24 pictures."""
    return write_set(tmp_path_factory.mktemp("set"))


def record(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "record.json").read_text())
    return read


def losses(folder: Path) -> list[list[float]]:
    with (folder / "history.csv").open() as stream:
        return [[float(row[name]) for name in ("train_loss", "val_loss")] for row in csv.DictReader(stream)]


def test_it_says_how_it_goes_and_what_has_come_of_it(data: Path, capsys: Capture, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    answer = pincel(capsys, "train", data, *SMALL, "-o", folder)
    assert answer.code == 0, answer.err
    said = answer.err.splitlines()
    assert [line for line in said if line.startswith("alexnet-small on cpu: ")] == [
        "alexnet-small on cpu: 1,167 parameters, 3 classes, 18 train, 6 val; up to 2 epochs"
    ]
    lines = [line for line in said if line.startswith("epoch") and "step" not in line]
    assert [line.partition(" · ")[0] for line in lines] == ["epoch 1 of 2", "epoch 2 of 2"]
    first = record(folder)["history"][0]
    assert f"loss {first['train_loss']:.3f}, val {first['val_loss']:.3f}" in lines[0]
    assert f"top-1 error {100 * first['train_top1_error']:.1f} %, val {100 * first['val_top1_error']:.1f} %" in lines[0]
    head, center, ten, _, columns, *rest = answer.out.splitlines()
    assert head.split() == ["error", "top-1", "top-5"]
    assert center.split()[:3] == ["central", "crop", f"{100 * record(folder)['center']['top1_error']:.1f}"]
    assert ten.split()[:3] == ["ten", "crops", f"{100 * record(folder)['top1_error']:.1f}"]
    assert columns.split() == ["ten", "crops", "pictures", "top-1", "top-5", "taken", "for"]
    assert [line.split()[:2] for line in rest[:3]] == [["blue", "2"], ["green", "2"], ["red", "2"]]
    files = [Path(line) for line in rest[4:]]
    expected = ["network.safetensors", "record.json", "history.csv", "filters.png", "curves.png", "confusion.png"]
    assert [path.name for path in files] == expected
    for path in files[3:]:
        with Image.open(path) as figure:
            assert min(figure.size) > 50


def test_what_was_trained_is_looked_with(data: Path, capsys: Capture, tmp_path: Path, photographs: list[Path]) -> None:
    for name in ("alexnet-small", "alexnet-small-tanh-no-conv3"):
        folder = tmp_path / name
        assert pincel(capsys, "train", data, *SMALL, "--recipe", name, "--epochs", "1", "-o", folder).code == 0
        shown = pincel(capsys, "backbones", folder)
        assert shown.code == 0, shown.err
        kind = "tanh" if "tanh" in name else "relu"
        assert f"{kind}5" in shown.out
        layers = ("--style-layers", f"{kind}1,{kind}2", "--content-layers", f"{kind}4")
        painted = tmp_path / f"{name}.png"
        answer = pincel(
            capsys, "transfer", photographs[0], photographs[1], "--backbone", folder, *layers, "--size", "64", "--steps", "2", "-o", painted
        )
        assert answer.code == 0, answer.err
        assert painted.is_file()


def test_two_processes_learn_what_one_learns(data: Path, capsys: Capture, tmp_path: Path) -> None:
    # Batches of 5, 5, 5 and 3 cannot be shared equally; the last picture of 6 in validation is on a batch of its own.
    one, two = tmp_path / "one", tmp_path / "two"
    assert pincel(capsys, "train", data, *SMALL, "-o", one).code == 0
    done = run(2, "pincel", "train", data, *SMALL, "-o", two)
    assert done.returncode == 0, done.stderr
    for alone, shared in zip(losses(one), losses(two), strict=True):
        assert shared == pytest.approx(alone, rel=1e-5)
    assert len(losses(two)) == 2
    assert record(two)["top1_error"] == record(one)["top1_error"]
    assert record(two)["confusion"] == record(one)["confusion"]
    assert (record(one)["machine"]["processes"], record(two)["machine"]["processes"]) == ("1", "2")
    # Nobody but process 0 says anything.
    assert done.stdout.count("network.safetensors") == 1
    assert done.stderr.count("epoch 2 of 2 · ") == 1


@pytest.mark.slow
def test_two_processes_look_at_half_of_the_pictures_each(data: Path, capsys: Capture, tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set")
    (folder / "red" / "03.png").write_bytes(b"no picture")
    decoded = ("--memory", "1", "--workers", "0")
    one, two = tmp_path / "one", tmp_path / "two"
    assert pincel(capsys, "train", folder, *SMALL, *decoded, "-o", one).code == 0
    done = run(2, "pincel", "train", folder, *SMALL, *decoded, "-o", two)
    assert done.returncode == 0, done.stderr
    assert (one / "statistics.safetensors").read_bytes() == (two / "statistics.safetensors").read_bytes()
    assert list(record(two)["data"]["left_out"]) == ["red/03.png"]
    assert losses(two)[-1] == pytest.approx(losses(one)[-1], rel=1e-5)
    # As many go on with it, from what is written.
    again = run(2, "pincel", "train", folder, *decoded, "--epochs", "3", "--resume", "--device", "cpu", "-o", two)
    assert again.returncode == 0, again.stderr
    assert len(losses(two)) == 3


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="signals")
def test_ctrl_c_keeps_what_there_is_and_resume_goes_on(data: Path, capsys: Capture, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    running = process("train", data, *SMALL, "--epochs", "100000", "--json", "-o", folder)
    assert running.stdout is not None
    for text in running.stdout:
        told = json.loads(text)
        if told["event"] == "epoch_end" and told["epoch"] == 2:
            running.send_signal(signal.SIGINT)
            break
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    saved = json.loads(out.splitlines()[-1])
    assert (saved["event"], saved["stopped"]) == ("saved", "interrupted")
    cut = record(folder)
    assert cut["epochs"] >= 2
    spec = plan_spec(tiny(), ("blue", "green", "red"), (0, 0, 0), "", "")
    assert read_network(folder / "network.safetensors", spec)
    answer = pincel(capsys, "train", data, "--resume", "--epochs", str(cut["epochs"] + 1), "--device", "cpu", "-o", folder)
    assert answer.code == 0, answer.err
    assert f"going on after epoch {cut['epochs']}, step {cut['steps'] - 4 * cut['epochs']}" in answer.err
    assert record(folder)["epochs"] == cut["epochs"] + 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere", "-o", "{0}/run"), "data: no such folder · given 'nowhere'"),
        (("{data}", "-o", "{0}/run", "--recipe", "alexnet-smal"), "Unknown recipe of training 'alexnet-smal'"),
        (("{data}", "-o", "{0}/run", "--batch", "0"), "--batch: cannot be that · given 0"),
        (("{data}", "-o", "{0}/run", "--crop", "300"), "--crop: 300 is more than --side 72"),
        (("{data}", "-o", "{0}/run", "--resume"), "checkpoint: there is none to go on from"),
        (("{data}", "-o", "{data}/red/00.png"), "output: is a file"),
        (("{data}", "-o", "{0}/run", "--memory", "much"), "Memory is given as 6G"),
        (("{data}",), "Missing option '-o'"),
        (("{data}", "-o", "{0}/run", "--epoch", "3"), "No such option"),
    ],
)
def test_mistakes_are_told_in_a_line(arguments: tuple[str, ...], message: str, data: Path, capsys: Capture, tmp_path: Path) -> None:
    filled = [text.replace("{0}", str(tmp_path)).replace("{data}", str(data)) for text in arguments]
    assert message in refused(pincel(capsys, "train", *filled))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_a_training_is_not_written_to(data: Path, capsys: Capture, tmp_path: Path) -> None:
    assert pincel(capsys, "train", data, *SMALL, "--epochs", "1", "--quiet", "-o", tmp_path / "run") == Answer(0, "", "")
    before = {path: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    line = refused(pincel(capsys, "train", data, *SMALL, "-o", tmp_path / "run"))
    assert "--resume to go on with it, or another folder" in line
    assert {path: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before


def test_divergence_is_told_in_a_line(data: Path, capsys: Capture, tmp_path: Path) -> None:
    answer = pincel(capsys, "train", data, *small(learning_rate=1e18), "--device", "cpu", "--quiet", "-o", tmp_path / "run")
    assert "the loss is no longer finite" in refused(answer)


def test_many_classes_are_shown_by_those_mistaken_most() -> None:
    from pincel.training.progress import MOST, duration, table

    rows = {
        f"c{number:02d}": {"pictures": 4, "top1_error": number / 100, "top5_error": 0.0, "taken_for": None} for number in range(MOST + 5)
    }
    errors = {"top1_error": 0.5, "top5_error": 0.25}
    lines = table({"center": errors, "ten_crops": errors, "by_class": rows})
    assert lines[-1] == "… and 5 classes with less errors"
    assert [line.split()[0] for line in lines[5:-1]] == [f"c{number:02d}" for number in range(5, MOST + 5)]
    assert [duration(each) for each in (0.2, 59.6, 200, 18720, 460000)] == ["0 s", "1 min 0 s", "3 min 20 s", "5 h 12 min", "5 d 7 h"]
