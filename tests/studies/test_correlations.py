"""Gram matrices, correlations, clusters and maps of paintings are those of the formulas."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pincel.cli.studies.declared import study_command
from pincel.errors import OptionError, PictureError, PictureMissingError, PincelError, UnknownNameError
from pincel.functional.correlation import classical_scaling, correlation_matrix, diagonal_share, effective_rank, relative_distance
from pincel.functional.gram import gram_matrix
from pincel.images.io import load_picture
from pincel.images.resize import resize_picture
from pincel.studies.correlations import MOST, study
from pincel.studies.declarations import CorrelationsOptions
from pincel.studies.gram_cells import LONGEST, cell_matrices
from pincel.studies.gram_difference import changed_pairs
from pincel.studies.gram_plots import channel_order, layer_correlations, signed_root, strongest_channels
from pincel.studies.gram_single import extreme_pairs
from pincel.studies.gram_unrolled import unrolled, worked_product
from pincel.studies.heatmaps import pixel_heatmap
from pincel.studies.matrix_view import MatrixView, map_picture
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Paragraph, Plot, Report, Sheet, Table
from pincel.studies.settings import BLOCK_LAYERS, StudySettings
from pincel.studies.style_map import StyleGrams, _map_size, cluster_order, style_distances
from pincel.studies.write import write_report
from tests.tensors import assert_close, normal
from tests.tensors import picture as waves

SEEDS = st.integers(0, 10_000)
COUNTS = st.integers(2, 7)
QUICK = StudySettings(48, backbone="random-cnn-11", device="cpu")


def planted() -> torch.Tensor:
    """Return (8, 6, 6): channels 0, 3, 5, 6 follow one pattern, 1, 2, 4 another; 7 is silent."""
    one, other = normal(1, 6, 6, seed=1), normal(1, 6, 6, seed=2)
    noise = 0.05 * normal(8, 6, 6, seed=3)
    maps = torch.cat([one if channel in (0, 3, 5, 6) else other for channel in range(8)]) + noise
    maps[7] = 2.5
    return maps


def draw(report: Report) -> None:
    """Draw every plot, in Spanish."""
    for block in report.blocks:
        if isinstance(block, Plot):
            block.draw(lambda message: message.text("es"))


def text(report: Report) -> str:
    return "\n".join(block.text.text("en") for block in report.blocks if isinstance(block, Paragraph))


# The formulas


@given(st.tuples(COUNTS, st.integers(2, 5), st.integers(2, 5)), SEEDS)
def test_gram_and_correlation_are_those_of_numpy(shape: tuple[int, int, int], seed: int) -> None:
    maps = normal(*shape, seed=seed)
    rows = maps.flatten(1).numpy()
    seen = layer_correlations(maps)
    np.testing.assert_allclose(seen.gram.numpy(), rows @ rows.T / rows.shape[1], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(correlation_matrix(maps).numpy(), np.corrcoef(rows), rtol=1e-9, atol=1e-12)


def test_a_constant_channel_correlates_with_nothing() -> None:
    matrix = correlation_matrix(planted())
    assert bool(matrix[7].isnan().all())
    assert bool(matrix[:, 7].isnan().all())
    assert not matrix[:7, :7].isnan().any()


def test_diagonal_share_by_hand() -> None:
    # 1 + 4 on the diagonal, 2 · 2² off it.
    assert diagonal_share(torch.tensor([[1.0, 2.0], [2.0, 2.0]])) == pytest.approx(5 / 13)
    assert diagonal_share(torch.zeros(2, 2)) == 0


def test_effective_rank_by_hand() -> None:
    assert effective_rank(torch.eye(5, dtype=torch.float64)) == pytest.approx(5)
    assert effective_rank(torch.ones(5, 5, dtype=torch.float64)) == pytest.approx(1, abs=1e-9)
    # p = ¾, ¼.
    assert effective_rank(torch.diag(torch.tensor([3.0, 1.0, 0.0]).double())) == pytest.approx(4 / 27**0.25)
    assert effective_rank(torch.zeros(3, 3)) == 0


@given(COUNTS, SEEDS, st.floats(1e-3, 1e3))
def test_the_distance_is_symmetric_zero_on_itself_and_free_of_scale(channels: int, seed: int, scale: float) -> None:
    one, other = (gram_matrix(normal(1, channels, 3, 4, seed=seed + k))[0] for k in range(2))
    distance = relative_distance(one, other)
    assert distance == pytest.approx(relative_distance(other, one), rel=1e-12)
    assert relative_distance(one, one.clone()) == 0
    assert relative_distance(scale * one, scale * other) == pytest.approx(distance, rel=1e-9)


def test_the_distance_by_hand() -> None:
    one, other = torch.diag(torch.tensor([2.0, 0.0])), torch.diag(torch.tensor([0.0, 2.0]))
    assert relative_distance(one, other) == pytest.approx(math.sqrt(2))
    # ‖G - 4G‖ / √(‖G‖·‖4G‖) = 3/2.
    assert relative_distance(one, 4 * one) == pytest.approx(1.5)


@given(st.integers(2, 9), SEEDS)
def test_a_map_of_points_in_a_plane_has_their_distances(count: int, seed: int) -> None:
    points = normal(count, 2, seed=seed)
    distances = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")
    scaling = classical_scaling(distances)
    found = torch.cdist(scaling.places, scaling.places, compute_mode="donot_use_mm_for_euclid_dist")
    assert_close(found, distances, rtol=1e-6, atol=1e-6)
    assert scaling.kept == pytest.approx(1)
    assert_close(scaling.places.mean(0), torch.zeros(2, dtype=torch.float64))


def test_a_map_says_what_it_does_not_keep() -> None:
    # The corners of a regular simplex need three dimensions, and use them alike.
    assert classical_scaling(1 - torch.eye(4, dtype=torch.float64)).kept == pytest.approx(2 / 3)
    # Of the eigenvalues of -½JD²J, (9 + 9 + 25)/6·…: the third side is longer than the way round.
    broken = torch.tensor([[0.0, 1, 5], [1, 0, 1], [5, 1, 0]], dtype=torch.float64)
    values = np.linalg.eigvalsh(-0.5 * (np.eye(3) - 1 / 3) @ broken.numpy() ** 2 @ (np.eye(3) - 1 / 3))
    positive = np.sort(values)[::-1][:2].clip(0).sum()
    assert values.min() < -1
    assert classical_scaling(broken).kept == pytest.approx(positive / np.abs(values).sum())
    assert classical_scaling(torch.zeros(3, 3)).kept == 1


def test_a_map_does_not_turn_with_the_machine() -> None:
    # Eigenvectors have no sign; the place farthest out is on the positive side of each axis.
    places = classical_scaling(torch.cdist(normal(6, 2), normal(6, 2))).places
    assert bool((places.gather(0, places.abs().argmax(0, keepdim=True)) > 0).all())


# Channels


def test_clustering_puts_planted_blocks_together() -> None:
    order = channel_order(layer_correlations(planted()), range(8))
    assert order[-1] == 7, "a silent channel is like nothing, and comes last"
    assert {frozenset(order[:4]), frozenset(order[3:7])} & {frozenset({0, 3, 5, 6})}
    assert {frozenset(order[:3]), frozenset(order[4:7])} & {frozenset({1, 2, 4})}


@given(st.integers(1, 9), SEEDS)
def test_orders_are_permutations(count: int, seed: int) -> None:
    points = normal(count, 3, seed=seed)
    assert sorted(cluster_order(torch.cdist(points, points).numpy())) == list(range(count))
    shown = strongest_channels(normal(count, seed=seed), range(count), 4)
    assert len(set(shown)) == min(4, count)
    assert sorted(channel_order(layer_correlations(normal(count, 4, 4, seed=seed)), shown)) == shown


@given(st.lists(st.integers(0, 10**6), min_size=3, max_size=9, unique=True))
def test_points_on_a_line_are_put_in_their_order(points: list[int]) -> None:
    # Clusters of a line do not cross, and its own order has the nearest neighbors.
    order = cluster_order(np.abs(np.subtract.outer(points, points)).astype(float))
    assert [points[place] for place in order] in (sorted(points), sorted(points, reverse=True))


def test_families_are_made_by_mean_distances() -> None:
    # 0 and 1 are a family. It has one near each of 2 and 3, but on average they are nearer to each other: 4 against 6 and 11.
    order = cluster_order(np.array([[0, 1, 9, 2], [1, 0, 3, 20], [9, 3, 0, 4], [2, 20, 4, 0]], dtype=float))
    assert abs(order.index(2) - order.index(3)) == 1


def test_the_strongest_are_shown() -> None:
    assert strongest_channels(torch.tensor([1.0, 9.0, 3.0, 7.0]), [0, 2, 3], 2) == [2, 3]


def test_planted_pairs_are_found() -> None:
    maps = normal(12, 8, 8)
    maps[9] = 3 * maps[2] + 0.01 * normal(8, 8, seed=5)
    maps[11] = -maps[4] + 0.01 * normal(8, 8, seed=6)
    most, least = extreme_pairs(layer_correlations(maps), 3)
    assert (most[0].i, most[0].j) == (2, 9)
    assert most[0].value > 0.99
    assert (least[0].i, least[0].j) == (4, 11)
    assert least[0].value < -0.99
    assert [pair.value for pair in most] == sorted((pair.value for pair in most), reverse=True)
    assert [pair.value for pair in least] == sorted(pair.value for pair in least)


def test_silent_and_nearly_silent_channels_are_in_no_pair() -> None:
    maps = normal(6, 10, 10).abs()
    maps[1] = 0
    # Two that answer once, in the same place: a correlation of 1 that says nothing.
    maps[2:4] = 0
    maps[2:4, 5, 5] = torch.tensor([1.0, 2.0]).double()
    seen = layer_correlations(maps)
    assert (seen.silent, seen.faint, seen.active_channels) == ((1,), (2, 3), (0, 4, 5))
    assert seen.correlation[2, 3] == pytest.approx(1)
    most, least = extreme_pairs(seen)
    assert {channel for pair in (*most, *least) for channel in (pair.i, pair.j)} == {0, 4, 5}


def test_the_pair_that_changed_most_is_found() -> None:
    one = gram_matrix(normal(1, 6, 5, 5))[0]
    other = one.clone()
    other[1, 4] -= 3
    other[4, 1] -= 3
    other[0, 2] += 1
    other[2, 0] += 1
    # The diagonal is no pair.
    other[3, 3] += 9
    assert [(pair.i, pair.j, round(pair.value, 9)) for pair in changed_pairs(one, other)] == [(1, 4, -3), (0, 2, 1)]


def test_maps_are_drawn_from_dark_to_bright_in_squares() -> None:
    image = np.asarray(pixel_heatmap(torch.tensor([[0.0, 1.0]]), (4, 2)))
    assert image.shape == (2, 4, 3)
    assert (image[:, :2] == (68, 1, 84)).all()
    assert (image[:, 2:] == (253, 231, 37)).all()
    assert np.asarray(pixel_heatmap(torch.tensor([[1.0]]), (1, 1), (1.0, 2.0)))[0, 0].tolist() == [68, 1, 84]
    assert signed_root(np.array([-4.0, 9.0])).tolist() == [-2, 3]


# From a volume to A·Aᵀ, and its cells


def by_hand() -> torch.Tensor:
    """Return (3, 2, 3): three channels at six positions; the last one is silent."""
    return torch.tensor([[[1.0, 2, 3], [4, 5, 6]], [[0.0, 2, 0], [0, 10, 0]], [[0.0] * 3] * 2])


def test_a_volume_is_unrolled_row_by_row() -> None:
    work = worked_product(layer_correlations(by_hand()), [0, 1])
    assert work.unit == 1
    assert work.rows.tolist() == [[1, 2, 3, 4, 5, 6], [0, 2, 0, 0, 10, 0]]
    # 1 + 4 + 9 + 16 + 25 + 36; 2·2 + 5·10; 4 + 100.
    assert work.product.tolist() == [[91, 54], [54, 104]]
    # In units, so that numbers of any size are as easy.
    large = worked_product(layer_correlations(1000 * by_hand()), [0, 1])
    assert (large.unit, large.product.tolist()) == (1000, work.product.tolist())


def test_the_numbers_worked_out_are_where_channels_answer_together() -> None:
    maps = torch.zeros(2, 8, 9)
    maps[0, :3, :3] = 9
    maps[:, 5:7, 4:7] = 3
    work = worked_product(layer_correlations(maps), [0, 1])
    assert work.corner == (5, 4)
    blocks, numbers = unrolled("relu1_1", layer_correlations(maps))
    assert numbers["AAT"] == [[6 * 30**2] * 2] * 2
    drawn = blocks[-1]
    assert isinstance(drawn, Plot)
    texts = {text.get_text() for text in drawn.draw(lambda message: message.text("en")).axes[0].texts}
    assert "(A·Aᵀ)[0, 1] = 30·30 + 30·30 + 30·30 + 30·30 + 30·30 + 30·30 = 5400" in texts


def test_a_cell_says_the_product_of_its_two_rows() -> None:
    image = Image.new("RGB", (30, 20), "#808080")
    (matrix,) = cell_matrices(image, "relu1_1", layer_correlations(by_hand()))
    assert sorted(matrix.channels) == [0, 1]
    at = [list(matrix.channels).index(channel) for channel in (0, 1)]
    rho = np.corrcoef(by_hand()[:2].flatten(1).numpy())[0, 1]
    assert matrix.texts[at[0]][at[1]].text("en") == f"channels 0 and 1: A·Aᵀ = 54 over 6 positions, G = 9, ρ = {rho:+.2f}"
    assert matrix.gram[at[0]][at[1]] == pytest.approx(9)
    # Maps are in units of their own, and the place where both answer most is the brightest of the picture.
    assert matrix.maps[at[1]].tolist() == [[0, 25, 0], [0, 127, 0]]
    *maps, lit = (np.asarray(picture.convert("L")).astype(int) for picture in MatrixView(matrix).pictures)
    assert maps[1].shape == (2, 3)
    assert np.unravel_index(lit.argmax(), lit.shape)[0] >= 10
    assert 10 <= np.unravel_index(lit.argmax(), lit.shape)[1] < 20
    assert (lit[:10, :5] < 150).all()


def test_the_first_cell_is_the_largest_off_the_diagonal_and_large_maps_are_averaged() -> None:
    maps = normal(3, 2 * LONGEST, 4, seed=3).abs()
    maps[2] = 9 * maps[0]
    (matrix,) = cell_matrices(Image.new("RGB", (4, 256)), "relu1_1", layer_correlations(maps))
    view = MatrixView(matrix)
    assert {list(matrix.channels)[place] for place in view.start} == {0, 2}
    assert matrix.maps.shape == (3, LONGEST, 2)
    assert view.colors[0][0].startswith("#")
    assert np.asarray(map_picture(np.zeros((1, 2)))).tolist() == [[[68, 1, 84]] * 2]
    assert cell_matrices(Image.new("RGB", (4, 4)), "x", layer_correlations(maps[:1])) == []
    assert unrolled("x", layer_correlations(maps[:1])) == ([], {})


# The study


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return four pictures: the first and the third are almost the same."""
    folder = tmp_path_factory.mktemp("gallery")
    for name, pixels in {
        "a": waves(40, 48),
        "b": 255 * torch.rand(1, 3, 48, 36, generator=torch.Generator().manual_seed(0)),
        "c": (waves(40, 48) + 1).clamp(0, 255),
        "d": waves(48, 48, seed=2).flip(1),
    }.items():
        Image.fromarray(pixels[0].permute(1, 2, 0).round().byte().numpy()).save(folder / f"{name}.png")
    return sorted(folder.iterdir())


