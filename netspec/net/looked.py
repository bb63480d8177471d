"""A data set looked at before it is trained on: what is in it, held against a net."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netspec.data.checking import Checked, check
from netspec.data.images import Reading
from netspec.data.needs import Needs
from netspec.diagnostics import Fault
from netspec.net.keeping import Keep
from netspec.net.targets_of import targets_of
from netspec.net.training import Training

if TYPE_CHECKING:
    from netspec.net.net import Net


def looked(net: Net, data: Path, max_pixels: int | None, layout: str | None = None) -> Checked:
    """What every example is, and what of them does not fit the net."""
    needs = Needs.of(net.input_shapes(), targets_of(net, net.train_settings.loss), net.data.columns)
    found = check(data, net.data, needs, Reading.of(net.data, max_pixels, layout))
    if not found.unreadable and not found.problems:
        try:
            Training(
                net, net.train_settings, data, Keep(), 1, lambda: False, max_pixels=max_pixels, layout=layout
            ).ready()
        except Fault as fault:
            found.problems += fault.each
    return found
