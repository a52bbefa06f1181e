"""``pincel weights``: what it lists, fetches, checks, imports and exports, and how it refuses."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import re
import signal
import subprocess
import sys
import threading
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from pincel.backbones import BACKBONES, store, vgg_specs
from pincel.backbones.imports import known_names
from pincel.backbones.native import read_spec, write_network
from pincel.backbones.specs import ModelSpec
from pincel.backbones.vgg import load_vgg
from pincel.backbones.weights import load_weights
from tests.backbones.serving import Server, held, ranged, status, whole
from tests.backbones.stand_ins import drawn_weights, random_vgg, torchvision_state
from tests.cli.run import pincel, process, refused
from tests.cli.test_help import examples
from tests.tensors import picture

Capture = pytest.CaptureFixture[str]
DATA = b"numbers" * 100_000
HALF = len(DATA) // 2


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have downloads and imports in new folders, and return that of imports."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("PINCEL_WEIGHTS", str(tmp_path / "imports"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("PINCEL_OFFLINE", raising=False)
    return tmp_path / "imports"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "torch" / "hub" / "checkpoints"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return a file that pincel wrote: a VGG of two convolutions."""
    vgg = random_vgg([(2, 4)])
    write_network(tmp_path / "small.safetensors", replace(vgg.spec, name="small", package="", file="", sha256=""), vgg.weights)
    return tmp_path / "small.safetensors"


@pytest.fixture
def foreign(tmp_path: Path, small: Path) -> Path:
    """Return the same weights as torchvision would save them."""
    spec = read_spec(small)
    torch.save(torchvision_state(spec, dict(load_weights(spec))), tmp_path / "foreign.pth")
    return tmp_path / "foreign.pth"


def served(monkeypatch: pytest.MonkeyPatch, server: Server, **changes: Any) -> ModelSpec:
    """Let vgg19-torchvision be what a server of ours serves."""
    digest = hashlib.sha256(DATA).hexdigest()
    spec = replace(vgg_specs.VGG19_TORCHVISION, url=server.url(), mirrors=(), size=len(DATA), sha256=digest, **changes)
    monkeypatch.setattr(vgg_specs, "VGG19_TORCHVISION", spec)
    return spec


def equal(one: Any, other: Any) -> bool:
    return list(one) == list(other) and all(one[name][part].equal(other[name][part]) for name in one for part in (0, 1))


# --- list -------------------------------------------------------------------------------------------------------------------------------


def test_list_says_of_each_network_what_it_is(capsys: Capture, small: Path) -> None:
    pincel(capsys, "weights", "import", small, "--as", "mine")
    lines = pincel(capsys, "weights", "list").out.splitlines()
    assert [line.split()[0] for line in lines[1::2]] == [*known_names(), "mine"]
    said = {line.split()[0]: re.split(r"\s{2,}", line) for line in lines[1::2]}
    assert said["vgg19"][1:] == ["19.1 MiB", "yes", "SHA-256", "CC BY 4.0"]
    assert said["vgg19-torchvision"][1:] == ["548.1 MiB", "no", "SHA-256", "BSD-3-Clause"]
    assert said["random-cnn"][1:3] == ["drawn", "none needed"]
    assert said["mine"][2:4] == ["yes", "first"]
    assert lines[2].strip() == BACKBONES["vgg19"].summary
    # A hash of which only the beginning was published, and a file of which nobody published one.
    assert {row[0]: row[2:4] for row in map(str.split, lines[1::2])}["vgg19-jcjohnson"] == ["SHA-256[:8]", "CC"]
    assert said["vgg19-gatys"][1:3] == ["no", "first"]