def test_one_picture(gallery: list[Path], tmp_path: Path) -> None:
    report = study([gallery[0]], CorrelationsOptions(channels=16), QUICK, ProgressReporter())
    assert [block.name for block in report.blocks if isinstance(block, Plot)] == [
        "unrolled",
        "unrolled-numbers",
        "gram-relu1_1",
        "effective-rank",
        "diagonal",
    ]
    figures = report.numbers["layers"]["relu1_1"]
    maps = seen_of(gallery[0])
    seen = layer_correlations(maps)
    assert figures["rank"] == pytest.approx(effective_rank(seen.gram))
    assert figures["diagonal"] == pytest.approx(diagonal_share(seen.gram))
    assert figures["bound"] == min(len(maps), 40 * 48)
    assert figures["most"][0][2] == max(value for _, _, value in figures["most"])
    assert set(report.numbers) == {"pictures", "unrolled", "layers"}
    write_report(report, tmp_path, "es")
    rows = list(csv.DictReader((tmp_path / "pairs.csv").read_text().splitlines()))
    assert len(rows) == 10
    assert rows[0]["end"] == "highest"
    assert float(rows[0]["correlation"]) == figures["most"][0][2]


def seen_of(path: Path) -> torch.Tensor:
    """Return what relu1_1 answers to a picture at the size of the tests."""
    from pincel.studies.features import features, load_network

    picture = load_picture(path)
    scale = QUICK.size / max(picture.height, picture.width)
    sized = resize_picture(picture, (round(picture.height * scale), round(picture.width * scale)), "lanczos")
    return features(load_network(QUICK), sized, ["relu1_1"])["relu1_1"][0]


