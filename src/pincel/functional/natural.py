"""Statistics of natural pictures. Loads no torch, so that recipes can be read without it."""

from __future__ import annotations

# Gray levels: ‖x‖/√n of the natural pictures of Mahendran and Vedaldi 2015 around their mean, whose norm is 27,098.1157 at 227×227 in
# color (experiments/x0_sigma.mat of aravindhm/deep-goggle).
SIGMA: float = 27098.1157 / (3 * 227**2) ** 0.5
