"""Checkpoints are whole or not there; what is not one is refused with its reason."""

from __future__ import annotations

import errno
import json
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from pincel.classify import state as classify
from pincel.engine import checkpoint as module
from pincel.engine.checkpoint import checkpoint_files, find_checkpoint, read_checkpoint, write_checkpoint
from pincel.engine.checkpoint_manager import CheckpointManager, new_folder
from pincel.engine.events import Notice
from pincel.errors import CheckpointDamagedError, CheckpointError, OptionError, OutputError
from pincel.training import state as styles
from tests.tensors import normal

VALUES: dict[str, Any] = {
    "x": normal(1, 3, 8, 9, dtype=torch.float32),
    "step": 7,
    "first": float("inf"),
    "losses": b"[1, 2]",
    "half": (0.1,),
}


def written(folder: Path, count: int = 2) -> list[Path]:
    """Write some checkpoints, whose ``step`` is their number."""
    folder.mkdir(exist_ok=True)
    for number in range(1, count + 1):
        write_checkpoint(folder / f"checkpoint-{number:06d}.safetensors", {**VALUES, "step": number})
    return checkpoint_files(folder)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint-000001.safetensors"
    write_checkpoint(path, VALUES)
    found = read_checkpoint(path).values()
    assert torch.equal(found.pop("x"), VALUES["x"])
    assert found == {key: value for key, value in VALUES.items() if key != "x"}
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_it_is_a_safetensors_file_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "one.safetensors"
    write_checkpoint(path, {"a": torch.ones(3, dtype=torch.uint8), "b": normal(2, 2), "c": torch.ones(5, dtype=torch.bfloat16)})
    tensors = safetensors.torch.load_file(path)
    found = {(str(tensor.dtype), tensor.numel()) for tensor in tensors.values()}
    assert found == {("torch.uint8", 3), ("torch.float64", 4), ("torch.bfloat16", 5), ("torch.uint8", 32)}


