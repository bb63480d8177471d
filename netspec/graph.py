"""The net as a flat, typed, shaped graph: frozen values, and the few rewrites that passes are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod

from netspec.diagnostics.html import Told, page_table
from netspec.ops import Cost, Operator, Weight
from netspec.shape import Shape, at, is_free, numbers, show


@dataclass(frozen=True)
class Node(Told):
    """One use of a layer. ``path`` is where its weights live; ``name`` is the node's own, and its value's."""

    name: str
    path: str
    op: Operator
    inputs: tuple[str, ...]
    shape: Shape
    line: int = 0

    def key(self, local: str) -> str:
        """The path of one of its weights: ``C3/conv.weight``."""
        return f"{self.path}.{local}"


@dataclass(frozen=True)
class Output(Told):
    """A value that leaves the net; ``train`` marks an auxiliary head, ``weight`` is its share of the loss."""

    name: str
    value: str
    train: bool = False
    weight: float = 1.0


@dataclass(frozen=True, repr=False)
class Graph:
    """Nodes in the order of their computation; ``names`` are the statements' values.

    ``calls`` are the uses of blocks as a file writes them, with the values of their arguments, by the paths of what
    they became: ``i3a/inception`` is ``inception(64, 96, 128, 16, 32, 32)``. ``shares`` are the places of shares.
    """

    name: str
    inputs: Mapping[str, Shape]
    nodes: tuple[Node, ...]
    outputs: tuple[Output, ...]
    names: Mapping[str, str] = field(default_factory=dict)
    calls: Mapping[str, str] = field(default_factory=dict)
    shares: Set[str] = frozenset()

    def __repr__(self) -> str:
        return f"Graph({self.name}: {len(self.nodes):,} layers, {self.parameters():,} parameters)"

    def _repr_html_(self) -> str:
        rows = [(node.name, node.op, ", ".join(node.inputs), show(node.shape)) for node in self.nodes]
        return page_table(repr(self), ("layer", "operator", "reads", "shape"), rows, texts=4)

    def places(self, name: str) -> list[str]:
        """The places on the way to a node of a name; another use of a share stands beside the first."""
        path, sign, use = name.partition("#")
        places = path.split("/")
        if sign:
            places[(self.share_of(path) or "").count("/")] += sign + use
        return places

    def share_of(self, path: str) -> str | None:
        """The place of the innermost share that a layer of a path is of."""
        places = path.split("/")
        ways = ("/".join(places[:count]) for count in range(len(places), 0, -1))
        return next((way for way in ways if way in self.shares), None)

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """The shape of every value."""
        return {**self.inputs, **{node.name: node.shape for node in self.nodes}}

    @cached_property
    def users(self) -> dict[str, list[Node]]:
        """The nodes that read each value."""
        found: dict[str, list[Node]] = {name: [] for name in self.shapes}
        for node in self.nodes:
            for value in dict.fromkeys(node.inputs):
                found[value].append(node)
        return found

    def input_shapes(self, node: Node) -> list[Shape]:
        """The shapes that enter a node."""
        return [self.shapes[value] for value in node.inputs]

    @cached_property
    def _local(self) -> dict[str, dict[str, Weight]]:
        known: dict[tuple[object, ...], dict[str, Weight]] = {}  # a deep net has few layers that differ
        found = {}
        for node in self.nodes:
            shapes = self.input_shapes(node)
            key = id(node.op), *shapes
            if key not in known:
                known[key] = node.op.weights(shapes)
            found[node.name] = known[key]
        return found

    def local_weights(self, node: Node) -> dict[str, Weight]:
        """What a node has, by local name."""
        return self._local[node.name]

    @cached_property
    def weights(self) -> dict[str, Weight]:
        """Every array of weights by its path; a share's once."""
        return {node.key(k): w for node in self.nodes for k, w in self.local_weights(node).items()}

    def fresh(self) -> Iterator[tuple[Node, bool]]:
        """The nodes, each with whether its weights are counted here: a share's at its first use."""
        seen: set[str] = set()
        for node in self.nodes:
            yield node, node.path not in seen
            seen.add(node.path)

    def parameters(self, nodes: Iterable[Node] | None = None) -> int:
        """How many numbers are trained, in the whole net or in some nodes; a share counts once."""
        paths: dict[str, Node] = {}
        for node in self.nodes if nodes is None else nodes:
            paths.setdefault(node.path, node)
        return sum(self.node_parameters(node) for node in paths.values())

    def node_parameters(self, node: Node) -> int:
        """How many numbers of a node are trained."""
        weights = self.local_weights(node)
        if not weights or getattr(node.op, "frozen", False):
            return 0
        return sum(prod(w.shape) for w in weights.values() if w.trained)

    def multiples(self, node: Node, local: str) -> tuple[float, float]:
        """Multiples of the rate and the decay of one of its weights: decay reaches kernels only, unless it is said."""
        place = 1 if local == "bias" else 0
        decay = getattr(node.op, "decay", None)
        kernel = 1.0 if self.local_weights(node)[local].role == "kernel" else 0.0
        return getattr(node.op, "rate", (1.0, 1.0))[place], kernel if decay is None else decay[place]

    def cost(self, node: Node) -> Cost | None:
        """What a node costs an example; None where it depends on a free size."""
        shapes = self.input_shapes(node)
        key = id(node.op), *shapes
        if key not in self._costs:
            free = is_free(node.shape) or any(map(is_free, shapes))
            self._costs[key] = None if free else node.op.cost(shapes, numbers(node.shape))
        return self._costs[key]

    @cached_property
    def _costs(self) -> dict[tuple[object, ...], Cost | None]:
        return {}

    def costs(self, nodes: Iterable[Node] | None = None) -> Cost | None:
        """The sum over nodes, every use of a share counted; None where one depends on a free size."""
        total = Cost()
        for node in self.nodes if nodes is None else nodes:
            cost = self.cost(node)
            if cost is None:
                return None
            total = Cost(total.connections + cost.connections, total.macs + cost.macs)
        return total

    def deployed(self) -> Graph:
        """Without auxiliary heads and what only they need."""
        kept = tuple(output for output in self.outputs if not output.train)
        needed = {output.value for output in kept}
        for node in reversed(self.nodes):
            if node.name in needed:
                needed.update(node.inputs)
        nodes = tuple(node for node in self.nodes if node.name in needed)
        names = {name: value for name, value in self.names.items() if value in needed}
        return replace(self, nodes=nodes, outputs=kept, names=names)

    def replace(self, change: Callable[[Node], Node | None]) -> Graph:
        """Each node as ``change`` returns it; None keeps it."""
        return replace(self, nodes=tuple(change(node) or node for node in self.nodes))

    def bypass(self, gone: Callable[[Node], bool]) -> Graph:
        """Without the nodes that ``gone`` names: who read them reads their first input."""
        instead: dict[str, str] = {}
        nodes = []
        for node in self.nodes:
            inputs = tuple(instead.get(value, value) for value in node.inputs)
            if gone(node):
                instead[node.name] = inputs[0]
            else:
                nodes.append(replace(node, inputs=inputs))
        outputs = tuple(replace(out, value=instead.get(out.value, out.value)) for out in self.outputs)
        names = {name: instead.get(value, value) for name, value in self.names.items()}
        return replace(self, nodes=tuple(nodes), outputs=outputs, names=names)

    def sized(self, sizes: Mapping[str, int]) -> Graph:
        """With free sizes given numbers; every shape is derived again. Raises Fault where one does not fit."""
        return replace(self, inputs={name: at(shape, sizes) for name, shape in self.inputs.items()})._derived()

    def _derived(self) -> Graph:
        shapes: dict[str, Shape] = dict(self.inputs)
        nodes = []
        for node in self.nodes:
            shapes[node.name] = node.op.shape([shapes[value] for value in node.inputs])
            nodes.append(replace(node, shape=shapes[node.name]))
        return replace(self, nodes=tuple(nodes))

    def check(self) -> Graph:
        """Itself, after every shape was derived again by the operators' own rules; RuntimeError where one differs."""
        for mine, derived in zip(self.nodes, self._derived().nodes, strict=True):
            if mine.shape != derived.shape:
                raise RuntimeError(f"{mine.name} should be {show(derived.shape)} and is {show(mine.shape)}")
        return self