def test_two_pictures_have_the_style_distance_of_the_deck(gallery: list[Path], tmp_path: Path) -> None:
    report = study(gallery[:2], CorrelationsOptions(channels=16), QUICK, ProgressReporter())
    (row,) = report.numbers["difference"]["layers"]
    grams = []
    for path in gallery[:2]:
        rows = seen_of(path).double().flatten(1)
        grams.append(rows @ rows.T / rows.shape[1])
    channels = len(grams[0])
    # 1/(4·n_C²·(n_H·n_W)²) ΣΣ (A·Aᵀ - A′·A′ᵀ)²; the two pictures differ in size.
    assert row["style"] == pytest.approx(float((grams[0] - grams[1]).square().sum()) / (4 * channels**2), rel=1e-9)
    assert row["relative"] == pytest.approx(relative_distance(*grams), rel=1e-9)
    names = [block.name for block in report.blocks if isinstance(block, Plot | Sheet)]
    assert names[:4] == ["style-distance", "relative-distance", "differences", "pairs-that-differ"]
    assert "distances" not in names
    write_report(report, tmp_path, "en")
    (first, *_) = csv.DictReader((tmp_path / "pairs-that-differ.csv").read_text().splitlines())
    i, j = int(first["i"]), int(first["j"])
    assert float(first["change"]) == pytest.approx(float(grams[1][i, j] - grams[0][i, j]), rel=1e-9)


