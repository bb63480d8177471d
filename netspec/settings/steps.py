"""The steps that make a picture into what the net reads, and the conventions of those that round."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, model_validator

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
FIRST: dict[type[Arguments], type[Arguments]] = {Resize: FirstResize, CenterCrop: FirstCenterCrop, TenCrop: FirstTenCrop}

STEPS: dict[str, type[Arguments]] = {
    c.name: c
    for c in (
        Resize, CenterCrop, RandomCrop, RandomResizedCrop, Mirror, Rotate, PcaJitter, ColorJitter, Grayscale, Invert,
        Scale, Normalize, Subtract, Range, Augment,
    )
}  # fmt: skip
TESTS: dict[str, type[Arguments]] = {TenCrop.name: TenCrop, CenterCrop.name: CenterCrop}
