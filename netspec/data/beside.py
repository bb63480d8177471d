"""Pictures that stand beside a list, or beside files of another kind, and might be meant as well."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from itertools import chain
from pathlib import Path

from netspec.data.folders import PARTS, below, class_folders
from netspec.diagnostics import Fault

#: All that a part's folder may be called.
_PARTS = {name: part for part, names in PARTS.items() for name in names}


def beside(folder: Path, listed: Collection[str], parts: Collection[str]) -> list[Path]:
    """The pictures of a folder, at any depth, that are none of ``listed``, which are absolute.

    Folders of parts other than these are left out.
    """
    inside = [name for name in class_folders(folder) if _PARTS.get(name) in (None, *parts)]
    here = (path for path in below(folder, Counter(), deep=False))
    found = chain(here, *(below(folder / name, Counter()) for name in inside))
    return [path for path in found if os.path.abspath(path) not in listed]


def not_both(folder: Path, pictures: Sequence[Path], other: Path, layout: str) -> None:
    """Fault N707 where pictures are in folders for classes, two at least, so that not only ``other`` may be meant."""
    classes: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for path in pictures:
        *above, _ = path.relative_to(folder).parts
        at = int(bool(above) and above[0] in _PARTS)
        if len(above) > at:
            classes[tuple(above[:at])].add(above[at])
    names = next((sorted(found) for found in classes.values() if len(found) > 1), None)
    if names is not None:
        raise Fault(
            "N707",
            f"{folder} holds {other.name}, and {len(pictures):,} other pictures in folders that may be classes: "
            f"{', '.join(names[:5])}{' …' * (len(names) > 5)}",
            help=f"say which is meant: `--format {layout}` or `--format folder`",
        )
