"""Whether prepared pictures fit the net: their size and maps, step by step, before there is a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netspec.diagnostics import Fault, Problems
from netspec.graph import Graph
from netspec.language import syntax as s
from netspec.settings import Data, steps
from netspec.settings.picture import Picture
from netspec.shape import Shape, show

Chain = Sequence[tuple[steps.Step, s.Expression]]


def check(data: Data, section: s.Section, graph: Graph, problems: Problems) -> None:
    """Warn where training or use would stop at the first picture."""
    written = {node.key: node.values for node in section.settings if isinstance(node, s.Setting)}
    prepare, augment = (
        list(zip(getattr(data, key), written.get(key, ()), strict=False)) for key in ("prepare", "augment")
    )
    mark = next((i for i, (step, _) in enumerate(prepare) if isinstance(step, steps.Augment)), 0)
    for step, expression in [*prepare[1:], *augment]:
        if isinstance(step, steps.Range):
            problems.error(
                "N720",
                expression.span,
                "`range` says how the numbers of a file are read, and must be the first step of `prepare`",
                help="write `prepare: range(…) -> …`; `scale` and `normalize` change numbers anywhere",
            )
    place = {id(step): expression for step, expression in prepare}
    before, after = ([(step, place[id(step)]) for step in part] for part in data.tested())
    test = [(data.test, written["test"][0])] if data.test is not None else []
    ends = [_end(chain, problems) for chain in ([*prepare[:mark], *augment, *prepare[mark:]], [*before, *test, *after])]
    whats = ("in training ", "in use ") if ends[0] != ends[1] else ("",)
    for what, end in zip(whats, ends, strict=False):
        for name, shape in graph.inputs.items():
            if end is not None and not _fits(end[0], shape, graph.inputs):
                picture, last = end
                sizes = " x ".join(str(n) for n in (picture.maps, picture.height, picture.width) if n is not None)
                problems.warning(
                    "N509",
                    last.span,
                    f"{what}pictures come out as {sizes}, and {name} reads {show(shape)}",
                    help="add what is missing: `resize(h, w)`, `grayscale`; "
                    "or say what a test image gets: `test: center_crop(n)`",
                )


def _end(chain: Chain, problems: Problems) -> tuple[Picture, s.Expression] | None:
    """A picture after all steps, and the last that changed its size or maps; None where nothing is known."""
    picture, last = Picture(), None
    for step, expression in chain:
        try:
            after = step.after(picture)
        except Fault as fault:
            problems.warning("N509", expression.span, fault.message, help=fault.help)
            return None
        if after != picture:
            picture, last = after, expression
    return None if last is None else (picture, last)


def _fits(picture: Picture, shape: Shape, inputs: Mapping[str, Shape]) -> bool:
    sizes = (picture.height, picture.width)
    if len(shape) == 3:
        equal = all(
            have is None or not isinstance(want, int) or have == want
            for have, want in zip(sizes, shape[1:], strict=True)
        )
        return equal and (picture.maps in (None, shape[0]) or (picture.maps == 1 and shape[0] == 3))
    if len(shape) == 1 and len(inputs) == 1 and picture.height is not None and picture.width is not None:
        numbers = picture.height * picture.width
        return shape[0] in ([numbers * picture.maps] if picture.maps else [numbers, 3 * numbers])
    return True
