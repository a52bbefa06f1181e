"""Learning and style transfer on one tiny network: first the weights are moved and the data are fixed, then the other way round."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from pincel.canvas.init import noise
from pincel.classify.network import cross_entropy
from pincel.classify.sgd import sgd_step
from pincel.engine.device import resolve_device
from pincel.errors import PictureSizeError
from pincel.files import one_line
from pincel.functional.content import feature_distance
from pincel.functional.gram import gram_distance, gram_matrix
from pincel.functional.variation import absolute_variation
from pincel.images.io import LoadedImage, Source
from pincel.optim.lbfgs import LBFGS
from pincel.studies.declarations import ProblemOptions
from pincel.studies.features import WHITE, load_input
from pincel.studies.problem_page import WEIGHTS, GradientCheck, PictureLoop, ProblemContent, WeightLoop, page
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Report
from pincel.studies.settings import StudySettings
from pincel.studies.tiny_network import (
    LAYERS,
    SMALLEST,
    LabeledPictures,
    TinyNetwork,
    draw,
    parted,
    picture_numbers,
    random_network,
    read_classes,
)
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

BATCH, MOMENTUM, DECAY = 32, 0.9, 0.0005
# Of the noise that a picture begins as, in gray levels around middle gray.
NOISE, GRAY = 40.0, (128.0, 128.0, 128.0)
# Shares of the steps after which weights and picture are shown: early on, both change fast.
SHOWN = (0.025, 0.075, 0.2, 0.5, 1.0)
# How far a number is moved to see what it changes; pixels are counted in gray levels.
STEPS = {"weight": 1e-6, "pixel": 1e-4}


def study(content: Source, style: Source, options: ProblemOptions, settings: StudySettings, progress: ProgressReporter) -> Report:
    """Train a tiny network on textures, then paint with it.

    Raises:
        UnknownNameError: For a class there is not.
        PictureError: If a picture cannot be used, or is too small for the poolings.
    """
    classes = read_classes(options.classes)
    photograph, painting = (_opened(source, settings, what) for source, what in ((content, "content"), (style, "style")))
    device = resolve_device(settings.device)
    numbers = picture_numbers(classes)
    pictures: list[Tensor] = []
    for number in numbers:
        progress.update(Note(_("drawing {count} textures"), count=len(numbers)), len(pictures), len(numbers))
        pictures.append(draw(number))
    learned, held_out = (part.to(device) for part in parted(pictures, numbers, classes))
    start = random_network(len(classes), settings.seed).replaced(lambda weight: weight.to(device))
    weights = train(start, learned, held_out, settings, options.rate, progress)
    picture = paint(weights.network, (photograph, painting), settings, progress)
    checks = [
        check_gradient("weight", weights.objective, list(weights.network.weights)),
        check_gradient("pixel", picture.objective, [picture.start]),
    ]
    loops = ProblemContent(classes, learned, held_out, start, weights, picture, checks, (photograph, painting))
    own = {"classes": classes, "rate": options.rate, "content": photograph.name, "style": painting.name}
    return page(loops, {**settings.as_json(), **own}, progress)


def _opened(source: Source, settings: StudySettings, what: str) -> LoadedImage:
    picture = load_input(source, settings, what)
    if min(picture.height, picture.width) < SMALLEST:
        given = f"{picture.width}×{picture.height} pixels"
        raise PictureSizeError(
            one_line(f"{what}: nothing is left of it behind two poolings", given, f"{SMALLEST} or more", "a larger --size")
        )
    return picture


def shown_steps(steps: int) -> set[int]:
    """Return the steps after which weights and picture are shown."""
    return {max(1, round(share * steps)) for share in SHOWN}


def train(
    start: TinyNetwork,
    learned: LabeledPictures,
    held_out: LabeledPictures,
    settings: StudySettings,
    rate: float,
    progress: ProgressReporter,
) -> WeightLoop:
    """Move the weights, with the pictures fixed: θ := θ - η·∂L/∂θ, by the gradient descent of :mod:`pincel.classify.sgd`."""
    network = start.replaced(lambda weight: weight.clone().requires_grad_())
    velocities = [torch.zeros_like(weight) for weight in network.weights]
    generator = torch.Generator().manual_seed(settings.seed)
    losses: list[float] = []
    accuracies = [(0, accuracy(network, learned), accuracy(network, held_out))]
    filters = [(0, start.weights[0])]
    for step in progress.track(Note(_("moving the weights")), range(1, settings.steps + 1)):
        batch = torch.randint(len(learned.labels), (BATCH,), generator=generator)
        loss = cross_entropy(network.scores(learned.pixels[batch]), learned.labels[batch], BATCH)
        gradients = torch.autograd.grad(loss, network.weights)
        losses.append(float(loss.detach()))
        sgd_step(network.weights, velocities, gradients, rate, MOMENTUM, DECAY)
        if step in shown_steps(settings.steps):
            filters.append((step, network.weights[0].detach().clone()))
        if step % max(1, settings.steps // 10) == 0:
            accuracies.append((step, accuracy(network, learned), accuracy(network, held_out)))

    def objective(weights: Sequence[Tensor]) -> Tensor:
        pixels, labels = learned.pixels[:BATCH].to(weights[0].dtype), learned.labels[:BATCH]
        return cross_entropy(TinyNetwork(tuple(weights)).scores(pixels), labels, len(labels))

    return WeightLoop(network.replaced(Tensor.detach), losses, accuracies, filters, objective)


def accuracy(network: TinyNetwork, pictures: LabeledPictures) -> float:
    """Return the share of pictures whose class has the highest score."""
    with torch.no_grad():
        return float((network.scores(pictures.pixels).argmax(1) == pictures.labels).double().mean())


def paint(
    network: TinyNetwork, originals: tuple[LoadedImage, LoadedImage], settings: StudySettings, progress: ProgressReporter
) -> PictureLoop:
    """Move the pixels, with the weights fixed: G := G - η·∂J/∂G, where L-BFGS chooses the way."""
    content, style = (WHITE * each.pixels.to(network.weights[0]) for each in originals)
    generator = torch.Generator().manual_seed(settings.seed)
    start = noise(content.shape, kind="normal", level=NOISE, mean=GRAY, generator=generator).clamp(0, WHITE).to(content)
    terms_of = objective_terms(network, content, style)
    optimizer, picture = LBFGS(), start
    state = optimizer.init(picture)
    history: list[Mapping[str, float]] = []
    stages = [(0, start)]
    for step in progress.track(Note(_("moving the pixels")), range(1, settings.steps + 1)):
        leaf = picture.detach().requires_grad_()
        terms = terms_of(leaf)
        (gradient,) = torch.autograd.grad(sum(terms.values(), leaf.new_zeros(())), leaf)
        history.append({name: float(term.detach()) for name, term in terms.items()})
        moved, state = optimizer.step(picture, gradient, state)
        picture = moved.clamp(0, WHITE)
        if step in shown_steps(settings.steps):
            stages.append((step, picture))
    history.append({name: float(term) for name, term in terms_of(picture).items()})

    def objective(pictures: Sequence[Tensor]) -> Tensor:
        exact = objective_terms(network.replaced(Tensor.double), content.double(), style.double())
        return sum(exact(pictures[0]).values(), pictures[0].new_zeros(()))

    return PictureLoop(start, picture, history, stages, objective)


def objective_terms(network: TinyNetwork, content: Tensor, style: Tensor) -> Callable[[Tensor], dict[str, Tensor]]:
    """Return the function G → α·J_content, β·J_style and γ·J_tv, as the deck has them, at the layers of a network."""
    with torch.no_grad():
        wanted = network.features(content)[LAYERS[0]]
        grams = {name: gram_matrix(maps) for name, maps in network.features(style).items()}

    def terms(picture: Tensor) -> dict[str, Tensor]:
        maps = network.features(picture)
        distances = [gram_distance(gram_matrix(maps[name]), gram) / 4 for name, gram in grams.items()]
        values = {
            "content": feature_distance(maps[LAYERS[0]], wanted) / 4,
            "style": torch.stack(distances).mean(),
            "tv": absolute_variation(picture),
        }
        return {name: WEIGHTS[name] * value for name, value in values.items()}

    return terms


def check_gradient(what: str, objective: Callable[[Sequence[Tensor]], Tensor], values: Sequence[Tensor]) -> GradientCheck:
    """Compare the derivative after one number, the one that matters most, with the change that moving it makes, in 64 bits.

    Args:
        what: ``weight`` or ``pixel``.
        objective: Of all the numbers.
        values: The numbers.
    """
    leaves = [each.detach().double().requires_grad_() for each in values]
    gradients = torch.autograd.grad(objective(leaves), leaves)
    which = max(range(len(leaves)), key=lambda place: float(gradients[place].abs().max()))
    entry = int(gradients[which].abs().argmax())
    step = STEPS[what]
    with torch.no_grad():
        ends = []
        for sign in (1, -1):
            moved = [leaf.clone() for leaf in leaves]
            moved[which].view(-1)[entry] += sign * step
            ends.append(float(objective(moved)))
    return GradientCheck(what, float(gradients[which].flatten()[entry]), (ends[0] - ends[1]) / (2 * step), step)
