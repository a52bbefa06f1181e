"""Optical flow between frames, its confidence, and warping by it.

A flow is (height, width, 2): how far to the right and down what is at a pixel of one frame is in the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pincel.extras import require_extra
from pincel.films.base import Pixels
from pincel.functional.temporal import Flow, Weights, disoccluded, motion_boundaries
from pincel.registry import Registry

# (frame, other frame) → flow from the one to the other; both (height, width, 3), of one size.
FlowFunction: TypeAlias = Callable[[Pixels, Pixels], Flow]

FLOWS: Registry[FlowFunction] = Registry(
    "optical flow",
    {
        "dis": "pincel.films.flow:dis",
        "farneback": "pincel.films.flow:farneback",
        "none": "pincel.films.flow:none",
    },
)
# Smallest side for DIS, for its patches to fit.
MIN_SIDE = 32
# σ, in pixels, by which confidence is blurred beside disocclusions.
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
    if min(frame.shape[:2]) < MIN_SIDE:
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
    """Return no motion."""
    assert frame.shape == other.shape
    return np.zeros((*frame.shape[:2], 2), np.float32)


@dataclass(frozen=True, eq=False)
class Move:
    """Motion from an earlier frame to this one.

    Attributes:
        back: Flow from this frame to the earlier one, from which each pixel is fetched.
        confidence: (height, width) from 0, occluded or unsure, to 1.
    """

    back: Flow
    confidence: Weights

    def warp(self, picture: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Warp a picture of the earlier frame, (height, width, 3), to this one; its border is replicated."""
        cv2 = _cv2()
        fetched: npt.NDArray[np.float32] = cv2.remap(
            picture.astype(np.float32), positions(self.back), None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        return fetched


def positions(flow: Flow) -> Flow:
    """Return where each pixel is in the other frame: (height, width, 2), x and y."""
    y, x = np.mgrid[: flow.shape[0], : flow.shape[1]].astype(np.float32)
    moved: Flow = flow + np.stack([x, y], -1)
    return moved


def between(earlier: Pixels, now: Pixels, flow_fn: FlowFunction) -> Move:
    """Return the motion from an earlier frame to this one, with its confidence.

    Args:
        earlier: (height, width, 3).
        now: Likewise.
        flow_fn: One of :data:`FLOWS`.
    """
    back = flow_fn(now, earlier)
    return Move(back, confidence(flow_fn(earlier, now), back))


def confidence(forward: Flow, back: Flow) -> Weights:
    """Return how reliable the flow of each pixel is: where both flows agree, away from motion boundaries, and inside the earlier frame.

    Args:
        forward: From the earlier frame to this one.
        back: From this one to the earlier.

    Paper:
        Ruder et al. 2016, section 4.2, and ``consistencyChecker.cpp`` of manuelruder/artistic-videos: disoccluded pixels are -1 before the
        weights are blurred, so that their neighbors have less confidence too.
    """
    cv2 = _cv2()
    moved = positions(back)
    height, width = back.shape[:2]
    within = (moved >= 0).all(-1) & (moved[..., 0] <= width - 1) & (moved[..., 1] <= height - 1)
    returned = cv2.remap(forward, moved, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    weights = np.ones((height, width), np.float32)
    weights[motion_boundaries(back)] = 0
    weights[disoccluded(returned, back)] = -1
    weights[~within] = 0
    blurred: Weights = np.clip(cv2.GaussianBlur(weights, (0, 0), SOFTNESS, borderType=cv2.BORDER_REPLICATE), 0, 1)
    blurred[~within] = 0
    return blurred
