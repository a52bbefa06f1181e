"""Who does what when several processes paint one picture."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincel.backbones.vgg import VGG
from pincel.engine.layout import WHOLE, Tile, parse_layout
from pincel.engine.sharing import candidates, load, partition, shared_layout

SEEN = frozenset(["relu1_1", "relu2_1", "relu3_1", "relu4_2", "relu5_1"])
tiles = st.lists(st.builds(lambda side, width: Tile(0, side, 0, width), st.integers(1, 50), st.integers(1, 50)), max_size=30)
sizes = st.tuples(st.integers(64, 900), st.integers(64, 900))


@given(tiles=tiles, processes=st.integers(1, 9))
def test_every_tile_is_dealt_once_and_nobody_has_much_more_than_others(tiles: list[Tile], processes: int) -> None:
    hands = partition(tiles, processes)
    assert len(hands) == processes
    assert sorted(map(str, tiles)) == sorted(str(tile) for hand in hands for tile in hand)
    areas = [sum(tile.area for tile in hand) for hand in hands]
    assert max(areas) - min(areas) <= max((tile.area for tile in tiles), default=0)


@given(size=sizes, processes=st.integers(2, 8))
def test_everybody_has_a_tile_of_each_part_that_is_cut(size: tuple[int, int], processes: int, vgg: VGG) -> None:
    layout = shared_layout(vgg, SEEN, size, processes)
    assert layout.keep
    assert parse_layout(str(layout)) == layout
    assert all(cut[0] * cut[1] == processes for cut in layout.cuts.values() if not isinstance(cut, int))
    # In every process less than if each did everything, and no less than its share.
    assert 1 / processes < load(layout, vgg, SEEN, size, processes) < 1


@given(size=sizes, processes=st.integers(2, 6))
def test_it_is_the_least_burden_of_all_candidates(size: tuple[int, int], processes: int, vgg: VGG) -> None:
    chosen = load(shared_layout(vgg, SEEN, size, processes), vgg, SEEN, size, processes)
    assert chosen <= min(load(layout, vgg, SEEN, size, processes) for layout in candidates(vgg, SEEN, processes))
    assert load(WHOLE, vgg, SEEN, size, processes) == 1


@pytest.mark.parametrize(("processes", "most"), [(2, 1.15), (4, 1.35), (8, 1.75)])
def test_little_is_done_in_vain(processes: int, most: float, vgg: VGG) -> None:
    # Of a picture of 512×384 on the real network, whose convolutions compute squares of positions together.
    network = vgg.with_winograd(SEEN)
    assert processes * load(shared_layout(network, SEEN, (384, 512), processes), network, SEEN, (384, 512), processes) < most
    large = (3072, 4096)
    assert processes * load(shared_layout(network, SEEN, large, processes), network, SEEN, large, processes) < 1 + (most - 1) / 3


def test_long_sides_are_cut(vgg: VGG) -> None:
    assert set(shared_layout(vgg, SEEN, (256, 1024), 4).cuts.values()) == {(1, 4)}
    assert set(shared_layout(vgg, SEEN, (1024, 256), 4).cuts.values()) == {(4, 1)}
