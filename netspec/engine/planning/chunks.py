"""How many images are taken at a time, so that caches hold what a layer touches (`ways` says how much that is).

A chunk is so small that what a layer touches stays in a core's cache from one layer to the next, and so large that a
call is worth its price. Layers with many weights are the exception: to read the weights for every few images would
cost more than the cache saves, so they have chunks of their own, and with them phases of their own (a level).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import prod

from netspec.engine.kernel import Kernel
from netspec.engine.planning.plan import Call
from netspec.graph import Graph, Node

#: A layer with so many weights may begin a level, and does where its chunks would be so many times larger or smaller.
HEAVY, APART = 2**18, 4
#: Partial sums of gradients: so many for small nets, two from LARGE_NET numbers on.
PARTS, LARGE_NET = 4, 2**20
#: Nets of units only run batches of up to so many in one piece: one long product beats two short ones.
ONE_PIECE = 256
#: Numbers updated at a time: so many, or an eighth of a small net, so that all workers have their share.
SHORTEST, LONGEST = 2**13, 2**17


def images_of(graph: Graph, kernel: Kernel, node: Node, chunk: int) -> int:
    """How many images a layer should run on at a time: what it touches near ``chunk`` numbers, or near its weights."""
    one, two = kernel.scratch(1), kernel.scratch(2)
    growing = sum(prod(shape) for name, shape in one.items() if two[name] != shape)
    touched = max(1, growing + prod(kernel.y) + sum(map(prod, kernel.xs)))
    return max(1, max(chunk, 2 * _weight_numbers(graph, node)) // touched)


def levels_of(graph: Graph, images: Mapping[str, int], batch: int) -> dict[str, int]:
    """Values by level; layers of one level share their chunks.

    A level takes its chunks from its first layer with weights. A heavy layer that wants chunks ``APART`` times larger
    or smaller than those begins the next level; light layers stay with what they read.
    """
    levels, sizes = dict.fromkeys(graph.inputs, 0), dict.fromkeys(graph.inputs, 0)  # size 0: not decided yet
    for node in graph.nodes:
        before = max(node.inputs, key=lambda value: levels[value])
        level, size = levels[before], sizes[before]
        if _weight_numbers(graph, node) >= HEAVY:
            own = min(images[node.name], batch)
            # within a factor of APART the chunks of the level do; a level more costs a barrier, and values of the batch
            if size and not size / APART < own < size * APART:
                level += 1
            size = own if size == 0 or level > levels[before] else size
        elif not size:
            size = min(images[node.name], batch) if graph.local_weights(node) else 0
        levels[node.name], sizes[node.name] = level, size
    return levels


def cut(
    graph: Graph, phases: Sequence[Sequence[Call]], images: Mapping[str, int], batch: int
) -> tuple[tuple[tuple[tuple[int, int], ...], ...], int]:
    """The chunks of each phase, from and to which image, and the number of parts; shapes decide, never threads.

    The layer of a phase that wants the fewest images decides. There are two chunks at least, for two workers, and else
    a multiple of the parts, so that all parts have equally many.
    """
    parts = PARTS if graph.parameters() < LARGE_NET else 2
    units = not any(len(shape) > 1 for shape in graph.shapes.values())
    chunks = []
    for calls in phases:
        # a loss and what is run on all images at once want nothing
        least = min((images[call.node] for call in calls if call.node in images), default=batch)
        count = max(-(-batch // least), 2)
        count = min(2 if count == 2 else -(-count // parts) * parts, batch)
        # a net of units is all products: two short ones cost more than a second worker gives
        if units and batch <= ONE_PIECE:
            count = 1
        bounds = [batch * i // count for i in range(count + 1)]
        chunks.append(tuple(pairwise(bounds)))
    return tuple(chunks), min(max(map(len, chunks)), parts)


def stretch_length(numbers: int) -> int:
    """How many of a net's weights are updated at a time; a worker's workspace is twice that."""
    return min(LONGEST, max(SHORTEST, -(-numbers // 8)))


def _weight_numbers(graph: Graph, node: Node) -> int:
    return sum(prod(weight.shape) for weight in graph.local_weights(node).values())
