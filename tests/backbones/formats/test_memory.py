"""Sizes that lie do not take memory: all files that lie are read by a process that has little."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import h5py
import pytest

from record_weights import FOLDER
from tests.backbones.formats import test_caffe, test_keras, test_lasagne, test_matconvnet, test_pytorch, test_torch7
from tests.backbones.formats.writers import TINY, caffe_model, named_state, saved, weights_of

READ = """
import resource, sys
from pathlib import Path
from pincel.backbones.formats import FORMATS, open_weights
from pincel.errors import WeightsError

folder = Path(sys.argv[1])
for name in FORMATS:
    FORMATS[name]
# Whatever is loaded late is loaded now.
for path in sorted((folder / "whole").iterdir()):
    open_weights(path)
taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + 2**28,) * 2)
for path in sorted((folder / "lies").iterdir()):
    try:
        open_weights(path)
        print("read", path.name)
    except WeightsError as error:
        print(error)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="it is asked of Linux how much memory a process has")
def test_lies_take_no_memory(tmp_path: Path) -> None:
    for folder in ("lies", "whole"):
        (tmp_path / folder).mkdir()
    files = {
        **{f"torch7 {name}": data for name, data in test_torch7.lies().items()},
        **{f"lasagne {name}": data for name, data in test_lasagne.lies().items()},
        **{f"caffe {name}": data for name, data in test_caffe.lies().items()},
        **{f"matconvnet {name}": test_matconvnet.HEADER + data for name, data in test_matconvnet.lies().items()},
        **{f"pytorch {name}": data for name, data in test_pytorch.lies()},
    }
    for name, data in files.items():
        (tmp_path / "lies" / name).write_bytes(data)
    for name, lie in test_keras.lies(tmp_path).items():
        with h5py.File(tmp_path / "lies" / f"keras {name}", "w") as opened:
            lie(opened)
    for offset in (8, 12):
        data = test_keras.behind((FOLDER / "old.h5").read_bytes(), b"HEAP", offset, b"\xff" * 3)
        (tmp_path / "lies" / f"keras heap {offset}").write_bytes(data)
    for name in ("old.h5", "whole.keras"):
        (tmp_path / "whole" / name).write_bytes((FOLDER / name).read_bytes())
    (tmp_path / "whole" / "caffe").write_bytes(caffe_model(TINY["vgg"], weights_of("vgg")))
    for old in (False, True):
        saved(tmp_path / "whole" / f"torch {old}", named_state(weights_of("vgg")), old=old)
    found = subprocess.run([sys.executable, "-c", READ, tmp_path], capture_output=True, text=True, timeout=120, check=False)
    assert found.returncode == 0, found.stderr
    lines = found.stdout.splitlines()
    assert len(lines) == len(list((tmp_path / "lies").iterdir()))
    assert all(line.startswith("weights: cannot be read") for line in lines), [line for line in lines if not line.startswith("weights")]
    # The path says memory too.
    assert not [line for line in lines if re.search("memory|alloc", line.partition(" · ")[0])]
