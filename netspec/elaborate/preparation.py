"""Whether prepared pictures fit the net: their size and maps, step by step, before there is a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netspec.diagnostics import Fault, Problems
from netspec.graph import Graph
from netspec.language import syntax as s
from netspec.settings import Data, steps
from netspec.shape import Shape, show

Chain = Sequence[tuple[Any, s.Expression]]


@dataclass(frozen=True)
class Picture:
    """What is known of a picture; None where it depends on the file."""

    height: int | None = None
    width: int | None = None
    maps: int | None = None


def check(data: Data, section: s.Section, graph: Graph, problems: Problems) -> None:
    """Warn where training or use would stop at the first picture."""
    written = {node.key: node.values for node in section.settings if isinstance(node, s.Setting)}
    prepare, augment = (list(zip(getattr(data, key), written.get(key, ()), strict=False)) for key in ("prepare", "augment"))
    mark = next((i for i, (step, _) in enumerate(prepare) if isinstance(step, steps.Augment)), 0)
    for step, expression in [*prepare[1:], *augment]:
        if isinstance(step, steps.Range):
            problems.error("N720", expression.span, "`range` says how the numbers of a file are read, and stands first in `prepare`",
                           help="`prepare: range(…) -> …`; `scale` and `normalize` change numbers anywhere")  # fmt: skip
    place = {id(step): expression for step, expression in prepare}
    before, after = ([(step, place[id(step)]) for step in part] for part in data.tested())
    test = [(data.test, written["test"][0])] if data.test is not None else []
    ends = [_end(chain, problems) for chain in ([*prepare[:mark], *augment, *prepare[mark:]], [*before, *test, *after])]
    whats = ("in training ", "in use ") if ends[0] != ends[1] else ("",)
    for what, end in zip(whats, ends, strict=False):
        for name, shape in graph.inputs.items():
            if end is not None and not _fits(end[0], shape, graph.inputs):
                picture, at = end
                sizes = " x ".join(str(n) for n in (picture.maps, picture.height, picture.width) if n is not None)
                problems.warning(
                    "N509", at.span, f"{what}pictures come out as {sizes}, and {name} reads {show(shape)}",
                    help="end with what is missing: `resize(h, w)`, `grayscale`; or say what a test image gets: `test: center_crop(n)`",
                )  # fmt: skip


def _end(chain: Chain, problems: Problems) -> tuple[Picture, s.Expression] | None:
    """A picture after all steps, and the last that changed its size or maps; None where nothing is known."""
    picture, at = Picture(), None
    for step, expression in chain:
        try:
            after = _after(picture, step)
        except Fault as fault:
            problems.warning("N509", expression.span, fault.message, help=fault.help)
            return None
        if after != picture:
            picture, at = after, expression
    return None if at is None else (picture, at)


def _after(picture: Picture, step: Any) -> Picture:
    """A picture after a step. Raises Fault where the step cannot be done."""
    if isinstance(step, steps.Resize):
        return _resized(picture, step)
    if isinstance(step, steps.RandomResizedCrop):
        return replace(picture, height=step.size, width=step.size)
    if isinstance(step, steps.CenterCrop | steps.TenCrop):
        return _cropped(picture, *step.sizes(), 0)
    if isinstance(step, steps.RandomCrop):
        return _cropped(picture, step.size, step.size, step.pad)
    if isinstance(step, steps.Grayscale | steps.PcaJitter):
        return replace(picture, maps=1 if isinstance(step, steps.Grayscale) else 3)
    if isinstance(step, steps.Normalize):
        return _normalized(picture, step)
    return picture


def _resized(picture: Picture, step: steps.Resize) -> Picture:
    if step.short is not None and (picture.height is None or picture.width is None):
        return replace(picture, height=None, width=None)
    height, width = step.sizes(picture.height or 1, picture.width or 1)
    return replace(picture, height=height, width=width)


def _cropped(picture: Picture, height: int, width: int, pad: int) -> Picture:
    for want, have in ((height, picture.height), (width, picture.width)):
        if have is not None and want > have + 2 * pad:
            told = f"{picture.height} x {picture.width}" + (f" with {pad} around" if pad else "")
            raise Fault("N509", f"a crop of {height} x {width} does not fit into a picture of {told}", help="resize before it")
    return replace(picture, height=height, width=width)


def _normalized(picture: Picture, step: steps.Normalize) -> Picture:
    counts = {len(value) for value in (step.mean, step.std) if isinstance(value, list) and len(value) > 1}
    if len(counts) > 1 or (counts and picture.maps not in (None, 1, *counts)):
        many = " and ".join(map(str, sorted(counts)))
        there = f", and the picture {picture.maps} maps" if picture.maps is not None else ""
        raise Fault("N509", f"normalize has {many} numbers{there}", help="give one for all maps, or one each")
    return replace(picture, maps=counts.pop()) if counts else picture


def _fits(picture: Picture, shape: Shape, inputs: Mapping[str, Shape]) -> bool:
    sizes = (picture.height, picture.width)
    if len(shape) == 3:
        equal = all(have is None or not isinstance(want, int) or have == want for have, want in zip(sizes, shape[1:], strict=True))
        return equal and (picture.maps in (None, shape[0]) or (picture.maps == 1 and shape[0] == 3))
    if len(shape) == 1 and len(inputs) == 1 and picture.height is not None and picture.width is not None:
        numbers = picture.height * picture.width
        return shape[0] in ([numbers * picture.maps] if picture.maps else [numbers, 3 * numbers])
    return True
