"""The page that paints in the browser, as far as no browser is needed: its words, and what is done where it cannot be made."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import docs_try
from docs_try import MissingProgramError, find_package, make_try
from pincel.samples import sample_names

WORDS = json.loads((docs_try.SOURCE / "words.json").read_text(encoding="utf-8"))


def test_words_are_in_both_languages_with_the_same_values() -> None:
    for name, texts in WORDS.items():
        assert sorted(texts) == ["en", "es"], name
        assert sorted(re.findall(r"\{\w+\}", texts["en"])) == sorted(re.findall(r"\{\w+\}", texts["es"])), name


def test_words_are_used_and_there() -> None:
    page = (docs_try.SOURCE / "page.html.j2").read_text(encoding="utf-8")
    scripts = "".join((docs_try.SOURCE / name).read_text(encoding="utf-8") for name in docs_try.SCRIPTS if name.endswith(".js"))
    named = set(re.findall(r"words\.(\w+)", page)) | set(re.findall(r'say\("(\w+)"', scripts)) | set(sample_names())
    # Names that come as a step or as a reason.
    named |= set(re.findall(r'step\("(\w+)"', scripts)) - {"paint"} | set(re.findall(r'step: "(\w+)"', scripts)) | {"painting"}
    named |= set(re.findall(r'Error\("(\w+)"\)', scripts)) - {"none"} | {"unknown"}
    assert named == set(WORDS)


def test_without_npm_the_page_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(docs_try, "PACKAGES", tmp_path)
    monkeypatch.setattr(docs_try, "OUT", tmp_path / "try")
    monkeypatch.setattr("shutil.which", lambda _: None)
    (tmp_path / "try").mkdir()
    assert not make_try()
    assert capsys.readouterr().out == "docs/_build/try: left out, there is no npm to fetch onnxruntime-web with\n"
    # Nothing old is left for the documentation to lead to.
    assert not (tmp_path / "try").exists()


def test_another_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docs_try, "PACKAGES", tmp_path)
    (tmp_path / f"onnxruntime-web-{docs_try.VERSION}.tgz").write_bytes(b"another")
    with pytest.raises(MissingProgramError, match=r"is damaged, or another file: remove it$"):
        find_package()


def test_npm_that_fails_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docs_try, "PACKAGES", tmp_path)
    monkeypatch.setattr("shutil.which", lambda _: str(tmp_path / "npm"))
    with pytest.raises(MissingProgramError, match=r"^npm could not fetch onnxruntime-web 1\.30\.0$"):
        find_package()
