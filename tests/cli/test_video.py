"""``pincel video``: what it writes, what it says, how it ends and goes on."""

from __future__ import annotations

import json
import shlex
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pincel.films.read import open_film
from pincel.films.synthetic import Pan
from tests.cli.run import pincel, process, refused
from tests.cli.test_help import examples
from tests.films.make_films import moving, write_film

Capture = pytest.CaptureFixture[str]
QUICK = (
    "--style",
    "sample:impasto",
    "--size",
    "48",
    "--steps",
    "2",
    "--style-layers",
    "relu1_1",
    "--content-layers",
    "relu2_1",
    "--precision",
    "fp32",
)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return write_film(tmp_path / "in.mp4", moving(3), sound="aac")


def test_a_film_is_painted_written_and_named(capsys: Capture, film: Path, tmp_path: Path) -> None:
    answer = pincel(capsys, "video", film, tmp_path / "out.mp4", *QUICK, "--measure", "--preview", tmp_path / "now.jpg")
    assert answer.code == 0, answer
    measured, *files = answer.out.splitlines()
    assert files == [str(tmp_path / "out.mp4"), str(tmp_path / "out.json")]
    assert measured.startswith("Warp error over 2 pairs of frames: ")
    assert "3 frames to paint, in 1 scene." in answer.err
    assert open_film(tmp_path / "out.mp4").sounds == ("aac",)
    assert (tmp_path / "now.jpg").exists()
    assert not (tmp_path / "out.mp4.frames").exists()


def test_events_as_json_lines_and_a_gif(capsys: Capture, film: Path, tmp_path: Path) -> None:
    answer = pincel(capsys, "video", film, tmp_path / "out.gif", *QUICK, "--json", "--quiet", "--next-steps", "1")
    events = [json.loads(line) for line in answer.out.splitlines()]
    assert [event["steps"] for event in events if event["event"] == "frame_done"] == [2, 1, 1]
    assert events[-1] == {"event": "saved", "files": [str(tmp_path / "out.gif"), str(tmp_path / "out.json")], "comparison": None}
    assert answer.err == ""
    assert open_film(tmp_path / "out.gif").frames == 3


def test_a_folder_of_pictures(capsys: Capture, film: Path, tmp_path: Path) -> None:
    answer = pincel(capsys, "video", film, f"{tmp_path}/new/", *QUICK, "--steps", "1")
    assert answer.code == 0, answer
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["00001.png", "00002.png", "00003.png", "film.json"]


def test_pictures_are_not_mixed_with_those_they_are_painted_from(capsys: Capture, tmp_path: Path) -> None:
    for number in range(2):
        Image.fromarray(moving(1)[0]).save(tmp_path / f"{number}.png")
    for source in (tmp_path / "%d.png", tmp_path):
        for output in ("%03d.png", "out.webp"):
            assert "is among the pictures of the film" in refused(pincel(capsys, "video", source, tmp_path / output, *QUICK))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.png", "1.png"]


def test_a_film_and_its_painting_may_have_percent_signs_in_their_names(capsys: Capture, tmp_path: Path) -> None:
    first, *rest = (Image.fromarray(frame) for frame in moving(2))
    first.save(tmp_path / "100% wool.gif", save_all=True, append_images=rest, duration=100)
    answer = pincel(capsys, "video", tmp_path / "100% wool.gif", tmp_path / "50% off.gif", *QUICK, "--steps", "1", "--quiet")
    assert answer.code == 0, answer
    assert open_film(tmp_path / "50% off.gif").frames == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["100% wool.gif", "50% off.gif", "50% off.json"]


def test_ctrl_c_keeps_the_frames_and_the_same_command_goes_on(capsys: Capture, tmp_path: Path) -> None:
    film = write_film(tmp_path / "in.mp4", moving(8))
    out = tmp_path / "out.mp4"
    run = process("video", film, out, *QUICK, "--json")
    assert run.stdout is not None
    for line in run.stdout:
        if json.loads(line)["event"] == "frame_done":
            run.send_signal(signal.SIGINT)
            break
    _, said = run.communicate(timeout=120)
    assert run.returncode == 130, said
    assert "of 8 frames are painted and kept in" in said
    there = len(list((tmp_path / "out.mp4.frames").glob("[0-9]*.png")))
    assert 1 <= there < 8
    answer = pincel(capsys, "video", film, out, "--partial", "--quiet")
    assert answer.code == 0, answer
    assert open_film(out).frames == there
    # Other settings would not fit the frames that are there.
    assert "other settings" in refused(pincel(capsys, "video", film, out, *QUICK, "--consistency", "7"))
    assert pincel(capsys, "video", film, out, *QUICK, "--quiet").code == 0
    assert open_film(out).frames == 8


def test_the_examples_of_the_help_work_as_printed(capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With shorter and smaller films, and only the shallow layers of each picture."""
    noise = np.random.default_rng(0).integers(0, 255, (90, 120, 3), dtype=np.uint8)
    short = Pan(noise, None, 64, 48, 2, 2.0, 0.0, 0.0)
    monkeypatch.setattr(
        "pincel.films.synthetic.SAMPLES", {"pan": lambda: [short], "cuts": lambda: [short, replace(short, far=255 - noise // 4)]}
    )
    monkeypatch.chdir(tmp_path)
    for example in examples(pincel(capsys, "video", "--help").out):
        program, verb, source, output, *options = shlex.split(example)
        assert program == "pincel"
        answer = pincel(capsys, verb, source, output, *options, "--steps", "2", "--style-layers", "relu1_1", "--content-layers", "relu2_1")
        assert answer.code == 0, answer
        assert open_film(output).frames >= 2


REFUSED = [
    (("in.mp4", "out.mp4"), "No style picture given"),
    (("in.mp4", "out.mpx", *QUICK), "no film is called '.mpx'"),
    (("in.mp4", "in.mp4", *QUICK), "would overwrite the input"),
    (("in.mp4", "out.mp4", *QUICK, "--record", "in.mp4"), "would overwrite the input"),
    (("nothing.mp4", "out.mp4", *QUICK), "film: no such file"),
    (("in.mp4", "out.webm", *QUICK, "--codec", "h264"), ".webm cannot hold h264"),
    (("in.mp4", "out.mp4", *QUICK, "--codec", "x264"), "Did you mean 'h264'"),
    (("in.mp4", "out.mp4", *QUICK, "--flow", "raft"), "Unknown optical flow 'raft'"),
    (("in.mp4", "out.mp4", *QUICK, "--long-term", "1,x"), "--long-term takes how many frames back"),
    (("in.mp4", "out.mp4", *QUICK, "--rate", "fast"), "--rate takes frames a second"),
    (("in.mp4", "out.mp4", "--partial"), "no painted frames are there"),
    (("in.mp4", "out.mp4", *QUICK, "--preview", "now.xyz"), "no format is called '.xyz'"),
    (("in.mp4", "out.mp4", "--style", "nothing.jpg"), "--style: no such file"),
    (("in.mp4", "out.mp4", *QUICK, "--passes", "0"), "'--passes'"),
]


@pytest.mark.parametrize(("arguments", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_mistakes_are_refused_in_one_line(
    capsys: Capture, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert said in refused(pincel(capsys, "video", *arguments))
    assert [path.name for path in tmp_path.iterdir()] == [film.name]


def test_a_missing_library_is_named_with_what_installs_it(capsys: Capture, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "cv2", None)
    line = refused(pincel(capsys, "video", film, film.with_name("out.mp4"), *QUICK))
    assert "films: the library cv2 is not installed" in line
    assert line.rstrip().endswith("[video]'")
