"""What ``data { … }`` means: classes, and the steps from a picture to what the net reads; in and out of JSON."""

from __future__ import annotations

from math import nextafter
from typing import Annotated, Any, ClassVar

from netspec.settings.arguments import Arguments, Takes
from netspec.settings.conventions import CONVENTIONS, as_first, is_first
from netspec.settings.readers import instance, list_of, named, number, optional, tuple_of
from netspec.settings.steps import STEPS, TESTS, Augment, CenterCrop, PcaJitter, Range, Resize, Step, TenCrop

Steps = Annotated[tuple[Step, ...], Takes(" | ".join(STEPS), tuple_of(instance(Step)), tuple(STEPS))]


class Data(Arguments):
    """How pictures become inputs, and what the classes are called.

    ``validate`` is the share of the training set that is held out to judge each epoch. ``columns`` are those of a
    table, by the input or output that they make; "" stands for the only input.
    """

    name: ClassVar[str] = "data"
    classes: Annotated[
        list[str] | None,
        Takes("a list of names, or the name of a file with one a line", optional(list_of(instance(str)))),
        "what the classes are called, in the order of their numbers",
    ] = None
    prepare: Annotated[Steps, "what each picture goes through, in training and use"] = ()
    augment: Annotated[Steps, "what changes pictures at random in training"] = ()
    test: Annotated[
        Step | None,
        Takes("ten_crop(n) or center_crop(n)", optional(instance(Step)), tuple(TESTS)),
        "which crops of a picture are looked at in a test",
    ] = None
    validate: Annotated[
        float | None,
        Takes("a number from 0 to below 1", optional(number(0, nextafter(1, 0)))),
        "the part of the training set that is held out to judge each epoch",
    ] = None
    columns: Annotated[
        dict[str, list[str]],
        Takes("a column's name, or a list of them", named(instance(str), list_of(instance(str), 1))),
        "the columns of a table that an input or output is made of; `columns NAME:` for one of them",
    ] = {}

    def tested(self) -> tuple[list[Step], list[Step]]:
        """What a test picture goes through before and after its crop.

        The crop stands where `augment` does, else behind the last change of size; a `center_crop` of the preparation
        that leaves it no room gives way to it.
        """
        kept: list[Step] = []
        at, marked = 0, any(isinstance(step, Augment) for step in self.prepare)
        for step in self.prepare:
            if isinstance(step, Augment):
                at = len(kept)
            elif not (isinstance(step, CenterCrop) and isinstance(self.test, CenterCrop | TenCrop)) or _larger(
                step.sizes(), self.test.sizes()
            ):
                kept.append(step)
            if isinstance(step, Resize | CenterCrop | Range) and not marked:
                at = len(kept)
        return kept[:at], kept[at:]

    @property
    def span(self) -> tuple[float, float] | None:
        """What the numbers of a picture's file run from and to, where `range` says it in front."""
        first = self.prepare[0] if self.prepare else None
        return (first.low, first.high) if isinstance(first, Range) else None

    @property
    def measured(self) -> bool:
        """Whether a random step has what was measured of the training set."""
        return any(isinstance(step, PcaJitter) and step.covariance is not None for step in self.augment)

    def with_measured(self, kept: Data) -> Data:
        """With the preparation, the class names and the conventions that were kept with weights."""
        test = self.test if kept.to_json().get("conventions") else as_first(self.test)
        return self.replaced(
            prepare=kept.prepare,
            classes=self.classes or kept.classes,
            test=test,
            validate=kept.validate,
            columns=self.columns or kept.columns,
        )

    def to_json(self) -> dict[str, Any]:
        """As plain values that ``from_json`` reads back."""
        first = any(map(is_first, (*self.prepare, self.test)))
        return {
            **({} if first else {"conventions": CONVENTIONS}),
            "classes": self.classes,
            "prepare": [_plain(step) for step in self.prepare],
            "test": None if self.test is None else _plain(self.test),
            **({} if self.validate is None else {"validate": self.validate}),
            **({"columns": self.columns} if self.columns else {}),
            **({"augment": [_plain(step) for step in self.augment]} if self.measured else {}),
        }

    @staticmethod
    def from_json(kept: dict[str, Any]) -> Data:
        """What ``to_json`` wrote; raises ValueError or KeyError where it is not that.

        What names no conventions was written before there were any, and keeps the first ones.
        """
        test, conventions = kept.get("test"), kept.get("conventions")
        if conventions not in (None, CONVENTIONS):
            raise ValueError(f"the conventions {conventions!r} are not known")
        data = Data(
            classes=kept.get("classes"),
            prepare=tuple(_read(step, STEPS) for step in kept["prepare"]),
            test=None if test is None else _read(test, TESTS),
            validate=kept.get("validate"),
            columns=kept.get("columns", {}),
            augment=tuple(_read(step, STEPS) for step in kept.get("augment", ())),
        )
        if conventions is None:
            return data.replaced(prepare=tuple(map(as_first, data.prepare)), test=as_first(data.test))
        return data


def _larger(crop: tuple[int, int], part: tuple[int, int]) -> bool:
    """Whether a crop leaves room for another."""
    return crop != part and all(have >= want for have, want in zip(crop, part, strict=True))


def _plain(step: Step) -> dict[str, Any]:
    return {"step": step.name, **step.arguments()}


def _read(kept: dict[str, Any], known: dict[str, type[Step]]) -> Step:
    return known[kept["step"]](**{key: value for key, value in kept.items() if key != "step"})
