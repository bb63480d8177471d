"""A net from a file: look at it, check, train, compile and run it. The joint of all rooms; commands and notebooks call it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Fault, Problems, Source, SpecError, Trouble, did_you_mean
from netspec.elaborate import Elaborated, elaborate, read_source
from netspec.graph import Graph, Node, Output
from netspec.language import parse
from netspec.net.tuned import keep_tuned, tuned
from netspec.settings import Data, Train
from netspec.shape import show

if TYPE_CHECKING:
    from netspec.engine.methods import Trial
    from netspec.engine.profile import Profile
    from netspec.engine.train import Event
    from netspec.net.kept import Kept
    from netspec.weights import Arrays, Model


def load(path: str | Path, *, root: str | Path | None = None, **parameters: Any) -> Net:
    """The net in a file with its parameters set. Raises SpecError with all that is wrong, Trouble where no file is.

    What the file uses lies below ``root``: unless said, the folder of the file.
    """
    return sound(Path(path), parameters, None if root is None else Path(root))


def sound(path: Path, parameters: Mapping[str, Any], root: Path | None = None) -> Net:
    """As ``load``, whatever the parameters are called."""
    problems = Problems()
    net = read(path, parameters, problems, root)
    if net is None and not problems.errors:
        problems.error("N608", None, f"{path} has no net: it is a library, whose blocks, tables and constants other files take",
                       help=f"give the file that has the net (it would say `use \"{Path(path).name}\"`), or write one here: `net Name {{ … }}`")  # fmt: skip
    if problems.errors or net is None:
        raise SpecError(problems)
    return net


def read(path: Path, parameters: Mapping[str, Any], problems: Problems, root: Path | None = None) -> Net | None:
    """As ``load``, but what is wrong goes into ``problems``; None for a file without a sound net."""
    try:
        source = read_source(path)
    except Trouble:
        raise
    except Fault as fault:
        problems.add(fault.problem())
        return None
    file = parse(source, problems)
    meaning = elaborate(file, problems, parameters, path, root)
    return None if meaning.graph is None else Net(source, meaning, meaning.graph, problems, path, dict(parameters))


def setting(text: str) -> Any:
    """A value from the command line: a number, boolean or list, else the text itself."""
    from netspec.elaborate.expressions import evaluate
    from netspec.elaborate.scope import Failed, Halted, Scope
    from netspec.language import syntax as s

    problems = Problems()
    file = parse(Source("--set", f"netspec 1\nlet value = {text}\n"), problems)
    item = file.items[0] if file.items else None
    if problems.errors or len(file.items) != 1 or not isinstance(item, s.Let):
        return text
    try:
        value = evaluate(item.value, Scope(Problems()))
    except (Failed, Halted):
        return text
    return value if isinstance(value, bool | int | float | list | str | tuple) else text


@dataclass(frozen=True)
class Layer:
    """A row of the summary; costs are None where they depend on a free size."""

    name: str
    kind: str
    shape: str
    parameters: int
    connections: int | None
    macs: int | None
    line: int


@dataclass(frozen=True)
class Net:
    """A checked net. ``problems`` holds its warnings, ``path`` is its file, ``given`` are the parameters that were set."""

    source: Source
    meaning: Elaborated
    graph: Graph
    problems: Problems
    path: Path | None = None
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def files(self) -> list[Path]:
        """The files that it was read from."""
        return [*([] if self.path is None else [self.path]), *self.meaning.files]

    @property
    def name(self) -> str:
        """What the file calls it."""
        return self.graph.name

    @property
    def train_settings(self) -> Train:
        """What ``train { … }`` says."""
        return self.meaning.train

    @property
    def data(self) -> Data:
        """What ``data { … }`` says."""
        return self.meaning.data

    @property
    def parameters(self) -> int:
        """Numbers that are trained."""
        return self.graph.parameters()

    @property
    def layers(self) -> list[Layer]:
        """A row for each layer, in order; a share's parameters stand at its first use."""
        return [_layer(self.graph, node, first) for node, first in self.graph.fresh()]

    def spec(self, settings: Train | None = None) -> Kept:
        """A spec that says by itself what this net is and, with ``settings``, how it was trained: nothing has to be set again."""
        from netspec.net.kept import kept

        return kept(self, settings or self.meaning.train)

    def check(self) -> Problems:
        """The warnings of the spec; a net with errors does not come to be."""
        return self.problems

    def at(self, sizes: Mapping[str, int]) -> Net:
        """The net with its free sizes given numbers. Raises Fault where one does not fit."""
        return replace(self, graph=self.graph.sized(sizes))

    def summary(self) -> dict[str, Any]:
        """What `netspec show --json` prints."""
        graph, cost = self.graph, self.graph.costs()
        made: dict[str, Any] = {
            "net": graph.name,
            "parameters": graph.parameters(),
            "connections": None if cost is None else cost.connections,
            "macs": None if cost is None else cost.macs,
            "inputs": {name: show(shape) for name, shape in graph.inputs.items()},
            "outputs": {output.name: show(graph.shapes[output.value]) for output in graph.outputs},
            "layers": [vars(layer) for layer in self.layers],
            "tables": {name: _table(table) for name, table in self.meaning.tables.items()},
        }
        if any(output.train for output in graph.outputs):
            small = graph.deployed()
            total = small.costs()
            made["deployed"] = {
                "parameters": small.parameters(),
                "macs": None if total is None else total.macs,
                "outputs": {output.name: show(small.shapes[output.value]) for output in small.outputs},
            }
        return made

    def training_bytes(self, batch: int | None = None, workers: int | None = None, recompute: bool = False) -> int:
        """The memory that a training step takes on batches of so many examples (the spec's unless said), in bytes.

        With ``recompute`` activations that are cheap to make again are not kept.
        """
        return self._bytes(workers, recompute)(batch or self.train_settings.batch)

    def _bytes(self, workers: int | None, recompute: bool) -> Callable[[int], int]:
        """The memory that training takes, as a function of the batch; each size is worked out once."""
        from netspec.engine.optimiser import STATE
        from netspec.engine.plan import Outline
        from netspec.machine import cores

        settings, count = self.train_settings, workers or cores()
        outline = Outline(self.graph, True, settings.loss, methods=tuned(), recompute=recompute)
        kept = len(STATE[settings.optimizer.name]) + (settings.average is not None)
        return lambda batch: outline.plan(batch).training_bytes(kept, count)

    def largest_batch(self, memory: int, workers: int | None = None, recompute: bool = False, most: int = 2**20) -> int:
        """The largest batch, up to ``most``, whose training takes at most ``memory`` bytes; 0 where not even one example fits."""
        from netspec.net.budget import largest

        return largest(self._bytes(workers, recompute), memory, most)

    def profile(self, batch: int | None = None, workers: int | None = None, recompute: bool = False) -> Profile:
        """Where the time of a training step goes, on random numbers."""
        from netspec.engine.profile import profile

        return profile(self.graph, self.train_settings, batch or self.train_settings.batch, workers, methods=tuned(), recompute=recompute)

    def tune(self) -> Iterator[Trial]:
        """Time the methods that can run each convolution on this machine, and keep what was found for later plans."""
        from netspec.engine.methods import trials

        found = dict(tuned())
        for trial in trials(self.graph):
            found.pop(trial.key, None)
            if trial.best != trial.usual:
                found[trial.key] = trial.best
            yield trial
        keep_tuned(found)

    # ---- weights, training, compiling

    def initial(self, seed: int | None = None) -> dict[str, Any]:
        """Fresh weights from a seed (the spec's unless said)."""
        from netspec.weights import initial

        return initial(self.graph, self.meaning.train.seed if seed is None else seed)

    def weights_from(self, path: Path) -> tuple[dict[str, Any], Data]:
        """The weights of a file, held against the net; the data settings with what training measured."""
        from netspec.interop.weight_files import load_weights
        from netspec.weights import fit

        arrays, told = load_weights(path)
        fit(self.graph, arrays)
        data = self.data
        if isinstance(told.get("data"), dict):
            with suppress(KeyError, ValueError, TypeError):
                data = data.with_measured(Data.from_json(told["data"]))
        return arrays, data

    def to_convolutional(self) -> Net:
        """The net with its dense layers as convolutions: it reads pictures of any size and answers with a map.

        ``reshaped`` brings this net's weights to it. Raises Fault N606 where a layer has no such form.
        """
        from netspec.passes import convolutional

        return replace(self, graph=convolutional(self.graph))

    def reshaped(self, weights: Arrays) -> dict[str, Any]:
        """The weights of the net that this one was made from, in this one's shapes."""
        from netspec.passes import reshaped

        return reshaped(self.graph, weights)

    def features(self, name: str) -> Net:
        """The net up to a named value, or a layer's path, which becomes its only output. Raises Fault where there is none."""
        value = self.graph.names.get(name, name)
        if value not in self.graph.users:
            raise Fault("N101", f"net {self.name} has no value {name}", help=did_you_mean(name, [*self.graph.names, *self.graph.users]))
        return replace(self, graph=replace(self.graph, outputs=(Output(name, value),)).deployed())

    def values(self, weights: Arrays, *inputs: Any) -> dict[str, Any]:
        """What the deployed net answers to prepared inputs (images, maps, height, width), by output, computed by the engine."""
        import numpy as np

        from netspec.engine.evaluate import values

        given = {name: np.asarray(x, dtype=np.float32) for name, x in zip(self.graph.inputs, inputs, strict=True)}
        sizes = {
            dim.name: size
            for name, x in given.items() for dim, size in zip(self.graph.inputs[name], x.shape[1:], strict=True) if not isinstance(dim, int)
        }  # fmt: skip
        net = self.at(sizes) if sizes else self
        kept = {path: array for path, array in weights.items() if path in net.graph.weights}
        answers = values(net.model(kept), {name: np.moveaxis(x, 1, -1) for name, x in given.items()})
        return {name: np.moveaxis(y, -1, 1) for name, y in answers.items()}

    def import_weights(self, path: Path, out: Path) -> int:
        """Write the weights of a file under PyTorch's names by this net's paths; how many tensors. Raises Fault where they do not fit."""
        from netspec.files import check_target
        from netspec.interop.torch_names import from_torch
        from netspec.interop.weight_files import load_weights, save_weights
        from netspec.weights import fit

        check_target(out, [*self.files, path])
        arrays = from_torch(self.graph, load_weights(path)[0])
        fit(self.graph, arrays)
        save_weights(out, arrays, {"net": self.name, "data": self.data.to_json()})
        return len(arrays)

    def model(self, weights: Arrays) -> Model:
        """The deployed model: every pass of DEPLOY done."""
        from netspec import passes
        from netspec.weights import Model

        return passes.run(Model(self.graph, weights), passes.DEPLOY)

    def compile(self, path: str | Path, weights: Arrays | None = None, data: Data | None = None, raw_pixels: bool = False) -> Model:
        """Write the ONNX model; without weights, fresh ones from the seed. Returns the deployed model.

        With ``raw_pixels`` it prepares pictures itself: its input is uint8, (N, height, width, maps), float32 behind a `range`. Raises Fault N607 where the
        net reads no picture.
        """
        from netspec.files import atomic_write, check_target
        from netspec.interop.export import export, serialize
        from netspec.passes import check_size

        check_target(path, self.files)
        check_size(self.graph)
        model = self.model(self.initial() if weights is None else weights)
        data = data or self.data
        atomic_write(Path(path), serialize(export(model, {**self.metadata(data), "raw_pixels": raw_pixels}, data if raw_pixels else None)))
        return model

    def metadata(self, data: Data) -> dict[str, Any]:
        """What travels in the model besides its graph."""
        from netspec.net.kept import with_values

        ends, losses = {node.name: node.op.name for node in self.graph.nodes}, self.train_settings.loss
        outputs = {out.name: {"end": ends.get(out.value, ""), "loss": losses.get(out.name)} for out in self.graph.outputs if not out.train}
        first = next(iter(outputs.values()))
        return {"version": 1, "net": self.name, "spec": with_values(self), "data": data.to_json(), **first, "outputs": outputs}

    def input_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Shapes of the inputs by name; None where a size is free."""
        return {name: tuple(n if isinstance(n, int) else None for n in shape) for name, shape in self.graph.inputs.items()}

    def train(
        self, data: str | Path, *, out: str | Path | None = None, epochs: int | None = None, seed: int | None = None,
        workers: int | None = None, stop: Callable[[], bool] = lambda: False, resume: str | Path | None = None,
        settings: Train | None = None, batch: int | None = None, memory: int | None = None, recompute: bool = False,
        force: bool = False, command: str | None = None, tell: Callable[[str], None] = lambda text: None,
        max_pixels: int | None = None,
    ) -> Iterator[Event]:  # fmt: skip
        """Train on the data of a folder; yields an event for each step and epoch.

        With ``out`` the spec, the weights after each epoch, a log, the model and the state are kept in that folder;
        ``resume`` is such a folder, whose training goes on where it stood, bit for bit. A folder that has a run is refused (Trouble
        N713), unless ``force`` moves it aside, and one where another training is at work always is (N714). ``command`` is noted as
        how the run was asked for, and ``tell`` gets lines that are worth knowing. ``settings`` stand in for the spec's.
        ``memory`` is how many bytes training may take: without ``batch`` the largest that fits is used, and a ``batch`` that
        does not fit is Fault N712. ``recompute`` makes activations again in backward in place of keeping them; where the
        memory asks for it, that is done by itself.
        """
        settings = (settings or self.meaning.train).model_copy(
            update={k: v for k, v in (("epochs", epochs), ("seed", seed), ("batch", batch)) if v is not None}
        )
        from netspec.net.budget import Budget
        from netspec.net.keeping import Keep
        from netspec.net.training import Training

        where = Keep(None if out is None else Path(out), None if resume is None else Path(resume), force, command, tell)
        return Training(self, settings, Path(data), where, workers, stop, Budget(memory, batch is not None, recompute), max_pixels).run()

    def run(self, paths: Sequence[str | Path], model: str | Path, top: int = 1, device: str = "auto", max_pixels: int | None = None) -> list[Any]:
        """The answers of a compiled model for pictures."""
        from netspec.runtime.predict import files, predict
        from netspec.runtime.session import open_model

        return list(predict(open_model(Path(model), device), files([Path(p) for p in paths]), top, max_pixels))


def _layer(graph: Graph, node: Node, first: bool) -> Layer:
    cost = graph.cost(node)
    return Layer(
        node.name, node.op.name, show(node.shape), graph.node_parameters(node) if first else 0,
        None if cost is None else cost.connections, None if cost is None else cost.macs, node.line,
    )  # fmt: skip


def _table(table: Any) -> dict[str, Any]:
    if not hasattr(table, "inputs"):
        return {"size": show(table.size), "taps": table.count, "weights": table.weights}
    return {name: getattr(table, name) for name in ("inputs", "outputs", "connections", "fan_in", "weights")}

