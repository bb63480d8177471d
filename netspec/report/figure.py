"""A net as a figure tells it: statements as frames, blocks folded to one box, repeats drawn once.

What a folded block is made of stands in a panel of its own, once for all blocks of its name and build.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, field

from netspec.graph import Graph, Node, parts
from netspec.ops import Operator
from netspec.ops.operator import COMMON
from netspec.shape import show

#: Families whose layers stand in the box of the layer before them.
FOLLOWERS = ("activation", "norm", "training")


@dataclass
class Item:
    """A box, or a frame around items. ``edges`` join its items by their places in ``items``.

    ``entries`` are the items that read a value from outside, by value; ``exits`` those that are read there.
    """

    key: str
    title: str
    nodes: list[Node]
    lines: list[str] = field(default_factory=list)
    family: str = ""
    shape: str = ""
    times: int = 1
    build: tuple[object, ...] = ()  # kinds of layers, for the choice of a panel
    repeat: tuple[object, ...] = ()  # layers with their arguments, for repeats
    items: list[Item] = field(default_factory=list)
    edges: list[tuple[int, int]] = field(default_factory=list)
    entries: dict[str, list[int]] = field(default_factory=dict)
    exits: list[int] = field(default_factory=list)
    folded: bool = False
    block: str = ""


@dataclass
class Figure:
    """The net, and a panel for each kind of folded block."""

    net: Item
    panels: list[Item]


def figure(graph: Graph, opened: Set[str] = frozenset()) -> Figure:
    """The figure of a graph; blocks named in ``opened`` (by name or path, or ``all``) are drawn where they stand."""
    maker = _Maker(graph, opened)
    net = maker.frame("", graph.name, list(graph.nodes), 0)
    panels: dict[object, Item] = {}
    maker.panels(net, panels)
    return Figure(net, list(panels.values()))


def base(name: str) -> str:
    """A place's name without its number: ``unit_3`` is a ``unit``."""
    name = name.partition("#")[0]
    head, _, tail = name.rpartition("_")
    return head if head and tail.isdigit() else name


def blocks(graph: Graph) -> set[str]:
    """What ``figure`` can open: blocks by name and by path."""
    found: set[str] = set()
    for places in (parts(node.name)[:-1] for node in graph.nodes):
        found |= {base(place) for place in places} | {"/".join(places[: n + 1]) for n in range(len(places))}
    return found


def layer_text(op: Operator) -> str:
    """A layer as a file would write it, without how it learns."""
    first = op.positional()
    given = []
    for name in [*first, *(n for n in type(op).fields() if n not in first and n not in COMMON)]:
        value = getattr(op, name)
        if isinstance(value, tuple) and value and len(set(value)) == 1:
            value = value[0]
        if value != type(op).fields()[name].default:
            text = (
                " × ".join(map(str, value))
                if isinstance(value, tuple)
                else str(value).lower()
                if isinstance(value, bool)
                else str(value)
            )
            given.append(text if name in (first[0], "kernel") else f"{name}: {text}")
    return f"{op.name}({', '.join(given)})" if given else op.name


