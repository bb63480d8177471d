"""What a sweep gave, as a table: a row a point, means over the seeds, and the files that keep them."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Iterator
from typing import TYPE_CHECKING

from netspec.cli.runs import exactly
from netspec.diagnostics import printable
from netspec.files import atomic_write
from netspec.report.columns import columns

if TYPE_CHECKING:
    from netspec.net.runs import Run
    from netspec.net.sweeping import Sweep


def columns_of(rows: list[Run]) -> list[str]:
    """Its columns: values and settings that some run has, then what runs give."""
    from netspec.net.runs import RESULTS

    return ["run", *dict.fromkeys(name for row in rows for name in row.was), *RESULTS]


def told(run: Run) -> str:
    """A point as it ends: its figures, or why it failed."""
    if run.error is not None:
        return f"{run.folder}: failed: {run.error}"
    figures = (f"{name} {_figure(run, name)}" for name in ("best", "last", "test") if run.gave.get(name) is not None)
    return f"{run.folder}: {', '.join(figures)}"


def _figure(run: Run, name: str) -> str:
    value = run.gave[name]
    return f"{value:.2%}" if run.gave.get("metric") == "accuracy" else f"{value:.4f}"


def _settings(rows: list[Run]) -> dict[str, list[Run]]:
    """The sound runs by their values but for the seed."""
    found: dict[str, list[Run]] = {}
    for run in rows:
        said = [f"{name}={value}" for name, value in run.was.items() if name not in ("seed", "state")]
        found.setdefault(", ".join(said) or "all", []).extend([run] if run.gave.get("metric") else [])
    return found


def _judged(rows: list[Run]) -> str:
    """What points are compared by: the best epoch's figure where a part judges, else the test's, else the last."""
    return next((name for name in ("best", "test") if any(run.gave.get(name) is not None for run in rows)), "last")


def means(rows: list[Run]) -> Iterator[str]:
    """Mean and standard deviation over the seeds, where there are several."""
    from statistics import mean, stdev

    if not any("seed" in run.was for run in rows):
        return
    name = _judged(rows)
    table = [("over the seeds", "runs", f"mean {name}", "deviation")]
    for setting, found in _settings(rows).items():
        values = [run.gave[name] for run in found if run.gave.get(name) is not None]
        if values:
            deviation = f"{stdev(values):.4g}" if len(values) > 1 else ""
            table.append((printable(setting), str(len(values)), f"{mean(values):.4g}", deviation))
    yield ""
    yield from columns(table, 1)


def write(sweep: Sweep, rows: list[Run]) -> None:
    """table.csv and sweep.svg."""
    from netspec.report.dots import dots

    atomic_write(sweep.folder / "table.csv", exactly(rows, columns_of(rows)).encode())
    name = _judged(rows)
    metric = next((run.gave["metric"] for run in rows if run.gave.get("metric")), "")
    drawn = {printable(setting): [run.gave[name] for run in found if isinstance(run.gave.get(name), int | float)]
             for setting, found in _settings(rows).items()}  # fmt: skip
    if any(drawn.values()):
        picture = dots(drawn, f"{sweep.spec.stem}: {len(rows)} trainings", f"{name} {metric}")
        atomic_write(sweep.folder / "sweep.svg", picture.encode())
