"""One step of training, by one process or several."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pincel.backbones.specs import ModelSpec
from pincel.classify.evaluate import SEVERAL
from pincel.classify.loader import Batch, shard_slice
from pincel.classify.network import PRECISIONS, cast_network, compute_logits, cross_entropy, dropout_masks, gradients, parameters
from pincel.classify.schema import TrainingRecipe
from pincel.classify.sgd import sgd_step
from pincel.classify.state import ClassifierState, ErrorCounts
from pincel.errors import DivergedError
from pincel.files import one_line
from pincel.training.trainer import ReplicaGroup


@dataclass(frozen=True)
class Learner:
    """A network in training.

    Attributes:
        spec: What it is.
        recipe: How it is trained.
        state: Its weights, and the progress of training.
        group: The processes that train together.
        device: Where the weights are.
        precision: One of :data:`pincel.classify.network.PRECISIONS`.
    """

    spec: ModelSpec
    recipe: TrainingRecipe
    state: ClassifierState
    group: ReplicaGroup
    device: torch.device
    precision: str

    def predict(self, crops: Tensor) -> Tensor:
        """Return logits, (B, classes), of crops, (B, 3, crop, crop), without dropout."""
        return compute_logits(cast_network(self.spec, self.state.weights, PRECISIONS[self.precision]), crops.to(self.device), {}).float()

    def step(self, batch: Batch, total: int) -> ErrorCounts:
        """Make a step, and return loss and errors over the whole batch before it.

        Args:
            batch: The images of this process, one crop each.
            total: Images of all processes.

        Raises:
            DivergedError: If the loss is not finite; the weights are as before.
        """
        state, recipe = self.state, self.recipe
        masks = dropout_masks(self.spec, recipe, (state.epoch + 1, state.step), total, shard_slice(total, self.group))
        masks = {name: mask.to(self.device) for name, mask in masks.items()}
        labels = batch.labels.to(self.device)
        network = cast_network(self.spec, state.weights, PRECISIONS[self.precision])
        logits = compute_logits(network, batch.crops.flatten(0, 1).to(self.device), masks)
        loss = cross_entropy(logits, labels, total)
        weights = parameters(state.weights)
        grads = [self.group.all_reduce(grad) for grad in gradients(loss, weights)]
        sums = torch.tensor([float(loss.detach()) * total, *_count_errors(logits.detach(), labels)], dtype=torch.float64)
        loss_sum, top1_errors, top5_errors = self.group.all_reduce(sums).tolist()
        if not abs(loss_sum) < float("inf"):
            raise self.diverged()
        sgd_step(weights, parameters(state.velocities), grads, state.schedule.rate, recipe.momentum, recipe.decay)
        return ErrorCounts(total, loss_sum, int(top1_errors), int(top5_errors))

    def diverged(self) -> DivergedError:
        """Return the error for values that are not finite."""
        given = f"epoch {self.state.epoch + 1}, step {self.state.step + 1}, learning rate {self.state.schedule.rate:g}"
        hint = f"--lr {self.recipe.learning_rate / 10:g} from the start, in another folder"
        return DivergedError(one_line("training: the loss is no longer finite", given, "weights that stay finite", hint))


def _count_errors(logits: Tensor, labels: Tensor) -> tuple[int, int]:
    """Return how many images were taken for another class, and of how many the class was not among the five likeliest."""
    if not len(labels):
        return 0, 0
    ranked = logits.topk(min(SEVERAL, logits.shape[1]), dim=1).indices
    right = ranked == labels[:, None]
    return int((~right[:, 0]).sum()), int((~right.any(1)).sum())
