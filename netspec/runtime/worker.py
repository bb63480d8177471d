"""A process, on this machine or another, that answers blocks of pictures: the model is opened there, by its path."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

from netspec import __version__
from netspec.diagnostics import Fault, Trouble
from netspec.runtime.devices import Device
from netspec.runtime.given import Item
from netspec.runtime.predict import Predictor, Seconds
from netspec.runtime.row import Row
from netspec.runtime.session import open_model


@dataclass(frozen=True)
class Job:
    """What workers are asked, and by whom: relative names start at ``folder``."""

    model: str
    device: Device
    top: int = 1
    max_pixels: int | None = None
    threads: int = 1
    folder: str = field(default_factory=os.getcwd)
    version: str = __version__


class Worker:
    """Answers blocks of pictures. It starts with nothing, since what fails while it starts would not be tried again."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.predictor: Predictor | None = None

    def __call__(self, blocks: Mapping[str, Sequence[bytes]]) -> dict[str, list[bytes]]:
        """For each block of ``names`` what ``answered`` reads."""
        return {"answers": [self._answers(json.loads(block)) for block in blocks["names"]]}

    def _answers(self, names: Sequence[str]) -> bytes:
        try:
            said: dict[str, Any] = self._rows(names)
        except Fault as fault:
            about = f"on {socket.gethostname()}: {fault.message}"
            said = {"status": fault.status, "fault": (fault.code, about, fault.help)}
        return json.dumps(said).encode()

    def _rows(self, names: Sequence[str]) -> dict[str, Any]:
        predictor = self.predictor = self.predictor or self._opened()
        predictor.seconds = Seconds()
        rows = list(predictor.rows(Item(name, Path(name)) for name in names))
        unseen = [row.filename for row in rows if row.error and not os.path.lexists(row.filename)]
        return {"rows": [astuple(row) for row in rows], "seconds": astuple(predictor.seconds), "unseen": unseen,
                "host": socket.gethostname()}  # fmt: skip

    def _opened(self) -> Predictor:
        job = self.job
        if job.version != __version__:
            raise Trouble("N718", f"netspec {__version__} is installed here, and the command is of {job.version}")
        with suppress(OSError):  # pictures that are not found then are told
            os.chdir(job.folder)
        return Predictor(open_model(Path(job.model), job.device), job.top, job.max_pixels, job.threads)


def answered(answers: bytes) -> tuple[list[Row], Seconds]:
    """The rows of a block, and where its time went.

    Raises the Fault that kept the worker from answering; Trouble N718 where it does not see a picture that is here.
    """
    said = json.loads(answers)
    if "fault" in said:
        code, message, advice = said["fault"]
        raise (Trouble if said["status"] == Trouble.status else Fault)(code, message, help=advice)
    for name in said["unseen"]:
        if os.path.lexists(name):
            raise Trouble("N718", f"the worker on {said['host']} does not see {name}",
                          help="every machine must find pictures and model under the same names")  # fmt: skip
    return [_row(*values) for values in said["rows"]], Seconds(*said["seconds"])


def _row(filename: str, answers: list[list[Any]], *others: Any) -> Row:
    return Row(filename, tuple((label, index, value) for label, index, value in answers), *others)
