"""Which way sizes and places are rounded: the rules that have a name, and the first ones, of models that name none."""

from __future__ import annotations

from typing import Any

from netspec.settings.arguments import Arguments
from netspec.settings.steps import CenterCrop, Resize, TenCrop

#: What a model's metadata calls the rules by which sizes and places are rounded.
CONVENTIONS = "torchvision"


class FirstResize(Resize):
    """As models have it that name no conventions: the longer side is rounded."""

    def scaled(self, size: int, short: int) -> int:
        """A side where the shorter one comes to the length asked for."""
        assert self.short is not None
        return max(1, round(size * self.short / short))


class FirstCenterCrop(CenterCrop):
    """As models have it that name no conventions: a half is rounded down."""

    def before(self, spare: int) -> int:
        """Rows or columns before the crop."""
        return spare // 2


class FirstTenCrop(TenCrop):
    """As models have it that name no conventions: a half is rounded down."""

    def before(self, spare: int) -> int:
        """Rows or columns before the middle one."""
        return spare // 2


#: The steps that round, and what they were before their rules had a name.
FIRST: dict[type[Arguments], type[Arguments]] = {
    Resize: FirstResize,
    CenterCrop: FirstCenterCrop,
    TenCrop: FirstTenCrop,
}


def as_first(step: Any) -> Any:
    """A step by the first rules, where it is one that rounds."""
    kind = FIRST.get(type(step))
    return step if kind is None else kind(**step.arguments())


def is_first(step: Any) -> bool:
    """Whether a step rounds by the first rules."""
    return type(step) in FIRST.values()