def test_a_picture_beside_itself(gallery: list[Path]) -> None:
    report = study([gallery[0]] * 3, CorrelationsOptions(), QUICK, ProgressReporter())
    assert report.numbers["pictures"] == ["a", "a (2)", "a (3)"]
    assert report.numbers["difference"]["layers"][0]["style"] == 0
    assert report.numbers["gallery"]["distances"] == [[0.0] * 3] * 3
    assert "All of them have the same Gram matrices" in text(report)
    assert "equal in every layer" in text(report)
    draw(report)


def test_many_pictures_are_compared_each_with_each(gallery: list[Path], tmp_path: Path) -> None:
    report = study([gallery[0].parent], CorrelationsOptions(channels=8), QUICK, ProgressReporter())
    found = report.numbers["gallery"]
    distances = np.array(found["distances"])
    assert found["names"] == ["a", "b", "c", "d"]
    assert (distances == distances.T).all()
    assert (distances.diagonal() == 0).all()
    assert (distances[~np.eye(4, dtype=bool)] > 0).all()
    assert sorted(found["order"]) == [0, 1, 2, 3]
    assert abs(found["order"].index(0) - found["order"].index(2)) == 1
    assert [row["nearest"] for row in found["neighbors"]][::2] == ["c", "a"]
    nearest = next(row for row in found["neighbors"] if row["painting"] == "b")
    assert nearest["distance"] == min(distances[1, [0, 2, 3]])
    assert nearest["farthest_distance"] == distances[1].max()
    assert f"Most alike are a and c (D = {distances[0, 2]:.2f})" in text(report)
    names = [block.name for block in report.blocks if isinstance(block, Plot)]
    assert names.index("distances") < names.index("map") < names.index("style-distance") < names.index("gram-relu1_1")
    files = write_report(report, tmp_path, "es")
    assert {"map.svg", "distances.png", "neighbors.csv"} <= {file.name for file in files}
    assert json.loads((tmp_path / "numbers.json").read_text())["numbers"]["gallery"]["order"] == found["order"]


