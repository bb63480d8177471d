"""A look at every example of a data set before anybody trains on it: what is broken, doubled, odd or out of balance."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from netspec.data.arrays import Examples, all_arrays
from netspec.data.folders import PARTS, Listing, not_flat, not_used
from netspec.data.images import Reading, read_numbers, read_stored
from netspec.data.label_pictures import misfit
from netspec.data.needs import Needs
from netspec.data.sets import Pictures, check_folder, find_part, listing_of, masked
from netspec.data.table import rows_in
from netspec.data.texts import plain_table, table_of
from netspec.diagnostics import Fault
from netspec.diagnostics.html import page_text
from netspec.files import read_regular
from netspec.settings import Data

#: Bytes that a picture's file may have to be held against others.
LARGEST = 2**32


@dataclass
class Checked:
    """What was found.

    ``examples`` are counted by part and class, ``sizes`` by (height, width), ``modes`` by Pillow's word. ``unreadable``
    are (file, reason); ``duplicates`` are groups of one part with equal bytes, ``leaks`` such across parts; ``unused``
    are columns and arrays that nothing asks for, each once; ``problems`` are all other faults.
    """

    examples: dict[str, dict[str, int]] = field(default_factory=dict)
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    modes: Counter[str] = field(default_factory=Counter)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    duplicates: list[list[str]] = field(default_factory=list)
    leaks: list[list[str]] = field(default_factory=list)
    passed: Counter[str] = field(default_factory=Counter)
    unused: dict[str, None] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.unreadable or self.duplicates or self.leaks or self.problems)

    @property
    def imbalance(self) -> float | None:
        """How many times as many examples the largest class of the training set has as the smallest."""
        counts = self.examples.get("train", {}).values()
        return max(counts) / min(counts) if len(counts) > 1 and min(counts) else None

    def lines(self) -> Iterator[str]:
        """What was found, then what is wrong."""
        for part, classes in self.examples.items():
            each = ", ".join(f"{name} {count:,}" for name, count in classes.items() if name)
            yield f"{part}: {sum(classes.values()):,} examples{f': {each}' if each else ''}"
        if self.imbalance is not None and self.imbalance > 1:
            yield f"the largest class has {self.imbalance:.1f} times as many training examples as the smallest"
        if self.sizes:
            (least, most), count = (min(self.sizes), max(self.sizes)), len(self.sizes)
            yield f"sizes: {count:,}, from {least[0]} x {least[1]} to {most[0]} x {most[1]}"
        if self.modes:
            yield f"modes: {', '.join(f'{mode} {count:,}' for mode, count in self.modes.most_common())}"
        if self.passed:
            yield f"passed over: {', '.join(f'{count:,} {reason}' for reason, count in sorted(self.passed.items()))}"
        unused = not_used(self.unused)
        if unused:
            yield unused
        for name, reason in self.unreadable:
            yield f"unreadable: {name}: {reason}"
        for group in self.duplicates:
            yield f"equal: {', '.join(group)}"
        for group in self.leaks:
            yield f"equal in different parts: {', '.join(group)}"
        for problem in self.problems:
            yield f"wrong: {problem}"

    def _repr_html_(self) -> str:
        return page_text("\n".join(self.lines()))

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        heights, widths = ([size[axis] for size in self.sizes] for axis in (0, 1))
        sizes = {"different": len(self.sizes)}
        if self.sizes:
            sizes |= {"least_height": min(heights), "most_height": max(heights)}
            sizes |= {"least_width": min(widths), "most_width": max(widths)}
        return {
            "examples": self.examples,
            "imbalance": self.imbalance,
            "sizes": sizes,
            "modes": dict(self.modes),
            "unreadable": [{"filename": name, "error": reason} for name, reason in self.unreadable],
            "duplicates": self.duplicates,
            "leaks": self.leaks,
            "passed_over": dict(self.passed),
            "unused": list(self.unused),
            "problems": self.problems,
            "sound": self.sound,
        }


def check(folder: Path, data: Data, needs: Needs, reading: Reading) -> Checked:
    """Look at every example of each part. ``needs`` is what the net reads and is held against.

    Raises Trouble N706 where there is no such folder, Fault N707 where it holds no data.
    """
    check_folder(folder)
    result = Checked()
    seen: dict[bytes, list[tuple[str, str]]] = defaultdict(list)
    classes = data.classes
    for part in PARTS:
        try:
            classes = _part(folder, part, classes, needs, reading, result, seen) or classes
        except Fault as fault:
            result.problems += fault.each
    if not result.examples and not result.problems:
        not_flat(folder)
        raise Fault("N707", f"{folder} holds no data", help="`netspec explain N707` lists what a data folder may hold")
    for group in seen.values():
        if len({part for part, _ in group}) > 1:
            result.leaks.append([name for _, name in group])
        elif len(group) > 1:
            result.duplicates.append([name for _, name in group])
    return result


def _part(
    folder: Path, part: str, classes: list[str] | None, needs: Needs, reading: Reading, result: Checked,
    seen: dict[bytes, list[tuple[str, str]]],
) -> list[str] | None:  # fmt: skip
    """Look at one part; the classes that it has."""
    pairs_may_be = reading.allows("folder") and (not needs.names or bool(needs.maps))
    paired = masked(folder, part) if pairs_may_be else None
    if paired is not None:
        found = Listing([""], paired.pictures, paired.keys, [0] * len(paired.keys), paired.passed)
        sizes = _pictures(found, folder, part, reading, result, seen)
        for picture, path in zip(paired.pictures, paired.labels, strict=True):
            try:
                labels = read_numbers(path, reading)
                result.problems += misfit(path, labels.shape, sizes.get(picture, labels.shape))
            except Fault as fault:
                result.unreadable.append((os.path.relpath(path, folder), fault.message))
        return None
    may_be_listed = _is_listed(folder, part, needs, reading)
    listed = listing_of(folder, part, classes, reading, result.problems) if may_be_listed else None
    if listed is not None:
        _pictures(listed, folder, part, reading, result, seen)
        return listed.classes
    plain = None if needs.names else plain_table(folder, part, reading)
    if plain is not None:
        rows, wrong = rows_in(plain)
        result.examples[part] = {"": len(rows)}
        result.problems += wrong
        for line, content in rows.items():
            seen[sha256(content).digest()].append((part, f"{plain}:{line}"))
        return None
    read = find_part(folder, part, classes, needs, reading)
    if read is None and not needs.names and reading.allows("arrays"):
        read = all_arrays(folder, PARTS[part], part == "train")
    if read is None:
        return None
    files = read.files
    for number, content in enumerate(_contents(read)):
        seen[sha256(content).digest()].append((part, files[number] if files else f"{part} {number}"))
    result.examples[part] = {"": len(read)}
    result.unused |= dict.fromkeys(read.unused)
    if read.labels is not None and getattr(read, "masks", None) is None:
        own = read.classes or [str(label) for label in range(int(read.labels.max()) + 1)]
        counts = np.bincount(read.labels, minlength=len(own)).tolist()
        result.examples[part] = dict(zip(own, counts, strict=False))
    if isinstance(read, Pictures):
        result.sizes.update(image.shape[:2] for image in read.images)
    return read.classes


def _is_listed(folder: Path, part: str, needs: Needs, reading: Reading) -> bool:
    """Whether a part may be pictures with a class each: it is neither a table, nor pictures with label pictures."""
    if table_of(folder, part, needs, reading) or (not needs.names and plain_table(folder, part, reading)):
        return False
    return not needs.maps or masked(folder, part) is None


def _pictures(
    found: Listing, folder: Path, part: str, reading: Reading, result: Checked,
    seen: dict[bytes, list[tuple[str, str]]],
) -> dict[Path, tuple[int, ...]]:  # fmt: skip
    """Decode each picture; how large those are that can be, by file."""
    sizes: dict[Path, tuple[int, ...]] = {}
    counts = dict.fromkeys(found.classes, 0)
    result.passed += found.passed
    result.unused |= dict.fromkeys(found.unused)
    for path, label in zip(found.files, found.labels, strict=True):
        name = os.path.relpath(path, folder if os.path.isdir(folder) else folder.parent)
        counts[found.classes[label]] += 1
        try:
            seen[sha256(read_regular(path, LARGEST, "N705", Fault)).digest()].append((part, name))
            image, mode = read_stored(path, reading)
            sizes[path] = image.shape
            result.sizes[image.shape[:2]] += 1
            result.modes[mode] += 1
        except Fault as fault:
            result.unreadable.append((name, fault.message))
    result.examples[part] = counts
    return sizes


def _contents(part: Pictures | Examples) -> Iterator[bytes]:
    """The bytes of each example: of arrays all of them, of pictures the picture."""
    arrays = list(part.arrays.values()) if isinstance(part, Examples) else [part.images]
    for number in range(len(part)):
        yield b"".join(np.ascontiguousarray(array[number]).tobytes() for array in arrays)
