"""What netspec wrote into a model, read as what may have been written by anybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netspec.data.needs import Needs
from netspec.data.scores import PROBABLE
from netspec.data.targets import Target
from netspec.diagnostics import Fault, printable
from netspec.runtime.session import Session
from netspec.settings import Data, steps
from netspec.settings.arguments import Refused
from netspec.settings.losses import LOSSES, takes_labels

#: The version of what is written, and the longest side that a preparation may ask for.
VERSION, LONGEST = 1, 2**15


@dataclass(frozen=True)
class Ending:
    """What an output ends in, and the loss that it was trained with; None where it has none.

    ``windows`` are of a map of answers: the cells that each place sees and its stride, by axis. ``places`` says that
    each place has an answer of its own, also where a net is held against data: it is no classifier that slides.
    """

    end: str
    loss: str | None
    windows: tuple[tuple[int, int], ...] | None = None
    places: bool = False


def preparation(session: Session) -> Data:
    """The preparation that travels in the model.

    Raises Fault N708 where netspec wrote none into it, N725 where it is damaged.
    """
    about, raw = _sound(session).get("data"), session.metadata.get("raw_pixels", False)
    if not isinstance(raw, bool):
        raise _damaged(f"`raw_pixels` is {_short(raw)}, not true or false")
    if about is None:
        raise Fault(
            "N708", "the model does not say how its pictures are prepared", help="compile the model with netspec"
        )
    if not isinstance(about, dict) or not isinstance(about.get("prepare"), list):
        raise _damaged("`data` is not a preparation")
    for step in (*about["prepare"], *([] if about.get("test") is None else [about["test"]])):
        name = step.get("step") if isinstance(step, dict) else step
        if not isinstance(name, str) or name not in (*steps.STEPS, *steps.TESTS):
            raise _damaged(f"there is no step {_short(name)}")
    try:
        data = Data.from_json(about)
    except Refused as refused:
        raise _damaged(_short(refused)) from None
    except Exception as error:  # whatever stands in a file of somebody's
        raise _damaged(f"{type(error).__name__} {_short(error)}".strip()) from None
    for step in (*data.prepare, data.test):
        if step is not None and step.random:
            raise _damaged(f"the step {step.name} is for training alone")
        _bounded(step)
    return data


def endings(session: Session) -> dict[str, Ending]:
    """What each output that the model says something of ends in, and its loss. Raises Fault N725."""
    about, outputs = _sound(session), list(session.outputs)
    each = about.get("outputs")
    if each is None:  # of an earlier netspec, which wrote the first output alone
        end = _text(about.get("end"), "end") or ""
        loss = _loss(about.get("loss")) or {
            "sigmoid": "binary_cross_entropy",
            **dict.fromkeys(PROBABLE[:2], "cross_entropy"),
        }.get(end)
        return {name: Ending(end, loss or ("cross_entropy" if not end else "mse")) for name in outputs[:1]}
    if not isinstance(each, dict) or not all(isinstance(one, dict) for one in each.values()):
        raise _damaged("`outputs` is not an object of outputs")
    return {
        name: Ending(
            _text(one.get("end"), "end") or "",
            _loss(one.get("loss")),
            _windows(one.get("windows")),
            one.get("places") is True,
        )
        for name, one in each.items()
        if name in outputs
    }


def needed(session: Session, data: Data) -> Needs:
    """What the model reads, and what its outputs with a loss are held against; ``data`` is its preparation."""
    inputs, outputs = session.inputs, session.outputs
    targets = []
    for name, one in endings(session).items():
        if one.loss is not None:
            sizes = outputs[name]
            rebuilds = not takes_labels(one.loss) and [sizes] == list(inputs.values())
            shape = tuple(size or 0 for size in (*sizes[1:], *sizes[:1]))
            targets.append(Target(name, one.loss, one.end, shape, rebuilds))
    return Needs.of(inputs, targets, data.columns)


def _sound(session: Session) -> dict[str, Any]:
    if session.trouble:
        raise _damaged(session.trouble)
    version = session.metadata.get("version", VERSION)
    if isinstance(version, bool) or not isinstance(version, int) or version > VERSION:
        raise Fault(
            "N725",
            f"what netspec wrote into the model is version {_short(version)}, and this netspec reads version {VERSION}",
            help="use a later netspec",
        )
    return session.metadata


def _damaged(reason: str) -> Fault:
    return Fault("N725", f"what netspec wrote into the model is damaged: {reason}", help="compile the model again")


def _text(value: Any, name: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise _damaged(f"`{name}` is {_short(value)}, not a name")
    return value


def _loss(value: Any) -> str | None:
    if value is not None and not (isinstance(value, str) and value in LOSSES):
        raise Fault(
            "N725",
            f"the model was trained with a loss {_short(value)}, which this netspec does not know",
            help=f"use one of the losses {', '.join(LOSSES)}",
        )
    found: str | None = value
    return found


def _windows(value: Any) -> tuple[tuple[int, int], ...] | None:
    if value is None:
        return None
    pairs: list[Any] = value if isinstance(value, list) else [value]
    if not all(isinstance(pair, list) and len(pair) == 2 and all(map(_is_length, pair)) for pair in pairs):
        raise _damaged("`windows` are not two lengths for each axis")
    return tuple((size, stride) for size, stride in pairs)


def _is_length(value: Any) -> bool:
    return type(value) is int and 0 < value <= LONGEST


def _bounded(step: Any) -> None:
    """Fault where a step asks for a picture that no picture is."""
    for name in ("height", "width", "short", "size", "pad"):
        value = getattr(step, name, None)
        if isinstance(value, int) and value > LONGEST:
            raise _damaged(f"{step.name} asks for {value:,} pixels a side, and {LONGEST:,} is the most")


def _short(value: object) -> str:
    return printable(str(value)[:80])
