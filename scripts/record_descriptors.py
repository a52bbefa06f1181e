"""Record what VLFeat answers for a small picture, for the tests of HOG and dense SIFT.

Usage: python scripts/record_descriptors.py PATH/TO/libvl.so [tests/references/vlfeat.json]

VLFeat is C; no wheel of it is to be had. Debian carries it as it was released (0.9.21), and it need not be installed::

    apt-get download libvlfeat1
    dpkg -x libvlfeat1_*.deb vlfeat
    python scripts/record_descriptors.py vlfeat/usr/lib/x86_64-linux-gnu/libvl.so.0.9.21

It is the program whose numbers the networks of Mahendran and Vedaldi 2015 were made to repeat, and shares no line with this one.
"""

from __future__ import annotations

import argparse
import ctypes
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

REFERENCE = Path(__file__).parents[1] / "tests" / "references" / "vlfeat.json"

UOCTTI = 1
HOG_CELL = 8
# One of the two sizes has cells whose middle is a corner of pixels, as all of HOG's have; the other is that of the paper.
EVEN_CELL, SIFT_CELL = 4, 5
SIZE, SMALL = (64, 72), (40, 44)
# So wide that all cells count alike.
NO_WINDOW = 1e6


class Hog(ctypes.Structure):
    """``VlHog`` of vl/hog.h."""

    _fields_ = (
        ("variant", ctypes.c_int),
        ("dimension", ctypes.c_ulonglong),
        ("orientations", ctypes.c_ulonglong),
        ("transposed", ctypes.c_int),
        ("bilinear", ctypes.c_int),
        ("permutation", ctypes.c_void_p),
        ("glyphs", ctypes.c_void_p),
        ("glyph_size", ctypes.c_ulonglong),
        ("orientation_x", ctypes.c_void_p),
        ("orientation_y", ctypes.c_void_p),
        ("cells", ctypes.POINTER(ctypes.c_float)),
        ("norms", ctypes.c_void_p),
        ("width", ctypes.c_ulonglong),
        ("height", ctypes.c_ulonglong),
    )


class Keypoint(ctypes.Structure):
    """``VlDsiftKeypoint`` of vl/dsift.h."""

    _fields_ = (("x", ctypes.c_double), ("y", ctypes.c_double), ("s", ctypes.c_double), ("mass", ctypes.c_double))


class Dsift(ctypes.Structure):
    """``VlDsiftFilter`` of vl/dsift.h, as far as it is needed."""

    _fields_ = (
        ("size", ctypes.c_int * 2),
        ("step", ctypes.c_int * 2),
        ("bounds", ctypes.c_int * 4),
        ("directions", ctypes.c_int),
        ("bins", ctypes.c_int * 2),
        ("bin_size", ctypes.c_int * 2),
        ("flat", ctypes.c_int),
        ("window", ctypes.c_double),
        ("frames", ctypes.c_int),
        ("length", ctypes.c_int),
        ("keypoints", ctypes.POINTER(Keypoint)),
        ("descriptors", ctypes.POINTER(ctypes.c_float)),
    )


