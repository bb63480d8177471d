"""netspec features."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from netspec.cli.output import note, parameters, result, root, root_option, set_option
from netspec.cli.paths import PATH
from netspec.cli.rows import sinks
from netspec.cli.run import asked, closing, input_options
from netspec.diagnostics import Fault, printable

if TYPE_CHECKING:
    from netspec.runtime.predict import Predictor


@click.command("features")
@click.argument("model", type=PATH)
@click.argument("layer")
@input_options
@root_option
@set_option
@click.option("--weights", type=PATH, metavar="FILE", help="The weights, where MODEL is a spec.")
@click.option(
    "-o", "--out", type=PATH, required=True, metavar="FILE",
    help="Where the values go: an npz with `filename` and `features`, or a csv with a row for each input.",
)  # fmt: skip
def command(
    model: Path, layer: str, given: tuple[str, ...], settings: tuple[str, ...], weights: Path | None, out: Path,
    batch: int, threads: int | None, device: str, fast: bool, max_pixels: int | None,
) -> int:  # fmt: skip
    """Write the values of LAYER for each INPUT: a layer's path, or a value's name, which is its last layer.

    MODEL is a run's folder, a compiled model, or a spec with --weights; INPUT is as in `netspec run`.
    """
    from netspec.net.layers_of import opened
    from netspec.runtime.devices import Device

    if out.suffix not in (".npz", ".csv"):
        raise click.UsageError(f"-o takes a file that ends in .npz or .csv, not {out}")
    result(out, model, *([weights] if weights else []))
    began = perf_counter()
    session, value = opened(model, layer, weights, parameters(settings), root(), Device(device, batch, threads, fast))
    predictor, items = asked(session, given, [out], 1, threads, device, max_pixels)
    found = _Values(predictor, value)
    rows = found.rows(iter(items))
    if out.suffix == ".csv":
        with sinks({"csv": out}, False, [model]) as lines:
            for name, values in rows:
                numbers = {f"feature_{n}": number for n, number in enumerate(values.reshape(-1).tolist())}
                lines.add({"filename": name, **numbers})
    else:
        _save(out, rows)
    closing(predictor, items, found.count, perf_counter() - began)
    return int(found.count > found.good)


class _Values:
    """The values of one output, example by example; one that cannot be asked about is told and left out."""

    def __init__(self, predictor: Predictor, output: str) -> None:
        self.predictor, self.output, self.count, self.good = predictor, output, 0, 0

    def rows(self, items: Any) -> Iterator[tuple[str, Any]]:
        """The name of each and its values, maps first. Raises Fault N703 where they are of different sizes."""
        shape: tuple[int, ...] | None = None
        for name, found in self.predictor.values(items, self.output):
            self.count += 1
            if isinstance(found, Fault):
                note(f"{name}  error[{found.code}]: {printable(found.message)}")
                continue
            if shape is not None and found.shape != shape:
                sizes = (" x ".join(map(str, each)) for each in (found.shape, shape))
                raise Fault(
                    "N703",
                    f"{name} gives {' and others '.join(sizes)} values",
                    help="add a `resize(h, w)` to `prepare`, or ask about inputs of one size",
                )
            shape = found.shape
            self.good += 1
            yield name, found


def _save(out: Path, rows: Iterator[tuple[str, Any]]) -> None:
    """An npz of the names and of all values, in one array."""
    import io

    import numpy as np

    from netspec.files import atomic_write

    found = list(rows)
    names = np.array([name.encode("utf-8", "backslashreplace").decode() for name, _ in found], dtype=np.str_)
    features = np.stack([values for _, values in found]) if found else np.zeros((0,), np.float32)
    content = io.BytesIO()
    np.savez(content, filename=names, features=features)
    atomic_write(out, [content.getbuffer()])
    note(f"wrote {out}")
