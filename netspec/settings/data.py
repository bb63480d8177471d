"""What ``data { … }`` means: classes, and the steps from a picture to what the net reads; in and out of JSON."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import SerializeAsAny

from netspec.settings.arguments import Arguments, Wanted
from netspec.settings.steps import CONVENTIONS, FIRST, STEPS, TESTS, Augment, CenterCrop, Range, Resize, TenCrop

Steps = tuple[SerializeAsAny[Arguments], ...]


class Data(Arguments):
    """How pictures become inputs, and what the classes are called."""

    name: ClassVar[str] = "data"
    classes: Annotated[list[str] | None, Wanted("a list of names, or the name of a file with one a line")] = None
    prepare: Annotated[Steps, Wanted(" | ".join(STEPS), tuple(STEPS))] = ()
    augment: Annotated[Steps, Wanted(" | ".join(STEPS), tuple(STEPS))] = ()
    test: Annotated[SerializeAsAny[Arguments] | None, Wanted("ten_crop(n) or center_crop(n)", tuple(TESTS))] = None

    def tested(self) -> tuple[list[Arguments], list[Arguments]]:
        """What a test picture goes through before and after its crop.

        The crop stands where `augment` does, else behind the last change of size; a `center_crop` of the preparation
        that leaves it no room gives way to it.
        """
        kept: list[Arguments] = []
        at, marked = 0, any(isinstance(step, Augment) for step in self.prepare)
        for step in self.prepare:
            if isinstance(step, Augment):
                at = len(kept)
            elif not (isinstance(step, CenterCrop) and isinstance(self.test, CenterCrop | TenCrop)) or _larger(step.sizes(), self.test.sizes()):
                kept.append(step)
            if isinstance(step, Resize | CenterCrop | Range) and not marked:
                at = len(kept)
        return kept[:at], kept[at:]

    @property
    def span(self) -> tuple[float, float] | None:
        """What the numbers of a picture's file run from and to, where `range` says it in front."""
        first = self.prepare[0] if self.prepare else None
        return (first.low, first.high) if isinstance(first, Range) else None

    def with_measured(self, kept: Data) -> Data:
        """With the preparation and the class names that were kept with weights, and the conventions that those were trained by."""
        test = self.test if kept.to_json().get("conventions") else _as_first(self.test)
        return self.model_copy(update={"prepare": kept.prepare, "classes": self.classes or kept.classes, "test": test})

    def to_json(self) -> dict[str, Any]:
        """As plain values that ``from_json`` reads back."""
        first = any(isinstance(step, tuple(FIRST.values())) for step in (*self.prepare, self.test))
        return {
            **({} if first else {"conventions": CONVENTIONS}),
            "classes": self.classes,
            "prepare": [_told(step) for step in self.prepare],
            "test": None if self.test is None else _told(self.test),
        }

    @staticmethod
    def from_json(told: dict[str, Any]) -> Data:
        """What ``to_json`` wrote; raises ValueError or KeyError where it is not that.

        What names no conventions was written before there were any, and keeps the first ones.
        """
        test, conventions = told.get("test"), told.get("conventions")
        if conventions not in (None, CONVENTIONS):
            raise ValueError(f"the conventions {conventions!r} are not known")
        made = Data(
            classes=told.get("classes"),
            prepare=tuple(_read(step, STEPS) for step in told["prepare"]),
            test=None if test is None else _read(test, TESTS),
        )
        if conventions is None:
            return made.model_copy(update={"prepare": tuple(map(_as_first, made.prepare)), "test": _as_first(made.test)})
        return made


def _larger(whole: tuple[int, int], part: tuple[int, int]) -> bool:
    """Whether a crop leaves room for another."""
    return whole != part and all(have >= want for have, want in zip(whole, part, strict=True))


def _as_first(step: Arguments | None) -> Any:
    kind = FIRST.get(type(step)) if step is not None else None
    return step if kind is None or step is None else kind(**step.arguments())


def _told(step: Arguments) -> dict[str, Any]:
    return {"step": step.name, **step.arguments()}


def _read(told: dict[str, Any], known: dict[str, type[Arguments]]) -> Arguments:
    return known[told["step"]](**{key: value for key, value in told.items() if key != "step"})


