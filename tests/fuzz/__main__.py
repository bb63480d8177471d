"""Run harnesses and print what they found: `python -m tests.fuzz [NAME …] [--long | --count N] [--minutes M]
[--first K]`."""

from __future__ import annotations

import argparse
import sys
from math import inf

from tests.fuzz.frame import Report, run
from tests.fuzz.harnesses import HARNESSES


def main() -> int:
    """The exit status: 1 where there is a finding."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("names", nargs="*", help="harnesses; all unless said: " + ", ".join(HARNESSES))
    parser.add_argument("--long", action="store_true", help="as many cases as the goals ask for")
    parser.add_argument("--count", type=int, help="so many cases of each")
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    parser.add_argument("--minutes", type=float, default=inf, help="begin no case of a harness after so many minutes")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    print("| harness | goal | cases | findings | slowest, s | largest, MB |\n| --- | --- | ---: | ---: | ---: | ---: |")
    found: list[tuple[str, Report]] = []
    for name in given.names or HARNESSES:
        harness = HARNESSES[name]
        count = given.count or (harness.long if given.long else harness.short)
        report = run(harness, given.first, count, given.workers, given.minutes)
        print(
            f"| {name} | {harness.goal} | {report.cases:,} | {len(report.findings)} "
            f"| {report.slowest[0]:.2f} | {report.megabytes:.0f} |",
            flush=True,
        )
        found.append((name, report))
    for name, report in found:
        for number, text in report.findings[:20]:
            print(f"\n{name} {number}:\n{text}", file=sys.stderr)
    return int(any(report.findings for _, report in found))


if __name__ == "__main__":
    sys.exit(main())
