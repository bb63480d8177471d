"""Shapes behind each arrow, as an editor shows them within the line."""

from __future__ import annotations

from lsprotocol.types import InlayHint, InlayHintKind, InlayHintParams

from netspec.language import syntax as s
from netspec.lsp.figures import built, costs, shapes
from netspec.lsp.parts import parts
from netspec.lsp.snapshot import Snapshot


def hints(snapshot: Snapshot, params: InlayHintParams) -> list[InlayHint]:
    """The shape that comes out of each stage behind an arrow; of a block's, of its first use."""
    first, last = (snapshot.places.offset(place) for place in (params.range.start, params.range.end))
    return [
        hint
        for pipe in parts(snapshot.file, s.Pipe)
        if pipe.span.start <= last and pipe.span.end >= first
        for stage in pipe.stages[1:]
        if first <= stage.span.end <= last and (hint := _hint(snapshot, stage)) is not None
    ]


def _hint(snapshot: Snapshot, stage: s.Stage) -> InlayHint | None:
    passed, graph = snapshot.trace.passed(stage), snapshot.trace.graph
    if passed is None or graph is None:
        return None
    more = " …" if len(passed.shapes) > 1 else ""
    found = built(snapshot, [stage])
    about = costs(graph, found[1]) if found is not None and found[1] else ""
    if passed.uses > 1:
        about = f"{about}\n" if about else ""
        about += f"the first of {passed.uses:,} uses; " + "; ".join(map(shapes, passed.shapes))
    return InlayHint(
        position=snapshot.places.position(stage.span.end),
        label=f"{shapes(passed.shapes[0])}{more}",
        kind=InlayHintKind.Type,
        padding_left=True,
        tooltip=about or None,
    )
