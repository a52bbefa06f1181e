"""Flow, trust and warping, on a film that is drawn, so that the truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from pincel.errors import UnknownNameError
from pincel.films.flow import FLOWS, between, confidence, dis, none
from pincel.films.synthetic import Pan, rendered


@pytest.fixture(scope="module")
def pan() -> Pan:
    return rendered("sample:pan")[0]


@pytest.mark.parametrize("apart", [1, 4])
def test_the_flow_is_that_of_the_camera_and_what_is_hidden_is_distrusted(pan: Pan, apart: int) -> None:
    now, earlier = 30, 30 - apart
    move = between(pan.frame(earlier), pan.frame(now), dis)
    error = np.linalg.norm(move.back - pan.flow(now, earlier), axis=-1)
    seen = pan.visible(now, earlier)
    assert 0.9 < seen.mean() < 1
    assert error[move.confidence > 0.5].mean() < 0.1
    assert move.confidence[seen].mean() > 0.95
    # Nearly all of what the oval uncovers and what comes in from the side.
    assert move.confidence[~seen].mean() < 0.1


def test_a_picture_moved_along_is_what_is_filmed_then(pan: Pan) -> None:
    earlier, now = pan.frame(10), pan.frame(12)
    move = between(earlier, now, dis)
    sure = move.confidence > 0.9
    still = np.square(earlier.astype(float) - now)[sure].mean()
    assert np.square(move.warp(earlier) - now)[sure].mean() < still / 20


def test_the_true_flow_leads_to_the_same_colors(pan: Pan) -> None:
    from pincel.films.flow import Move

    true = Move(pan.flow(20, 18), pan.visible(20, 18).astype(np.float32))
    inside = true.confidence > 0
    assert np.abs(true.warp(pan.frame(18)) - pan.frame(20))[inside].mean() < 3


def test_trust_by_hand() -> None:
    """Everything moves 2 px to the left; what comes in at the right was outside."""
    back = np.zeros((8, 12, 2), np.float32)
    back[..., 0] = 2
    sure = confidence(-back, back)
    assert (sure[:, 10:] == 0).all()
    assert sure[:, :7].min() > 0.999
    # A flow back that does not undo it: nothing is sure.
    assert confidence(back, back).max() == 0


def test_names_of_flows_and_what_stands_still() -> None:
    assert sorted(FLOWS) == ["dis", "farneback", "none"]
    with pytest.raises(UnknownNameError, match="Did you mean 'farneback'"):
        FLOWS["farnback"]
    frame = np.zeros((20, 30, 3), np.uint8)
    assert not none(frame, frame).any()
    # Too small for DIS.
    assert dis(frame, frame).shape == (20, 30, 2)
