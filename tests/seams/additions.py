"""One new thing of each kind, declared and no more: what a contributor writes first."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Addition:
    """``text`` at the end of a file (a new one where there is none) declares a ``thing`` called ``name``."""

    thing: str
    name: str
    file: str
    text: str


ADDITIONS: tuple[Addition, ...] = (
    Addition("operator", "mish", "netspec/ops/activation.py", '''
class Mish(Operator):
    """x · tanh(softplus(x))."""

    name: ClassVar[str] = "mish"

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        return emit("Mish", xs[0])
'''),
    Addition("step", "posterize", "netspec/settings/steps.py", '''
class Posterize(Step):
    """Only the upper bits of each number."""

    name: ClassVar[str] = "posterize"
    bits: Count
'''),
    Addition("step", "erase", "netspec/settings/steps.py", '''
class Erase(Step):
    """A grey square anywhere."""

    name: ClassVar[str] = "erase"
    random: ClassVar[bool] = True
    size: Count
'''),
    Addition("crop of a test", "five_crop", "netspec/settings/steps.py", '''
class FiveCrop(TenCrop):
    """Four corners and the middle."""

    name: ClassVar[str] = "five_crop"
    crops: ClassVar[int] = 5
'''),
    Addition("optimiser", "lion", "netspec/settings/train.py", '''
class Lion(Optimizer):
    """The sign of a mean of gradients (Chen et al. 2023)."""

    name: ClassVar[str] = "lion"
'''),
    Addition("loss", "huber", "netspec/settings/losses.py", '''
class Huber(Loss):
    """A square near 0, a distance far away (Huber 1964)."""

    name: ClassVar[str] = "huber"
'''),
    Addition("schedule", "exponential", "netspec/settings/train.py", '''
class Exponential(Schedule):
    """The rate times a factor every epoch."""

    name: ClassVar[str] = "exponential"
'''),
    Addition("stop", "target", "netspec/settings/train.py", '''
class Target(Stop):
    """At a loss."""

    name: ClassVar[str] = "target"
'''),
    Addition("generator of tables", "spiral", "netspec/tables/generators.py", '''
def spiral(kind: str, inputs: int, outputs: int, width: int) -> Table:
    """As a band that closes."""
    return band(kind, inputs, outputs, width)
'''),
    Addition("pass", "merge_scales", "netspec/passes/merge_scales.py", '''"""Two scales one after the other are one."""

from netspec.weights import Model


def merge_scales(model: Model) -> Model:
    """1. a scale behind a scale."""
    return model
'''),
    Addition("command", "lint", "netspec/cli/lint.py", '''"""netspec lint."""

import click


@click.command("lint")
def command() -> None:
    """Judge the style of a spec."""
'''),
    Addition("error", "N999", "netspec/shape.py", '''
def unlucky() -> None:
    """A fault that nobody has described."""
    from netspec.diagnostics import Fault

    raise Fault("N999", "this is wrong")
'''),
)  # fmt: skip
