"""The stream of a training, on nets so small that each number is worked out beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from netspec.diagnostics import Fault
from netspec.engine.training.checkpoint import State
from netspec.engine.training.trainer import Epoch, Progress, Started, Trainer
from netspec.settings import Train
from netspec.settings.train import Adam, Patience, Plateau, Sgd, Step
from netspec.weights import initial
from tests.engine.nets import graph

LINE = graph("input x: 1", "output y = x -> dense(1, bias: false)")
Arrays = Mapping[str, np.ndarray]


class Examples:
    """Examples in the order given, the same in every epoch."""

    def __init__(self, inputs: Arrays, targets: Arrays) -> None:
        self.inputs, self.targets = inputs, targets

    def __len__(self) -> int:
        return len(next(iter(self.inputs.values())))

    def epoch(self, number: int, batch: int, first: int = 0) -> Iterator[tuple[Arrays, Arrays]]:
        for start in range(first * batch, len(self), batch):
            chosen = slice(start, start + batch)
            yield {k: v[chosen] for k, v in self.inputs.items()}, {k: v[chosen] for k, v in self.targets.items()}


X, T = [1.0, 2.0, -1.0, 0.5, 3.0], [2.0, -1.0, 0.0, 1.0, 1.0]


def settings(**more: Any) -> Train:
    return Train(**({"loss": {"y": "mse"}, "optimizer": Sgd(rate=0.01), "batch": 2, "epochs": 2} | more))


def trainer(
    chosen: Train, xs: list[float] = X, ts: list[float] = T, stop: Callable[[], bool] = lambda: False, **more: Any
) -> Trainer:
    """Of y = w x, w = 1 at first."""
    examples = Examples({"x": np.array(xs)[:, None]}, {"y": np.array(ts)[:, None]})
    return Trainer(LINE, {"y/dense.weight": np.ones((1, 1), np.float32)}, chosen, examples, 0, stop, 1, **more)


def epochs(running: Trainer) -> list[Epoch]:
    return [event for event in running.run() if isinstance(event, Epoch)]


def weight(event: Epoch) -> float:
    return float(event.weights()["y/dense.weight"][0, 0])


def by_hand(rate: float, count: int, batch: int = 2) -> Iterator[tuple[float, list[float]]]:
    """The loss of each epoch, the mean over its examples as each step found them, and w after each step."""
    w = 1.0
    for _ in range(count):
        lost, after = 0.0, []
        for start in range(0, len(X), batch):
            pairs = list(zip(X[start : start + batch], T[start : start + batch], strict=True))
            lost += sum((w * x - t) ** 2 for x, t in pairs)
            w -= rate * sum(2 * x * (w * x - t) for x, t in pairs) / len(pairs)
            after.append(w)
        yield lost / len(X), after


def test_two_epochs_by_hand_the_last_batch_smaller() -> None:
    events = list(trainer(settings()).run())
    started = events[0]
    assert isinstance(started, Started) and (started.batch, started.steps, started.workers) == (2, 3, 1)
    kinds = [type(event) for event in events[1:]]
    assert kinds == [Progress, Progress, Progress, Epoch] * 2
    told = [(event.epoch, event.step, event.steps, event.last) for event in events if isinstance(event, Progress)]
    assert told == [(epoch, step, 3, False) for epoch in (1, 2) for step in (1, 2, 3)]
    found = [event for event in events if isinstance(event, Epoch)]
    for number, (event, (loss, _)) in enumerate(zip(found, by_hand(0.01, 2), strict=True), 1):
        assert event.number == number and event.rate == 0.01
        assert event.loss == pytest.approx(loss, rel=1e-6)
        assert event.outputs["y"].loss == pytest.approx(loss, rel=1e-6)
        assert event.accuracy is None  # nothing is right or wrong of a number
    *_, (_, after) = by_hand(0.01, 2)
    assert weight(found[1]) == pytest.approx(after[-1], rel=1e-6)


def test_the_loss_so_far_is_the_mean_of_the_examples_seen() -> None:
    progress = [event for event in trainer(settings(epochs=1)).run() if isinstance(event, Progress)]
    w1 = next(by_hand(0.01, 1))[1][0]
    first = ((1 - 2) ** 2 + (2 + 1) ** 2) / 2
    assert progress[0].loss == pytest.approx(first, rel=1e-6)
    second = (-w1) ** 2 + (0.5 * w1 - 1) ** 2
    assert progress[1].loss == pytest.approx((2 * first + second) / 4, rel=1e-6)


def test_a_batch_is_no_larger_than_the_data() -> None:
    started = next(iter(trainer(settings(batch=64)).run()))
    assert isinstance(started, Started) and (started.batch, started.steps) == (5, 1)


def test_the_average_begins_with_the_first_step_and_follows() -> None:
    running = trainer(settings(average=0.75, epochs=2))
    found = [weight(event) for event in running.run() if isinstance(event, Epoch)]
    average = None
    for told, (_, after) in zip(found, by_hand(0.01, 2), strict=True):
        for w in after:
            average = w if average is None else 0.75 * average + 0.25 * w
        assert average is not None and told == pytest.approx(average, rel=1e-6)


@pytest.mark.parametrize(("patience", "count"), [(1, 2), (2, 3), (3, 4)])
def test_training_stops_when_the_loss_has_not_fallen(patience: int, count: int) -> None:
    # nothing is learned of zeros: the first epoch is the best, an equal loss has not fallen
    chosen = settings(stop=Patience(epochs=patience), epochs=10)
    assert len(epochs(trainer(chosen, [0.0] * 4, [1.0] * 4))) == count


def test_a_loss_that_falls_goes_on() -> None:
    assert len(epochs(trainer(settings(stop=Patience(epochs=1), epochs=6), [1.0, 1.0], [2.0, 2.0]))) == 6


def test_a_plateau_hears_of_every_epoch() -> None:
    chosen = settings(schedule=(Plateau(patience=2, factor=0.5),), epochs=6)
    # the rate of an epoch is the one that its steps had; it falls behind the second that is no better
    rates = [event.rate / 0.01 for event in epochs(trainer(chosen, [0.0] * 4, [1.0] * 4))]
    assert rates == [1.0, 1.0, 1.0, 0.5, 0.5, 0.25]


def test_a_schedule_is_asked_at_each_step_s_begin() -> None:
    found = epochs(trainer(settings(schedule=(Step(at=[1], factor=0.5),))))
    (_, first), *_ = by_hand(0.01, 1)
    w = first[-1]
    for start in range(0, 5, 2):
        pairs = list(zip(X[start : start + 2], T[start : start + 2], strict=True))
        w -= 0.005 * sum(2 * x * (w * x - t) for x, t in pairs) / len(pairs)
    assert weight(found[-1]) == pytest.approx(w, rel=1e-6)


def test_a_clipped_gradient_moves_by_the_bound() -> None:
    found = epochs(trainer(settings(clip=0.5, epochs=1), [10.0, 10.0], [0.0, 0.0]))
    assert weight(found[0]) == pytest.approx(1 - 0.01 * 0.5, rel=1e-6)


def test_steps_are_counted_from_one() -> None:
    # adam's first step is as long as the rate, as both its means are divided by what they lack after one step
    chosen = settings(optimizer=Adam(rate=0.01, epsilon=1e-12), epochs=1)
    assert weight(epochs(trainer(chosen, [1.0, 2.0], [5.0, 5.0]))[0]) == pytest.approx(1.01, rel=1e-6)


def test_smoothing_reaches_the_loss() -> None:
    net = graph("input x: 2", "output y = x -> dense(2, bias: false) -> softmax")
    examples = Examples({"x": np.zeros((2, 2))}, {"y": np.array([0, 1])})
    for smoothing in (0.0, 0.5):
        chosen = settings(loss={"y": "cross_entropy"}, label_smoothing=smoothing, epochs=1)
        running = Trainer(net, initial(net, 0), chosen, examples, 0, lambda: False, 1)
        (event,) = epochs(running)
        assert event.loss == pytest.approx(np.log(2))
        assert event.accuracy == 0.5 and event.outputs["y"].accuracy == 0.5
    wrong = Examples({"x": np.zeros((2, 2))}, {"y": np.array([1, 1])})  # of equal values the first is the answer
    (event,) = epochs(
        Trainer(net, initial(net, 0), settings(loss={"y": "cross_entropy"}, epochs=1), wrong, 0, lambda: False, 1)
    )
    assert event.accuracy == 0.0 and event.outputs["y"].accuracy == 0.0
    biased = {"y/dense.weight": np.array([[np.log(3), 0.0], [0.0, 0.0]], np.float32)}
    examples = Examples({"x": np.array([[1.0, 0.0]])}, {"y": np.array([0])})
    chosen = settings(loss={"y": "cross_entropy"}, label_smoothing=0.4, epochs=1, batch=1)
    (event,) = epochs(Trainer(net, biased, chosen, examples, 0, lambda: False, 1))
    assert event.loss == pytest.approx(0.8 * np.log(4 / 3) + 0.2 * np.log(4), rel=1e-6)


def test_each_output_s_own_loss_and_their_weighted_sum() -> None:
    net = graph(
        "input x: 1",
        "output y = x -> dense(1, bias: false)",
        "output z (train, weight: 0.25) = x -> dense(1, bias: false)",
    )
    ones = {name: np.ones((1, 1), np.float32) for name in ("y/dense.weight", "z/dense.weight")}
    examples = Examples({"x": np.array([[1.0]])}, {"y": np.array([[3.0]]), "z": np.array([[2.0]])})
    (event,) = epochs(
        Trainer(net, ones, settings(loss={"y": "mse", "z": "mae"}, epochs=1), examples, 0, lambda: False, 1)
    )
    assert event.loss == pytest.approx(4 + 0.25 * 1)
    assert (event.outputs["y"].loss, event.outputs["z"].loss) == pytest.approx((4, 1))
    # the head's gradient is weighted as its loss is
    assert float(event.weights()["z/dense.weight"][0, 0]) == pytest.approx(1 + 0.01 * 0.25)
    assert float(event.weights()["y/dense.weight"][0, 0]) == pytest.approx(1 + 0.01 * 4)


# ---- stopped and gone on with


MORE = {
    "average": 0.75,
    "epochs": 4,
    "clip": 1.0,
    "schedule": (Plateau(patience=1, factor=0.5),),
    "stop": Patience(epochs=3),
}
ALL = {
    "sgd": (settings(optimizer=Sgd(rate=0.01, momentum=0.9), **MORE), X),
    "adam": (settings(optimizer=Adam(rate=0.01), **MORE), X),
    # nothing is learned of zeros: the loss stays, the plateau lowers the rate of what decays
    "no fall": (settings(optimizer=Adam(rate=0.01, decay=0.1), **MORE), [0.0] * 5),
}  # fmt: skip


def left(which: str, steps: int, state: State | None = None) -> tuple[State, list[float]]:
    """The state of a training that is stopped after some steps, and the losses of the epochs it finished."""
    done, losses, found = 0, [], None

    def stop() -> bool:
        return done + 1 >= steps

    for event in trainer(*ALL[which], stop=stop, state=state).run():
        if isinstance(event, Progress):
            done += 1
            found = event.state()
            assert event.last == (done == steps)
        elif isinstance(event, Epoch):
            losses.append(event.loss)
            found = event.state()
    assert found is not None
    return found, losses


@pytest.mark.parametrize("which", ALL)
@pytest.mark.parametrize("steps", [1, 2, 3, 4, 7])
def test_a_training_goes_on_where_it_was_left_in_the_same_bits(which: str, steps: int) -> None:
    unbroken, losses = left(which, 99)
    state, before = left(which, steps)
    kept = State.read(state.arrays(), state.to_json())
    again, after = left(which, 99, kept)
    assert before + after == losses
    assert again.place == unbroken.place
    assert {name: array.tobytes() for name, array in again.arrays().items()} == {
        name: array.tobytes() for name, array in unbroken.arrays().items()
    }


def test_a_training_that_is_done_does_nothing_more() -> None:
    state, _ = left("sgd", 99)
    assert [type(event) for event in trainer(*ALL["sgd"], state=state).run()] == [Started]


# ---- numbers that run away


@pytest.mark.parametrize("target", [np.inf, np.nan, 1e30])
def test_what_is_not_finite_is_a_fault_and_does_not_reach_the_weights(target: float) -> None:
    running = trainer(settings(epochs=1), [1.0] * 4, [1.0, 1.0, target, 1.0])
    seen: list[Progress] = []
    with pytest.raises(Fault) as raised:
        seen.extend(event for event in running.run() if isinstance(event, Progress))
    assert raised.value.code == "N704"
    assert "epoch 1, step 2" in raised.value.message
    assert len(seen) == 1
    assert running.steps.weights(False)["y/dense.weight"].tolist() == [[1.0]]  # the first step had nothing to mend