def test_a_map_has_the_shape_of_its_places() -> None:
    flat = np.array([[0.0, 0.0], [10.0, 3.0]])
    # 3 + 4 high to 10 + 4 wide.
    assert _map_size(flat, 10) == pytest.approx((10, 5))
    assert _map_size(flat[:, ::-1], 10) == (10, 10)
    assert _map_size(np.zeros((3, 2)), 10) == (10, 10)


def test_distances_are_the_mean_over_layers() -> None:
    image = Image.new("RGB", (1, 1))
    grams = [{"x": gram_matrix(normal(1, 3, 4, 4, seed=k))[0], "y": gram_matrix(normal(1, 5, 2, 2, seed=9 + k))[0]} for k in range(2)]
    found = style_distances([StyleGrams(str(k), image, each) for k, each in enumerate(grams)], ProgressReporter())
    pairs = [(grams[0][layer], grams[1][layer]) for layer in "xy"]
    expected = [float(np.linalg.norm(a - b) / np.sqrt(np.linalg.norm(a) * np.linalg.norm(b))) for a, b in pairs]
    assert float(found[0, 1]) == float(found[1, 0]) == pytest.approx(sum(expected) / 2)


def test_a_picture_nothing_answers_to_has_no_distance() -> None:
    image = Image.new("RGB", (1, 1))
    nothing = StyleGrams("night", image, {"relu1_1": torch.zeros(3, 3)})
    with pytest.raises(PictureError, match=r"no channel of relu1_1 answers .* given 'night'"):
        style_distances([nothing, nothing, nothing], ProgressReporter())


