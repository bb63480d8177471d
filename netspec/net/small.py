"""Small and quick models: another opset, weights of float16, and numbers of 8 bits, judged before they count."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec import machine
from netspec.diagnostics import Fault, Trouble, printable
from netspec.files import atomic_write, read_regular, reason, temporary_folder

if TYPE_CHECKING:
    import onnx

    from netspec.data.scores import Score
    from netspec.data.sets import Part
    from netspec.runtime.evaluate import Evaluation
    from netspec.runtime.session import Session
    from netspec.settings import Data
    from netspec.weights import Model

#: How much worse 8 bits may be; examples that calibrate, and how many go through the model at a time.
LOSE, EXAMPLES, BATCH = 0.005, 256, 32
#: Runs of each model that say how quick it is, the first of which does not count.
TIMED = 8
#: What a difference of two accuracies may be off by.
ROUNDING = 1e-12
#: The share of weights that become 0 in float16 from which on it is told.
MANY = 0.001
#: What of the data judges, in words.
_PARTS = {
    "test": "the test part",
    "val": "the validation part",
    "held out": "what the run held out of the training set",
    "all": "the training set itself, since there is no other part",
}


@dataclass(frozen=True)
class Form:
    """How a model is written: its opset (None: netspec's own), and its numbers: float32 unless one of these says else.

    ``float16`` stores weights so. ``int8`` is the data that calibrates 8 bits, as `train` takes it; they may be worse
    than float32 by ``lose``: of the accuracy, 1 is all; of a loss where there is none, that share of it. ``seed``
    chooses the examples that calibrate; ``tell`` gets lines worth knowing.
    """

    opset: int | None = None
    float16: bool = False
    int8: Path | None = None
    lose: float = LOSE
    seed: int = 0
    tell: Callable[[str], None] = lambda text: None

    def __post_init__(self) -> None:
        if self.float16 and self.int8 is not None:
            raise ValueError("weights are of float16 or of int8, not of both")
        if not 0 <= self.lose <= 1:
            raise ValueError(f"lose is a share from 0 to 1, not {self.lose}")


def formed(proto: onnx.ModelProto, model: Model, form: Form) -> bytes:
    """The bytes of an exported model in another form; the same where the form asks for nothing.

    Raises Trouble N611 for an opset that does not do, Fault N609 for a weight past float16, N610 where 8 bits lose too
    much, and what reading the data raises.
    """
    from netspec.interop.export import serialize
    from netspec.interop.float16 import in_float16
    from netspec.interop.opsets import OPSET, of_opset

    if form.float16:
        lost, count = in_float16(proto, model.weights)
        if lost > MANY * count:
            form.tell(f"warning: {lost:,} of {count:,} weights are too small for float16 and became 0")
    if form.opset is not None and form.opset != OPSET:
        proto = of_opset(proto, form.opset, highest_opset())
    return serialize(proto) if form.int8 is None else _int8(serialize(proto), form.int8, form)


def highest_opset() -> int:
    """The highest opset that the onnx package and onnxruntime both take."""
    from netspec.interop.opsets import OPSET, known, nothing
    from netspec.runtime.devices import Device, opened, quiet

    quiet()
    tried = range(known(), OPSET, -1)
    return next((opset for opset in tried if not opened(nothing(opset), "cpu", Device()).why), OPSET)


def _int8(content: bytes, data: Path, form: Form) -> bytes:
    """The model with numbers of 8 bits, where it does not lose more than it may."""
    from netspec.net.evaluation import evaluate

    try:
        with temporary_folder() as folder:
            before, after = folder / "before.onnx", folder / "after.onnx"
            atomic_write(before, content)
            was = evaluate(before, data, "cpu")[1]  # first: data that do not fit are told before minutes of work
            feeds = _feeds(before, data, form)
            first = next(feeds)
            small = _quantized(before, after, chain([first], feeds), content, form)
            atomic_write(after, small)
            form.tell(_speeds([before, after], first))
            now = evaluate(after, data, "cpu")[1]
    except OSError as error:
        raise Trouble("N604", f"the temporary folder cannot be used: {reason(error)}") from None
    _compare(was, now, form)
    return small


def _quantized(before: Path, after: Path, feeds: Iterable[dict[str, Any]], content: bytes, form: Form) -> bytes:
    """What the quantiser makes of the model ``before``, whose bytes are ``content``; it writes to ``after``."""
    from netspec.interop.export import serialize
    from netspec.interop.int8 import completed, left_alone
    from netspec.runtime.quantize import quantize

    reduced = not machine.multiplies_bytes()
    quantize(before, after, feeds, left_alone(content), reduced)
    if reduced:
        form.tell("weights have 7 bits: this processor has no VNNI, and with 8 its sums may overflow")
    return serialize(completed(read_regular(after, 2**31), content))


def _feeds(model: Path, data: Path, form: Form) -> Iterator[dict[str, Any]]:
    """Inputs of examples of the training part, prepared as the model wants them; which ones they are is told."""
    from netspec.runtime.evaluate import slices
    from netspec.runtime.metadata import preparation
    from netspec.runtime.session import open_model

    session = open_model(model, "cpu")
    settings = preparation(session)
    names = list(session.inputs)
    for given, _ in slices(session, _calibrating(session, data, settings, form), settings, []):
        for at in range(0, len(given[0]), BATCH):
            yield {name: x[at : at + BATCH] for name, x in zip(names, given, strict=True)}


def _speeds(models: list[Path], feed: dict[str, Any]) -> str:
    """How long examples take in float32 and in int8 on this machine: the medians of some runs in turn."""
    from statistics import median
    from time import perf_counter

    from netspec.runtime.session import open_model

    sessions = [open_model(model, "cpu").session for model in models]
    seconds: list[list[float]] = [[] for _ in models]
    for _ in range(TIMED):
        for session, times in zip(sessions, seconds, strict=True):
            began = perf_counter()
            session.run(None, feed)
            times.append(perf_counter() - began)
    was, now = (1000 * median(times[1:]) for times in seconds)
    count = len(next(iter(feed.values())))
    return f"{count} at a time take {was:.3g} ms in float32 and {now:.3g} ms in int8, by the processor of this machine"


def _calibrating(session: Session, data: Path, settings: Data, form: Form) -> Part:
    """The examples that calibrate, drawn from those that train: what judges is none of them."""
    import numpy as np

    from netspec.data.held_out import held_out, taken
    from netspec.data.images import Reading
    from netspec.data.sets import read_part
    from netspec.runtime.metadata import needed

    train = read_part(data, "train", settings.classes, needed(session, settings), Reading.of(settings))
    seed = session.metadata.get("seed")
    if isinstance(seed, int) and settings.validate:
        train = held_out(train, settings.validate, seed)[0]
    if not len(train):
        raise Fault("N707", f"{data} has no training example to calibrate with")
    count = min(EXAMPLES, len(train))
    form.tell(f"calibrated on {count:,} of {len(train):,} training examples, chosen by seed {form.seed}")
    return taken(train, np.sort(np.random.default_rng(form.seed).permutation(len(train))[:count]))


def _compare(before: Evaluation, after: Evaluation, form: Form) -> None:
    """Tell what 8 bits change; Fault N610 where an output becomes worse by more than it may."""
    form.tell(f"judged on {before.examples:,} examples: {_PARTS[before.part]}")
    worse = []
    for name, first in before.scores.items():
        then = after.scores[name]
        figure = "loss" if first.accuracy is None else "accuracy"
        was, now = _figure(first), _figure(then)
        form.tell(f"{printable(name)}: {figure} {was} in float32, {now} in int8")
        if not _fall(first, then) <= form.lose + ROUNDING:  # so that what is no number is too much
            most = f"{form.lose:g}" if first.accuracy is not None else f"{form.lose:.4g} of it"
            worse.append(f"the {figure} of output {printable(name)} goes from {was} to {now}, by more than {most}")
    if worse:
        raise Fault(
            "N610",
            f"in int8 {'; '.join(worse)}",
            help="allow more with `--lose`, or use `--float16`, which loses next to nothing",
        )


def _fall(before: Score, after: Score) -> float:
    """How much worse a score is: of the accuracy; where there is none the share by which the loss rises."""
    if before.accuracy is not None and after.accuracy is not None:
        return before.accuracy - after.accuracy
    rise = after.loss - before.loss
    return rise / abs(before.loss) if before.loss else rise and float("inf")


def _figure(score: Score) -> str:
    return f"{score.loss:.6g}" if score.accuracy is None else f"{score.accuracy:.4%}"
