"""The test set of a folder through a compiled model.

Interop shows the value before its last softmax or sigmoid, runtime runs it.
"""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.diagnostics import Fault
from netspec.locations import in_run
from netspec.net.left import settings_of

if TYPE_CHECKING:
    from netspec.data.scores import Logits
    from netspec.data.sets import Part
    from netspec.runtime.devices import Device
    from netspec.runtime.evaluate import Evaluation
    from netspec.runtime.session import Session


def evaluate(
    model: Path,
    folder: Path,
    device: str | Device = "auto",
    max_pixels: int | None = None,
    layout: str | None = None,
    skip: bool = False,
    cache: int | None = None,
) -> tuple[Session, Evaluation]:
    """The scores of every output that has a loss. Raises Fault where the model or the data cannot be used.

    What a run held out is judged of the data that it was trained on; of other data without parts all is.
    """
    from netspec.data.chain import fronts
    from netspec.data.images import Reading
    from netspec.data.parts import part_to_judge
    from netspec.data.store import Store
    from netspec.runtime.evaluate import evaluate as scored
    from netspec.runtime.metadata import needed, preparation

    session, logits = _opened(model, device)
    data = preparation(session)
    seed = session.metadata.get("seed")
    raw = session.metadata.get("raw_pixels") is True  # the model goes through all steps itself
    front = ((), ()) if raw else fronts(data)
    reading = Reading.of(data, max_pixels, layout, skip).kept(Store(cache), *front)
    name, part = part_to_judge(
        folder,
        data,
        needed(session, data),
        seed if type(seed) is int else None,
        reading,
        lambda held_out: not _is_other(model, folder, held_out),
    )
    files = getattr(part, "files", None)
    return session, replace(scored(session, part, logits), part=name, examples=len(part), files=files)


def _is_other(model: Path, folder: Path, held_out: Part) -> bool:
    """Whether the model is a run's that was trained on other data, by its place or else by what it is."""
    from netspec.data.digest import digest

    known = settings_of(model).get("data") if model.is_dir() else None
    if not isinstance(known, dict):
        return False
    with suppress(OSError, TypeError):
        if os.path.samefile(str(known.get("path")), folder):
            return False
    return known.get("set of val examples") != digest(held_out)


def _opened(model: Path, device: str | Device) -> tuple[Session, dict[str, Logits]]:
    """The model with its logits, or as it is where it does not open with them."""
    from netspec.interop.logits import exposed
    from netspec.runtime.checked import check_model
    from netspec.runtime.session import open_model

    model = in_run(model, "model.onnx")
    check_model(model)
    found = exposed(model)
    if found.content is not None:
        try:
            return open_model(model, device, found.content), dict(found.logits)
        except Fault as fault:
            if fault.code != "N708":
                raise
    return open_model(model, device), {}