def test_the_newest_is_taken_by_number_not_by_name(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "checkpoint-999999.safetensors", {"step": 1})
    write_checkpoint(tmp_path / "checkpoint-1000000.safetensors", {"step": 2})
    assert find_checkpoint(tmp_path).values() == {"step": 2}


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "ten bytes": lambda data: data[:10],
    "half": lambda data: data[: len(data) // 2],
    "one byte short": lambda data: data[:-1],
    "one byte more": lambda data: data + b"\0",
    "a bit of the length": lambda data: flipped(data, 2),
    "a bit of the header": lambda data: flipped(data, data.index(b'"step')),
    "a bit of the format": lambda data: flipped(data, data.index(b"pincel checkpoint")),
    "a bit of a tensor": lambda data: flipped(data, len(data) - 200),
    "a bit of the seal": lambda data: flipped(data, len(data) - 3),
    "zeros": lambda data: bytes(len(data)),
    "words": lambda data: b"not a checkpoint at all, but long enough to have a seal at its end, if it had one",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_one_is_found_and_the_one_before_used(damage: str, tmp_path: Path) -> None:
    before, newest = written(tmp_path)
    newest.write_bytes(DAMAGES[damage](newest.read_bytes()))
    found = find_checkpoint(tmp_path)
    assert (found.path, found.values()["step"]) == (before, 1)
    (note,) = found.notes
    assert note.startswith("checkpoint-000001.safetensors was used instead: checkpoint: is ")
    assert "checkpoint-000002" in note
    assert "\n" not in note
    before.unlink()
    with pytest.raises(CheckpointDamagedError) as refused:
        find_checkpoint(tmp_path)
    assert "\n" not in str(refused.value)


def sealed(header: dict[str, Any], version: int = module.VERSION) -> bytes:
    """Return a whole file that says something else."""
    import hashlib

    table = {
        "__metadata__": {"format": "pincel checkpoint", "version": str(version), "document": json.dumps(header)},
        "sha256": {"dtype": "U8", "shape": [32], "data_offsets": [0, 32]},
    }
    text = json.dumps(table).encode()
    data = struct.pack("<Q", len(text)) + text
    return data + hashlib.sha256(data).digest()


def test_a_newer_version_is_refused_even_if_an_older_file_is_there(tmp_path: Path) -> None:
    _, newest = written(tmp_path)
    newest.write_bytes(sealed({}, version=module.VERSION + 1))
    message = rf"in version {module.VERSION + 1} of the format · given .* · accepted: version {module.VERSION} · try: "
    with pytest.raises(CheckpointError, match=message) as refused:
        find_checkpoint(tmp_path)
    assert not isinstance(refused.value, CheckpointDamagedError)


def test_a_whole_one_that_names_something_unknown_is_refused(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-000001.safetensors").write_bytes(sealed({"subprocess.Popen": {"args": "true"}}))
    with pytest.raises(CheckpointError, match="is whole, but this version of pincel cannot read it"):
        find_checkpoint(tmp_path).values()


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    safetensors.torch.save_file({"weight": torch.ones(3)}, tmp_path / "checkpoint-000001.safetensors")
    with pytest.raises(CheckpointError, match="is a file of something else"):
        find_checkpoint(tmp_path)


def test_folders_without_any(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("words")
    with pytest.raises(CheckpointError, match="there is no such folder"):
        find_checkpoint(tmp_path / "none")
    with pytest.raises(CheckpointError, match="the folder holds none"):
        find_checkpoint(tmp_path)
    with pytest.raises(CheckpointError, match="is a file, not a folder"):
        find_checkpoint(tmp_path / "words.txt")


def test_an_unreadable_one(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-000001.safetensors").mkdir()
    with pytest.raises(CheckpointDamagedError, match="is a directory"):
        find_checkpoint(tmp_path)


# --- keeping ----------------------------------------------------------------------------------------------------------------------------


class Clock:
    """A clock that is set."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def numbers(folder: Path) -> list[int]:
    return [int(path.stem.removeprefix("checkpoint-")) for path in checkpoint_files(folder)]


def test_two_are_kept_and_nothing_else_is_touched(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    keeper = CheckpointManager(folder, 1.0)
    lines = [keeper.write({"step": step}) for step in range(5)]
    assert numbers(folder) == [4, 5]
    assert lines[1:] == [[]] * 4
    text = f"Checkpoints are written every 1 s; should the run be cut short, go on with: pincel resume {folder}"
    assert lines[0] == [Notice(text, topic="resume")]
    (folder / "mine.txt").write_text("mine")
    (folder / ".pincel-0123456789ab.safetensors").write_text("half written")
    keeper.discard()
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]
    (folder / "mine.txt").unlink()
    keeper.write({})
    keeper.discard()
    assert not folder.exists()


def test_a_run_that_goes_on_keeps_what_it_went_on_from_and_drops_a_damaged_one(tmp_path: Path) -> None:
    _, whole, damaged = written(tmp_path, 3)
    damaged.write_bytes(b"")
    keeper = CheckpointManager(tmp_path, 1.0, paths=(whole,))
    assert keeper.write({"step": 4}) == []
    assert numbers(tmp_path) == [2, 4]


def test_a_folder_of_another_run_is_not_removed_by_one_that_wrote_nothing(tmp_path: Path) -> None:
    written(tmp_path)
    CheckpointManager(tmp_path).discard()
    assert numbers(tmp_path) == [1, 2]


def test_when_they_are_due(tmp_path: Path) -> None:
    clock = Clock()
    keeper = CheckpointManager(tmp_path, 30, after=120, clock=clock)
    assert [keeper.is_due(seconds) for seconds in (0, 119.9, 120, 500)] == [False, False, True, True]
    keeper.write({})
    clock.now = 29.9
    assert not keeper.is_due(500)
    clock.now = 30
    assert keeper.is_due(500)
    # One that has just been read is as good as one that has just been written.
    assert not CheckpointManager(tmp_path, 30, paths=tuple(checkpoint_files(tmp_path)), clock=clock).is_due(500)


def test_writing_takes_a_tenth_of_the_time_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    keeper = CheckpointManager(tmp_path, 30, clock=clock)

    def slow(path: Path, values: object) -> None:
        clock.now += 5

    monkeypatch.setattr("pincel.engine.checkpoint_manager.write_checkpoint", slow)
    keeper.write({})
    clock.now = 54
    assert not keeper.is_due(1e9)
    clock.now = 55
    assert keeper.is_due(1e9)


@pytest.mark.parametrize("every", [0.0, -1.0, float("nan")])
def test_a_pause_that_cannot_be(every: float, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="seconds above 0"):
        CheckpointManager(tmp_path, every)


def test_a_folder_asked_for_must_be_new_or_empty(tmp_path: Path) -> None:
    assert new_folder(tmp_path / "a" / "b").is_dir()
    written(tmp_path / "c")
    with pytest.raises(CheckpointError, match=r"holds those of another run .* try: pincel resume "):
        new_folder(tmp_path / "c")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is a file, not a folder"):
        new_folder(tmp_path / "file")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_disk_that_is_full_costs_no_run_and_no_earlier_checkpoint(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = CheckpointManager(tmp_path, 1.0)
    keeper.write({"step": 1})

    def full(*_: object) -> Any:
        yield b"some"
        raise OSError(number, "No room")

    monkeypatch.setattr(module, "_pieces", full)
    (notice,) = keeper.write({"step": 2})
    assert notice.text.startswith("A checkpoint could not be written; the run goes on. checkpoint: cannot be written, ")
    assert "\n" not in notice.text
    # Said once, until one succeeds.
    assert keeper.write({"step": 3}) == []
    assert find_checkpoint(tmp_path).values() == {"step": 1}
    assert len(list(tmp_path.iterdir())) == 1
    monkeypatch.undo()
    assert keeper.write({"step": 4}) == []
    assert find_checkpoint(tmp_path).values() == {"step": 4}


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on files there")
def test_a_real_limit_on_the_size_of_files(tmp_path: Path) -> None:
    code = """
import resource, sys, torch
from pathlib import Path
from pincel.engine.checkpoint_manager import CheckpointManager
keeper = CheckpointManager(Path(sys.argv[1]), 1.0)
keeper.write({"x": torch.ones(100)})
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
print(*keeper.write({"x": torch.ones(1_000_000)}))
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "kept")], capture_output=True, text=True, check=True)
    assert "the run goes on" in done.stdout
    assert "larger than is allowed" in done.stdout
    assert torch.equal(find_checkpoint(tmp_path / "kept").values()["x"], torch.ones(100))
    assert len(list((tmp_path / "kept").iterdir())) == 1


# --- what anybody may seal --------------------------------------------------------------------------------------------------------------


def sealed_text(document: str) -> bytes:
    """Return a whole file with any text for its document, and a tensor of six numbers, ``0``."""
    import hashlib

    table = {
        "__metadata__": {"format": "pincel checkpoint", "version": str(module.VERSION), "document": document},
        "0": {"dtype": "F32", "shape": [6], "data_offsets": [0, 24]},
        "sha256": {"dtype": "U8", "shape": [32], "data_offsets": [24, 56]},
    }
    text = json.dumps(table).encode()
    data = struct.pack("<Q", len(text)) + text + struct.pack("<6f", *range(6))
    return data + hashlib.sha256(data).digest()


@pytest.mark.parametrize(
    "document",
    [
        "", "{", "nonsense", "[" * 100_000, '"a text"', "3", "[]", '{"tuple": []}', '{"tensor": ["0", [6], [0]]}', '{"dict": 3}',
        '{"dict": {"a": {"tensor": ["0", [1], [0, 1]]}}}', '{"dict": {"a": {"tensor": ["0", [-2, 6], [0, 1]]}}}',
        '{"dict": {"a": {"tensor": ["0", [4611686018427387904, 4], [0, 1]]}}}', '{"dict": {"a": {"tensor": ["0", [6], [3]]}}}',
        '{"dict": {"a": {"tensor": ["1", [6], [0]]}}}', '{"dict": {"a": {"float": [1]}}}', '{"dict": {"a": {"bytes": 0}}}',
        '{"dict": {"a": {"Best": {"step": 1}}}}', '{"dict": {"a": {"Best": []}}}',
        '{"dict": {"a": {"eval": ["1"]}}}', '{"dict": {"a": {}}}',
    ],
)  # fmt: skip
def test_whole_files_of_anything_are_refused_in_one_line(document: str, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint-000001.safetensors"
    path.write_bytes(sealed_text(document))
    with pytest.raises(CheckpointError, match=r"^checkpoint: is whole, but this version of pincel cannot read it \([^\n]+$"):
        read_checkpoint(path).values()


WEIGHTS = {"conv1": (torch.ones(2, 3, 1, 1), torch.ones(2))}
LEARNED = {
    **dict.fromkeys(("weights", "velocities"), WEIGHTS), "epoch": 1, "step": 2, "history": [{}], "best": {"epoch": 1}, "seconds": 1.0,
    "recent": [[128, 3]], "schedule": {"rate": 0.01}, "counts": {"images": 3}, "terms": {"recipe": {}, "data": "0a"},
}  # fmt: skip
LINE = torch.arange(6.0)
TAUGHT = {
    "params": LINE, "adam": {"first": LINE, "second": LINE, "steps": 1}, "step": 1, "seconds": 1.0, "history": [[1, 2.0, {"style": 1.0}]],
    "terms": {"recipe": {}, "data": "0a", "styles": ["0b"]},
}  # fmt: skip


def test_trainings_are_read_as_they_were_written(tmp_path: Path) -> None:
    path, here = tmp_path / "a.safetensors", torch.device("cpu")
    write_checkpoint(path, LEARNED)
    state, terms = classify.read_state(path, here)
    assert (state.epoch, state.schedule.rate, state.counts.images, state.recent, terms["data"]) == (1, 0.01, 3, [(128, 3)], "0a")
    assert torch.equal(state.weights["conv1"][0], WEIGHTS["conv1"][0])
    write_checkpoint(path, TAUGHT)
    taught, terms = styles.read_state(path, here)
    assert (taught.step, taught.adam.steps, taught.history, terms["styles"]) == (1, 1, [[1, 2.0, {"style": 1.0}]], ["0b"])
    assert torch.equal(taught.params, LINE)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (LEARNED | {"terms": 3}, "its content (Input should be a valid dictionary) is none"),
        (LEARNED | {"terms": {"data": "0a"}}, "it does not say with which recipe it was begun"),
        (LEARNED | {"weights": {"conv1": [1, 2]}}, "its 'weights.conv1.0' is none"),
        (LEARNED | {"weights": LINE}, "its 'weights' is none"),
        (LEARNED | {"velocities": {}}, "its content (the velocities are of other weights) is none"),
        (LEARNED | {"epoch": "one"}, "its 'epoch' is none"),
        (LEARNED | {"schedule": {"rate": "a", "x": 1}}, "its 'schedule.rate' is none"),
        (LEARNED | {"more": 1}, "its 'more' is none"),
        (TAUGHT | {"params": 3}, "its 'params' is none"),
        (TAUGHT | {"adam": {"first": LINE}}, "its 'adam.second' is none"),
        (TAUGHT | {"adam": {"first": LINE, "second": LINE[1:]}}, "its content (the moments are of other weights) is none"),
        (TAUGHT | {"history": [[1]]}, "its content (its history is of another form) is none"),
    ],
)
def test_trainings_of_other_things_are_refused_in_one_line(values: dict[str, Any], said: str, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    write_checkpoint(path, values)
    read = (classify if "epoch" in values else styles).read_state
    with pytest.raises(
        CheckpointError, match=r"^checkpoint: cannot be gone on from, [^\n]+ · given .*a\.safetensors' · accepted: "
    ) as refused:
        read(path, torch.device("cpu"))
    assert f"cannot be gone on from, {said} · " in str(refused.value)
