"""Record files of weights that tests read, written by Keras itself, and what Keras computes with them: ``tests/references/weights``.

A network of two blocks and a classifier, as VGG is, with weights that can be counted out: see :func:`counted`. With Keras installed::

    KERAS_BACKEND=torch python scripts/record_weights.py
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parents[1] / "tests" / "references" / "weights"
SIDE = 12
# What it is fed.
FED = (1, SIDE, SIDE, 3)


def counted(shape: tuple[int, ...], seed: int) -> np.ndarray[Any, Any]:
    """Return numbers between -1 and 1 that float32 holds exactly and that look random."""
    count = np.arange(int(np.prod(shape)), dtype=np.int64) + 7919 * seed
    return ((count * 7919 % 1009 - 504) / 512).astype(np.float32).reshape(shape)


def network(keras: Any) -> Any:
    """Return the network, with its weights."""
    layers = keras.layers
    made = keras.Sequential([
        keras.Input((SIDE, SIDE, 3)),
        layers.Conv2D(4, 3, padding="same", activation="relu", name="block1_conv1"),
        layers.MaxPooling2D(2, name="block1_pool"),
        layers.Conv2D(6, 3, padding="same", activation="relu", name="block2_conv1"),
        layers.Conv2D(6, 3, padding="same", activation="relu", name="block2_conv2"),
        layers.MaxPooling2D(2, name="block2_pool"),
        layers.Flatten(name="flatten"),
        layers.Dense(5, activation="relu", name="fc1"),
        layers.Dropout(0.5, seed=1, name="dropout"),
        layers.Dense(5, activation="relu", name="fc2"),
        layers.Dense(7, name="predictions"),
    ])  # fmt: skip
    weights = [variable for layer in made.layers for variable in layer.trainable_weights]
    for seed, variable in enumerate(weights):
        variable.assign(counted(tuple(variable.shape), seed))
    return made


def main() -> None:
    """Write the files."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import h5py  # noqa: PLC0415 - tests import this file for its numbers, and have no Keras
    import keras  # noqa: PLC0415 - likewise
    from keras.src.legacy.saving import legacy_h5_format  # noqa: PLC0415 - likewise

    made = network(keras)
    FOLDER.mkdir(parents=True, exist_ok=True)
    made.save(FOLDER / "whole.h5")
    made.save(FOLDER / "whole.keras")
    made.save_weights(FOLDER / "new.weights.h5")
    # The layout of the files of keras.applications.
    with h5py.File(FOLDER / "old.h5", "w") as opened:
        legacy_h5_format.save_weights_to_hdf5_group(opened, made)
    # A network inside another is one layer of it.
    outer = keras.Sequential([keras.Input((SIDE, SIDE, 3)), made])
    outer.save(FOLDER / "nested.h5")
    outer.save(FOLDER / "nested.keras")
    answers = {"keras": keras.__version__, "answered": made.predict(counted(FED, 100), verbose=0).ravel().tolist()}
    (FOLDER / "keras.json").write_text(json.dumps(answers) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