def test_a_picture_of_one_color_is_shown() -> None:
    # The borders answer, or nothing at all; either way there is a page.
    report = study(["blank:48x40"], CorrelationsOptions(), QUICK, ProgressReporter())
    draw(report)
    assert list(report.numbers["layers"]) == ["relu1_1"]


def test_default_layers_and_all_of_vgg(gallery: list[Path]) -> None:
    report = study(gallery[:2], CorrelationsOptions(), StudySettings(32, device="cpu"), ProgressReporter())
    assert list(report.numbers["layers"]) == list(BLOCK_LAYERS) == report.settings["layers"]
    assert [row["layer"] for row in report.numbers["difference"]["layers"]] == list(BLOCK_LAYERS)
    # 2 × 2 positions: the matrix of 512 channels has no more than four directions.
    deepest = report.numbers["layers"]["relu5_1"]
    assert deepest["bound"] == 2 * 2 or deepest["bound"] == deepest["positions"]
    assert deepest["rank"] <= deepest["bound"] + 1e-6


def test_layers_and_channels_are_obeyed(gallery: list[Path]) -> None:
    report = study(
        gallery[:1], CorrelationsOptions(layers="conv2_1,relu1_2", channels=7), StudySettings(32, device="cpu"), ProgressReporter()
    )
    assert list(report.numbers["layers"]) == ["relu1_2", "conv2_1"]
    captions = [block.caption.text("en") for block in report.blocks if isinstance(block, Plot) and block.name.startswith("gram")]
    assert all("the 7 strongest of" in caption for caption in captions)
    assert len(captions) == 2
    (plot,) = (block for block in report.blocks if isinstance(block, Plot) and block.name == "gram-conv2_1")
    gram, rho = (axes.images[0] for axes in plot.draw(lambda message: message.text("en")).axes if axes.images)
    for image in (gram, rho):
        assert np.asarray(image.get_array()).shape == (7, 7)
    # Before the ReLU entries of G can be negative, and are shown so.
    assert gram.get_clim()[0] < 0


