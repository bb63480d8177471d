"""A net as a figure tells it: statements as frames, blocks folded to one box, repeats drawn once.

What a folded block is made of stands in a panel of its own, once for all blocks of its name and build. Every layer of
the net is in a box, in a panel, or counted by the number behind one of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, field

from netspec.graph import Graph, Node
from netspec.report.cycles import Cycles
from netspec.report.homes import base, homes
from netspec.report.layer_text import layer_text
from netspec.shape import show
from netspec.tables import KernelTable, Table

#: Families whose layers stand in the box of the layer before them.
FOLLOWERS = ("activation", "norm", "training")
#: A block that is a chain of so few boxes is drawn where it stands.
SHORT = 3


@dataclass
class Item:
    """A box, or a frame around items. ``edges`` join its items by their places in ``items``.

    ``entries`` are the items that read a value from outside, by its name; ``exits`` those that are read there, or are
    an output. ``layers`` are those of a box as a file writes them; a frame and a folded block have none. All this is
    there ``times`` times.
    """

    key: str
    name: str = ""  # of the statement, share or input
    value: str = ""  # what the net calls the value of a share
    call: str = ""  # the use of a block, with the values of its arguments
    block: str = ""  # its name
    nodes: list[Node] = field(default_factory=list)
    layers: list[str] = field(default_factory=list)
    family: str = ""
    shape: str = ""
    times: int = 1
    shared: bool = False  # whether its weights are used elsewhere, too
    build: tuple[object, ...] = ()  # kinds of layers and how they are joined, for the choice of a panel
    repeat: tuple[object, ...] = ()  # the same with the layers' arguments, for repeats
    items: list[Item] = field(default_factory=list)
    edges: list[tuple[int, int]] = field(default_factory=list)
    entries: dict[str, list[int]] = field(default_factory=dict)
    exits: list[int] = field(default_factory=list)
    folded: bool = False
    tables: list[Table | KernelTable] = field(default_factory=list)

    @property
    def is_chain(self) -> bool:
        """Whether one value goes through all its items, one after the other."""
        last = len(self.items) - 1
        inside = sorted(self.edges) == [(n, n + 1) for n in range(last)]
        return inside and list(self.entries.values()) == [[0]] and set(self.exits) <= {last}


@dataclass
class Figure:
    """The net, and a panel for each kind of folded block."""

    net: Item
    panels: list[Item]


def figure(graph: Graph, opened: Set[str] = frozenset()) -> Figure:
    """The figure of a graph; blocks named in ``opened`` (by name or path, or ``all``) are drawn where they stand."""
    maker = _Maker(graph, opened)
    net = maker.frame("", list(graph.nodes), 0)
    panels: dict[object, Item] = {}
    _panels(net, panels)
    return Figure(net, list(panels.values()))


def _panels(frame: Item, found: dict[object, Item]) -> None:
    """A panel for each kind of folded block, in the order in which a reader meets them."""
    for item in frame.items:
        if item.folded:
            found.setdefault((item.block, item.build), item)
    for item in frame.items:
        _panels(item, found)


def walk(items: Iterable[Item]) -> Iterator[Item]:
    """Items and all that they hold."""
    for item in items:
        yield item
        yield from walk(item.items)


class _Maker:
    """Groups nodes by their paths, level by level."""

    def __init__(self, graph: Graph, opened: Set[str]) -> None:
        self.graph, self.opened = graph, opened
        self.outputs = {output.value for output in graph.deployed().outputs or graph.outputs}
        self.names = {value: name for name, value in graph.names.items()}
        self.uses = Counter(node.path for node in graph.nodes)
        self.homes = homes(graph)

    def frame(self, key: str, nodes: list[Node], depth: int) -> Item:
        """The frame of a group: its items, joined, repeats drawn once, short blocks where they stand."""
        groups: dict[str, list[Node]] = {}
        for node in nodes:
            groups.setdefault(self.homes[node.name][depth], []).append(node)
        items = [self.inputs(name) for name in self.graph.inputs] if depth == 0 else []
        items += [self.item("/".join(filter(None, (key, name))), name, group, depth) for name, group in groups.items()]
        frame = Item(key, nodes=nodes, items=items, shape=show(nodes[-1].shape) if nodes else "")
        self.join(frame)
        self.follow(frame)
        self.repeat(frame)
        folded = {item.block for item in frame.items if item.folded}
        for item in frame.items:  # what is folded once is folded each time
            item.folded |= bool(item.items) and item.block in folded and not self.is_opened(item.key, item.block)
        self.unwrap(frame)
        self.cycle(frame)
        self.identify(frame)
        return frame

    def identify(self, frame: Item) -> None:
        """What makes a frame equal to another: its items and how they are joined."""
        wiring = tuple(frame.edges), tuple(map(tuple, frame.entries.values()))
        frame.build = (wiring, *((item.block, item.build, item.times) for item in frame.items))
        frame.repeat = (wiring, *((item.block, item.repeat, item.times) for item in frame.items))

    def cycle(self, frame: Item) -> None:
        """Several items that follow each other again and again become a frame with a number."""
        kinds = [None if item.name else (item.repeat, item.block, item.folded, item.times) for item in frame.items]
        for found in reversed(list(Cycles(kinds, frame.edges, frame.entries, frame.exits))):
            run = frame.items[found.start : found.end]
            group = Item(run[0].key, items=run[: found.length], shape=run[-1].shape, times=found.times)
            self.join(group)
            self.identify(group)
            group.nodes = [node for item in run for node in item.nodes]
            frame.items[found.start : found.end] = [group]
        self.join(frame)

    def is_shared(self, node: Node) -> bool:
        """Whether the weights of a node are those of another, too."""
        return self.uses[node.path] > 1 and bool(self.graph.local_weights(node))

    def is_opened(self, key: str, block: str) -> bool:
        """Whether a block is to be drawn where it stands, as a frame."""
        return bool({"all", key, block} & self.opened)

    def inputs(self, name: str) -> Item:
        """The box of an input."""
        return Item(name, name, family="input", shape=show(self.graph.inputs[name]))

    def item(self, key: str, name: str, nodes: list[Node], depth: int) -> Item:
        """A layer's box, or a group's frame, folded unless it is a statement, short or asked for."""
        inside = len(self.homes[nodes[0].name]) - depth - 1
        if not inside:
            return self.box(key, nodes[0])
        frame = self.frame(key, nodes, depth + 1)
        path = "/".join(nodes[0].path.split("/")[:-inside])
        block, call = base(name), self.graph.calls.get(path, "")
        opened, named = self.is_opened(key, block), depth == 0 or path in self.graph.shares
        frame.shared = path in self.graph.shares and any(map(self.is_shared, nodes))
        if len(frame.items) == 1:
            (only,) = frame.items
            only.key = key
            only.folded = only.folded and not opened
            if named:
                only.name, only.value = name.partition("#")[0], self.names.get(nodes[-1].name, "")
            elif only.items and only.times == 1:
                only.block, only.call = block, call or block
            return only
        if named:
            frame.name, frame.value = name.partition("#")[0], self.names.get(nodes[-1].name, "")
            for inner in walk(frame.items) if frame.shared else ():  # the frame says it for all
                inner.shared = False
        else:
            short = frame.is_chain and len(frame.items) <= SHORT
            frame.block, frame.call = block, call or block
            frame.folded = not opened and not short and block != "shortcut"
        return frame

    def box(self, key: str, node: Node) -> Item:
        """A layer's box."""
        op = node.op
        return Item(
            key,
            nodes=[node],
            layers=[layer_text(op)],
            family=type(op).__module__.rsplit(".", 1)[1],
            shape=show(node.shape),
            shared=self.is_shared(node),
            build=(op.name,),
            repeat=(str(op),),
            tables=[table for table in op.arguments().values() if isinstance(table, Table | KernelTable)],
        )

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
                        if at not in frame.entries.setdefault(self.names.get(value, value), []):
                            frame.entries[self.names.get(value, value)].append(at)
                    elif source != at:
                        edges[source, at] = None
                if node.name in self.outputs or any(user.name not in owner for user in self.graph.users[node.name]):
                    frame.exits.append(at)
        frame.edges, frame.exits = list(edges), list(dict.fromkeys(frame.exits))

    def follow(self, frame: Item) -> None:
        """Activations, norms and dropout go into the box of the layer before them, which stands there once."""

        def fits(a: Item, b: Item) -> bool:
            plain = not (a.items or b.items or b.name) and a.times == b.times == 1
            return plain and b.family in FOLLOWERS and a.family not in ("input", "")

        def put(a: Item, run: list[Item]) -> None:
            for b in run:
                a.nodes += b.nodes
                a.layers += b.layers
                a.tables += b.tables
            a.shape, a.shared = run[-1].shape, a.shared or any(b.shared for b in run)
            a.family = a.family if a.family not in FOLLOWERS else run[-1].family
            a.build += tuple(kind for b in run for kind in b.build)
            a.repeat += tuple(layer for b in run for layer in b.repeat)

        self.merge(frame, fits, put)

    def repeat(self, frame: Item) -> None:
        """Equal neighbours become one with a number."""

        def fits(a: Item, b: Item) -> bool:
            same = a.repeat == b.repeat and a.name == b.name and a.block == b.block and a.folded == b.folded
            return same and bool(b.nodes)

        def put(a: Item, run: list[Item]) -> None:
            for b in run:
                a.nodes += b.nodes
                a.times += b.times
            a.shape, a.value = run[-1].shape, run[-1].value

        self.merge(frame, fits, put)

    def unwrap(self, frame: Item) -> None:
        """The items of short blocks stand among the others, unless the block is all there is, repeated or asked for."""

        def short(item: Item) -> bool:
            plain = bool(item.items) and bool(item.block) and not item.folded and not item.name and item.times == 1
            return plain and item.is_chain and not self.is_opened(item.key, item.block)

        if len(frame.items) > 1 and any(short(item) for item in frame.items):
            frame.items = [inner for item in frame.items for inner in (item.items if short(item) else [item])]
            self.join(frame)
            self.follow(frame)

    def merge(self, frame: Item, fits: Callable[[Item, Item], bool], put: Callable[[Item, list[Item]], None]) -> None:
        """Each item into the one before, where it reads nothing else and nothing else reads that.

        ``fits`` sees the first of a run as it was, and ``put`` takes all that follow at once: a run may be a whole net.
        """
        after: dict[int, set[int]] = {}
        before: dict[int, set[int]] = {}
        for a, b in frame.edges:
            after.setdefault(a, set()).add(b)
            before.setdefault(b, set()).add(a)
        entered = {at for all_ in frame.entries.values() for at in all_}
        exits, into, runs = set(frame.exits), dict[int, int](), dict[int, list[Item]]()
        for at, item in enumerate(frame.items):
            sources = before.get(at, set())
            source = next(iter(sources), None)
            if source is None or len(sources) > 1 or after[source] != {at} or at in entered or source in exits:
                continue
            home = into.get(source, source)
            if fits(frame.items[home], item):
                runs.setdefault(home, []).append(item)
                into[at] = home
        for home, run in runs.items():
            put(frame.items[home], run)
        frame.items = [item for at, item in enumerate(frame.items) if at not in into]
        self.join(frame)
