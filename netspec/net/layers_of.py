"""A model that gives the values of one layer: of a spec with weights, a run, or a compiled model."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Fault, SpecError, Trouble, did_you_mean
from netspec.kinds import kind_of
from netspec.locations import in_run

if TYPE_CHECKING:
    from netspec.net.net import Net
    from netspec.runtime.devices import Device
    from netspec.runtime.session import Session


def opened(
    path: Path,
    layer: str,
    weights: Path | None = None,
    parameters: Mapping[str, Any] | None = None,
    root: Path | None = None,
    device: str | Device = "auto",
) -> tuple[Session, str]:
    """The model, and the name of its output that has the values of a layer's path, or of a value's last layer.

    A spec needs ``weights``; a run has its own, the best or else the last. Raises Fault N101 where there is no such
    layer, with names that are near.
    """
    kind = kind_of(path)
    if kind in ("a spec", "a run's folder"):
        from netspec.net.reading import sound

        if weights is None and kind == "a spec":
            raise Trouble("N601", f"{path} is a spec, whose weights are missing", help="give them: `--weights FILE`")
        net = sound(in_run(path, "spec.net"), parameters or {}, root)
        return _of_net(net, path if weights is None else weights, layer, device)
    if weights is not None:
        raise Trouble("N601", f"{path} is no spec, and takes no weights", help="leave `--weights` out")
    return _of_model(path, layer, device)


def _of_net(net: Net, weights: Path, layer: str, device: str | Device) -> tuple[Session, str]:
    """The net up to the layer, compiled."""
    from netspec.interop.export import export, serialize
    from netspec.net.compiling import metadata
    from netspec.runtime.session import open_model

    part = net.features(layer)
    arrays, data = net.weights_from(weights)
    used = {path: arrays[path] for path in part.graph.weights}
    content = serialize(export(part.model(used), metadata(part, data)))
    return open_model(net.path or weights, device, content), part.graph.outputs[0].name


def _of_model(path: Path, layer: str, device: str | Device) -> tuple[Session, str]:
    """The compiled model with the layer's values as one more output."""
    from netspec.interop.logits import with_output
    from netspec.runtime.session import open_model

    session = open_model(path, device)
    if layer in session.outputs:
        return session, layer
    names = _named(session.metadata.get("spec"))
    value = names.get(layer, layer)
    if value in session.outputs:
        return session, value
    if value in session.inputs:
        raise Fault("N101", f"{layer} is an input of {path}, which no layer gives")
    content, known = with_output(path, value)
    if content is None:
        raise Fault(
            "N101",
            f"{path} has no layer {layer}" + (": it is a part of another one there" if layer in names.values() else ""),
            help=did_you_mean(layer, [*names, *known])
            or "layers that were folded into others are found in the run, or in the spec with `--weights`",
        )
    return open_model(path, device, content), value


def _named(spec: object) -> dict[str, str]:
    """The names of a model's values by the layers that give them, where the spec that it carries is read."""
    from netspec.net.reading import loads

    if not isinstance(spec, str):
        return {}
    try:
        graph = loads(spec).graph
    except (SpecError, Fault):  # of a later netspec, or of anybody
        return {}
    last = {output.value: output.name for output in graph.outputs}
    found = {name: last.get(value, value) for name, value in graph.names.items()}
    return {**{node.name: last.get(node.name, node.name) for node in graph.nodes}, **found}
