"""Where caches and data are kept, with a home and without one."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pincel import folders
from pincel.backbones import model_registry, store
from pincel.cli.app import app
from pincel.engine import speeds
from tests.cli.run import pincel


@pytest.fixture
def no_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Be a user whom the system knows nothing of, with an empty temporary folder; return that folder."""
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "TORCH_HOME", "PINCEL_WEIGHTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folders.without_home.cache_clear()
    yield tmp_path
    folders.without_home.cache_clear()


@pytest.mark.skipif(sys.platform != "linux", reason="homes are looked for elsewhere")
def test_without_a_home_everything_is_in_a_folder_of_the_user(no_home: Path) -> None:
    own = no_home / f"pincel-{os.getuid()}"
    assert folders.cache_folder() == own / ".cache" / "pincel"
    assert folders.data_folder() == own / ".local" / "share" / "pincel"
    assert folders.expanded("~/.cache/torch") == own / ".cache" / "torch"
    assert (speeds.cache(), model_registry.imports_folder()) == (folders.cache_folder() / "speed.json", folders.data_folder() / "weights")
    assert store.download_folder() == own / ".cache" / "torch" / "hub" / "checkpoints"
    assert own.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_can_write_in_is_not_taken(no_home: Path) -> None:
    own = no_home / f"pincel-{os.getuid()}"
    own.mkdir()
    own.chmod(0o777)
    assert folders.without_home() != own
    assert folders.without_home().is_dir()


def test_a_link_that_another_user_laid_is_not_followed(no_home: Path) -> None:
    own = no_home / f"pincel-{os.getuid()}"
    own.symlink_to(no_home)
    assert folders.without_home() != own


def test_where_nothing_can_be_written_nothing_is_raised(no_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    assert not folders.cache_folder().exists()
    with pytest.raises(OSError, match="Not a directory"):
        folders.cache_folder().mkdir(parents=True)


def test_an_older_platformdirs_returns_a_tilde(no_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: f"~/.cache/{name}")
    assert folders.cache_folder() == no_home / f"pincel-{os.getuid()}" / ".cache" / "pincel"


def test_with_a_home_it_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert folders.cache_folder().is_relative_to(tmp_path)
    assert folders.expanded("~/.cache/torch") == tmp_path / ".cache" / "torch"
    assert folders.expanded("models") == Path("models")


def test_the_command_line_gives_a_home_to_all_libraries(
    no_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(app, "main", lambda *_, **__: print(Path.home(), folders.cache_folder(), folders.data_folder()))
    library = (folders.cache_folder(), folders.data_folder())
    assert pincel(capsys).out.split() == [str(path) for path in (no_home / f"pincel-{os.getuid()}", *library)]
