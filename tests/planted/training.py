"""Faults of how a training begins and goes on: what it tells, what it starts from, when it ends."""

from __future__ import annotations

from tests.planted.fault import rows_of

fault = rows_of("{}", "tests/{}")

FAULTS = (
    fault(
        "net/screen.py",
        "rate * batch / before",
        "rate * before / batch",
        "net/test_screen.py::test_a_batch_that_is_not_the_specs_says_what_rate_would_be_in_proportion",
        "a larger batch takes a larger rate",
    ),
    fault(
        "net/screen.py",
        "rate == said.optimizer.rate",
        "True",
        "net/test_screen.py::test_a_batch_that_is_not_the_specs_says_what_rate_would_be_in_proportion",
        "a rate that is given is meant",
    ),
    fault(
        "cli/following.py",
        "if self.done == 1:",
        "if False:",
        "cli/test_follow.py::test_the_time_is_foretold_after_the_first_steps",
        "the first step says nothing of how long others take",
    ),
)
