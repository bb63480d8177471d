"""Which way steps are run, on a machine whose load is known: seconds a step by all workers and by one alone."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from netspec.engine.running import pace
from netspec.engine.running.pace import Pace

#: Seconds of a step by all and by one alone: two workers on a machine of their own; with another process on one's core.
QUIET, LOADED = (1e-3, 1.8e-3), (8e-3, 1.8e-3)


def run(steps: int, seconds: Callable[[int], tuple[float, float]], paced: Pace | None = None) -> list[bool]:
    """Which steps were run alone."""
    paced, ways = paced or Pace(), []
    for step in range(steps):
        ways.append(paced.alone)
        paced.took(seconds(step)[paced.alone])
    return ways


def test_a_quiet_machine_runs_all_workers() -> None:
    ways = run(2000, lambda step: QUIET)
    assert not any(ways[: pace.FIRST])  # before anything is known
    assert 0 < sum(ways) <= pace.TRIAL  # tried once


def test_a_loaded_machine_runs_one_and_loses_less_than_a_tenth() -> None:
    ways = run(2000, lambda step: LOADED)
    assert all(ways[pace.FIRST : pace.FIRST + pace.TRIAL])
    took = sum(LOADED[alone] for alone in ways[pace.FIRST :])
    assert took < 1.1 * LOADED[1] * len(ways[pace.FIRST :])


@pytest.mark.parametrize("begins", [0, 500, 5000])
def test_load_that_comes_is_noticed_and_load_that_goes_is_noticed(begins: int) -> None:
    ends = begins + 3000
    ways = run(ends + 3000, lambda step: LOADED if begins <= step < ends else QUIET)
    assert all(ways[ends - 100 : ends - 90])
    assert sum(ways[begins : begins + 100]) > 50
    assert not any(ways[ends + pace.MOST + pace.TRIAL :])


def test_equal_speed_stays_with_all_workers() -> None:
    rng = np.random.default_rng(0)

    def seconds(step: int) -> tuple[float, float]:
        noise = rng.uniform(0.99, 1.01, 2)
        return 1e-3 * noise[0], 1e-3 * noise[1]

    ways = run(2000, seconds)
    assert not ways[-1] and sum(ways) < 0.3 * len(ways)


def test_long_steps_are_never_tried_alone() -> None:
    assert not any(run(200, lambda step: (pace.LONG, 0.1)))
    assert any(run(200, lambda step: (0.99 * pace.LONG, 0.1)))


def test_a_hopeless_trial_is_given_up_at_its_second_step() -> None:
    ways = run(200, lambda step: (1e-3, 2.1e-3))
    assert sum(ways) == 2
    assert sum(run(200, lambda step: (1e-3, 1.9e-3))) == pace.TRIAL


def test_the_first_step_of_a_trial_is_not_counted() -> None:
    paced = Pace()
    run(pace.FIRST, lambda step: QUIET, paced)
    assert paced.alone
    for seconds in (1.0, *[5e-4] * (pace.TRIAL - 1)):  # memory that is touched for the first time
        paced.took(seconds)
    assert paced.settled


def test_who_is_slower_each_time_is_tried_more_and_more_seldom() -> None:
    ways = run(5000, lambda step: LOADED)
    tried = [step for step, alone in enumerate(ways) if not alone and step >= pace.FIRST]
    gaps = [b - a for a, b in pairwise(tried) if b > a + 1]
    assert gaps[0] > pace.LEAST and gaps == sorted(gaps)
    assert gaps[-1] <= pace.MOST + pace.TRIAL
