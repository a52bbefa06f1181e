"""The page of studies and its figures."""

from __future__ import annotations

import click
from PIL import Image

from pincel.cli.study import STUDIES
from pincel.cli.study import command as studies
from study_gallery import PICTURES, commands, figures


def test_the_page_shows_every_study_by_a_command_that_is_one() -> None:
    assert [arguments[1] for arguments in commands().values()] == list(STUDIES)
    for _, name, *arguments in commands().values():
        command = studies.get_command(click.Context(studies), name)
        assert command is not None
        command.make_context(name, arguments)


def test_every_figure_is_there_and_no_other() -> None:
    shown = {f"{folder}-{figure}.jpg" for folder, figure in figures()}
    assert {folder for folder, _ in figures()} == set(commands())
    assert {path.name for path in PICTURES.iterdir()} == shown
    for name in shown:
        with Image.open(PICTURES / name) as image:
            image.verify()
