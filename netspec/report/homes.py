"""Where in a figure each layer stands: on the way that its path tells, a share's further uses where they are used.

A share has one place, wherever it is used. A use that reads what a statement or block makes and is read there again
stands within it: beside it the two would be before and behind each other.
"""

from __future__ import annotations

from collections.abc import Collection

from netspec.graph import Graph, Node

Places = tuple[str, ...]


def homes(graph: Graph) -> dict[str, Places]:
    """The places on the way to each node, by its name."""
    found = {node.name: tuple(node.path.split("/")) for node in graph.nodes}
    if not graph.shares:
        return found
    uses = {node.name: use for node in graph.nodes if (use := _use(graph, node)) is not None}
    before, after = _around(graph.nodes, found, uses), _around(graph.nodes[::-1], found, uses, graph)
    for node in graph.nodes:
        use = uses.get(node.name)
        if use is not None:
            share, number = use
            *around, name = share.split("/")
            home = max(tuple(around), _common(before[use], after[use]), key=len)
            found[node.name] = (*home, name + number, *found[node.name][len(around) + 1 :])
    return found


def base(name: str) -> str:
    """A place's name without its number: ``unit_3`` is a ``unit``."""
    name = name.partition("#")[0]
    head, _, tail = name.rpartition("_")
    return head if head and tail.isdigit() else name


def blocks(graph: Graph) -> set[str]:
    """What ``figure`` can open: blocks by name and by path."""
    found: set[str] = set()
    for places in {places[:-1] for places in homes(graph).values()}:
        found |= {base(place) for place in places} | {"/".join(places[: n + 1]) for n in range(len(places))}
    return found


def _use(graph: Graph, node: Node) -> tuple[str, str] | None:
    """The place of the share that a node is of, and the number of the use, such as ``#2``."""
    share = graph.share_of(node.path)
    _, sign, number = node.name.partition("#")
    return None if share is None else (share, sign + number)


def _around(
    nodes: Collection[Node], places: dict[str, Places], uses: dict[str, tuple[str, str]], users: Graph | None = None
) -> dict[tuple[str, str], set[Places]]:
    """Which layers each use of a share reads, or, of nodes from the last on, is read by; through other shares, too."""
    found: dict[tuple[str, str], set[Places]] = {use: set() for use in uses.values()}
    for node in nodes:
        use = uses.get(node.name)
        if use is not None:
            for name in node.inputs if users is None else [user.name for user in users.users[node.name]]:
                other = uses.get(name)
                if other is None:
                    found[use] |= {places[name]} if name in places else set()
                elif other != use:
                    found[use] |= found[other]
    return found


def _common(some: Collection[Places], others: Collection[Places]) -> Places:
    """The longest way that one of some and one of others have in common."""
    known = {places[:count] for places in some for count in range(len(places))}
    return max(
        (places[:n] for places in others for n in range(len(places)) if places[:n] in known), key=len, default=()
    )
