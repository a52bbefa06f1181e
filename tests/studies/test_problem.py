"""The study of the two problems: each loop moves its own numbers, derivatives are right, and both loops come somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from pincel.classify import textures
from pincel.errors import OptionError, PictureSizeError, UnknownNameError
from pincel.studies import tiny_network
from pincel.studies.declarations import ProblemOptions
from pincel.studies.problem import accuracy, check_gradient, objective_terms, shown_steps, study, train
from pincel.studies.problem_page import WEIGHTS, filters_image
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Paragraph, Report, Sheet, Table
from pincel.studies.settings import StudySettings
from pincel.studies.tiny_network import LabeledPictures, draw, parted, picture_numbers, random_network, read_classes
from pincel.studies.write import write_report
from tests.tensors import picture

SMALL = StudySettings(size=24, steps=20)


@pytest.fixture(scope="module")
def few() -> Iterator[None]:
    """Have few pictures of each class."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiny_network, "EACH", 10)
        yield


@pytest.fixture(scope="module")
def report(few: None) -> Report:
    return study("sample:harbour", "sample:impasto", ProblemOptions(classes="stripes,clouds"), SMALL, ProgressReporter())


def apart(count: int = 40) -> LabeledPictures:
    """Return pictures of two classes that a network learns at once: bright and dark ones."""
    labels = torch.arange(count) % 2
    return LabeledPictures((60 + 130 * labels).float().view(-1, 1, 1, 1) + 0.1 * picture(8, 8).expand(count, -1, -1, -1), labels)


def test_the_features_are_those_of_a_network_written_out() -> None:
    network, pixels = random_network(4, 0), picture(12, 16)
    first, second, third, dense = zip(network.weights[::2], network.weights[1::2], strict=True)
    x = functional.relu(functional.conv2d(pixels / 255 - 0.5, *first, padding=2))
    y = functional.relu(functional.conv2d(functional.max_pool2d(x, 2), *second, padding=1))
    z = functional.relu(functional.conv2d(functional.max_pool2d(y, 2), *third, padding=1))
    maps = network.features(pixels)
    assert [maps[name].shape for name in tiny_network.LAYERS] == [(1, 16, 12, 16), (1, 32, 6, 8), (1, 48, 3, 4)]
    torch.testing.assert_close(maps["relu3"], z)
    torch.testing.assert_close(network.scores(pixels)[0], dense[0] @ z.mean((2, 3))[0] + dense[1])


def test_textures_are_parted_as_the_sample_set_is(few: None) -> None:
    classes = read_classes(" dots, clouds,dots")
    assert classes == ("dots", "clouds")
    numbers = picture_numbers(classes)
    assert len(numbers) == 20
    assert {textures.CLASSES[number % 10] for number in numbers} == {"dots", "clouds"}
    blank = [torch.full((3, 1, 1), float(number)) for number in numbers]
    learned, held_out = parted(blank, numbers, classes)
    assert (len(learned.labels), len(held_out.labels)) == (16, 4)
    for part in (learned, held_out):
        found = [classes[label] for label in part.labels.tolist()]
        assert found == [textures.CLASSES[int(value) % 10] for value in part.pixels.flatten().tolist()[::3]]
    drawn = torch.from_numpy(textures.render(numbers[0])[0]).float()
    torch.testing.assert_close(draw(numbers[0])[:, 0, 0], drawn[:2, :2].mean((0, 1)))


def test_the_first_loop_learns_what_can_be_learned() -> None:
    pictures = apart()
    before = random_network(2, 0)
    loop = train(before, pictures, pictures, StudySettings(size=8, steps=40), 0.05, ProgressReporter())
    assert loop.losses[-1] < 0.5 * loop.losses[0]
    assert loop.accuracies[-1][1:] == (1.0, 1.0) == (accuracy(loop.network, pictures),) * 2
    assert [step for step, _ in loop.filters] == [0, *sorted(shown_steps(40))]


