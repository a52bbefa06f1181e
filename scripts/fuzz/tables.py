"""Target: job tables, as CSV and as TOML; a job that is read is also checked as a batch checks it before it paints."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fuzz.common import MIB, Target, as_file, some_of
from fuzz.recipes import assigned
from pincel.batches.jobs import recipe_of
from pincel.batches.table import read_jobs

SEEDS = {
    "csv": b"content,style,size,\r\nsample:lake,sample:glass=0.7|sample:woodcut=0.3,48,\r\n,,,\r\n",
    "quoted": b'"content";"style";"style-layers"\n"a ""b"".jpg";"c\nd.jpg";"relu1_1=0.5,relu2_1"\n',
    "sep": b"sep=;\ncontent;style;output;recipe;steps\nphotos/a.jpg;sample:glass;x/{n}.png;gatys2016;12\n",
    "tabs": "content\tstyle\toptimizer_options\tinit\na.jpg\tb.jpg\thistory=20|max_step=1\tfeedforward=n\n".encode("utf-16"),
    "masks": b"content,style,content_mask,style_mask,scales,seed,tv_weight\na.jpg,b.jpg,m.png,n.png|o.png,1/4=4,3,1e-3\n",
    "toml": b'[[job]]\ncontent = "sample:lake"\nstyle = ["sample:glass", "b.jpg=0.5"]\nscales = { "1/2" = 3 }\noutput = "two.png"\n',
    "shared": b'steps = 20\nsize = 512\nstyle = "sample:glass"\nrecipe = "slides"\n[[job]]\ncontent = "a.jpg"\nstyle_weight = 2e4\n',
}


def read(data: bytes) -> object:
    """Read a table; it is TOML if it begins as the seeds of TOML do, else CSV."""
    suffix = ".toml" if data.lstrip()[:1] in (b"[", b"#") or b" = " in data[:40] else ".csv"
    with as_file(data, f"jobs{suffix}") as path:
        jobs = read_jobs(path, Path("out"))
        return [recipe_of(job) for job in jobs[:20]]


def seeds() -> Mapping[str, bytes]:
    """Return small tables."""
    return SEEDS


TABLES = Target(read, seeds, some_of(assigned), memory=256 * MIB, longest=16 * 1024)
