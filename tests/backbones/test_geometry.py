"""What a network is said to see is where its gradient is, and its maps have as many positions as is said, at every size."""

from __future__ import annotations

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from pincel.backbones.geometry import MapGeometry, trace

WINDOWS = st.tuples(st.integers(1, 3), st.integers(1, 2), st.integers(0, 2), st.booleans(), st.integers(1, 2))
Plan = list[tuple[int, int, int, bool, int]]


def stack(plan: Plan) -> nn.Sequential:
    """Return convolutions, and poolings whose windows are rounded up, none of which hides anything."""
    modules: list[nn.Module] = []
    channels = 3
    for kernel, step, pad, pooled, dilation in plan:
        if pooled:
            modules.append(nn.AvgPool2d(kernel, step, min(pad, kernel // 2), ceil_mode=kernel >= step))
            continue
        convolution = nn.Conv2d(channels, 1, kernel, step, pad, dilation)
        convolution.weight.data.fill_(1.0)
        modules.append(convolution)
        channels = 1
    return nn.Sequential(*modules).double()


def described(network: nn.Module, height: int = 97, width: int = 131) -> dict[str, MapGeometry | None]:
    return {part.name: part.geometry for part in trace(network.float().to("meta"), height, width)}


def is_seen(seen: MapGeometry, side: int, network: nn.Module) -> bool:
    """Tell whether rows of the middle column see what is said, where no border hides it; filters with gaps begin and end there too."""
    pixels = torch.ones(1, 3, side, side, dtype=torch.float64, requires_grad=True)
    answer = network(pixels)
    count = answer.shape[2]
    for row in {count // 3, count // 2, count // 2 + 1} & set(range(count)):
        top = seen.start + row * seen.stride
        bottom = top + seen.field - 1
        (slope,) = torch.autograd.grad(answer[0, :, row, answer.shape[3] // 2].sum(), pixels, retain_graph=True)
        found = slope[0].abs().sum((0, 2)).nonzero().flatten()
        if top >= 0 and bottom < side and (int(found[0]), int(found[-1])) != (top, bottom):
            return False
    return True


@settings(max_examples=12)
@given(plan=st.lists(WINDOWS, min_size=1, max_size=4), sides=st.lists(st.integers(80, 130), min_size=3, max_size=3))
def test_stacks_of_convolutions_and_poolings(plan: Plan, sides: list[int]) -> None:
    network = stack(plan)
    seen = list(described(stack(plan)).values())[-1]
    # Torch leaves out a window that begins in the border of a pooling; then nothing is claimed.
    assume(seen is not None)
    assert seen is not None
    if not any(pooled and pad for _, _, pad, pooled, _ in plan):
        found = {side: network(torch.ones(1, 3, side, side, dtype=torch.float64)).shape[2] for side in sides}
        assert found == {side: seen.positions(side) for side in sides}
    if seen.positions(100) > 0:
        assert is_seen(seen, 100, network)


def test_strides_and_fields_by_hand() -> None:
    # The beginning of ResNet: 7×7 by 2, then 3×3 by 2.
    network = nn.Sequential(nn.Conv2d(3, 4, 7, 2, 3), nn.BatchNorm2d(4).eval(), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1))
    found = described(network)
    assert found["0"] == found["1"] == found["2"] == MapGeometry(stride=2, field=7, start=-3, over=1)
    assert found["3"] == MapGeometry(stride=4, field=11, start=-5, over=3)
    assert [MapGeometry(stride=4, field=11, start=-5, over=3).positions(side) for side in (1, 4, 5, 224)] == [1, 1, 2, 56]


class Branching(nn.Module):
    """A block as networks have them; the parts are called by what they do."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.narrow, self.broad = nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 5, padding=2)
        self.added, self.beside, self.scaled, self.rows, self.mixed, self.twice = (nn.Identity() for _ in range(6))
        self.linear, self.norm = nn.Linear(4, 4), nn.LayerNorm(4)
        self.mean, self.flat = nn.AdaptiveAvgPool2d(1), nn.Flatten()

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        x = self.added(self.narrow(x) + self.broad(x))
        y = self.beside(torch.cat([x, functional.silu(x)], 1)[:, :4])
        y = self.scaled(y * torch.sigmoid(self.mean(y)))
        rows = self.rows(self.norm(x.permute(0, 2, 3, 1)))
        z = self.mixed(x + self.linear(rows).permute(0, 3, 1, 2))
        z = self.twice(self.twice(z))
        out: Tensor = self.flat(self.mean(y + z))
        return out


def test_branches_are_seen_together_and_means_see_everything() -> None:
    found = described(Branching())
    assert found["narrow"] == MapGeometry(field=3, start=-1)
    assert found["broad"] == found["added"] == found["beside"] == found["mixed"] == MapGeometry(field=7, start=-3)
    # Scaled by a mean over the picture; the place of what is scaled is still known.
    assert found["scaled"] == MapGeometry(field=7, start=-3, whole=True)
    assert found["rows"] == MapGeometry(field=7, start=-3, axes=(1, 2))
    assert found["flat"] is None
    # Called twice, they are no one layer.
    assert not {"twice", "mean"} & set(found)


@pytest.mark.parametrize(
    "module",
    [
        nn.Upsample(scale_factor=2),
        nn.ConvTranspose2d(3, 3, 2, 2),
        nn.Conv2d(3, 3, (3, 5), (1, 2)),
        nn.AdaptiveAvgPool2d(7),
        nn.Flatten(),
        nn.LayerNorm((97, 131)),
    ],
    ids=lambda module: type(module).__name__,
)
def test_nothing_is_claimed_of_what_is_not_known(module: nn.Module) -> None:
    assert described(nn.Sequential(module))["0"] is None


def test_filters_wider_than_high_are_known_by_place_alone() -> None:
    assert described(nn.Sequential(nn.Conv2d(3, 4, (1, 7), padding=(0, 3))))["0"] == MapGeometry(whole=True)


def test_a_border_of_zeros_is_followed() -> None:
    seen = described(nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(3, 1, 3, 2)), 98, 132)["1"]
    assert seen == MapGeometry(stride=2, field=3, start=0, over=0)
    assert [seen.positions(side) for side in (98, 132)] == [49, 66]
    assert described(nn.Sequential(nn.ZeroPad2d((1, 1, 0, 0))))["0"] is None


def test_a_network_that_breaks_says_so_and_loses_its_hooks() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Linear(7, 7)).to("meta")
    with pytest.raises(RuntimeError):
        trace(network, 20, 30)
    assert all(not module._forward_hooks for module in network.modules())
