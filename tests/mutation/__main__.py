"""``python -m tests.mutation [ROOM …]``: how many small changes of a room its tests notice, and which they do not.

Needs ``pip install -e ".[mutation]"``. About 75 mutants a minute.
``--sample 200`` draws that many of each room by a seed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from pathlib import Path

from tests.mutation.rooms import ROOMS, ROOT
from tests.mutation.work import KILLED, SURVIVED, UNREACHED, Mutant, copy, tried

EQUIVALENTS = Path(__file__).parent / "equivalents.toml"
HEAD = f"{'room':12} {'mutants':>8} {'killed':>8} {'survived':>9} {'equivalent':>11} {'not reached':>12} {'score':>7}"


def equivalents() -> list[dict[str, str]]:
    """Changes that change nothing: the function, the line as it was, as it became, and why."""
    rows: list[dict[str, str]] = tomllib.loads(EQUIVALENTS.read_text(encoding="utf-8")).get("equivalent", [])
    return rows


def same(mutant: Mutant, row: dict[str, str]) -> bool:
    """Whether a row of the list tells of this mutant."""
    return row["function"] == mutant.function and row["was"] in mutant.was and row["now"] in mutant.now


def line(room: str, mutants: list[Mutant]) -> tuple[str, list[Mutant]]:
    """The room's row, and its survivors without the equivalents. The score is of those that tests reach."""
    listed, counts = equivalents(), Counter(mutant.verdict for mutant in mutants)
    survivors = [mutant for mutant in mutants if mutant.verdict == SURVIVED]
    left = [mutant for mutant in survivors if not any(same(mutant, row) for row in listed)]
    judged = counts[KILLED] + len(left)
    score = f"{100 * counts[KILLED] / judged:.1f} %" if judged else "-"
    row = f"{room:12} {len(mutants):8} {counts[KILLED]:8} {len(left):9} "
    row += f"{len(survivors) - len(left):11} {counts[UNREACHED]:12} {score:>7}"
    return row, left


def written(room: str, survivors: list[Mutant], mutants: list[Mutant], folder: Path) -> None:
    """The survivors, and the functions that no test reaches, into a file."""
    folder.mkdir(parents=True, exist_ok=True)
    text = [f"# Mutants of {room} that its tests do not notice ({len(survivors)})\n"]
    for mutant in sorted(survivors, key=lambda mutant: mutant.name):
        text += [f"\n{mutant.function}  ({mutant.name.rpartition('__mutmut_')[2]})\n"]
        text += [f"  - {row}\n" for row in mutant.was] + [f"  + {row}\n" for row in mutant.now]
    unreached = Counter(mutant.function for mutant in mutants if mutant.verdict == UNREACHED)
    text += [f"\n# Functions that no test of the room reaches ({len(unreached)})\n\n"]
    text += [f"{function}  ({count})\n" for function, count in sorted(unreached.items())]
    (folder / f"{room}.txt").write_text("".join(text), encoding="utf-8")


def coverage(rooms: list[str]) -> int:
    """Branches of the rooms' files that the tests not marked slow run."""
    chosen = sorted({path for room in rooms for path in ROOMS[room].sources()})
    tests = sorted({path for room in rooms for path in ROOMS[room].judges()})
    with tempfile.TemporaryDirectory() as folder:
        settings, data = Path(folder) / "settings", Path(folder) / "data"
        settings.write_text(
            "[run]\nbranch = True\n[report]\nshow_missing = True\nskip_covered = True\n", encoding="utf-8"
        )
        run = [
            sys.executable,
            "-m",
            "coverage",
            "run",
            f"--rcfile={settings}",
            f"--data-file={data}",
            "--source=netspec",
        ]
        subprocess.run([*run, "-m", "pytest", "-q", "-m", "not slow", "-W", "default", *tests], cwd=ROOT, check=False)
        report = [sys.executable, "-m", "coverage", "report", f"--rcfile={settings}", f"--data-file={data}"]
        return subprocess.run([*report, f"--include={','.join(chosen)}"], cwd=ROOT, check=False).returncode


def main() -> int:
    """Print a row a room; survivors go to files."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"of {', '.join(ROOMS)}; all unless said")
    parser.add_argument("--sample", type=int, metavar="N", help="draw N mutants of each room")
    parser.add_argument("--seed", type=int, default=1, help="of the draw")
    parser.add_argument(
        "--out", type=Path, default=Path(tempfile.gettempdir()) / "survivors", help="folder of the survivors' files"
    )
    parser.add_argument(
        "--coverage", action="store_true", help="branch coverage of the rooms by their tests, and no mutants"
    )
    asked = parser.parse_args()
    unknown = sorted(set(asked.rooms) - set(ROOMS))
    if unknown:
        parser.error(f"no room {', '.join(unknown)}; rooms are {', '.join(ROOMS)}")
    rooms = asked.rooms or list(ROOMS)
    if asked.coverage:
        return coverage(rooms)
    print(HEAD, flush=True)
    for room in rooms:
        with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
            copy(Path(folder), ROOMS[room])
            mutants = tried(Path(folder), asked.sample, asked.seed)
        row, survivors = line(room, mutants)
        written(room, survivors, mutants, asked.out)
        print(row, flush=True)
    print(f"survivors: {asked.out}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
