"""One training: data to the engine, its events out, and what it learns into a folder."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Fault
from netspec.files import reason
from netspec.net.budget import Budget, no_memory
from netspec.net.classes import check_count
from netspec.net.engines import Choice, Engine, engine_of
from netspec.net.judging import Judge
from netspec.net.keeping import Keep, Keeper
from netspec.net.left import forms_of
from netspec.net.recorded import Record, record
from netspec.net.screen import told_of_batch, told_of_colours, told_of_net, told_of_start
from netspec.net.sized import check_maps, sized
from netspec.net.start import Start, begun
from netspec.net.targets_of import targets_of
from netspec.settings import Train

if TYPE_CHECKING:
    from netspec.data.batches import Batches
    from netspec.data.confusion import Confusion
    from netspec.data.parts import Parts
    from netspec.data.scores import Score
    from netspec.data.sets import Part
    from netspec.engine.training.events import Epoch, Event, Progress
    from netspec.engine.training.trainer import Trainer
    from netspec.net.net import Net


@dataclass
class Training:
    """``folder`` has the data, or is what a program hands over; ``where`` says what is kept, and what goes on.

    ``cache`` is how many bytes of decoded pictures may be kept. ``hours`` is the longest that it may take; where
    ``ended`` is set it ends as if they were over. ``engine`` takes the steps.
    """

    net: Net
    settings: Train
    folder: Any
    where: Keep
    workers: int | None
    stop: Callable[[], bool]
    budget: Budget = field(default_factory=Budget)
    max_pixels: int | None = None
    start: Start = field(default_factory=Start)
    hours: float | None = None
    layout: str | None = None
    skip: bool = False
    at: Mapping[str, int] = field(default_factory=dict)
    cache: int | None = None
    engine: Choice = field(default_factory=Choice)
    ended: bool = field(default=False, init=False)
    confusions: dict[str, Confusion] = field(default_factory=dict, init=False)

    def run(self) -> Generator[Event, None, None]:
        """Read the data, train, keep what is asked for.

        The run's folder is held until the last event, or until this is closed.
        """
        self.began = time.monotonic()
        self.start = begun(self.start, self.where.resume)
        self.whole = self.net.graph
        self.net = replace(self.net, graph=self.start.frozen(self.whole))
        self.keeper = keeper = Keeper(self.net, self.where, start=self.start)
        with keeper.held(self.path):
            try:
                yield from self._run(keeper)
            except MemoryError:
                raise no_memory() from None
            except RuntimeError as error:
                raise (no_memory() if "start new thread" in str(error) else error) from None

    @property
    def path(self) -> Path | None:
        """The folder of the data; None where it is none."""
        return self.folder if isinstance(self.folder, Path) else None

    def ready(self) -> tuple[Parts, Batches]:
        """The data, held against the net: what is wrong is told before anything is planned. Raises Fault."""
        from netspec.data.batches import check, judged

        parts = self._read()
        if self.net.data.classes is None:
            check_count(self.net, parts.train, self.targets)
        batches = self._batches(parts.train)
        for part in (parts.val, parts.test):
            if part is not None:
                check(part, judged(part, self.judged) or self.judged[:1])
                check_maps(self.free, part, self.judged)
        return parts, batches

    def _run(self, keeper: Keeper) -> Iterator[Event]:
        parts, batches = self.ready()  # what they hold is no longer free
        asked, told = self.settings, list[str]()
        forms = None if self.where.resume is None else forms_of(self.where.resume)
        tell = self.where.tell if self.engine.tune else told.append  # timing takes a while
        engine = engine_of(self.engine, self.net, asked, self.workers, forms, self.stop, tell)
        batch, recompute = self.budget.settle(
            engine, asked.batch, len(parts.train), self.workers, engine.recomputes, engine.here
        )
        keeper.forms = engine.forms
        engine.ready(min(batch, len(parts.train)))
        self.settings = asked.replaced(batch=batch)
        named = parts.named() if self.where.used else {}
        now = record(self.net.graph, self.settings, self.data, named, self.engine.name)
        kept = asked if self.budget.memory is None else self.settings
        for line in (
            told_of_net(self.net, self.whole),
            *told,
            *parts.messages(),
            *filter(None, [self.store.told()]),
            *told_of_colours(self.data),
            *told_of_batch(self.net.train_settings, self.settings, len(parts.train)),
        ):
            self.where.tell(line)
        trainer = self._begun(keeper, now, batches, recompute, kept, parts, engine)
        for line in told_of_start(self.whole, self.start) if self.where.resume is None else ():
            self.where.tell(line)
        yield from self._followed(trainer, keeper, parts)

    def _read(self) -> Parts:
        """The parts of the data; the net gets the sizes that it is trained at."""
        from netspec.data.chain import fronts
        from netspec.data.handed import Reader
        from netspec.data.images import Reading
        from netspec.data.measured import measured
        from netspec.data.needs import Needs
        from netspec.data.parts import read_parts
        from netspec.data.store import Store

        net, self.store = self.net, Store(self.cache)
        inputs, self.judged = net.input_shapes(), targets_of(net, self.settings.loss)
        reading = Reading.of(net.data, self.max_pixels, self.layout, self.skip).kept(self.store, *fronts(net.data))
        if self.path is None:
            parts = Reader(inputs, self.judged, net.data).parts(self.folder, self.settings.seed)
        else:
            needs = Needs.of(inputs, self.judged, net.data.columns)
            parts = read_parts(self.path, net.data, needs, self.settings.seed, reading)
        classes = net.data.classes or getattr(parts.train, "classes", None)
        self.free, self.net = net, sized(net, self.at, parts.train, self.where.tell)
        self.inputs, self.targets = self.net.input_shapes(), targets_of(self.net, self.settings.loss)
        self.data = measured(net.data, parts.train, self.inputs).replaced(classes=classes, validate=parts.share)
        return parts

    def _batches(self, train: Any) -> Batches:
        from netspec.data.batches import Batches

        return Batches(train, self.data, self.inputs, self.targets, self.settings.seed)

    def _begun(
        self, keeper: Keeper, now: Record, batches: Batches, recompute: bool, kept: Train, parts: Parts, engine: Engine
    ) -> Trainer:
        """The trainer, with fresh weights or where an earlier run stood; the run's folder begun."""
        from netspec.data.weighting import class_weights
        from netspec.engine.training.trainer import Trainer
        from netspec.weights import initial

        settings, val = self.settings, parts.val
        state = keeper.left(now, settings)
        graph = self.net.graph
        fresh = initial(graph, settings.seed) if state is None else {}
        fresh = self.start.weights(graph, fresh, lambda: self._some(batches)) if state is None else {}
        free, judged = self.free, tuple(self.judged)
        self.judge = Judge(free, self.data, free.input_shapes(), judged, self.workers, self.stop)
        trainer = Trainer(
            self.net.graph,
            fresh,
            settings,
            batches,
            settings.seed,
            self.stop,
            self.workers,
            state,
            keeper.ways,
            recompute,
            None if val is None else lambda weights: self.judge.scores(weights, val),
            self._over,
            class_weights(settings, parts.train, self.targets),
            engine.stepping,
        )
        keeper.begin(fresh, self.net.spec(kept), now, self.path)
        return trainer

    def _some(self, batches: Batches) -> Mapping[str, Any]:
        """The first examples as they are trained on, as many as a step takes."""
        with closing(batches.epoch(0, min(self.settings.batch, len(batches)))) as source:
            return {name: array.copy() for name, array in next(source)[0].items()}

    def _followed(self, trainer: Trainer, keeper: Keeper, parts: Parts) -> Iterator[Event]:
        """The trainer's events, the last epoch with its test, and what they leave in the run's folder."""
        from netspec.engine.training.events import Epoch, Progress

        resume, began = self.where.resume, trainer.place
        try:
            for event in trainer.run():
                if isinstance(event, Progress) and event.last:
                    self._left(keeper, event)
                elif isinstance(event, Epoch):
                    keeper.keep(event, self.data, self.settings.seed)
                    if event.last:
                        event = _with_test(event, self._tested(keeper, parts.test))
                yield event
        except Fault:
            with suppress(Fault):  # what went wrong may be in these weights too
                keeper.flush()
            raise
        if began == trainer.place and resume:
            self.where.tell(f"{resume} had done all that is asked{self._done(trainer)}")
        timed_out = trainer.stopped and not self.stop()
        if timed_out:
            self.where.tell(self._told_over(trainer, keeper))
        if not trainer.stopped or (timed_out and keeper.history.lines):
            self._tested(keeper, parts.test)  # a run that goes on may lack nothing but this
            self.where.tell(keeper.history.verdict("model.onnx has" if keeper.folder is not None else "kept are"))
            self._reported(keeper, parts)

    def _left(self, keeper: Keeper, event: Progress) -> None:
        """Training ends within an epoch: where the time is over with all that there is, else as fast as it can."""
        state = event.state()
        if not keeper.history.lines:
            keeper.pending.chosen = {**state.weights, **state.kept.get("average", {})}
        if not self.stop():
            if keeper.history.lines:
                keeper.flush()
            else:
                keeper.keep_early(state, self.data, self.settings.seed)
        keeper.leave(state)

    def _done(self, trainer: Trainer) -> str:
        """Why a run that was to go on did not."""
        done, epochs = trainer.place.epoch, self.settings.epochs
        if done < epochs:
            return f": its loss had not fallen for {trainer.place.waited} epochs; `--patience` gives it more"
        return f": {done} of {epochs} epochs; `--epochs` gives it more" if done == epochs else f": {done} epochs"

    def _over(self) -> bool:
        return self.ended or (self.hours is not None and time.monotonic() - self.began >= 3600 * self.hours)

    def _told_over(self, trainer: Trainer, keeper: Keeper) -> str:
        """Where the time was over, and what there is of it."""
        place, folder = trainer.place, keeper.folder
        done = f"step {place.step:,} of epoch {place.epoch + 1:,}" if place.step else f"epoch {place.epoch:,}"
        early = "" if keeper.history.lines or folder is None else ", whose weights are in model.onnx"
        resume = "" if folder is None else f"; continue with `--resume {folder.path}`"
        why = "ended as a callback asked" if self.ended else f"the time is over ({self.hours:g} hours)"
        return f"{why}: stopped after {done}{early}{resume}"

    def _tested(self, keeper: Keeper, test: Part | None) -> Mapping[str, Score]:
        """How the kept weights do on the test set, noted in the log; nothing where training is asked to stop."""
        lines = keeper.history.lines
        if test is None or not lines or lines[-1]["test_loss"] is not None:
            return {}
        scores = self.judge.scores(keeper.kept_weights(), test, self.confusions)
        if scores:
            keeper.history.tested(scores)
            keeper.write_log()
        return scores or {}

    def _reported(self, keeper: Keeper, parts: Parts) -> None:
        """The run's report, by the test part, else by what judged the epochs; a run is none the worse without it."""
        from netspec.net.reporting import Report

        name, part = ("test", parts.test) if parts.test is not None else ("val", parts.val)
        if keeper.folder is None or not keeper.history.lines:
            return
        try:
            weights = keeper.kept_weights()
            if part is not None and not self.confusions and self.judge.scores(weights, part, self.confusions) is None:
                return  # asked to stop
            report = Report(self.net, self.data, keeper.history, weights, name, part, self.confusions)
            report.write(keeper.folder.path)
        except Exception as error:
            self.where.tell(f"the run is whole, but its report is not: {reason(error)}")


def _with_test(event: Epoch, scores: Mapping[str, Score]) -> Epoch:
    """An epoch with the test's figures."""
    if not scores:
        return event
    outputs = dict(event.outputs)
    for name, score in scores.items():
        outputs[name] = replace(outputs[name], test_loss=score.loss, test_accuracy=score.accuracy,
                                test_mean_iou=score.mean_iou)  # fmt: skip
    first = next(iter(scores.values()))
    return replace(event, test_right=first.right, test_count=first.count, test_loss=first.loss, outputs=outputs)
