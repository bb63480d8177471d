"""What slides in a convolution, and the form in which each of its gradients is written, which gives the same numbers.

By shape: as `--tune` found it on a device, else by a rule that was measured on a processor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

#: The forms of the kernel's and of the input's gradient.
NAMES = {"kernel": ("convolution", "columns", "product", "taps"), "input": ("transposed", "turned")}


@dataclass(frozen=True)
class Sliding:
    """A kernel that slides over ``wide`` (maps, sizes), and is at each position of ``narrow`` (maps, sizes) once.

    The others are a number an axis.
    """

    wide: tuple[int, ...]
    narrow: tuple[int, ...]
    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    before: tuple[int, ...]
    behind: tuple[int, ...]
    group: int

    @property
    def key(self) -> str:
        """All of it as a word for a table."""
        parts = (
            ("", self.wide), ("", self.narrow), ("k", self.kernel), ("s", self.strides), ("d", self.dilations),
            ("p", self.before), ("p", self.behind), ("g", (self.group,)),
        )  # fmt: skip
        return " ".join(letter + "x".join(map(str, sizes)) for letter, sizes in parts)

    @property
    def maps(self) -> int:
        """Maps of ``wide`` in a group."""
        return self.wide[0] // self.group

    @property
    def rank(self) -> int:
        """Axes that it slides along."""
        return len(self.kernel)

    @property
    def over(self) -> list[int]:
        """Rows behind, padding among them, that no position reaches, as the stride does not go into them."""
        return [
            n + a + b - (d * (k - 1) + 1) - s * (places - 1)
            for n, places, k, s, a, b, d in zip(
                self.wide[1:], self.narrow[1:], self.kernel, self.strides, self.before, self.behind, self.dilations,
                strict=True,
            )
        ]  # fmt: skip

    @property
    def around(self) -> list[int]:
        """What a kernel that is turned round needs around ``narrow`` to give ``wide``, where the stride is 1."""
        return [
            apart * (taps - 1) - pad
            for pads in (self.before, self.behind)
            for pad, taps, apart in zip(pads, self.kernel, self.dilations, strict=True)
        ]


def possible(of: str, at: Sliding) -> list[str]:
    """The forms that a shape can have, the usual one first."""
    names = [name for name in NAMES[of] if name != "turned" or _can_turn(at)]
    return sorted(names, key=lambda name: name != usual(of, at))


def usual(of: str, at: Sliding) -> str:
    """The form where nothing was measured.

    Measured with onnxruntime 1.31 on two cores of an AMD EPYC, on 24 shapes of the zoo's nets: a convolution over the
    batch has as many columns as a kernel has taps, and below 25 those are too few; a product for each example leaves a
    sum that is larger than what it reads where there are more maps than places.
    """
    if of == "input":
        inside = all(2 * pad >= apart * (taps - 1)
                     for pad, taps, apart in zip(at.before, at.kernel, at.dilations, strict=True))  # fmt: skip
        return "turned" if _can_turn(at) and inside and at.group == 1 else "transposed"
    if at.group > 1 or prod(at.kernel) >= 25:
        return "convolution"
    return "product" if at.narrow[0] > prod(at.narrow[1:]) else "columns"


def _can_turn(at: Sliding) -> bool:
    return set(at.strides) == {1} and min(at.around) >= 0


@dataclass(frozen=True)
class Met:
    """A gradient that was asked for: of the kernel or the input, of what, in which form."""

    of: str
    at: Sliding
    form: str


@dataclass
class Choices:
    """``given`` are forms by key; ``met`` become all gradients that were asked for."""

    given: Mapping[str, str] = field(default_factory=dict)
    met: dict[str, Met] = field(default_factory=dict)

    def of(self, of: str, at: Sliding) -> str:
        """The form of a gradient: the one that is given where the shape can have it."""
        key, names = f"{of} {at.key}", possible(of, at)
        name = self.given.get(key)
        self.met[key] = Met(of, at, name if name in names else names[0])
        return self.met[key].form

    @property
    def forms(self) -> dict[str, str]:
        """The forms of what was met, by key."""
        return {key: met.form for key, met in self.met.items()}
