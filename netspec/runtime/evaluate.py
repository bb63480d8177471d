"""A test set through a model: the loss and the right answers of every output that has a loss, under its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.arrays import Examples
from netspec.data.batches import expected, known, prepared
from netspec.data.confusion import Confusion, count
from netspec.data.scores import BELONGS, Answers, Logits, Score, answers, probable, score
from netspec.data.sets import Pictures
from netspec.data.targets import Target, one_for_all
from netspec.diagnostics import Fault, printable
from netspec.diagnostics.html import page_table
from netspec.files import foreign
from netspec.runtime.metadata import endings, preparation
from netspec.runtime.predict import first_maps, inputs
from netspec.runtime.session import Session
from netspec.settings import Data
from netspec.settings.losses import takes_labels

Array = NDArray[Any]


@dataclass(frozen=True)
class Evaluation:
    """``scores`` by output, ``unscored`` outputs with the reason, and outputs scored ``from_probabilities``.

    ``confusions`` are of those that tell classes apart, ``classes`` their names. ``part`` names what of the data they
    are of, and ``files`` its examples, where each has one.
    """

    scores: Mapping[str, Score]
    unscored: Mapping[str, str]
    from_probabilities: tuple[str, ...] = ()
    confusions: Mapping[str, Confusion] = field(default_factory=dict)
    classes: Sequence[str] | None = None
    part: str = "test"
    examples: int = 0
    files: Sequence[str] | None = None

    def _repr_html_(self) -> str:
        rows = [(name, f"{score.loss:.4f}", *_shares(score, self.confusions.get(name)))
                for name, score in self.scores.items()]  # fmt: skip
        rows += [(name, f"not scored: {why}", "", "") for name, why in self.unscored.items()]
        return page_table(f"{self.examples:,} examples: {self.part}", ("output", "loss", "accuracy", "top-5"), rows)

    def named(self, confusion: Confusion) -> list[str]:
        """A name for each class: the model's, where it has one for each, else its number."""
        names = self.classes
        return list(names) if names and len(names) == confusion.classes else list(map(str, range(confusion.classes)))


def _shares(score: Score, confusion: Confusion | None) -> tuple[str, str]:
    shares = (score.accuracy, None if confusion is None else confusion.top5)
    first, second = ("" if share is None else f"{share:.2%}" for share in shares)
    return first, second


@dataclass(frozen=True)
class _Head:
    """An output that is scored: what it is held against, and where its value is found."""

    target: Target
    averaged: bool
    logits: Logits | None

    @property
    def name(self) -> str:
        return self.logits.name if self.logits else self.target.output

    @property
    def from_probabilities(self) -> bool:
        return self.target.loss in BELONGS and self.logits is None

    def answers(self, value: Array, count: int) -> Answers:
        """What the model's value says of ``count`` examples. Raises Fault N726."""
        target, y = self.target, np.moveaxis(value, 1, -1)
        if self.from_probabilities and not probable(y, target.end):
            raise Fault(
                "N726",
                f"the answers of output {printable(target.output)} are not probabilities, but {target.loss} needs them",
                help="the model may have been changed after netspec wrote it",
            )
        end = target.end if target.loss in BELONGS else ""
        return answers(y, count, end, self.logits is not None, self.averaged)


def evaluate(session: Session, part: Pictures | Examples, logits: Mapping[str, Logits]) -> Evaluation:
    """The scores of a model over a test set; a map of answers is averaged where an example has one class.

    ``logits`` says by output where the model gives the value before its last layer; without it probabilities must do,
    whose logarithm is inexact near 0 and 1. Raises Fault where no output can be scored.
    """
    data, hidden = preparation(session), {logit.name for logit in logits.values()}
    outputs = {name: sizes for name, sizes in session.outputs.items() if name in logits or name not in hidden}
    heads, unscored = _heads(session, part, outputs, logits)
    scores: dict[str, Score] = {head.target.output: Score() for head in heads}
    confusions: dict[str, Confusion] = {}
    with foreign("N708", "the test set does not go through the model"):
        for given, found in slices(session, part, data, [head.target for head in heads]):
            values = session.run(*given, names=[head.name for head in heads])
            for head, value in zip(heads, values, strict=True):
                held = found[head.target.output]
                sound = np.logical_and.reduce([np.isfinite(x.reshape(len(held), -1)).all(axis=1) for x in given])
                given_answers = head.answers(value, len(held))
                scores[head.target.output] += score(head.target.loss, given_answers, held, sound)
                count(confusions, head.target, given_answers, held, sound)
    from_probabilities = tuple(head.target.output for head in heads if head.from_probabilities)
    return Evaluation(scores, unscored, from_probabilities, confusions, data.classes)


def _heads(
    session: Session,
    part: Pictures | Examples,
    outputs: Mapping[str, tuple[int | None, ...]],
    logits: Mapping[str, Logits],
) -> tuple[list[_Head], dict[str, str]]:
    """The outputs that are scored, and why the others are not."""
    heads, unscored, ends = [], {}, endings(session)
    for name, sizes in outputs.items():
        if name not in ends or ends[name].loss is None:
            unscored[name] = "it has no loss"
            continue
        session.check_output(name)
        if not sizes:
            raise Fault("N708", f"output {printable(name)} of the model has no axis of units or maps")
        head = _head(name, sizes, str(ends[name].loss), ends[name].end, logits.get(name), part, session)
        if head.averaged and ends[name].places:
            raise one_for_all(name)
        if known(part, name) is None and not head.target.rebuilds:
            unscored[name] = "the data has nothing for it"
        else:
            heads.append(head)
    if not heads:
        missing = next((name for name in unscored if name in ends and ends[name].loss), None)
        if missing is not None:
            raise Fault(
                "N707",
                f"the data has nothing for output {printable(missing)}",
                help=f"add an array called {printable(missing)} with the right answers",
            )
        raise Fault("N708", "the model gives no loss for any of its outputs, so none can be scored")
    return heads, unscored


def _head(
    name: str,
    sizes: tuple[int | None, ...],
    loss: str,
    end: str,
    logits: Logits | None,
    part: Pictures | Examples,
    session: Session,
) -> _Head:
    given = known(part, name)
    averaged = takes_labels(loss) and isinstance(given, np.ndarray) and given.ndim == 1
    units = sizes[0] or (2**31 if takes_labels(loss) else 0)  # free: which classes there are is seen in the answers
    shape = (units,) if averaged else (*(n or 0 for n in sizes[1:]), units)
    belongs = BELONGS.get(loss, ())
    logits = logits if logits is not None and logits.end in belongs else None
    end = logits.end if logits is not None else end if end in belongs or not belongs else belongs[0]
    return _Head(
        Target(name, loss, end, shape, not takes_labels(loss) and [sizes] == list(session.inputs.values())),
        averaged,
        logits,
    )


def slices(
    session: Session, part: Pictures | Examples, data: Data, targets: list[Target]
) -> Iterator[tuple[list[Array], Mapping[str, Array]]]:
    """Inputs as the model reads them, in the order of its own, and targets by output."""
    if session.metadata.get("raw_pixels") is not True:
        for given, found in prepared(part, data, session.inputs, targets):
            yield [first_maps(x) for x in given.values()], found
        return
    if isinstance(part, Examples):
        raise Fault(
            "N707",
            "the model prepares pictures itself, but the data are arrays",
            help="compile it without `--raw-pixels`",
        )
    for at, image in enumerate(part.images):
        yield [inputs(session, data, image)], expected(part, targets, slice(at, at + 1), {})
