"""Write the names of the 1000 classes of ImageNet (ILSVRC 2012), one a line, in the order in which networks answer.

They are those of torchvision (BSD-3-Clause, see NOTICE), read from its source, none of which is run.

Usage: python scripts/list_imagenet_classes.py …/site-packages/torchvision/models/_meta.py > src/pincel/classify/imagenet.txt
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

NAME = "_IMAGENET_CATEGORIES"


def listed(source: str) -> list[str]:
    """Return the list of that name in a Python source."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == NAME:
            return [str(each) for each in ast.literal_eval(node.value)]
    raise SystemExit(f"There is no {NAME} in this file.")


if __name__ == "__main__":
    print("\n".join(listed(Path(sys.argv[1]).read_text(encoding="utf-8"))))
