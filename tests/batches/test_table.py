"""Jobs from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from pincel.batches.jobs import recipe_of
from pincel.batches.messages import Job
from pincel.batches.table import read_jobs
from pincel.errors import OptionError


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table(tmp_path: Path) -> None:
    table = write(
        tmp_path / "lists" / "jobs.csv",
        "\ufeffcontent,style,output,recipe,steps,style-layers,optimizer_options,style_mask\n"
        'sample:lake,starry.jpg=0.7|sample:glass=0.3,night/lake.jpg,gatys2016,12,"relu1_1,relu2_1",history=20|max_step=1,a.png|b.png\n'
        "\n"
        "/photos/harbour.jpg,paintings,,,,,,\n",
    )
    beside, out = table.parent, tmp_path / "out"
    first, second = read_jobs(table, out, settings={"size": 64, "steps": 3})
    assert first == Job(
        "night/lake.jpg",
        "sample:lake",
        ((str(beside / "starry.jpg"), 0.7), ("sample:glass", 0.3)),
        str(out / "night/lake.jpg"),
        {
            "size": 64,
            "recipe": "gatys2016",
            "steps": "12",
            "style_layers": "relu1_1,relu2_1",
            "optimizer_options": {"history": "20", "max_step": "1"},
            "style_mask": [str(beside / "a.png"), str(beside / "b.png")],
        },
    )
    # What a job does not say is as for all.
    assert second == Job(
        "harbour_paintings.png",
        "/photos/harbour.jpg",
        ((str(beside / "paintings"), 1.0),),
        str(out / "harbour_paintings.png"),
        {"size": 64, "steps": 3},
    )
    assert recipe_of(first).steps == 12
    assert recipe_of(first).optimizer_options["history"] == "20"


HEADINGS, LAKE, HARBOUR = "content,style,size,", "sample:lake,sample:glass,48,", "sample:harbour,sample:glass,,"
TABLE = f"{HEADINGS}\r\n{LAKE}\r\n{HARBOUR}\r\n"


@pytest.mark.parametrize(
    "data",
    [
        TABLE.encode(),
        TABLE.replace("\r\n", "\n").encode(),
        TABLE.replace("\r\n", "\r").encode(),
        TABLE.encode("utf-8-sig"),
        TABLE.replace(",", ";").encode(),
        TABLE.replace(",", "\t").encode(),
        # Excel's "Unicode text".
        TABLE.replace(",", "\t").encode("utf-16"),
        b"\xfe\xff" + TABLE.encode("utf-16-be"),
        b"sep=;\r\n" + TABLE.replace(",", ";").encode(),
        b'"sep=,"\r\n' + TABLE.encode(),
        b"SEP=\t\r\n" + TABLE.replace(",", "\t").encode(),
        b"\r\n,,,\r\n" + TABLE.encode() + b",,,\r\n  ,\r\n\r\n",
        f'"content","style","size",""\n"sample:lake","sample:glass","48",""\n{HARBOUR}\n'.encode(),
        f"{HEADINGS},,\n{LAKE},,\n{HARBOUR},,,,,\n".encode(),
        f"{HEADINGS} \n{LAKE}\n{HARBOUR}\n".encode(),
        f'{HEADINGS}\n{LAKE}\nsample:harbour,"sample:glass\n",,\n'.encode(),
        b"content,,style,size\nsample:lake,,sample:glass,48\nsample:harbour,,sample:glass,\n",
    ],
)
def test_a_table_as_spreadsheets_write_it(tmp_path: Path, data: bytes) -> None:
    table = tmp_path / "jobs.csv"
    table.write_bytes(data)
    jobs = read_jobs(table, tmp_path)
    assert [(job.name, dict(job.settings)) for job in jobs] == [("lake_glass.png", {"size": "48"}), ("harbour_glass.png", {})]


@pytest.mark.parametrize("suffix", [".tsv", ".txt"])
def test_a_table_of_tabs_has_suffixes_of_its_own(tmp_path: Path, suffix: str) -> None:
    table = write(tmp_path / f"jobs{suffix}", TABLE.replace(",", "\t"))
    assert len(read_jobs(table, tmp_path)) == 2


def test_the_line_of_a_mistake_is_that_of_an_editor(tmp_path: Path) -> None:
    table = write(tmp_path / "jobs.csv", 'sep=;\n\ncontent;style\n"sample:lake";"sample:glass|\n\nsample:woodcut"\n;sample:glass\n')
    with pytest.raises(OptionError, match="line 7 has no content"):
        read_jobs(table, tmp_path)


def test_numbers_have_a_point(tmp_path: Path) -> None:
    table = write(tmp_path / "jobs.csv", "content;style;style-weight\nsample:lake;sample:glass;0,5\n")
    (job,) = read_jobs(table, tmp_path)
    with pytest.raises(OptionError, match=r"style_weight: cannot be that · given '0,5'.*number"):
        recipe_of(job)
    with pytest.raises(OptionError, match="must be a number of 0 or more, not '0,7'"):
        read_jobs(write(tmp_path / "jobs.csv", "content;style\nsample:lake;sample:glass=0,7\n"), tmp_path)


@pytest.mark.parametrize("value", ["3", "true", "07:32:00", "[1, nan]", "[[]]", "nan"])
@pytest.mark.parametrize("name", ["style_layers", "content_layers", "style_terms", "content_terms"])
def test_names_of_layers_are_texts(name: str, value: str, tmp_path: Path) -> None:
    document = write(tmp_path / "jobs.toml", f"[[job]]\ncontent = 'sample:lake'\nstyle = 'sample:glass'\n{name} = {value}\n")
    (job,) = read_jobs(document, tmp_path)
    with pytest.raises(OptionError, match=r"^Names of .* cannot be .*; write them as relu1_1,relu2_1"):
        recipe_of(job)


def test_a_line_break_in_a_name_makes_no_second_line(tmp_path: Path) -> None:
    table = write(tmp_path / "jobs.csv", 'content,style\nsample:lake,"a\nb.jpg=x"\n')
    with pytest.raises(OptionError, match="The weight of '") as error:
        read_jobs(table, tmp_path)
    assert "\n" not in str(error.value)


def test_a_file_goes_before_what_its_name_would_mean(tmp_path: Path) -> None:
    for name in ("a|b.jpg", "c=0.5.jpg"):
        (tmp_path / name).touch()
    table = write(tmp_path / "jobs.csv", "content,style\nsample:lake,a|b.jpg\nsample:lake,c=0.5.jpg|sample:glass\n")
    first, second = read_jobs(table, tmp_path)
    assert first.styles == ((str(tmp_path / "a|b.jpg"), 1.0),)
    assert second.styles == ((str(tmp_path / "c=0.5.jpg"), 1.0), ("sample:glass", 1.0))


def test_a_document(tmp_path: Path) -> None:
    document = write(
        tmp_path / "jobs.toml",
        """
        steps = 20
        size = 512
        style = "sample:glass"

        [[job]]
        content = "a.jpg"
        init = "./start.png"
        recipe = "mine.toml"

        [[job]]
        content = "b.jpg"
        style = ["c.jpg", "d.jpg=0.5"]
        size = 256
        scales = { "1/2" = 3 }
        output = "two.png"
        """,
    )
    first, second = read_jobs(document, tmp_path / "out", settings={"steps": 5})
    # The command line is nearer than what is said of all, and farther than what is said of one.
    assert first.settings == {"steps": 5, "size": 512, "init": str(tmp_path / "start.png"), "recipe": str(tmp_path / "mine.toml")}
    assert (first.name, first.styles) == ("a_glass.png", (("sample:glass", 1.0),))
    assert second.settings == {"steps": 5, "size": 256, "scales": {"1/2": 3}}
    assert second.styles == ((str(tmp_path / "c.jpg"), 1.0), (str(tmp_path / "d.jpg"), 0.5))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("jobs.csv", "content,stile\n", r"unknown column 'stile' .* try: style"),
        ("jobs.csv", "content,style,style-wieght\n", "try: style_weight"),
        ("jobs.csv", "content,style,style\n", "the column 'style' is there twice"),
        ("jobs.csv", "content,style\na.jpg\n", "line 2 has no style"),
        ("jobs.csv", "content,style\n,a.jpg\n", "line 2 has no content"),
        ("jobs.csv", "content,style\na.jpg,b.jpg,c\n", "line 2 has more cells than there are columns"),
        ("jobs.csv", "content,style,output\na.jpg,b.jpg,../c.png\n", "lies outside the folder"),
        ("jobs.csv", "content,style\na.jpg,b.jpg=x\n", "The weight of '"),
        ("jobs.csv", "content,style\n", "there are none in the file"),
        ("jobs.csv", "content,style,\na.jpg,b.jpg,c\n", "line 2 has a cell in column 3, which has no name · given 'c'"),
        ("jobs.csv", ",\na.jpg,b.jpg\n", "unknown column 'a.jpg'"),
        ("jobs.csv", 'content,style\n"a.jpg,b.jpg\n', "line 2 cannot be read: unexpected end of data"),
        ("jobs.csv", 'content,style\n"a" b.jpg,b.jpg\n', "line 2 cannot be read: ',' expected"),
        ("jobs.csv", f"content,style\n{'a' * 140_000},b.jpg\n", "line 2 cannot be read: field larger"),
        ("jobs.csv", "sep=x\ncontentxstyle\n", "cells are parted by something else"),
        ("jobs.csv", "content;style,size\n", "unknown column 'style,size'"),
        ("jobs.csv", "", "there are none in the file"),
        ("jobs.toml", "steps = 3\n", "there are none in the file"),
        ("jobs.toml", "steps = \n", "is not TOML"),
        ("jobs.toml", "[[job]]\ncontnt = 'a'\n", "unknown column 'contnt'"),
        ("jobs.toml", "job = 3\n", "'job' is no list of tables"),
        ("jobs.toml", "content = 'a'\n[[job]]\n", "content cannot be the same for all"),
        ("jobs.toml", "[[job]]\ncontent = 'a'\nstyle = [3]\n", "job 1 has a list that is not of names"),
        ("jobs.toml", "[[job]]\ncontent = 'a'\nstyle = {a = 1}\n", "job 1 has a list that is not of names"),
        ("jobs.toml", f"steps = {'[' * 5000}", "nested too deeply"),
        ("jobs.toml", f"steps = {'1' * 5000}", "is not TOML"),
        ("jobs.json", "[]", "neither CSV nor TOML"),
    ],
)
def test_files_that_cannot_be(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(OptionError, match=message) as error:
        read_jobs(write(tmp_path / name, text), tmp_path)
    assert "\n" not in str(error.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="cannot be read, no such file"):
        read_jobs(tmp_path / "none.csv", tmp_path)
    for name, text in {
        "latin.csv": "niño.jpg".encode("latin-1"),
        "zero.csv": b"a\0.jpg",
        "wide.csv": "niño.jpg".encode("utf-16-le"),
    }.items():
        (tmp_path / name).write_bytes(b"content,style\n" + text + b",a.jpg\n")
        with pytest.raises(OptionError, match=r"is no text.* \(line 2\)"):
            read_jobs(tmp_path / name, tmp_path)
