"""The whole way with the real command line: painted, painted on, killed, resumed, cancelled, studied; and remade by what is shown."""

from __future__ import annotations

import io
import json
import shlex
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pincel.files import sha256_of
from pincel.studio.child_process import PINCEL
from pincel.studio.run_process import POLL_SECONDS
from tests.cli.run import process
from tests.studio.api.process import Server, serving

# A network as it was trained needs no calibration, which takes seconds.
SMALL: dict[str, Any] = {"recipe": "slides", "size": 64, "init": "content"}


def test_what_is_shown_remakes_the_picture_to_the_byte(photographs: list[Path], tmp_path: Path) -> None:
    with serving(tmp_path / "home", PINCEL) as server:
        key = server.begin(**SMALL, steps=4, optimizer_options="momentum=0.5", optimizer="gradient-descent", learning_rate=2)
        view = server.ended(key)
        assert (view["state"], view["step"], view["steps"], view["size"]) == ("done", 4, 4, [64, 48]), view
        assert set(view["terms"]) == {"content", "style", "tv"}
        assert (view["message"], view["has_checkpoint"]) == (None, False)
        status, record = server.ask("GET", f"/api/runs/{key}/record.json")
        assert (status, record["stopped"], record["steps"]) == (200, "steps", 4)
        thumb = Image.open(io.BytesIO(server.ask("GET", f"/api/runs/{key}/thumb.webp")[1]))
        assert thumb.size == (64, 48)
        line = shlex.split(server.ask("GET", f"/api/runs/{key}/command")[1]["cli"])
        again = process(*line[1:], cwd=tmp_path)
        assert again.wait(timeout=100) == 0, again.communicate()
        again.communicate()
        made = tmp_path / "home" / "runs" / key / "result.png"
        assert sha256_of(tmp_path / line[line.index("-o") + 1]) == sha256_of(made)
        # Painted on, it begins where it ended.
        status, more = server.ask("POST", f"/api/runs/{key}/continue", {"steps": 2})
        assert status == 201
        view = server.ended(more["id"])
        assert (view["state"], view["steps"], view["continued_from"]) == ("done", 2, key), view
        losses = json.loads((tmp_path / "home" / "runs" / more["id"] / "result.json").read_text())["losses"]
        # The picture was rounded to 8 bits between the two.
        assert losses[0]["total"] == pytest.approx(min(step["total"] for step in record["losses"]), rel=0.05)


def test_a_long_run_is_killed_with_its_server_resumed_and_cancelled(tmp_path: Path) -> None:
    server = Server(tmp_path, PINCEL)
    key = server.begin(**SMALL, steps=100_000)
    server.until_step(key, 2)
    time.sleep(2 * POLL_SECONDS)
    server.kill()
    with serving(tmp_path, PINCEL) as again:
        view = again.run(key)
        assert (view["state"], view["has_checkpoint"], view["has_preview"], view["has_result"]) == ("interrupted", True, True, False)
        assert again.ask("GET", f"/api/runs/{key}/preview.jpg")[0] == 200
        assert again.ask("POST", f"/api/runs/{key}/resume")[0] == 200
        again.until_step(key, view["step"] + 2)
        assert again.ask("POST", f"/api/runs/{key}/cancel")[0] == 200
        view = again.ended(key)
        assert (view["state"], view["has_result"], view["has_checkpoint"]) == ("cancelled", True, True), view
        assert Image.open(io.BytesIO(again.ask("GET", f"/api/runs/{key}/result.png")[1])).size == (64, 48)


def test_a_mistake_only_the_engine_can_see_is_told_in_its_words(tmp_path: Path) -> None:
    with serving(tmp_path, (sys.executable, "-m", "pincel")) as server:
        key = server.begin(**{**SMALL, "size": 8}, steps=3)
        view = server.ended(key)
        assert (view["state"], view["has_result"]) == ("failed", False)
        assert "8" in view["message"]["text"]
        assert not view["message"]["text"].startswith("pincel:")


def test_a_study_is_made_and_can_be_read(tmp_path: Path) -> None:
    with serving(tmp_path, PINCEL) as server:
        options = {"size": 64, "channels": 4, "layers": "relu1_1", "lang": "es"}
        status, view = server.ask("POST", "/api/studies", {"study": "activations", "pictures": ["sample:lake"], "options": options})
        assert status == 201
        view = server.ended(view["id"])
        assert (view["state"], view["page"]) == ("done", f"/api/runs/{view['id']}/page/"), view
        status, page = server.ask("GET", view["page"])
        assert status == 200
        assert b'<html lang="es">' in page
