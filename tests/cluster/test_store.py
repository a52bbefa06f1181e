"""Files in stores: a folder as a store, and one in memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pincel.cluster import store
from pincel.errors import ExtraMissingError, OptionError, OutputError, PictureMissingError, UnknownNameError

fsspec: Any = pytest.importorskip("fsspec")


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Serve what speaks as S3 does on this machine, where moto and s3fs are installed, and return the address of an empty bucket."""
    pytest.importorskip("s3fs")
    servers: Any = pytest.importorskip("moto.server")
    server = servers.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        host, port = server.get_host_and_port()
        patch.setenv("FSSPEC_S3_ENDPOINT_URL", f"http://{host}:{port}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        fsspec.config.set_conf_env(fsspec.config.conf)
        fsspec.filesystem("s3").mkdir("pincel-bucket")
        yield "s3://pincel-bucket"
        fsspec.config.conf.pop("s3")
    server.stop()


@pytest.fixture(params=["file", "memory", "s3"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the address of an empty folder in a store."""
    if request.param == "s3":
        bucket = request.getfixturevalue("s3")
        yield f"{bucket}/{tmp_path.name}/bucket"
        return
    if request.param == "file":
        yield f"file://{tmp_path}/bucket"
        return
    memory = fsspec.filesystem("memory")
    yield "memory://bucket"
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "given.txt"
    file.write_text(text)
    return file


def test_what_is_delivered_is_found_and_fetched(folder: str, tmp_path: Path) -> None:
    address = store.joined(folder, "paintings/night.png")
    store.upload(written(tmp_path, "once"), address)
    first = store.etag(address)
    assert store.fetch(address, tmp_path / "here").read_text() == "once"
    store.upload(written(tmp_path, "another time"), address)
    assert store.fetch(address, tmp_path / "here").read_text() == "another time"
    assert store.etag(address) not in ("", first)
    assert store.names(store.joined(folder, "paintings")) == ["night.png"]
    assert list(store.listed(folder).values()) == [store.etag(address)]
    store.remove(address)
    store.remove(address)
    assert store.etag(address) == ""
    assert store.names(store.joined(folder, "nothing")) == []
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["night.png"]


def test_pictures_are_found_by_folder_pattern_and_name(folder: str) -> None:
    for name in ("b.jpg", "a.PNG", "notes.txt", ".hidden.png", "more/c.jpg", "__MACOSX/1.jpg", ".thumbs/b.jpg"):
        store.write(name, store.joined(folder, name))
    notes: list[str] = []

    def names(address: str) -> list[str]:
        notes.clear()
        found = store.find(address, "contents", notes.append)
        assert all(stamp and store.etag(each) == stamp for each, stamp in found.items())
        return [each.rpartition("bucket/")[2] for each in found]

    assert names(folder) == ["a.PNG", "b.jpg"]
    assert [note.partition(": ")[2] for note in notes] == ["2 of the files left out: '.hidden.png' (hidden), 'notes.txt' (not a picture)."]
    assert names(f"{folder}/") == ["a.PNG", "b.jpg"]
    assert names(store.joined(folder, "*.jpg")) == ["b.jpg"]
    assert notes == []
    assert names(store.joined(folder, "**/*.jpg")) == ["b.jpg", "more/c.jpg"]
    assert [note.partition(": ")[2] for note in notes] == ["2 of the files left out: 'b.jpg' (hidden), '1.jpg' (hidden)."]
    # A hidden folder that is named is meant.
    assert names(store.joined(folder, ".thumbs")) == [".thumbs/b.jpg"]
    assert names(store.joined(folder, "__MACOSX/*")) == ["__MACOSX/1.jpg"]
    assert names(store.joined(folder, "b.jpg")) == ["b.jpg"]
    with pytest.raises(PictureMissingError, match=r"^contents: no pictures .* there · given '.*gif'"):
        store.find(store.joined(folder, "*.gif"), "contents")
    with pytest.raises(PictureMissingError, match=r"^contents: there is no such file"):
        store.find(store.joined(folder, "none.jpg"), "contents")


@pytest.mark.parametrize("installed", [True, False])
def test_heic_is_found_where_its_library_is_installed(installed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pincel.images.formats.find_spec", lambda _: installed or None)
    memory = fsspec.filesystem("memory")
    memory.pipe({"/heic/1.heic": b"a", "/heic/2.jpg": b"b"})
    assert [each.rpartition("/")[2] for each in store.find("memory://heic", "contents")] == ["1.heic"] * installed + ["2.jpg"]
    memory.rm("/heic", recursive=True)


def test_a_store_can_be_tried_beforehand(folder: str) -> None:
    store.check_writing(folder)
    assert store.listed(folder) == {}


def test_a_file_that_is_cut_short_never_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"file://{tmp_path}/out/night.png"
    store.upload(written(tmp_path, "whole"), address)

    def torn(self: Any, _here: str, there: str, **_more: Any) -> None:
        Path(there).write_text("ha")
        raise OSError("the line is cut\nmore about it")

    monkeypatch.setattr(type(fsspec.filesystem("file")), "put_file", torn)
    with pytest.raises(OutputError, match=r"^output: the store refuses, the line is cut · given 'file://.*night.png'"):
        store.upload(written(tmp_path, "another"), address)
    assert {path.name: path.read_text() for path in (tmp_path / "out").iterdir()} == {"night.png": "whole"}


def test_stores_that_cannot_be_are_refused_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(UnknownNameError, match=r"^Unknown store 's33' .* Did you mean 's3'\?$"):
        store.opened("s33://bucket/photo.jpg")
    with pytest.raises(ExtraMissingError, match=r"^store: the library gcsfs is not installed · .* · try: .* pip install .*gcsfs$"):
        store.opened("gs://bucket/photo.jpg")
    monkeypatch.setattr(fsspec, "available_protocols", list)
    monkeypatch.setattr(fsspec.core, "url_to_fs", unknown_to_fsspec)
    with pytest.raises(ExtraMissingError, match=r"^store: the library adlfs is not installed"):
        store.opened("abfss://box/photo.jpg")


def unknown_to_fsspec(address: str) -> Any:
    raise ValueError(f"Protocol not known: {address}")


@pytest.mark.parametrize("address", ["zip://a.jpg::s3://bucket/a.zip", "simplecache::s3://bucket/a.jpg", "file::https://example.org/a.jpg"])
def test_addresses_inside_others_are_refused(address: str) -> None:
    with pytest.raises(OptionError, match="an address inside another"):
        store.opened(address)


def test_only_stores_that_hold_files_themselves_are_opened() -> None:
    known = {"file", "local", "memory", "http", "https", "sftp", "ssh", "ftp", "smb", "webhdfs", "hdfs", "s3", "gs", "az", "hf"}
    assert known <= store.STORES
    for protocol in {*fsspec.available_protocols(), "asyncwrapper", "async_wrapper", "cached", "reference"} - store.STORES:
        with pytest.raises(UnknownNameError, match=f"^Unknown store '{protocol}'"):
            store.opened(f"{protocol}://photo.jpg")