def test_each_loop_moves_its_own_numbers_only(report: Report, few: None) -> None:
    pictures = apart()
    pixels, before = pictures.pixels.clone(), random_network(2, 0)
    kept = [weight.clone() for weight in before.weights]
    network = train(before, pictures, pictures, StudySettings(size=8, steps=3), 0.05, ProgressReporter()).network
    assert torch.equal(pictures.pixels, pixels)
    assert all(map(torch.equal, before.weights, kept))
    assert not any(map(torch.equal, network.weights, kept))
    # The gradient of J exists for the picture, and for no weight.
    leaf = picture(12, 12).requires_grad_()
    sum(objective_terms(network, picture(12, 12), picture(12, 12))(leaf).values(), torch.zeros(())).backward()  # type: ignore[no-untyped-call]
    assert leaf.grad is not None
    assert all(weight.grad is None and not weight.requires_grad for weight in network.weights)
    moved = report.numbers["moved"]
    assert moved["weights"]["count"] == 19_924 - 2 * 49
    assert moved["pixels"]["count"] == 3 * 24 * 18
    assert all(each["distance"] > 0 for each in moved.values())


def test_the_terms_are_those_of_the_deck() -> None:
    network, content, style, found = random_network(2, 0), picture(8, 8), picture(12, 8, seed=3), picture(8, 8, seed=5)

    def gram(maps: Tensor) -> Tensor:
        unrolled = maps[0].flatten(1)
        return unrolled @ unrolled.T / unrolled.shape[1]

    terms = objective_terms(network, content, style)(found)
    of_content, of_style, of_found = (network.features(each) for each in (content, style, found))
    layers = [(gram(of_found[name]) - gram(of_style[name])).square().mean() / 4 for name in of_found]
    torch.testing.assert_close(terms["content"], WEIGHTS["content"] * (of_found["relu1"] - of_content["relu1"]).square().mean() / 4)
    torch.testing.assert_close(terms["style"], WEIGHTS["style"] * torch.stack(layers).mean())


def test_derivatives_are_what_moving_a_number_shows(report: Report) -> None:
    for check in report.numbers["checks"]:
        assert check["derivative"] != 0
        assert check["difference"] == pytest.approx(check["derivative"], rel=1e-4)
    exact = check_gradient("weight", lambda values: (values[0] ** 3).sum() + values[1].sum(), [torch.tensor([1.0, 2.0]), torch.ones(3)])
    assert exact.derivative == 12
    assert exact.difference == pytest.approx(12)


def test_the_report_is_written_in_both_languages(report: Report, tmp_path: Path) -> None:
    totals = [sum(row.values()) for row in report.numbers["objective"]]
    assert len(totals) == SMALL.steps + 1 == len(report.numbers["losses"]) + 1
    assert totals[-1] < totals[0] / 2
    assert [block.name for block in report.blocks if isinstance(block, Sheet)] == ["weights", "pixels", "given", "textures"]
    assert [block.name for block in report.blocks if isinstance(block, Table)] == ["loops", "gradients"]
    assert any("guessing would give 50%" in block.text.text("en") for block in report.blocks if isinstance(block, Paragraph))
    for language, word in (("en", "photograph C"), ("es", "fotografía C")):
        assert word in write_report(report, tmp_path, language)[0].read_text(encoding="utf-8")  # type: ignore[arg-type]


def test_it_ends_early_with_what_is_there(few: None, tmp_path: Path) -> None:
    progress = ProgressReporter()
    progress.stop()
    report = study("sample:harbour", "sample:impasto", ProblemOptions(classes="stripes,clouds"), SMALL, progress)
    assert [note.text("en") for note in report.notes] == ["The study was ended early: 0 of 20 steps of the weights, 0 of 20 of the pixels."]
    write_report(report, tmp_path, "en")


def test_filters_are_scaled_by_the_largest_weight_of_all() -> None:
    weights = torch.zeros(16, 3, 5, 5)
    weights[0, :, 0, 0], weights[15, :, 4, 4] = 2.0, -1.0
    image = filters_image(weights)
    assert image.size == (23, 23)
    assert [image.getpixel(place) for place in ((0, 0), (1, 1), (22, 22))] == [(255,) * 3, (128,) * 3, (64,) * 3]


@pytest.mark.parametrize(("given", "said"), [({"classes": "dots"}, "nothing to tell apart"), ({"rate": 0.0}, "no such learning rate")])
def test_options_that_make_no_sense_are_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        ProblemOptions(**given)  # type: ignore[arg-type]


def test_unknown_classes_and_tiny_pictures_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="dots"):
        read_classes("dotz,clouds")
    with pytest.raises(PictureSizeError, match="content: nothing is left"):
        study("sample:harbour", "sample:impasto", ProblemOptions(), StudySettings(size=4, steps=1), ProgressReporter())
