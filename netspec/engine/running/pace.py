"""Whether the next step is run by all workers or by the first alone: the way that was found faster.

Where another process wants a core, the worker that shares it comes late to every barrier, and all wait: short steps may
then take longer than with one worker. So both ways are timed, and timed again as the machine's load changes. Who runs
a part decides nothing about its numbers.
"""

from __future__ import annotations

from statistics import fmean

#: Steps before the first worker alone is tried for the first time, and until it is tried again where all were slow.
FIRST, AGAIN = 16, 16
#: Steps that a trial takes; the first one is not counted, as it finds other numbers in its cache.
TRIAL = 5
#: Steps alone before all are tried again: from so many, doubled each time that all were slower, to so many.
LEAST, MOST = 64, 1024
#: Steps by all after which the doubling begins anew.
CALM = 512
#: A trial must be faster by so much to be kept, and is given up where its steps are so many times slower.
BETTER, HOPELESS = 0.95, 2.0
#: Seconds of a step from which on nothing is tried: what is lost at barriers does not count.
LONG = 0.5
#: How fast the mean follows: this share of it is the last step's.
NEW = 0.125


class Pace:
    """Told the seconds of each step, says how to run the next."""

    def __init__(self) -> None:
        self.settled = False  # whether steps are run by one, trials aside
        self.usual = 0.0  # seconds of a step in the settled way; 0: not known
        self.other = 0.0  # and in the other one
        self.wait, self.pause, self.calm = FIRST, LEAST, 0
        self.trial: list[float] | None = None

    @property
    def alone(self) -> bool:
        """Whether the next step is the first worker's alone."""
        return self.settled != (self.trial is not None)

    def took(self, seconds: float) -> None:
        """Note how long a step took, run as ``alone`` said."""
        if self.trial is not None:
            self.trial.append(seconds)
            if len(self.trial) == TRIAL or (len(self.trial) > 1 and seconds > HOPELESS * self.usual):
                self._judge(fmean(self.trial[1:]))
            return
        self.usual += NEW * (seconds - self.usual) if self.usual else seconds
        self.wait -= 1
        self.calm = 0 if self.settled else self.calm + 1
        if self.calm >= CALM:
            self.pause = LEAST
        doubtful = self.settled or not self.other or self.usual > BETTER * self.other
        if self.wait <= 0 and doubtful and self.usual < LONG:
            self.trial = []

    def _judge(self, found: float) -> None:
        self.trial = None
        if found < BETTER * self.usual:
            self.settled = not self.settled
            self.usual, self.other = found, self.usual
        else:
            self.other = found
            if self.settled:
                self.pause = min(2 * self.pause, MOST)
        self.wait = self.pause if self.settled else AGAIN
