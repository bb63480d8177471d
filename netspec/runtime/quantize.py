"""A model with numbers of 8 bits, by onnxruntime's own static quantiser."""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from netspec.diagnostics import Fault
from netspec.runtime.devices import quantization, quiet, short

Feed = Mapping[str, Any]


def quantize(model: Path, out: Path, feeds: Iterable[Feed], left_alone: Sequence[str], reduced: bool) -> None:
    """Write ``model`` to ``out`` with Q and DQ nodes (QDQ): weights int8, per channel, activations uint8.

    ``feeds`` are inputs by name, whose activations say what range each value has; they are looked at one after the
    other. The nodes ``left_alone`` stay in float32. ``reduced`` gives weights 7 bits, so that the sums of processors
    without VNNI do not overflow. The quantiser writes files into
    the folders of ``model`` and ``out``. Raises Fault N708.
    """
    library = quantization()
    quiet()
    with _silent(), _temporary_in(model.parent):
        try:
            library.quantize_static(
                model, out, _reader(library.CalibrationDataReader, iter(feeds)),
                quant_format=library.QuantFormat.QDQ, per_channel=True, reduce_range=reduced,
                activation_type=library.QuantType.QUInt8, weight_type=library.QuantType.QInt8,
                nodes_to_exclude=list(left_alone),
            )  # fmt: skip
        except (Fault, OSError, MemoryError):
            raise
        except Exception as error:  # onnxruntime's errors have no common kind of their own
            raise Fault("N708", f"onnxruntime's quantiser does not take the model: {short(error)}") from None


def _reader(kind: Any, feeds: Iterator[Feed]) -> Any:
    """What the quantiser asks for the next inputs, and gets None behind the last; of a ``kind`` of its own."""
    return type("Reader", (kind,), {"get_next": lambda self: next(feeds, None)})()


@contextlib.contextmanager
def _temporary_in(folder: Path) -> Iterator[None]:
    """Let the quantiser make its own temporary folder in ours, which goes also where the process is ended."""
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Let nothing be logged: the quantiser does through Python's root, and would give it a handler that stays."""
    root, before = logging.getLogger(), logging.root.manager.disable
    handler = logging.NullHandler()
    root.addHandler(handler)
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
        root.removeHandler(handler)
