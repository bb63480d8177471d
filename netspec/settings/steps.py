"""The steps that make a picture into what the net reads: their arguments, and what becomes of a picture's size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from netspec.diagnostics import Fault
from netspec.settings.arguments import Arguments, Count, Deviations, Maybe, NotNegative, Numbers, Real, Takes, Whole
from netspec.settings.picture import Filter, Picture
from netspec.settings.readers import list_of, number, one_of, optional

#: The data set whose colours were published.
IMAGENET = "imagenet"


class Step(Arguments):
    """One step of preparation; ``random`` ones only augment."""

    random: ClassVar[bool] = False

    def after(self, picture: Picture) -> Picture:
        """What a picture's size and maps are behind it. Raises Fault N509 where the step cannot be done."""
        return picture


#: One step of arithmetic: its name, one of ``ARITHMETIC``, and a number, or one for each map.
Sum = tuple[str, float | list[float]]
#: What a sum does with its number, in single precision: x - n, x * n, x / n, and the larger and the smaller of both.
ARITHMETIC = ("subtract", "multiply", "divide", "at_least", "at_most")


class Numeric(Step):
    """A step that changes numbers, whatever they are of: its sums are all that training, use and a graph need."""

    def sums(self) -> Sequence[Sum]:
        """What happens to every number, in order. Raises Fault N703 where that is not known yet."""
        raise NotImplementedError


