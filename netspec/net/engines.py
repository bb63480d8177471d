"""What can train a net: netspec's own engine, or onnxruntime on a device."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from netspec.net.budget import Needs

if TYPE_CHECKING:
    from netspec.engine.training.steps import Stepping
    from netspec.net.net import Net
    from netspec.settings import Train

#: The engines by name, and where the second may run.
OWN, ONNXRUNTIME = "netspec", "onnxruntime"
ENGINES, DEVICES = (OWN, ONNXRUNTIME), ("auto", "cpu", "cuda")


@dataclass(frozen=True)
class Choice:
    """An engine by name; where onnxruntime runs, and whether it first finds out what is fastest there."""

    name: str = OWN
    device: str | None = None
    tune: bool = False


def chosen(engine: str | None, device: str | None, tune: bool, recompute: bool, resumes: bool) -> Choice:
    """What is asked for. ValueError where there is none of it, or it knows nothing of what is asked for besides."""
    name = engine or OWN
    if name not in ENGINES or (device or "auto") not in DEVICES:
        what, known = ("engine", ENGINES) if name not in ENGINES else ("device", DEVICES)
        raise ValueError(f"there is no {what} {engine if what == 'engine' else device}: {', '.join(known)}")
    if name == OWN and (tune or device is not None):
        what = "tune" if tune else "a device"
        raise ValueError(f"{what} is for engine {ONNXRUNTIME}: {OWN}'s own engine runs on the cpu")
    if name != OWN and recompute:
        raise ValueError(f"only {OWN}'s own engine computes activations again")
    if tune and resumes:
        raise ValueError("tune is for a new run: one that goes on keeps the forms that its engine began with")
    return Choice(name, device, tune)


class Engine(Needs, Protocol):
    """``stepping`` makes what takes the steps; ``recomputes`` is whether it can compute activations again, ``here``
    whether it takes the memory of this machine.
    """

    recomputes: bool
    here: bool

    @property
    def forms(self) -> Mapping[str, str]:
        """The forms in which gradients are written, as a run keeps them."""

    def ready(self, batch: int) -> None:
        """Look once more, before anything is written, whether steps on so many examples can be taken."""

    @property
    def stepping(self) -> Stepping:
        """Of a training."""


def engine_of(
    choice: Choice, net: Net, settings: Train, workers: int | None, forms: Mapping[str, str] | None,
    stop: Callable[[], bool], tell: Callable[[str], None],
) -> Engine:  # fmt: skip
    """The engine that was chosen, ready for a net; one that is not netspec's own tells where it runs.

    ``forms`` are those of the run that goes on; ``stop`` ends what is measured. Raises Trouble N709 where the device
    does not start.
    """
    if choice.name == OWN:
        return _Own(net)
    from netspec.net.by_onnxruntime import ByOnnxruntime, Place

    place = Place(choice.device or "auto", workers, choice.tune, stop, tell)
    return ByOnnxruntime(net, settings, place, forms)


class _Own:
    """This package's."""

    recomputes = here = True
    forms: Mapping[str, str] = {}

    def __init__(self, net: Net) -> None:
        from netspec.engine.training.steps import by_engine

        self.stepping: Stepping = by_engine
        self.training_bytes, self.largest_batch = net.training_bytes, net.largest_batch

    def ready(self, batch: int) -> None:
        """It is."""
