"""A harness makes one case from a number and says whether netspec stood it;
children run many and are watched from outside."""

from __future__ import annotations

import os
import random
import resource
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from multiprocessing import get_context
from pathlib import Path
from typing import Any

#: Cases that one child runs, so that a leak or a crash costs no more than these.
PORTION = 500


@dataclass(frozen=True)
class Harness:
    """``case`` gets random numbers drawn for its own number, and an empty folder; what it raises is a finding.

    ``long`` is how many cases the goal asks for, ``short`` how many `.ci/run` has time for;
    ``seconds`` is the processor time that one case may take, with its children's, ``megabytes`` what a child may grow
    to, ``portion`` how many cases it runs.
    """

    name: str
    goal: str
    case: Callable[[random.Random, Path], None]
    short: int
    long: int
    seconds: float = 2.0
    megabytes: int = 512
    portion: int = PORTION


@dataclass
class Report:
    """What many cases gave: findings as (case, text), the slowest case and the largest child."""

    cases: int = 0
    findings: list[tuple[int, str]] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, 0)
    megabytes: float = 0.0


def run(harness: Harness, first: int, count: int, workers: int = 1, minutes: float = inf) -> Report:
    """Cases ``first`` to ``first + count - 1`` in child processes, none begun after so many minutes.

    A child that dies is a finding of the case it was at.
    """
    report = Report()
    end, size = time.monotonic() + 60 * minutes, harness.portion
    portions = [(start, min(size, first + count - start)) for start in range(first, first + count, size)]
    context = get_context("spawn")  # what the caller holds counts neither as a case's memory nor as its time
    waiting = list(reversed(portions))
    running: list[Any] = []
    while waiting or running:
        while waiting and len(running) < workers:
            start, size = waiting.pop()
            here, there = context.Pipe(duplex=False)
            child = context.Process(target=_portion, args=(harness, start, size, end, there))
            child.start()
            there.close()
            running.append((child, here, start))
        child, here, start = running.pop(0)
        _collect(report, harness, child, here, start)
    return report


def _collect(report: Report, harness: Harness, child: Any, here: Any, start: int) -> None:
    number = start
    try:
        while True:
            message = here.recv()
            number, finding, took, megabytes = message
            report.cases += 1
            report.slowest = max(report.slowest, (took, number))
            report.megabytes = max(report.megabytes, megabytes)
            if finding:
                report.findings.append((number, finding))
            elif took > harness.seconds:
                report.findings.append((number, f"{took:.1f} s of processor time"))
            elif megabytes > harness.megabytes:
                report.findings.append((number, f"{megabytes:.0f} MB"))
            number += 1
    except EOFError:
        child.join()
    if child.exitcode:
        report.findings.append((number, f"the process ended with {child.exitcode}"))


def _portion(harness: Harness, start: int, size: int, end: float, there: Any) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):  # what commands print is not looked at, and thousands of them print a lot
        os.dup2(nothing, descriptor)
    for number in range(start, start + size):
        if time.monotonic() > end:
            break
        finding, took = _one(harness, number)
        if not finding and took > harness.seconds:  # slow is what is slow twice: on a busy machine anything may be once
            finding, again = _one(harness, number)
            took = min(took, again)
        there.send((number, finding, took, _peak()))
    there.close()


def _one(harness: Harness, number: int) -> tuple[str, float]:
    began = _processor_time()
    finding = ""
    with tempfile.TemporaryDirectory() as folder:
        before = Path.cwd()
        os.chdir(folder)
        try:
            harness.case(random.Random(f"{harness.name} {number}"), Path(folder))
        except BaseException:
            finding = traceback.format_exc()
        finally:
            os.chdir(before)
    return finding, _processor_time() - began


def _processor_time() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _peak() -> float:
    """The largest resident set so far of this process, in MB."""
    for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1000
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
