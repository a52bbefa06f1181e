"""One step of training, by one process or several."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pincel.backbones.specs import ModelSpec
from pincel.classify.descent import descend
from pincel.classify.evaluate import SEVERAL
from pincel.classify.loader import Batch, dealt_places
from pincel.classify.network import PRECISIONS, answers, cast, dropout_masks, flat, loss_of, slopes_of
from pincel.classify.schema import TrainingRecipe
from pincel.classify.state import ClassifierState
from pincel.errors import DivergedError
from pincel.files import one_line
from pincel.training.trainer import ReplicaGroup


@dataclass(frozen=True)
class Outcome:
    """What a step has shown, over the whole batch.

    Attributes:
        pictures: In it.
        loss: Sum of their cross-entropy.
        wrong: Taken for another class.
        missed: Not among the five likeliest.
    """

    pictures: int
    loss: float
    wrong: int
    missed: int


@dataclass(frozen=True)
class Learner:
    """A network that learns.

    Attributes:
        spec: What it is.
        recipe: How it learns.
        state: Its weights, and where it stands.
        group: The processes that train it together.
        device: Where the weights are.
        precision: One of :data:`pincel.classify.network.PRECISIONS`.
    """

    spec: ModelSpec
    recipe: TrainingRecipe
    state: ClassifierState
    group: ReplicaGroup
    device: torch.device
    precision: str

    def predict(self, views: Tensor) -> Tensor:
        """Return logits, (B, classes), of views, (B, 3, crop, crop), with all units awake."""
        return answers(cast(self.spec, self.state.weights, PRECISIONS[self.precision]), views.to(self.device), {}).float()

    def step(self, batch: Batch, everybody: int) -> Outcome:
        """Learn from a batch.

        Args:
            batch: The pictures of this process, one view each.
            everybody: Pictures of all processes.

        Raises:
            DivergedError: If the loss is no number any more; weights are as they were then.
        """
        state, recipe = self.state, self.recipe
        masks = dropout_masks(self.spec, recipe, (state.epoch + 1, state.step), everybody, dealt_places(everybody, self.group))
        masks = {name: mask.to(self.device) for name, mask in masks.items()}
        labels = batch.labels.to(self.device)
        eye = cast(self.spec, state.weights, PRECISIONS[self.precision])
        logits = answers(eye, batch.views.flatten(0, 1).to(self.device), masks)
        loss = loss_of(logits, labels, everybody)
        weights = flat(state.weights)
        grads = [self.group.all_reduce(grad) for grad in slopes_of(loss, weights)]
        seen = torch.tensor([float(loss.detach()) * everybody, *_mistakes(logits.detach(), labels)], dtype=torch.float64)
        total, wrong, missed = self.group.all_reduce(seen).tolist()
        if not abs(total) < float("inf"):
            raise self.diverged()
        descend(weights, flat(state.velocities), grads, state.rate.now, recipe.momentum, recipe.decay)
        return Outcome(everybody, total, int(wrong), int(missed))

    def diverged(self) -> DivergedError:
        """Build the error for numbers that are none any more."""
        given = f"epoch {self.state.epoch + 1}, step {self.state.step + 1}, learning rate {self.state.rate.now:g}"
        hint = f"--lr {self.recipe.learning_rate / 10:g} from the start, in another folder"
        return DivergedError(one_line("training: the loss is no longer finite", given, "weights that stay finite", hint))


def _mistakes(logits: Tensor, labels: Tensor) -> tuple[int, int]:
    """Return how many were taken for another class, and how many classes were not among the five likeliest."""
    if not len(labels):
        return 0, 0
    ranked = logits.topk(min(SEVERAL, logits.shape[1]), dim=1).indices
    right = ranked == labels[:, None]
    return int((~right[:, 0]).sum()), int((~right.any(1)).sum())
