"""Where the time of a training step goes, as a table: a row for each layer, and a whole step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.diagnostics.html import page_table

if TYPE_CHECKING:
    from netspec.engine.measuring.profile import Line, Profile

#: The columns, the first of them texts.
TEXTS = ("layer", "kind", "method")
HEAD = (*TEXTS, "forward ms", "backward ms", "GFLOP/s", "GB/s", "share")


def rows(profile: Profile) -> list[tuple[str, ...]]:
    """A row for each layer."""
    total = _total(profile)
    return [_row(line, total) for line in profile.lines]


def _total(profile: Profile) -> float:
    return sum(line.forward + line.backward for line in profile.lines)


def _row(line: Line, total: float) -> tuple[str, ...]:
    taken = max(line.forward + line.backward, 1e-9)
    return (
        line.layer,
        line.kind,
        line.method,
        f"{line.forward * 1e3:.2f}",
        f"{line.backward * 1e3:.2f}",
        f"{line.flops / taken / 1e9:.1f}" if line.flops else "",
        f"{line.bytes / taken / 1e9:.1f}",
        f"{taken / total:.1%}",
    )


def whole(profile: Profile) -> str:
    """The seconds of all layers and of a step."""
    workers = f"{profile.workers} worker{'s' if profile.workers > 1 else ''}"
    return (
        f"layers on one worker: {_total(profile) * 1e3:.2f} ms; "
        f"a whole step of {profile.batch} on {workers}, update included: {profile.step * 1e3:.2f} ms"
    )


def html(profile: Profile) -> str:
    """For a notebook."""
    return page_table(whole(profile), HEAD, rows(profile), texts=len(TEXTS))