def picture(height: int, width: int) -> Array:
    """Return waves in gray levels minus 128, with two pixels of 0 around: VLFeat lets the outermost pixels not vote."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    waves = 50 * np.sin(0.31 * x + 0.17 * y) + 30 * np.sin(1.9 * x - 1.3 * y + 0.02 * x * y) + 25 * np.cos(0.05 * y**2 - 0.9 * x)
    inside = np.zeros((height, width))
    inside[2:-2, 2:-2] = waves[2:-2, 2:-2]
    return inside


def pointer(gray: Array) -> Any:
    """Return a picture as C sees it; it lives as long as the pointer."""
    return np.ascontiguousarray(gray, np.float32).ctypes.data_as(ctypes.POINTER(ctypes.c_float))


def hog(library: ctypes.CDLL, gray: Array, orientations: int, cell: int, bilinear: int) -> tuple[Array, Array]:
    """Return (the descriptor, the histograms before blocks are made), channels first."""
    height, width = gray.shape
    library.vl_hog_new.restype = ctypes.POINTER(Hog)
    library.vl_hog_new.argtypes = (ctypes.c_int, ctypes.c_ulonglong, ctypes.c_int)
    one = library.vl_hog_new(UOCTTI, orientations, 0)
    library.vl_hog_set_use_bilinear_orientation_assignments(one, bilinear)
    image = pointer(gray)
    library.vl_hog_put_image(one, image, *(ctypes.c_ulonglong(n) for n in (width, height, 1, cell)))
    shape = int(one.contents.height), int(one.contents.width)
    answer = np.zeros((int(one.contents.dimension), *shape), np.float32)
    library.vl_hog_extract(one, answer.ctypes.data_as(ctypes.POINTER(ctypes.c_float)))
    cells = np.ctypeslib.as_array(one.contents.cells, (2 * orientations, *shape)).astype(np.float64)
    library.vl_hog_delete(one)
    return answer.astype(np.float64), cells


def dsift_cells(library: ctypes.CDLL, gray: Array, cell: int, corner: tuple[int, int], count: tuple[int, int]) -> Array:
    """Return histograms (rows, columns, 8) of cells whose middles begin at a pixel, as one descriptor of so many cells.

    A descriptor comes with length 1 and none above 0.2, and with the sum it had before. Nothing here is near 0.2.
    """
    height, width = gray.shape
    library.vl_dsift_new.restype = ctypes.POINTER(Dsift)
    one = library.vl_dsift_new(width, height)
    filters = one.contents
    (top, left), (rows, columns) = corner, count
    filters.bounds[:] = (left, top, width - 1, height - 1)
    filters.step[:] = (width, height)
    filters.bins[:] = (columns, rows)
    filters.bin_size[:] = (cell, cell)
    filters.flat, filters.window = 1, NO_WINDOW
    library._vl_dsift_update_buffers(one)
    image = pointer(gray)
    library.vl_dsift_process(one, image)
    assert filters.frames == 1
    found = np.ctypeslib.as_array(filters.descriptors, (filters.length,)).astype(np.float64)
    area = (cell * (columns - 1) + 1) * (cell * (rows - 1) + 1)
    mass = filters.keypoints[0].mass * area
    library.vl_dsift_delete(one)
    assert found.max() < 0.19
    cells: Array = (found * (mass / found.sum())).reshape(rows, columns, 8)
    return cells


def sift_cells(library: ctypes.CDLL, gray: Array, cell: int) -> Array:
    """Return histograms (8, rows, columns) of cells whose middles are corners of pixels, where VLFeat's are pixels.

    A triangle of 2b weights at half pixels is the mean of the two of 2b - 1 at the pixels beside it.
    """
    count = tuple((n - 2) // cell - 1 for n in gray.shape)
    rows, columns = count
    four = [dsift_cells(library, gray, cell, (cell + down, cell + across), (rows, columns)) for down in (0, 1) for across in (0, 1)]
    mean: Array = np.mean(four, axis=0)
    return mean.transpose(2, 0, 1)


def recorded(library: ctypes.CDLL) -> dict[str, Any]:
    """Return all that the tests compare with."""
    large, small = picture(*SIZE), picture(*SMALL)
    inner = slice(1, -1)
    hard, soft = (hog(library, large, 9, HOG_CELL, bilinear)[0][:27, inner, inner] for bilinear in (0, 1))
    # Cells of HOG begin half a cell earlier than those of SIFT: with a pixel more, both are at the same places. Its slopes are not halved.
    _, even = hog(library, np.pad(small, 1), 4, EVEN_CELL, 1)
    rows, columns = ((n - 2) // EVEN_CELL - 1 for n in SMALL)
    return {
        "source": "VLFeat 0.9.21, scripts/record_descriptors.py",
        "hog": np.round(hard, 6).tolist(),
        "hogb": np.round(soft, 6).tolist(),
        "cells_4": np.round(even[:, 1 : 1 + rows, 1 : 1 + columns] / 2, 3).tolist(),
        "cells_5": np.round(sift_cells(library, small, SIFT_CELL), 3).tolist(),
    }


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("out", type=Path, nargs="?", default=REFERENCE)
    given = parser.parse_args()
    answers = recorded(ctypes.CDLL(str(given.library)))
    lines = ",\n".join(f' "{name}": {json.dumps(values, separators=(",", ":"))}' for name, values in answers.items())
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
