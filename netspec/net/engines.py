"""What can train a net: netspec's own engine, or onnxruntime on a device."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from netspec.net.budget import Needs

if TYPE_CHECKING:
    from netspec.engine.training.steps import Stepping
    from netspec.net.net import Net
    from netspec.settings import Train

#: The engines by name, and where the second may run.
OWN, ONNXRUNTIME = "netspec", "onnxruntime"
ENGINES, DEVICES = (OWN, ONNXRUNTIME), ("auto", "cpu", "cuda")


class Engine(Needs, Protocol):
    """``stepping`` makes what takes the steps; ``recomputes`` is whether it can compute activations again, ``here``
    whether it takes the memory of this machine."""

    recomputes: bool
    here: bool

    def ready(self, batch: int) -> None:
        """Look once more, before anything is written, whether steps on so many examples can be taken."""

    @property
    def stepping(self) -> Stepping:
        """Of a training."""


def check(engine: str | None, device: str | None, recompute: bool) -> str:
    """The engine's name. ValueError where there is none of it, or it knows nothing of what is asked for besides."""
    name = engine or OWN
    if name not in ENGINES or (device or "auto") not in DEVICES:
        what, known = ("engine", ENGINES) if name not in ENGINES else ("device", DEVICES)
        raise ValueError(f"there is no {what} {engine if what == 'engine' else device}: {', '.join(known)}")
    if name == OWN and device is not None:
        raise ValueError(f"a device is for engine {ONNXRUNTIME}: {OWN}'s own engine runs on the cpu")
    if name != OWN and recompute:
        raise ValueError(f"only {OWN}'s own engine computes activations again")
    return name


def engine_of(
    name: str, net: Net, settings: Train, device: str | None, workers: int | None, tell: Callable[[str], None]
) -> Engine:  # fmt: skip
    """The engine of a name, ready for a net; one that is not netspec's own tells where it runs.

    Raises Trouble N709 where the device does not start.
    """
    if name == OWN:
        return _Own(net)
    from netspec.net.by_onnxruntime import ByOnnxruntime

    return ByOnnxruntime(net, settings, device or "auto", workers, tell)


class _Own:
    """This package's."""

    recomputes = here = True

    def __init__(self, net: Net) -> None:
        from netspec.engine.training.steps import by_engine

        self.stepping: Stepping = by_engine
        self.training_bytes, self.largest_batch = net.training_bytes, net.largest_batch

    def ready(self, batch: int) -> None:
        """It is."""
