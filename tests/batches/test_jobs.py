"""What is to be painted, and what counts as a change of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pincel.batches import jobs as module
from pincel.batches.check import check_jobs
from pincel.batches.jobs import fingerprint, gather_jobs
from pincel.batches.messages import Job
from pincel.errors import OptionError, OutputError, PictureMissingError, UnknownNameError
from tests.batches.stand_in import picture


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """Return a job of files that are there."""
    content, style = picture(tmp_path / "photo.png"), picture(tmp_path / "style.png", (200, 30, 30))
    return Job("out.png", str(content), ((str(style), 1.0),), str(tmp_path / "painted" / "out.png"), {"size": 64})


def test_every_content_with_every_style(tmp_path: Path) -> None:
    jobs = gather_jobs(["sample:harbour", "sample:lake"], ["sample:glass", "sample:woodcut"], tmp_path, settings={"steps": 3})
    # All contents with one style, so that what was seen in it serves them all.
    assert [job.name for job in jobs] == ["harbour_glass.png", "lake_glass.png", "harbour_woodcut.png", "lake_woodcut.png"]
    assert jobs[1] == Job("lake_glass.png", "sample:lake", (("sample:glass", 1.0),), str(tmp_path / "lake_glass.png"), {"steps": 3})


def test_nothing_to_paint(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="there are no contents"):
        gather_jobs([], ["sample:glass"], tmp_path)
    with pytest.raises(OptionError, match="there are no styles"):
        gather_jobs(["sample:lake"], [], tmp_path)


def test_a_fingerprint_is_of_bytes_and_not_of_names(job: Job, tmp_path: Path) -> None:
    first = fingerprint(job)
    moved = Path(job.content).rename(tmp_path / "moved.png")
    assert fingerprint(replace(job, content=str(moved), name="other.png", output="elsewhere.png")) == first
    # A recipe said in other words.
    assert fingerprint(replace(job, content=str(moved), settings={"recipe": "pincel", "size": "64"})) == first


def test_a_fingerprint_changes_with_all_a_picture_depends_on(job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mask, folder = picture(tmp_path / "mask.png"), tmp_path / "styles"
    picture(folder / "one.png")
    recipe = tmp_path / "mine.toml"
    recipe.write_text('base = "pincel"\ntv_weight = 3\n')
    masked = replace(job, settings={"size": 64, "content_mask": str(mask)})
    of_folder = replace(job, styles=((str(folder), 1.0),))
    of_file = replace(job, settings={"recipe": str(recipe)})
    started = replace(job, settings={"size": 64, "init": str(mask)})
    other = replace(job, settings={"size": 65})
    weighed = replace(job, styles=((job.styles[0][0], 0.5),))

    def prints() -> list[str]:
        return [fingerprint(each) for each in (job, masked, of_folder, of_file, started, other, weighed)]

    before = prints()
    assert len(set(before)) == len(before)
    assert prints() == before
    changes: list[tuple[Callable[[], object], set[int]]] = [
        (lambda: picture(mask, (1, 2, 3)), {1, 4}),
        (lambda: picture(folder / "two.png"), {2}),
        (lambda: recipe.write_text('base = "pincel"\ntv_weight = 4\n'), {3}),
        (lambda: picture(Path(job.styles[0][0]), (1, 2, 3)), {0, 1, 3, 4, 5, 6}),
        (lambda: picture(Path(job.content), (1, 2, 3)), set(range(7))),
        (lambda: monkeypatch.setattr(module, "__version__", "99"), set(range(7))),
    ]
    for change, expected in changes:
        change()
        now = prints()
        assert {index for index in range(7) if now[index] != before[index]} == expected
        before = now


def test_a_file_that_is_not_there_has_a_fingerprint_too(job: Job) -> None:
    Path(job.content).unlink()
    assert fingerprint(job) != ""


def checked(jobs: list[Job], tmp_path: Path) -> None:
    check_jobs(jobs, tmp_path / "painted")


def named(job: Job, name: str, tmp_path: Path) -> Job:
    return replace(job, name=name, output=str(tmp_path / "painted" / name))


def test_jobs_that_can_be_painted(job: Job, tmp_path: Path) -> None:
    checked([job, named(job, "sub/out.png", tmp_path)], tmp_path)
    assert not list((tmp_path / "painted").rglob("*.*"))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("a.png", "a.png"), "output: two pictures would be '.*a.png'"),
        (("a.png", "A.PNG"), "output: two pictures would be"),
        (("a.png", "a.jpg"), "output: two records would be '.*a.json'"),
        (("batch.png",), "the batch keeps batch.json for itself"),
        (("thumbnails/a.png",), "for itself"),
        (("a.gif",), "no format is called '.gif'"),
    ],
)
def test_outputs_that_cannot_be(job: Job, names: tuple[str, ...], message: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=message) as error:
        checked([named(job, name, tmp_path) for name in names], tmp_path)
    assert "\n" not in str(error.value)


def test_an_output_that_is_an_input(job: Job, tmp_path: Path) -> None:
    (tmp_path / "painted").mkdir()
    # Also by another name.
    (tmp_path / "painted" / "out.png").symlink_to(job.content)
    with pytest.raises(OutputError, match="would overwrite the input"):
        checked([job], tmp_path)


def test_a_record_that_is_an_input(job: Job, tmp_path: Path) -> None:
    recipe = tmp_path / "painted" / "out.json"
    recipe.parent.mkdir()
    recipe.write_text("{}")
    with pytest.raises(OutputError, match="would overwrite the input"):
        check_jobs([job], tmp_path / "painted", [recipe])


def test_inputs_and_settings_that_cannot_be(job: Job, tmp_path: Path) -> None:
    with pytest.raises(
        PictureMissingError, match=r"out.png: the content is not there · given '.*phot.png' · accepted: a file · try: '.*photo.png'"
    ):
        checked([replace(job, content=str(tmp_path / "phot.png"))], tmp_path)
    with pytest.raises(UnknownNameError, match="Did you mean 'glass'"):
        checked([replace(job, styles=(("sample:glas", 1.0),))], tmp_path)
    with pytest.raises(OptionError, match="Did you mean 'style_weight'"):
        checked([replace(job, settings={"style_wait": 3})], tmp_path)
    # Where settings differ, it is told whose they are.
    with pytest.raises(UnknownNameError, match=r"^b\.png: Unknown style layer"):
        checked([job, replace(named(job, "b.png", tmp_path), settings={"style_layers": "relu9_1"})], tmp_path)
    (tmp_path / "painted").write_text("a file")
    with pytest.raises(OutputError, match="its folder is a file"):
        checked([job], tmp_path)
