"""The shortcut of a residual: identity, pad, project, auto, or a table (He et al. 2016, section 3.3)."""

from __future__ import annotations

from dataclasses import replace

from netspec.diagnostics import did_you_mean
from netspec.elaborate.arguments import named, value_of
from netspec.elaborate.nodes import add_node
from netspec.elaborate.scope import Failed, Value, fail
from netspec.elaborate.site import Site
from netspec.elaborate.values import Size, describe
from netspec.language import syntax as s
from netspec.ops.conv import Conv
from netspec.ops.norm import Norm
from netspec.ops.wiring import Connect
from netspec.shape import Dim, linear, same, show
from netspec.tables import Table
from netspec.tables.generators import identity

#: The shortcuts that have a name, and what each does.
KINDS = {
    "identity": "what enters, whose shape must be that of the body",
    "pad": "what enters, strided, with maps of zeros behind (option A)",
    "project": "a 1 x 1 convolution with norm (options B and C)",
    "auto": "identity where the shapes agree, project where they do not",
}
#: Strides are tried up to this one.
LARGEST_STRIDE = 64


def read_shortcut(stage: s.Call, site: Site) -> str | Table:
    """The kind that ``residual(shortcut: …)`` names; identity unless said."""
    kind: str | Table = "identity"
    for name, argument in named("residual", ("shortcut",), ("shortcut",), stage.arguments or (), site.scope):
        if name is None:
            raise Failed
        value = value_of(argument.value, site.scope, tuple(KINDS))
        if not isinstance(value, Table) and value not in KINDS:
            given = f"`{value}`" if isinstance(value, str) else describe(value)
            raise fail(
                site.scope,
                "N112",
                argument.span,
                f"the shortcut must be identity, pad, project, auto or a table, not {given}",
                help=did_you_mean(value, KINDS) if isinstance(value, str) else "",
            )
        kind = value
    return kind


def shortcut(kind: str | Table, x: Value, y: Value, stage: s.Call, site: Site) -> Value:
    """The value that is added to the body's."""
    equal = len(x.shape) == len(y.shape) and all(map(same, x.shape, y.shape))
    if equal and kind in ("identity", "auto", "pad"):
        return x
    if kind == "identity":
        raise fail(
            site.scope,
            "N218",
            stage.name_span,
            f"the body gives {show(y.shape)}, and the shortcut {show(x.shape)}",
            label=f"{x.label} enters as {show(x.shape)}",
            help="make the shapes equal, or write `residual(shortcut: auto)`: a projection where they differ; "
            "or pad, project, or a table",
        )
    stride = _strides(x, y, stage, site)
    if isinstance(kind, Table):
        return _connect(kind, stride, x, stage, site)
    if kind == "pad":
        return _pad(x, y, stride, stage, site)
    inner = replace(site, place=site.place.inner("shortcut"))
    if len(x.shape) == 1:
        raise fail(
            site.scope,
            "N218",
            stage.name_span,
            "units have no 1 x 1 convolution to project them",
            help="use a table: `residual(shortcut: T)`",
        )
    maps = y.shape[0]
    assert isinstance(maps, int)
    conv = Conv(maps=maps, kernel=1, stride=stride, bias=False)
    return add_node(Norm(), (add_node(conv, (x,), inner, stage.span),), inner, stage.span)


def _strides(x: Value, y: Value, stage: s.Call, site: Site) -> Size:
    """The smallest stride on each axis that makes the sizes agree; a stride of n takes positions 0, n, 2n, …"""
    if len(x.shape) != len(y.shape):
        raise fail(
            site.scope,
            "N218",
            stage.name_span,
            f"the body gives {show(y.shape)}, and the shortcut {show(x.shape)}",
            help="keep the number of axes: a shortcut cannot change it",
        )
    strides = []
    for have, want in zip(x.shape[1:], y.shape[1:], strict=True):
        fit = (n for n in range(1, LARGEST_STRIDE + 1) if same(_strided(have, n), want))
        stride = next(fit, None) if not isinstance(have, int) else _whole_stride(have, want)
        if stride is None:
            raise fail(
                site.scope, "N218", stage.name_span,
                f"no stride of the shortcut makes {show(x.shape[1:])} into {show(y.shape[1:])}",
                help="pad the convolutions of the body so that they keep the size, or divide it by a whole number",
            )  # fmt: skip
        strides.append(stride)
    return Size(strides)


def _strided(size: Dim, stride: int) -> Dim:
    return linear(size, 1, stride - 1, stride)


def _whole_stride(have: int, want: Dim) -> int | None:
    """The smallest n with ``ceil(have / n) == want``; None where there is none, as for 7 -> 5."""
    if not isinstance(want, int) or want > have:
        return None
    low = -(-have // want)  # the smallest n with ceil(have / n) <= want
    return low if -(-have // low) == want else None


def _pad(x: Value, y: Value, stride: Size, stage: s.Call, site: Site) -> Value:
    """Option A of He et al.: strided, maps of zeros appended. It is a table, which moves values without weights."""
    maps, required = x.shape[0], y.shape[0]
    assert isinstance(maps, int) and isinstance(required, int)
    if required < maps:
        raise fail(
            site.scope,
            "N218",
            stage.name_span,
            f"pad appends maps, and the body has fewer: {required} after {maps}",
            help="use `project` or `auto`, which can make fewer",
        )
    table = replace(identity("residual", maps, required), name="pad")
    return _connect(table, stride, x, stage, site)


def _connect(table: Table, stride: Size, x: Value, stage: s.Call, site: Site) -> Value:
    op = Connect(table=table, stride=tuple(stride) or 1)
    inner = replace(site, place=site.place.inner("shortcut"))
    return add_node(op, (x,), inner, stage.span, (), stage.name_span)
