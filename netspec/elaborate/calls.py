"""What stands where a layer does: the forms that it may have, and blocks that call blocks."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import did_you_mean
from netspec.elaborate.declarations import SPECIAL
from netspec.elaborate.expressions import unknown
from netspec.elaborate.limits import DEEPEST
from netspec.elaborate.scope import Binding, Failed, Scope, fail
from netspec.elaborate.site import Site
from netspec.elaborate.values import brief
from netspec.language import syntax as s
from netspec.ops import OPERATORS


def unknown_layer(stage: s.Call, scope: Scope) -> Failed:
    """Report a stage that names nothing which could stand there."""
    if scope.is_hidden(stage.name) or scope.bound_later(stage.name) is not None or scope.is_broken():
        return unknown(stage.name, stage.name_span, scope)
    known = [*OPERATORS, *SPECIAL, *scope.known("block", "share")]
    return fail(scope, "N303", stage.name_span, f"there is no layer or block {stage.name}",
                help=did_you_mean(stage.name, known, "`netspec layers` lists them all"))  # fmt: skip


def check_form(stage: s.Call, binding: Binding | None, scope: Scope) -> None:
    """Only `residual` has a body, and a share no arguments."""
    if binding is not None and binding.kind == "share" and (stage.arguments is not None or stage.body is not None):
        raise fail(scope, "N306", stage.span, f"{stage.name} is a share, and takes no arguments or body")
    if stage.body is not None and stage.name != "residual":
        raise fail(scope, "N306", stage.body.span, f"{stage.name} has no body", help="only `residual` has one")


def enter(block: s.Block, site: Site, stage: s.Call) -> tuple[str, ...]:
    """The blocks around, with one more; a circle of blocks is an error."""
    if key(block) in site.blocks:
        raise fail(site.scope, "N309", stage.span, f"block {block.name} calls itself",
                   label="in a circle", help="blocks may call other blocks, but not in a circle")  # fmt: skip
    if len(site.blocks) >= DEEPEST:
        raise fail(
            site.scope,
            "N301",
            stage.span,
            f"blocks call blocks deeper than {DEEPEST}",
            help="call them one after the other",
        )
    return (*site.blocks, key(block))


def written(block: s.Block, arguments: Sequence[s.Argument], inner: Scope) -> str:
    """A use of a block as a file writes it, with the values that its arguments have in the block's scope ``inner``."""
    given = []
    for parameter, argument in zip(block.parameters, arguments, strict=False):
        text = brief(inner.names[argument.name or parameter.name].what)
        given.append(f"{argument.name}: {text}" if argument.name else text)
    return f"{block.name}({', '.join(given)})" if given else block.name


def key(block: s.Block) -> str:
    """What tells a block from others of its name."""
    return f"{block.name}@{id(block)}"
