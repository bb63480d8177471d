"""What ``data { … }`` means: classes, and the steps that make a picture into what the net reads."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, SerializeAsAny, model_validator

from netspec.settings.arguments import Arguments, Count, NotNegative, Real, Wanted, Whole

Filter = Annotated[
    Literal["bilinear", "bicubic", "nearest", "box", "lanczos"],
    Wanted("bilinear, bicubic, nearest, box or lanczos", ("bilinear", "bicubic", "nearest", "box", "lanczos")),
]
Maybe = Annotated[Count | None, Wanted("a whole number of at least 1")]
Numbers = Annotated[float | list[float], Wanted("a number, or a list of one for each map")]


def _above_zero(value: float | list[float]) -> float | list[float]:
    if min(value if isinstance(value, list) else [value], default=0) <= 0:
        raise ValueError("a deviation is above 0")
    return value


Deviations = Annotated[float | list[float], AfterValidator(_above_zero), Wanted("a number above 0, or a list of one for each map")]


class Step(Arguments):
    """One step of preparation; ``random`` ones only augment."""

    random: ClassVar[bool] = False


class Resize(Step):
    """To height x width, or the short side to a length; Pillow's filters, with antialiasing."""

    name: ClassVar[str] = "resize"
    height: Maybe = None
    width: Maybe = None
    short: Maybe = None
    filter: Filter = "bilinear"

    @model_validator(mode="after")
    def _one_way(self) -> Resize:
        if (self.short is None) == (self.height is None) or (self.short is not None and self.width is not None):
            raise ValueError("resize takes a height and a width, or `short:`")
        return self

    def sizes(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of what was ``height`` x ``width``."""
        if self.short is None:
            assert self.height is not None
            return self.height, self.width or self.height
        high, wide = (self.scaled(n, min(height, width)) for n in (height, width))
        return high, wide

    def scaled(self, size: int, short: int) -> int:
        """A side where the shorter one, ``short``, comes to the length asked for: what is left over is cut off."""
        assert self.short is not None
        return size * self.short // short


class CenterCrop(Step):
    """The middle, n x n or height x width."""

    name: ClassVar[str] = "center_crop"
    height: Count
    width: Maybe = None
    crops: ClassVar[int] = 1

    def sizes(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width or self.height

    def before(self, spare: int) -> int:
        """Of the rows (or columns) that do not fit, those that are cut off before the crop: half, a half rounded to even."""
        return _half(spare)


class RandomCrop(Step):
    """n x n from anywhere, after ``pad`` zeros on every side."""

    name: ClassVar[str] = "random_crop"
    random: ClassVar[bool] = True
    size: Count
    pad: Whole = 0


class RandomResizedCrop(Step):
    """8 to 100 % of the area, sides 3:4 to 4:3, resized to n x n (Szegedy et al. 2015, section 6)."""

    name: ClassVar[str] = "random_resized_crop"
    random: ClassVar[bool] = True
    size: Count


class Mirror(Step):
    """Left and right changed with probability 1/2."""

    name: ClassVar[str] = "mirror"
    random: ClassVar[bool] = True


class Rotate(Step):
    """By up to so many degrees either way, zeros around."""

    name: ClassVar[str] = "rotate"
    random: ClassVar[bool] = True
    degrees: NotNegative


class PcaJitter(Step):
    """AlexNet's: principal components of colour times a Gaussian of σ (Krizhevsky et al. 2012, section 4.1)."""

    name: ClassVar[str] = "pca_jitter"
    random: ClassVar[bool] = True
    sigma: NotNegative = 0.1


class ColorJitter(Step):
    """Brightness, contrast and saturation times 1 ± so much, in this order."""

    name: ClassVar[str] = "color_jitter"
    random: ClassVar[bool] = True
    brightness: NotNegative = 0.0
    contrast: NotNegative = 0.0
    saturation: NotNegative = 0.0


class Grayscale(Step):
    """0.299 red + 0.587 green + 0.114 blue: one map."""

    name: ClassVar[str] = "grayscale"


class Invert(Step):
    """255 minus it."""

    name: ClassVar[str] = "invert"


class Scale(Step):
    """Times a number."""

    name: ClassVar[str] = "scale"
    factor: Real


class Normalize(Step):
    """Minus the mean, over the deviation: a number for all maps, or one each."""

    name: ClassVar[str] = "normalize"
    mean: Numbers
    std: Deviations


class Subtract(Step):
    """Minus the training set's own mean of each map, kept with the weights."""

    name: ClassVar[str] = "subtract"
    what: Annotated[Literal["mean"], Wanted("mean", ("mean",))]
    value: Annotated[list[float] | None, Wanted("nothing: it is measured")] = None


class Range(Step):
    """What the numbers of a picture run from and to, in its file: low to high become 0 to 255, and what lies outside is cut off."""

    name: ClassVar[str] = "range"
    low: Real
    high: Real

    @model_validator(mode="after")
    def _upwards(self) -> Range:
        if not self.low < self.high:
            raise ValueError("a range goes from a lower number to a higher one")
        return self


class Augment(Step):
    """The place of the augmentation within ``prepare``."""

    name: ClassVar[str] = "augment"


class TenCrop(Step):
    """Four corners and the middle, each also mirrored; the answers are averaged."""

    name: ClassVar[str] = "ten_crop"
    size: Count
    crops: ClassVar[int] = 10

    def sizes(self) -> tuple[int, int]:
        """Height and width of each."""
        return self.size, self.size

    def before(self, spare: int) -> int:
        """As of ``center_crop``, for the middle one."""
        return _half(spare)


def _half(spare: int) -> int:
    return (spare + (spare % 4) // 3) // 2


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


#: What a model's metadata calls the rules by which sizes and places are rounded.
CONVENTIONS = "torchvision"
_FIRST: dict[type[Arguments], type[Arguments]] = {Resize: FirstResize, CenterCrop: FirstCenterCrop, TenCrop: FirstTenCrop}

STEPS: dict[str, type[Arguments]] = {
    c.name: c
    for c in (
        Resize, CenterCrop, RandomCrop, RandomResizedCrop, Mirror, Rotate, PcaJitter, ColorJitter, Grayscale, Invert,
        Scale, Normalize, Subtract, Range, Augment,
    )
}  # fmt: skip
TESTS: dict[str, type[Arguments]] = {TenCrop.name: TenCrop, CenterCrop.name: CenterCrop}

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
        first = any(isinstance(step, tuple(_FIRST.values())) for step in (*self.prepare, self.test))
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
    kind = _FIRST.get(type(step)) if step is not None else None
    return step if kind is None or step is None else kind(**step.arguments())


def _told(step: Arguments) -> dict[str, Any]:
    return {"step": step.name, **step.arguments()}


def _read(told: dict[str, Any], known: dict[str, type[Arguments]]) -> Arguments:
    return known[told["step"]](**{key: value for key, value in told.items() if key != "step"})


