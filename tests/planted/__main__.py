"""`python -m tests.planted [ROOM …] [--jobs N] [--match TEXT]`: plants each fault and demands a failing test."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.planted.fault import rooms
from tests.planted.planting import NOTICED, set_up, tried


def main() -> int:
    """Exit status 0 where every fault planted was noticed, 1 where one was not."""
    options = _options()
    known = rooms()
    if unknown := set(options.rooms) - set(known):
        print(f"no faults for {', '.join(sorted(unknown))}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    chosen = [fault for room in options.rooms or known for fault in known[room] if options.match in repr(fault)]
    started, verdicts = time.monotonic(), []
    with (
        tempfile.TemporaryDirectory(prefix="planted-") as folder,
        ProcessPoolExecutor(options.jobs, get_context("spawn"), set_up, (folder,)) as pool,
    ):
        for fault, (verdict, text) in zip(chosen, pool.map(tried, chosen), strict=True):
            verdicts.append(verdict)
            if verdict != NOTICED:
                print(
                    f"{verdict}: netspec/{fault.file}: {fault.rule}\n"
                    f"  {fault.old!r} -> {fault.new!r}\n  {fault.tests}\n{text}"
                )
    good = verdicts.count(NOTICED)
    print(f"{good} of {len(chosen)} planted faults noticed in {time.monotonic() - started:.0f} s")
    return int(good < len(chosen))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.planted", description=__doc__)
    parser.add_argument("rooms", nargs="*", metavar="ROOM")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--match", default="", help="only faults whose row has this text")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
