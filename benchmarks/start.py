"""How long a command takes to start, beside the imports that it cannot do without.

Whole processes, interleaved, as the installed command runs them; medians of processor time, which other processes
disturb less than the clock. `python benchmarks/start.py [--runs 21]` prints a Markdown table. The bound of `check` is
set against three imports, one of them pydantic's, which netspec does not use: without it the row is left out.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

ROOT = Path(__file__).parents[1]
COMMAND = "import sys; sys.argv = ['netspec', *sys.argv[1:]]; from netspec.__main__ import start; start()"
THREE, CLICK, LONG = "import lark, click, pydantic.BaseModel", "import click", "netspec check of 1,000 lines"
CHECK, HELP = "netspec check specs/mlp.net", "netspec --help"


def long_spec() -> str:
    """A spec of 1,000 lines: a chain of layers, a line each."""
    lines = [
        "netspec 1",
        "net Long {",
        "    input image: 8 x 32 x 32",
        "    v0 = image -> conv(8, 3, pad: 1) -> norm -> relu",
    ]
    lines += [f"    v{i} = v{i - 1} -> conv(8, 3, pad: 1) -> norm -> relu" for i in range(1, 994)]
    return "\n".join([*lines, "    output y = v993 -> global_avgpool -> dense(10) -> softmax", "}", ""])


def seconds(arguments: list[str], environment: dict[str, str]) -> float:
    """The processor time of a Python process, its start and end included."""
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def medians(runs: int) -> dict[str, float]:
    """The median of each, in seconds."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode
    with tempfile.NamedTemporaryFile("w", suffix=".net", encoding="utf-8") as file:
        file.write(long_spec())
        file.flush()
        commands = {
            "python": ["-c", "pass"],
            CLICK: ["-c", "import click"],
            HELP: ["-c", COMMAND, "--help"],
            CHECK: ["-c", COMMAND, "check", "specs/mlp.net"],
            LONG: ["-c", COMMAND, "check", file.name],
        }
        if find_spec("pydantic"):
            commands[THREE] = ["-c", "import lark, click; from pydantic import BaseModel"]
        times: dict[str, list[float]] = {name: [] for name in commands}
        for run in range(runs + 1):
            for name, arguments in commands.items():
                spent = seconds(arguments, environment)
                if run:  # the first writes bytecode
                    times[name].append(spent)
    return {name: statistics.median(spent) for name, spent in times.items()}


def processor() -> str:
    """What the system calls it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=21)
    runs = parser.parse_args().runs
    found = medians(runs)
    print(f"{processor()}, Python {platform.python_version()}, {runs} interleaved runs, medians of processor time\n")
    print("| process | ms | against | times | must |\n| --- | --- | --- | --- | --- |")
    bounds = {HELP: (CLICK, "at most 1.5"), CHECK: (THREE, "at most 1.3")}
    for name, spent in found.items():
        against, must = bounds.get(name, ("", ""))
        times = f"{spent / found[against]:.2f}" if against in found else ""
        if name == LONG:
            against, must, times = CHECK, "at most 500 ms more", f"{1e3 * (spent - found[CHECK]):.0f} ms more"
        print(f"| {name} | {1e3 * spent:.0f} | {against} | {times} | {must} |")


if __name__ == "__main__":
    main()