class _Maker:
    """Groups nodes by their paths, level by level."""

    def __init__(self, graph: Graph, opened: Set[str]) -> None:
        self.graph, self.opened = graph, opened
        self.place = {node.name: number for number, node in enumerate(graph.nodes)}
        self.outputs = {output.value for output in graph.outputs}

    def frame(self, key: str, title: str, nodes: list[Node], depth: int) -> Item:
        """The frame of a group: its items, joined, repeats drawn once."""
        groups: dict[str, list[Node]] = {}
        for node in nodes:
            groups.setdefault(parts(node.name)[depth], []).append(node)
        items = [self.inputs(name) for name in self.graph.inputs] if depth == 0 else []
        items += [
            self.item("/".join(filter(None, (key, name))), name, members, depth) for name, members in groups.items()
        ]
        frame = Item(key, title, nodes, items=items, shape=show(nodes[-1].shape) if nodes else "")
        self.join(frame)
        self.follow(frame)
        self.repeat(frame)
        frame.build = (base(title), *(item.build for item in frame.items))
        frame.repeat = (base(title), *((item.repeat, item.times) for item in frame.items))
        return frame

    def inputs(self, name: str) -> Item:
        """The box of an input."""
        return Item(name, name, [], family="input", shape=show(self.graph.inputs[name]))

    def item(self, key: str, name: str, nodes: list[Node], depth: int) -> Item:
        """A layer's box, or a group's frame, folded unless it is a statement or asked for."""
        if len(parts(nodes[0].name)) == depth + 1:
            op = nodes[0].op
            family = type(op).__module__.rsplit(".", 1)[1]
            return Item(
                key, "", nodes, [layer_text(op)], family, show(nodes[0].shape), build=(op.name,), repeat=(str(op),)
            )
        frame = self.frame(key, name, nodes, depth + 1)
        frame.title = frame.block = base(name) if depth else name.partition("#")[0]
        if len(frame.items) == 1:
            (only,) = frame.items
            if depth == 0 or not only.folded:
                only.title = frame.title if not only.folded else f"{frame.title}: {only.title}"
                only.key = key
            return only
        frame.folded = depth > 0 and not {"all", key, frame.title} & self.opened and frame.title != "shortcut"
        frame.family = "block" if frame.folded else ""
        if all(item.folded for item in frame.items) and len(frame.edges) == len(frame.items) - 1:
            frame.lines = [
                " → ".join(item.title + (f" × {item.times}" if item.times > 1 else "") for item in frame.items)
            ]
        return frame

    def join(self, frame: Item) -> None:
        """Edges between items, and where values come in and go out."""
        frame.edges, frame.entries, frame.exits = [], {}, []
        owner = {node.name: at for at, item in enumerate(frame.items) for node in item.nodes}
        owner |= {item.key: at for at, item in enumerate(frame.items) if item.family == "input"}
        edges: dict[tuple[int, int], None] = {}
        for at, item in enumerate(frame.items):
            for node in item.nodes:
                for value in node.inputs:
                    source = owner.get(value)
                    if source is None:
                        if at not in frame.entries.setdefault(value, []):
                            frame.entries[value].append(at)
                    elif source != at:
                        edges[source, at] = None
                if node.name in self.outputs or any(user.name not in owner for user in self.graph.users[node.name]):
                    frame.exits.append(at)
        frame.edges = list(edges)
        frame.exits = list(dict.fromkeys(frame.exits)) if frame.key else []

    def follow(self, frame: Item) -> None:
        """Activations, norms and dropout go into the box of the layer before them."""

        def fits(a: Item, b: Item) -> bool:
            return (
                not a.items and not b.items and not b.title and b.family in FOLLOWERS and a.family not in ("input", "")
            )

        def put(a: Item, b: Item) -> Item:
            short = ", ".join([*a.lines[1:], *b.lines])
            family = a.family if a.family not in FOLLOWERS else b.family
            return Item(
                a.key,
                a.title,
                a.nodes + b.nodes,
                [a.lines[0], short],
                family,
                b.shape,
                build=a.build + b.build,
                repeat=a.repeat + b.repeat,
            )

        self.merge(frame, fits, put)

    def repeat(self, frame: Item) -> None:
        """Equal neighbours become one with a number."""

        def fits(a: Item, b: Item) -> bool:
            return a.repeat == b.repeat and a.title == b.title and a.family == b.family and bool(b.nodes)

        def put(a: Item, b: Item) -> Item:
            a.nodes, a.times, a.shape = a.nodes + b.nodes, a.times + b.times, b.shape
            return a

        self.merge(frame, fits, put)

    def merge(self, frame: Item, fits: Callable[[Item, Item], bool], put: Callable[[Item, Item], Item]) -> None:
        """Each item into the one before, where it reads nothing else and nothing else reads that."""
        after: dict[int, set[int]] = {}
        before: dict[int, set[int]] = {}
        for a, b in frame.edges:
            after.setdefault(a, set()).add(b)
            before.setdefault(b, set()).add(a)
        entered = {at for all_ in frame.entries.values() for at in all_}
        into: dict[int, int] = {}
        for at, item in enumerate(frame.items):
            sources = before.get(at, set())
            source = next(iter(sources), None)
            if source is None or len(sources) > 1 or after[source] != {at} or at in entered or source in frame.exits:
                continue
            home = into.get(source, source)
            if fits(frame.items[home], item):
                frame.items[home] = put(frame.items[home], item)
                into[at] = home
        frame.items = [item for at, item in enumerate(frame.items) if at not in into]
        self.join(frame)

    def panels(self, frame: Item, found: dict[object, Item]) -> None:
        """A panel for each kind of folded block, in the order in which a reader meets them."""
        for item in frame.items:
            if item.folded:
                found.setdefault(item.build, item)
        for item in frame.items:
            if item.items:
                self.panels(item, found)
