"""How things move from one frame to another, where that can be trusted, and pictures moved along.

A flow is (height, width, 2): how far to the right and down the thing at a pixel of the one frame is in the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pincel.extras import require_extra
from pincel.functional.temporal import Flow, Weights, disoccluded, motion_boundaries
from pincel.registry import Registry
from pincel.video.base import Pixels

# (frame, other frame) → flow from the one to the other; both (height, width, 3), of one size.
FlowFunction: TypeAlias = Callable[[Pixels, Pixels], Flow]

FLOWS: Registry[FlowFunction] = Registry(
    "optical flow",
    {
        "dis": "pincel.video.flow:dis",
        "farneback": "pincel.video.flow:farneback",
        "none": "pincel.video.flow:none",
    },
)
# Below it, DIS has no room for its patches.
SMALLEST = 32
# Width, in pixels, over which trust falls off beside what is hidden.
SOFTNESS = 0.8


def _cv2() -> Any:
    return require_extra("cv2", extra="video", what="films")


def _gray(frame: Pixels) -> Pixels:
    cv2 = _cv2()
    gray: Pixels = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    return gray


def dis(frame: Pixels, other: Pixels) -> Flow:
    """Dense inverse search (Kroeger et al. 2016), OpenCV's medium preset carried to full resolution."""
    cv2 = _cv2()
    if min(frame.shape[:2]) < SMALLEST:
        return farneback(frame, other)
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    # Half the error of the preset's half resolution, at twice its time, which is little beside painting.
    search.setFinestScale(0)
    flow: Flow = search.calc(_gray(frame), _gray(other), None)
    return flow


def farneback(frame: Pixels, other: Pixels) -> Flow:
    """Polynomial expansion (Farnebäck 2003): slower and smoother than DIS."""
    flow: Flow = _cv2().calcOpticalFlowFarneback(_gray(frame), _gray(other), None, 0.5, 4, 15, 3, 7, 1.5, 0)
    return flow


def none(frame: Pixels, other: Pixels) -> Flow:
    """Nothing moves: for a camera that stands still before something that does."""
    assert frame.shape == other.shape
    return np.zeros((*frame.shape[:2], 2), np.float32)


@dataclass(frozen=True, eq=False)
class Move:
    """From an earlier frame to this one.

    Attributes:
        back: Flow from this frame to the earlier one, which says where to fetch each pixel.
        confidence: (height, width) from 0, hidden or unsure, to 1.
    """

    back: Flow
    confidence: Weights

    def moved(self, picture: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Move a picture of the earlier frame, (height, width, 3), to where its things are now; its border goes on beyond it."""
        cv2 = _cv2()
        fetched: npt.NDArray[np.float32] = cv2.remap(
            picture.astype(np.float32), places(self.back), None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        return fetched


def places(flow: Flow) -> Flow:
    """Return where each pixel is in the other frame: (height, width, 2), x and y."""
    y, x = np.mgrid[: flow.shape[0], : flow.shape[1]].astype(np.float32)
    there: Flow = flow + np.stack([x, y], -1)
    return there


def between(earlier: Pixels, now: Pixels, flow_fn: FlowFunction) -> Move:
    """Find how things moved from an earlier frame to this one, and where that is sure.

    Args:
        earlier: (height, width, 3).
        now: Likewise.
        flow_fn: One of :data:`FLOWS`.
    """
    back = flow_fn(now, earlier)
    return Move(back, confidence(flow_fn(earlier, now), back))


def confidence(forward: Flow, back: Flow) -> Weights:
    """Say how far each pixel can be traced back: by both flows, away from edges of what moves, and inside the earlier frame.

    Args:
        forward: From the earlier frame to this one.
        back: From this one to the earlier.

    Paper:
        Ruder et al. 2016, section 4.2, and ``consistencyChecker.cpp`` of manuelruder/artistic-videos: hidden pixels count -1 before the
        weights are softened, so that their neighbors lose trust too.
    """
    cv2 = _cv2()
    there = places(back)
    height, width = back.shape[:2]
    within = (there >= 0).all(-1) & (there[..., 0] <= width - 1) & (there[..., 1] <= height - 1)
    met = cv2.remap(forward, there, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    sure = np.ones((height, width), np.float32)
    sure[motion_boundaries(back)] = 0
    sure[disoccluded(met, back)] = -1
    sure[~within] = 0
    soft: Weights = np.clip(cv2.GaussianBlur(sure, (0, 0), SOFTNESS, borderType=cv2.BORDER_REPLICATE), 0, 1)
    soft[~within] = 0
    return soft