class Ended(ProgressReporter):
    """Asks for the end after some pictures."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self._after = after

    def update(self, what: str, done: int, total: int) -> None:
        if what == "looking at pictures" and done == self._after:
            self.stop("interrupted")


@pytest.mark.parametrize(("after", "parts"), [(0, set()), (1, set()), (2, {"difference"}), (3, {"difference", "gallery"})])
def test_ended_early_it_reports_what_was_seen(gallery: list[Path], after: int, parts: set[str]) -> None:
    report = study(gallery, CorrelationsOptions(), QUICK, Ended(after))
    assert set(report.numbers) - {"pictures"} == parts | ({"layers", "unrolled"} if after else set())
    assert [note.text("en") for note in report.notes] == [f"The study was ended early: {after} of 4 pictures were looked at."]
    draw(report)


def test_what_cannot_be_used_is_refused(tmp_path: Path, gallery: list[Path]) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    cases: list[tuple[type[PincelError], str, list[Path | str], dict[str, object]]] = [
        (OptionError, "a folder without pictures", [empty], {}),
        (OptionError, "number of pictures · given 0", [], {}),
        (OptionError, f"number of pictures · given {MOST + 1}", [gallery[0]] * (MOST + 1), {}),
        (OptionError, "too few channels for a matrix · given --channels 1", [gallery[0]], {"channels": 1}),
        (UnknownNameError, "relu1_1", [gallery[0]], {"layers": "relu1_9"}),
        (PictureMissingError, "no such file", [tmp_path / "none.png"], {}),
    ]
    for kind, message, pictures, options in cases:
        with pytest.raises(kind, match=message) as caught:
            study(pictures, CorrelationsOptions(**options), QUICK, ProgressReporter())  # type: ignore[arg-type]
        assert "\n" not in str(caught.value)


def test_the_command(gallery: list[Path], tmp_path: Path) -> None:
    arguments = [
        str(gallery[0]),
        str(gallery[1]),
        "-o",
        str(tmp_path / "out"),
        "--backbone",
        "random-cnn-11",
        "--size",
        "24",
        "--lang",
        "es",
    ]
    result = CliRunner().invoke(study_command("correlations"), [*arguments, "--layers", "relu1_1", "--channels", "5", "--device", "cpu"])
    assert result.exit_code == 0, result.output
    told = json.loads((tmp_path / "out" / "numbers.json").read_text())
    assert (told["settings"]["channels"], told["settings"]["size"], told["settings"]["layers"]) == (5, 24, ["relu1_1"])
    assert "Qué filtros van juntos" in (tmp_path / "out" / "index.html").read_text()


def test_tables_have_a_heading_for_every_figure(gallery: list[Path]) -> None:
    report = study(gallery, CorrelationsOptions(), QUICK, ProgressReporter())
    tables = [block for block in report.blocks if isinstance(block, Table)]
    assert {table.name for table in tables} == {"neighbors", "pairs-that-differ", "style-distance", "pairs", "layers"}
    for table in tables:
        assert all(set(row) == set(table.columns) for row in table.rows), table.name


def test_progress_as_json(gallery: list[Path], tmp_path: Path) -> None:
    words = [*map(str, gallery[:2]), "-o", str(tmp_path), "--backbone", "random-cnn-11", "--size", "24", "--layers", "relu1_1", "--json"]
    result = CliRunner().invoke(study_command("correlations"), [*words, "--device", "cpu", "--quiet"])
    assert result.exit_code == 0, result.output
    *events, saved = map(json.loads, result.stdout.splitlines())
    assert {event["event"] for event in events} == {"preparing"}
    assert {"what", "done", "total"} < set(events[0])
    assert saved == {"event": "saved", "files": [str(tmp_path / "index.html")]}
    assert result.stderr == ""