class Resize(Step):
    """To height x width, or the short side to a length; Pillow's filters, with antialiasing."""

    name: ClassVar[str] = "resize"
    height: Annotated[Maybe, "rows of the result"] = None
    width: Annotated[Maybe, "columns of the result; as many as rows unless said"] = None
    short: Annotated[Maybe, "the shorter side of the result, in place of height and width"] = None
    filter: Annotated[Filter, "how pixels are made of those around"] = "bilinear"

    def disagreement(self) -> str:
        """Either both sides or the shorter one."""
        wrong = (self.short is None) == (self.height is None) or (self.short is not None and self.width is not None)
        return "resize takes a height and a width, or `short:`" if wrong else ""

    def after(self, picture: Picture) -> Picture:
        """The size asked for; of `short:`, what the other side comes to."""
        if self.short is not None and (picture.height is None or picture.width is None):
            return picture.resized(None, None)
        return picture.resized(*self.sizes(picture.height or 1, picture.width or 1))

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
    height: Annotated[Count, "rows that are left"]
    width: Annotated[Maybe, "columns that are left; as many as rows unless said"] = None
    crops: ClassVar[int] = 1

    def after(self, picture: Picture) -> Picture:
        """The size of the crop."""
        return picture.cropped(*self.sizes())

    def sizes(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width or self.height

    def before(self, spare: int) -> int:
        """Of the rows or columns that do not fit, those cut off before the crop: half, a half rounded to even."""
        return _half(spare)


class RandomCrop(Step):
    """n x n from anywhere, after ``pad`` zeros on every side."""

    name: ClassVar[str] = "random_crop"
    random: ClassVar[bool] = True
    size: Annotated[Count, "rows and columns of the crop"]
    pad: Annotated[Whole, "zeros on every side, before the crop"] = 0

    def after(self, picture: Picture) -> Picture:
        """The size of the crop."""
        return picture.cropped(self.size, self.size, self.pad)


class RandomResizedCrop(Step):
    """8 to 100 % of the area, sides 3:4 to 4:3, resized to n x n (Szegedy et al. 2015, section 6)."""

    name: ClassVar[str] = "random_resized_crop"
    random: ClassVar[bool] = True
    size: Annotated[Count, "rows and columns of the result"]

    def after(self, picture: Picture) -> Picture:
        """The size of what is left."""
        return picture.resized(self.size, self.size)


class Mirror(Step):
    """Left and right changed with probability 1/2."""

    name: ClassVar[str] = "mirror"
    random: ClassVar[bool] = True


class Rotate(Step):
    """By up to so many degrees either way, zeros around."""

    name: ClassVar[str] = "rotate"
    random: ClassVar[bool] = True
    degrees: Annotated[NotNegative, "how far at most, either way"]


class PcaJitter(Step):
    """AlexNet's: principal components of colour times a Gaussian of σ (Krizhevsky et al. 2012, section 4.1).

    They are those of the training set's own colours, or ImageNet's as they were published. ``covariance`` is (3, 3), of
    red, green and blue from 0 to 1.
    """

    name: ClassVar[str] = "pca_jitter"
    random: ClassVar[bool] = True
    sigma: Annotated[NotNegative, "the deviation of the factor of each component"] = 0.1
    of: Annotated[
        Literal["imagenet"] | None,
        Takes("imagenet", optional(one_of(IMAGENET)), (IMAGENET,)),
        "whose colours they are; the training set's own unless said",
    ] = None
    covariance: Annotated[
        list[list[float]] | None,
        Takes("nothing: it is measured", optional(list_of(list_of(number(), 3), 3))),
        "how the colours vary together",
    ] = None

    def after(self, picture: Picture) -> Picture:
        """In colour: a grey picture becomes three equal maps first."""
        return picture.mapped(3)


class ColorJitter(Step):
    """Brightness, contrast and saturation times 1 ± so much, in this order."""

    name: ClassVar[str] = "color_jitter"
    random: ClassVar[bool] = True
    brightness: Annotated[NotNegative, "how far the factor of the brightness may be from 1"] = 0.0
    contrast: Annotated[NotNegative, "how far the factor of the contrast may be from 1"] = 0.0
    saturation: Annotated[NotNegative, "how far the factor of the saturation may be from 1"] = 0.0


class Grayscale(Step):
    """0.299 red + 0.587 green + 0.114 blue: one map."""

    name: ClassVar[str] = "grayscale"

    def after(self, picture: Picture) -> Picture:
        """One map."""
        return picture.mapped(1)


class Invert(Step):
    """255 minus it."""

    name: ClassVar[str] = "invert"


class Scale(Numeric):
    """Times a number."""

    name: ClassVar[str] = "scale"
    factor: Annotated[Real, "what each value is multiplied by"]

    def sums(self) -> list[Sum]:
        """One product."""
        return [("multiply", self.factor)]


class Normalize(Numeric):
    """Minus the mean, over the deviation: a number for all maps, or one each."""

    name: ClassVar[str] = "normalize"
    mean: Annotated[Numbers, "what is taken away from each value"]
    std: Annotated[Deviations, "what the rest is divided by"]

    def sums(self) -> list[Sum]:
        """A difference and a quotient."""
        return [("subtract", self.mean), ("divide", self.std)]

    def after(self, picture: Picture) -> Picture:
        """As many maps as there are numbers: a grey picture is spread over them."""
        counts = {len(value) for value in (self.mean, self.std) if isinstance(value, list) and len(value) > 1}
        if len(counts) > 1 or (counts and picture.maps not in (None, 1, *counts)):
            numbers = " and ".join(map(str, sorted(counts)))
            maps = f", but the picture has {picture.maps} maps" if picture.maps is not None else ""
            raise Fault("N509", f"normalize has {numbers} numbers{maps}", help="give one for all maps, or one each")
        return picture.mapped(counts.pop()) if counts else picture


class Subtract(Numeric):
    """Minus the training set's own mean of each map, kept with the weights."""

    name: ClassVar[str] = "subtract"
    what: Annotated[Literal["mean"], Takes("mean", one_of("mean"), ("mean",)), "what is taken away"]
    value: Annotated[
        list[float] | None, Takes("nothing: it is measured", optional(list_of(number()))), "the mean of each map"
    ] = None

    def sums(self) -> list[Sum]:
        """One difference."""
        if self.value is None:
            raise Fault(
                "N703",
                "subtract(mean) needs the training set's mean, which is not known yet",
                help="train first: the mean is kept with the weights",
            )
        return [("subtract", self.value)]


class Range(Numeric):
    """What a picture's numbers run from and to in its file: low to high become 0 to 255, the rest is cut off."""

    name: ClassVar[str] = "range"
    low: Annotated[Real, "the number of the file that becomes 0"]
    high: Annotated[Real, "the number of the file that becomes 255"]

    def disagreement(self) -> str:
        """From low to high."""
        return "" if self.low < self.high else "a range goes from a lower number to a higher one"

    def sums(self) -> list[Sum]:
        """Low becomes 0, high 255; the rest is cut off."""
        return [
            ("subtract", self.low),
            ("multiply", 255 / (self.high - self.low)),
            ("at_least", 0.0),
            ("at_most", 255.0),
        ]


class Augment(Step):
    """The place of the augmentation within ``prepare``."""

    name: ClassVar[str] = "augment"


class TenCrop(Step):
    """Four corners and the middle, each also mirrored; the answers are averaged."""

    name: ClassVar[str] = "ten_crop"
    size: Annotated[Count, "rows and columns of each crop"]
    crops: ClassVar[int] = 10

    def after(self, picture: Picture) -> Picture:
        """The size of each crop."""
        return picture.cropped(self.size, self.size)

    def sizes(self) -> tuple[int, int]:
        """Height and width of each."""
        return self.size, self.size

    def before(self, spare: int) -> int:
        """As of ``center_crop``, for the middle one."""
        return _half(spare)


def _half(spare: int) -> int:
    return (spare + (spare % 4) // 3) // 2


STEPS: dict[str, type[Step]] = {
    c.name: c
    for c in (
        Resize, CenterCrop, RandomCrop, RandomResizedCrop, Mirror, Rotate, PcaJitter, ColorJitter, Grayscale, Invert,
        Scale, Normalize, Subtract, Range, Augment,
    )
}  # fmt: skip
TESTS: dict[str, type[Step]] = {TenCrop.name: TenCrop, CenterCrop.name: CenterCrop}