def test_list_as_json(capsys: Capture, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {row["name"]: row for row in json.loads(pincel(capsys, "weights", "list", "--json").out)}
    assert list(rows) == list(BACKBONES)
    row = rows["vgg19-torchvision"]
    assert (row["here"], row["bytes"], row["path"]) == ("no", 574_673_361, str(cache / "vgg19-dcbb9e9d.pth"))
    assert (row["hash_kind"], row["hash"]) == BACKBONES["vgg19-torchvision"].fingerprint
    assert (row["parameters"], row["network"]) == (20_024_384, "vgg")
    assert row["url"].startswith("https://")
    assert {"source", "licence", "summary", "mirrors"} <= set(row)


def test_list_knows_of_a_download_that_was_interrupted_and_of_a_damaged_import(capsys: Capture, cache: Path, folders: Path) -> None:
    cache.mkdir(parents=True)
    (cache / "vgg19-dcbb9e9d.pth.part").write_bytes(bytes(3 * 2**20))
    folders.mkdir()
    (folders / "broken.safetensors").write_bytes(b"{")
    lines = pincel(capsys, "weights", "list").out.splitlines()
    assert [line.split()[3:5] for line in lines if line.startswith("vgg19-torchvision ")] == [["3", "MiB"]]
    assert [line.split() for line in lines if line.startswith("broken")] == [["broken", "damaged"]]


@pytest.mark.parametrize("arguments", [["list"], ["path"], ["get", "--help"]])
def test_looking_loads_no_torch(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom pincel.cli import main\n"
        "try: main(['weights', *sys.argv[1:]])\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "assert not {'torch', 'numpy', 'httpx', 'pydantic'} & set(sys.modules), set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# --- get --------------------------------------------------------------------------------------------------------------------------------


def test_get_downloads_once_and_prints_where(capsys: Capture, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(ranged(DATA)) as server:
        served(monkeypatch, server)
        first = pincel(capsys, "weights", "get", "vgg19-torchvision")
        second = pincel(capsys, "weights", "get", "vgg19-torchvision", "vgg19")
        assert len(server.asked) == 1
    assert (first.code, first.out) == (0, f"{cache / 'vgg19-dcbb9e9d.pth'}\n")
    assert re.fullmatch(r"downloading the weights of vgg19-torchvision: 0\.\d of 0\.7 MiB\n", first.err)
    assert second.out.splitlines() == [first.out.strip(), str(store.weights_path(BACKBONES["vgg19"]))]
    assert second.err == ""
    assert (cache / "vgg19-dcbb9e9d.pth").read_bytes() == DATA


def test_get_quietly(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(whole(DATA)) as server:
        served(monkeypatch, server)
        assert pincel(capsys, "weights", "get", "vgg19-torchvision", "--quiet").err == ""


def test_get_offline_says_what_to_fetch_and_where_to_put_it(capsys: Capture, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINCEL_OFFLINE", "1")
    assert refused(pincel(capsys, "weights", "get", "vgg19-torchvision")) == (
        "pincel: The weights of vgg19-torchvision are not here and cannot be downloaded (PINCEL_OFFLINE is set). Try again without it, or "
        f"download https://download.pytorch.org/models/vgg19-dcbb9e9d.pth elsewhere and save it as {cache / 'vgg19-dcbb9e9d.pth'}\n"
    )


def test_get_tells_what_the_server_said(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(status(404)) as server:
        served(monkeypatch, server)
        assert "cannot be downloaded (404 Not Found)" in refused(pincel(capsys, "weights", "get", "vgg19-torchvision"))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["random-cnn"], "The network random-cnn has no file of weights: its filters are drawn at random."),
        (["vgg91"], "Unknown backbone 'vgg91'"),
        ([], "Missing argument 'NAME…'."),
    ],
)
def test_get_refuses(capsys: Capture, arguments: list[str], told: str) -> None:
    assert told in refused(pincel(capsys, "weights", "get", *arguments))


SERVED = """
from dataclasses import replace
from pincel.backbones import vgg_specs
vgg_specs.VGG19_TORCHVISION = replace(vgg_specs.VGG19_TORCHVISION, url={url!r}, mirrors=(), size={size}, sha256={digest!r})
"""


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent otherwise there")
def test_an_interrupted_get_is_gone_on_with(cache: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    never, part = threading.Event(), cache / "vgg19-dcbb9e9d.pth.part"
    with Server(held(DATA, HALF, never, ETag='"one"'), ranged(DATA)) as server:
        spec = served(monkeypatch, server)
        code = SERVED.format(url=spec.url, size=spec.size, digest=spec.sha256)
        started = process("weights", "get", "vgg19-torchvision", code=code)
        assert started.stderr is not None
        # Its first line comes with the first bytes.
        assert started.stderr.readline().startswith("downloading the weights of vgg19-torchvision: ")
        started.send_signal(signal.SIGINT)
        out, err = started.communicate(timeout=30)
        assert (started.returncode, out) == (130, "")
        assert re.fullmatch(r"pincel: interrupted; 0\.\d MiB of vgg19-torchvision are kept\. Rerun the same command to finish\.\n", err)
        come = part.stat().st_size
        assert 0 < come <= HALF
        never.set()
        assert pincel(capsys, "weights", "get", "vgg19-torchvision").code == 0
        assert server.asked[1]["range"] == f"bytes={come}-"
    assert (cache / "vgg19-dcbb9e9d.pth").read_bytes() == DATA


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="there are no such terminals")
def test_a_terminal_shows_a_bar_with_speed_and_time_left(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    with Server(held(DATA, HALF, go)) as server:
        spec = served(monkeypatch, server)
        ours, theirs = os.openpty()
        code = SERVED.format(url=spec.url, size=spec.size, digest=spec.sha256)
        script = f"import sys\n{code}\nfrom pincel.cli import main\nmain(sys.argv[1:])"
        started = subprocess.Popen(
            [sys.executable, "-c", script, "weights", "get", "vgg19-torchvision"],
            stdout=subprocess.PIPE,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "120", "NO_COLOR": "1"},
        )
        os.close(theirs)
        shown = ""
        while "MB/s" not in shown and "MiB/s" not in shown and "kB/s" not in shown:
            shown += os.read(ours, 4096).decode()
        go.set()
        assert started.communicate(timeout=30)[0].decode() == f"{cache / 'vgg19-dcbb9e9d.pth'}\n"
        os.close(ours)
    assert "vgg19-torchvision" in shown
    assert "left" in shown
    assert re.search(r"\d/6\d\d\.\d KiB", shown)


def test_get_says_that_nobody_vouches_for_a_file(capsys: Capture, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.mkdir(parents=True)
    (cache / "vgg_conv.pth").write_bytes(DATA)
    answer = pincel(capsys, "weights", "get", "vgg19-gatys")
    kept = cache / "vgg_conv.pth.sha256"
    assert answer.err == f"no hash of vgg_conv.pth was published: its SHA-256 is stored in {kept}, to detect changes\n"
    assert kept.read_text() == f"{hashlib.sha256(DATA).hexdigest()}  vgg_conv.pth\n"
    assert pincel(capsys, "weights", "get", "vgg19-gatys").err == ""


# --- verify and path --------------------------------------------------------------------------------------------------------------------


def test_verify_looks_at_all_that_is_here(capsys: Capture, cache: Path, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pincel(capsys, "weights", "import", small, "--as", "mine")
    answer = pincel(capsys, "weights", "verify")
    assert answer.code == 0
    first, mine = answer.out.splitlines()
    assert first == f"ok   vgg19: SHA-256 c34748d2a8b1ad0a…, as published, {store.weights_path(BACKBONES['vgg19'])}"
    assert re.fullmatch(r"ok   mine: SHA-256 [0-9a-f]{16}…, as when it was first seen, .*mine\.safetensors", mine)
    # Files that several networks share are read once.
    cache.mkdir(parents=True)
    (cache / "vgg19-dcbb9e9d.pth").write_bytes(DATA)
    answer = pincel(capsys, "weights", "verify")
    assert answer.code == 2
    assert [line[:3] for line in answer.out.splitlines()] == ["ok ", "BAD", "ok "]
    told = "BAD  vgg19-torchvision, vgg19-torchvision-255, vgg19-torchvision-fc: The weights of vgg19-torchvision are damaged: "
    assert answer.out.splitlines()[1].startswith(told)


def test_verify_of_names(capsys: Capture, small: Path, cache: Path) -> None:
    answer = pincel(capsys, "weights", "verify", "vgg19", small)
    assert answer.code == 0
    assert answer.out.splitlines()[1].startswith(f"ok   {small}: SHA-256 ")
    assert ", nothing to compare with, " in answer.out
    missing = pincel(capsys, "weights", "verify", "vgg19-torchvision", "vgg19")
    assert missing.code == 2
    assert [line[:4] for line in missing.out.splitlines()] == ["BAD ", "ok  "]
    assert f"no file {cache / 'vgg19-dcbb9e9d.pth'}. Try: pincel weights get vgg19-torchvision" in missing.out
    assert "Unknown backbone 'vgg91'" in refused(pincel(capsys, "weights", "verify", "vgg91"))


def test_verify_finds_a_damaged_import(capsys: Capture, small: Path, folders: Path) -> None:
    pincel(capsys, "weights", "import", small, "--as", "mine")
    data = bytearray((folders / "mine.safetensors").read_bytes())
    data[-1] ^= 1
    (folders / "mine.safetensors").write_bytes(data)
    answer = pincel(capsys, "weights", "verify", "mine")
    assert answer.code == 2
    assert "Try: import it again" in answer.out
    # The header is gone: there is not even a spec.
    (folders / "mine.safetensors").write_bytes(data[:20])
    answer = pincel(capsys, "weights", "verify")
    assert answer.code == 2
    assert "BAD  mine: network: cannot be read" in answer.out


def test_path(capsys: Capture, cache: Path, folders: Path) -> None:
    assert pincel(capsys, "weights", "path").out == f"downloads  {cache}\nimports    {folders}\n"
    assert pincel(capsys, "weights", "path", "vgg19-torchvision").out == f"{cache / 'vgg19-dcbb9e9d.pth'}\n"
    assert "has no file" in refused(pincel(capsys, "weights", "path", "random-cnn"))


# --- import and export ------------------------------------------------------------------------------------------------------------------


def test_vgg19_exported_is_vgg19_to_the_last_bit(capsys: Capture, tmp_path: Path) -> None:
    out = tmp_path / "vgg19.safetensors"
    assert pincel(capsys, "weights", "export", "vgg19", "-o", out).out == f"{out}\n"
    spec, original = BACKBONES[str(out)], BACKBONES["vgg19"]
    assert equal(load_weights(spec), load_weights(original))
    same = ("name", "layers", "mean", "std", "source", "licence", "network", "crop")
    assert [getattr(spec, name) for name in same] == [getattr(original, name) for name in same]
    assert (spec.package, spec.url, spec.fingerprint[1], spec.channels) == ("", "", "", "")


def test_what_was_imported_is_a_backbone(capsys: Capture, small: Path, folders: Path) -> None:
    answer = pincel(capsys, "weights", "import", small, "--as", "mine")
    assert answer.out.splitlines() == [
        f"{small}: safetensors, 2 layers with weights, 260 parameters",
        "like small: the file says so itself",
        f"kept as {folders / 'mine.safetensors'}",
        "use it with --backbone mine",
    ]
    small_vgg, mine = load_vgg(read_spec(small)), load_vgg(BACKBONES["mine"])
    small.unlink()
    assert equal(small_vgg.weights, mine.weights)
    pixels = picture(24, 24)
    assert mine.features(pixels, ["relu1_2"])["relu1_2"].equal(small_vgg.features(pixels, ["relu1_2"])["relu1_2"])
    assert BACKBONES["mine"].source == read_spec(folders / "mine.safetensors").source == BACKBONES["vgg19"].source
    # And again from there, by name.
    again = pincel(capsys, "weights", "export", "mine", "-o", small)
    assert again.code == 0
    assert equal(load_weights(read_spec(small)), mine.weights)


def test_a_foreign_file_like_another_network(capsys: Capture, small: Path, foreign: Path, folders: Path) -> None:
    answer = pincel(capsys, "weights", "import", foreign, "--like", small)
    assert answer.out.splitlines()[:2] == [f"{foreign}: pytorch, 2 layers with weights, 260 parameters", "like small: as you say"]
    spec = BACKBONES["foreign"]
    assert equal(load_weights(spec), load_weights(read_spec(small)))
    assert spec.source == f"foreign.pth, SHA-256 {hashlib.sha256(foreign.read_bytes()).hexdigest()}"
    assert (spec.licence, spec.mean) == ("that of the file it was imported from", read_spec(small).mean)


def test_what_is_taken_of_a_checkpoint_is_said(capsys: Capture, small: Path, tmp_path: Path) -> None:
    spec = read_spec(small)
    net, average = (torchvision_state(spec, {name: (w + add, b) for name, (w, b) in load_weights(spec).items()}) for add in (0, 1))
    path = tmp_path / "a.pth"

    def echo() -> list[str]:
        return pincel(capsys, "weights", "import", path, "--like", small, "--as", "a", "--force").out.splitlines()

    torch.save({"net": net, "args": Namespace(lr=0.1)}, path)
    assert echo()[:2] == [f"{path}: pytorch, 2 layers with weights, 260 parameters", "taken: the weights under 'net'"]
    assert equal(load_weights(BACKBONES["a"]), load_weights(spec))
    torch.save({"net": net, "model_ema": average, "judge": {"a.weight": torch.ones(1, 3, 1, 1)}}, path)
    assert echo()[1] == "taken: the weights under 'model_ema', not those under 'net', 'judge'"
    assert load_weights(BACKBONES["a"])["conv1_1"][0].equal(load_weights(spec)["conv1_1"][0] + 1)
    torch.save({**net, "ema": {"a.weight": torch.ones(1, 3, 1, 1)}}, path)
    assert echo()[1] == "taken: the weights under no name, not those under 'ema'"
    torch.save(net, path)
    assert echo()[1].startswith("like small: ")


def test_channels_say_which_color_is_first(capsys: Capture, small: Path, foreign: Path) -> None:
    for channels in ("rgb", "bgr"):
        assert pincel(capsys, "weights", "import", foreign, "--like", small, "--as", channels, "--channels", channels).code == 0
    red_first, blue_first = (load_weights(BACKBONES[name]) for name in ("rgb", "bgr"))
    assert blue_first["conv1_1"][0].equal(red_first["conv1_1"][0].flip(1))
    assert blue_first["conv1_2"][0].equal(red_first["conv1_2"][0])
    # What is kept is red first, and is turned no second time.
    assert BACKBONES["bgr"].channels == ""


def test_a_file_that_pincel_knows_is_told_by_its_hash(capsys: Capture, torchvision: Path) -> None:
    answer = pincel(capsys, "weights", "import", torchvision, "--as", "known")
    assert answer.out.splitlines()[1] == "like vgg19-torchvision: it is that file, by its hash"
    assert (BACKBONES["known"].licence, BACKBONES["known"].std) == ("BSD-3-Clause", BACKBONES["vgg19-torchvision"].std)
    assert equal(load_weights(BACKBONES["known"]), load_weights(BACKBONES["vgg19-torchvision"]))


def saved(path: Path, name: str, *, convert: Any = torchvision_state) -> Path:
    """Write weights drawn for a spec as a file of PyTorch."""
    spec = BACKBONES[name]
    torch.save(convert(spec, drawn_weights(spec)), path)
    return path


def test_layers_tell_a_network_that_has_no_like(capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Two networks of these layers, fed alike: one of them is as good as the other.
    layers = random_vgg([(1, 2)]).spec.layers
    for name in ("VGG19_TORCHVISION", "VGG16_TORCHVISION"):
        monkeypatch.setattr(vgg_specs, name, replace(vgg_specs.VGG19_TORCHVISION, name=name.lower(), layers=layers))
    path = saved(tmp_path / "drawn.pth", "vgg19-torchvision")
    answer = pincel(capsys, "weights", "import", path)
    assert answer.out.splitlines()[1] == "like vgg19_torchvision: its layers fit, and files of this format are fed so"


def test_layers_of_networks_that_are_fed_differently_do_not_tell(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folders: Path
) -> None:
    layers = random_vgg([(1, 2)]).spec.layers
    for name in ("VGG19_TORCHVISION", "VGG19_TORCHVISION_255"):
        monkeypatch.setattr(vgg_specs, name, replace(getattr(vgg_specs, name), layers=layers))
    path = saved(tmp_path / "drawn.pth", "vgg19-torchvision")
    assert refused(pincel(capsys, "weights", "import", path)) == (
        f"pincel: weights: their shapes do not tell how the network is fed · given '{path}', 1 layers, as pytorch · "
        "accepted: --like one of vgg19-torchvision, vgg19-torchvision-255 · try: --like with the one that it was made from\n"
    )
    assert not folders.exists()


def test_layers_of_no_network(capsys: Capture, foreign: Path) -> None:
    text = refused(pincel(capsys, "weights", "import", foreign))
    assert "weights: no network that pincel knows has these layers" in text
    assert "foreign.pth', 2 layers, as pytorch" in text


def test_layers_of_another_network_than_is_said(capsys: Capture, foreign: Path, folders: Path) -> None:
    assert "The weights of vgg19 are of another network: " in refused(pincel(capsys, "weights", "import", foreign, "--like", "vgg19"))
    assert not folders.exists()


def test_a_name_is_taken_once(capsys: Capture, small: Path, foreign: Path) -> None:
    assert pincel(capsys, "weights", "import", small).code == 0
    text = refused(pincel(capsys, "weights", "import", foreign, "--like", small, "--as", "small"))
    assert "was imported before · given 'small'" in text
    assert "--force to replace it" in text
    done = pincel(capsys, "weights", "import", foreign, "--like", small, "--as", "small", "--force")
    assert done.code == 0
    assert BACKBONES["small"].source.startswith("foreign.pth")
    assert pincel(capsys, "weights", "verify", "small").code == 0


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("vgg19", "is that of one that pincel knows"),
        ("a/b", "cannot be used · given 'a/b'"),
        ("..", "cannot be used"),
        ("timm:x", "cannot be used"),
        ("x.safetensors", "cannot be used"),
        ("-x", "cannot be used"),
        ("ü", "cannot be used"),
    ],
)
def test_names_that_cannot_be_given(capsys: Capture, small: Path, folders: Path, name: str, told: str) -> None:
    assert told in refused(pincel(capsys, "weights", "import", small, f"--as={name}"))
    assert not folders.exists()


class Harm:
    """Runs a program when it is unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, ("touch harmed",)


def test_a_file_that_would_run_a_program_is_refused(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folders: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "harm.pkl").write_bytes(pickle.dumps({"param values": Harm()}))
    refused(pincel(capsys, "weights", "import", "harm.pkl", "--like", "vgg19"))
    assert not (tmp_path / "harmed").exists()
    assert not folders.exists()


@pytest.mark.parametrize("data", [None, b"", b"\x89PNG"])
def test_files_that_cannot_be_read(capsys: Capture, tmp_path: Path, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / "text.pth").write_bytes(data)
    assert "text.pth" in refused(pincel(capsys, "weights", "import", tmp_path / "text.pth"))


def test_an_import_that_cannot_be_written(capsys: Capture, small: Path, folders: Path) -> None:
    folders.write_text("")
    assert "cannot be written" in refused(pincel(capsys, "weights", "import", small))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["vgg19", "-o", "vgg19.pth"],
            "network: is written as safetensors · given 'vgg19.pth' · accepted: a name that ends in .safetensors",
        ),
        (["random-cnn", "-o", "out.safetensors"], "its filters are drawn at random"),
        (["alexnet2012", "-o", "out.safetensors"], "nobody published one"),
        (["vgg91", "-o", "out.safetensors"], "Unknown backbone"),
        (["vgg19"], "Missing option"),
    ],
)
def test_export_refuses(capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str) -> None:
    monkeypatch.chdir(tmp_path)
    assert told in refused(pincel(capsys, "weights", "export", *arguments))
    assert not list(tmp_path.glob("out*"))


def test_an_export_over_its_own_file(capsys: Capture, small: Path) -> None:
    assert "would overwrite the input" in refused(pincel(capsys, "weights", "export", small, "-o", small))


def test_an_unknown_action_is_told_with_the_closest(capsys: Capture) -> None:
    text = refused(pincel(capsys, "weights", "impart"))
    assert "There is no action 'impart'. Did you mean 'import'?" in text


def test_the_page_about_weights_lists_them_as_they_are(capsys: Capture) -> None:
    page = (Path(__file__).parents[2] / "docs" / "weights.md").read_text(encoding="utf-8")
    listed = page.partition("<!-- pincel weights list -->\n```\n")[2].partition("```")[0]
    again = "TORCH_HOME=none PINCEL_WEIGHTS=none pincel weights list"
    assert listed == pincel(capsys, "weights", "list").out, f"put what '{again}' prints into docs/weights.md"


@pytest.mark.parametrize("action", ["list", "get", "verify", "path", "import", "export"])
def test_each_help_begins_with_two_examples(capsys: Capture, action: str) -> None:
    lines = examples(pincel(capsys, "weights", action, "--help").out)
    assert len(lines) == 2
    assert all(line.startswith(f"pincel weights {action}") for line in lines)
