"""The running maximum, axis by axis: rows first, which are long stretches of memory."""

from __future__ import annotations

from math import prod

import numpy as np

from netspec import ops
from netspec.engine.kernel import Array, Kernel, Memory, Run, Sizes, in_turn, nothing
from netspec.engine.kernels.pool.windowed import along, combine, spans

#: Numbers of what enters that are worked on at a time, so that all passes but the first find them in the cache.
BLOCK = 2**17


class MaxPool(Kernel):
    """The largest under a window is the largest along the last axis of the largest along those before; the gradient
    goes to the first of equals along each."""

    op_type, keeps = ops.pool.MaxPool, ("x", "y")
    backwards = ("tap", "rest", "dy0", "dy1")

    def setup(self) -> None:
        maps, sizes = self.xs[0][-1], list(self.xs[0][:-1])
        self.window, places = self.op.window((maps, *sizes)), self.y[:-1]
        #: For each axis with a window of more than one cell: the value (outer, size, long) that enters, and the
        #: windows' places.
        self.stages: list[tuple[int, tuple[int, int, int], int]] = []
        for i, place in enumerate(places):
            if self.window.kernel[i] > 1 or self.window.stride[i] > 1:
                self.stages.append((i, (prod(places[:i]), sizes[i], prod(sizes[i + 1 :]) * maps), place))
        self.images = max(1, BLOCK // prod(self.xs[0]))

    def scratch(self, n: int) -> Sizes:
        n = min(n, self.images)
        made = [n * outer * place * long for _, (outer, _, long), place in self.stages]
        between = {f"{name}{i}": (size,) for i, size in enumerate(made[:-1]) for name in ("y", "dy")}
        return {**between, "tap": (max(made, default=1),), "rest": (max(made, default=1),)}

    def stretches(self, n: int) -> int:
        return -(-n // self.images)

    def _blocks(self, m: Memory) -> list[slice]:
        return [slice(i, min(i + self.images, len(m.y))) for i in range(0, len(m.y), self.images)]

    def _between(self, m: Memory, name: str, stage: int, block: slice, whole: Array) -> Array:
        """What a stage makes, (outer, places, long): for the last one a part of the layer's own result."""
        _, (outer, _, long), places = self.stages[stage]
        if stage == len(self.stages) - 1:
            return whole[block].reshape(-1, places, long)
        n = block.stop - block.start
        return m.scratch[f"{name}{stage}"][: n * outer * places * long].reshape(-1, places, long)

    def _upwards(self, m: Memory, block: slice, last: bool) -> list[Run]:
        """The calls that make each stage's result, without the last one's unless asked for."""
        calls: list[Run] = []
        value = m.xs[0][block]
        for stage, (axis, (_, size, long), places) in enumerate(self.stages if last else self.stages[:-1]):
            out = self._between(m, "y", stage, block, m.y)
            calls.append(
                combine(np.maximum, -np.inf, out, along(self.window, axis, value.reshape(-1, size, long), places))
            )
            value = out
        return calls

    def forward(self, m: Memory) -> Run:
        x, y = m.xs[0], m.y
        if not self.stages:
            return lambda: np.copyto(y, x)
        return in_turn([call for block in self._blocks(m) for call in self._upwards(m, block, True)])

    def backward(self, m: Memory) -> Run:
        dx, dy = m.dxs[0], m.dy
        if dx is None or dy is None:
            return nothing
        if not self.stages:
            return lambda: np.copyto(dx, dy)
        calls: list[Run] = []
        for block in self._blocks(m):
            calls += self._upwards(m, block, False)
            for stage in reversed(range(len(self.stages))):
                _, (_, size, long), _ = self.stages[stage]
                inputs, gradients = m.xs[0][block], dx[block]
                if stage:
                    inputs, gradients = (self._between(m, name, stage - 1, block, m.y) for name in ("y", "dy"))
                result, given = (
                    self._between(m, name, stage, block, whole) for name, whole in (("y", m.y), ("dy", dy))
                )
                calls.append(
                    self._downwards(
                        stage, inputs.reshape(-1, size, long), result, given, gradients.reshape(-1, size, long), m
                    )
                )

        return in_turn(calls)

    def _downwards(self, stage: int, x: Array, y: Array, dy: Array, dx: Array, m: Memory) -> Run:
        """The call that gives each window's gradient to the first of its equals along one axis."""
        axis, _, places = self.stages[stage]
        whole, rest = (m.scratch[name][: y.size].reshape(y.shape) for name in ("tap", "rest"))
        stride, seen, given, parts = self.window.stride[axis], set[int](), dy, []
        taps = spans(self.window, axis, dx.shape[1], places)
        copied = taps[0][0] != slice(0, places)  # the first tap does not hand everything on
        if copied:
            given = rest
        for cut, under in taps:
            fresh = under.start % stride not in seen  # no tap before put anything there
            seen.add(under.start % stride)
            parts.append((x[:, under], y[:, cut], whole[:, cut], given[:, cut], rest[:, cut], dx[:, under], fresh))
            given = rest
        *_, left_over, _, last, put = parts[-1]  # who was no maximum is given what is left, which is nothing
        outside = _outside(dx, taps, stride)

        def run() -> None:
            if copied:
                np.copyto(rest, dy)
            for cells in outside:
                cells.fill(0)
            for view, top, tap, left, after, target, fresh in parts[:-1]:
                np.equal(view, top, out=tap)
                share = target if fresh else tap
                np.multiply(tap, left, out=share)
                np.subtract(left, share, out=after)
                if not fresh:
                    np.add(target, tap, out=target)
            if put:
                np.copyto(last, left_over)
            else:
                np.add(last, left_over, out=last)

        return run


def _outside(dx: Array, taps: list[tuple[slice, slice]], stride: int) -> list[Array]:
    """The cells that the first tap to reach a step of the stride leaves out: nothing is put there."""
    first: dict[int, slice] = {}
    for _, under in taps:
        first.setdefault(under.start % stride, under)
    cells = []
    for rest in range(min(stride, dx.shape[1])):
        if rest not in first:
            cells.append(dx[:, rest::stride])
            continue
        under = first[rest]
        end = under.start + len(range(under.start, under.stop, stride)) * stride
        cells += [dx[:, rest : under.start : stride], dx[:, end::stride]]
    return [part for part in cells if part.size]


class GlobalMaxPool(Kernel):
    """The largest over positions; the gradient goes to the first of equals."""

    op_type, keeps = ops.pool.GlobalMaxPool, ("x",)

    def forward(self, m: Memory) -> Run:
        x, y = m.xs[0].reshape(m.y.shape[0], -1, m.y.shape[1]), m.y
        return lambda: np.max(x, axis=1, out=y)

    def backward(self, m: Memory) -> Run:
        dx = m.dxs[0]
        if dx is None:
            return nothing
        assert m.dy is not None
        dy = m.dy
        x = m.xs[0].reshape(dy.shape[0], -1, dy.shape[1])
        flat = dx.reshape(x.shape)

        def run() -> None:
            flat.fill(0)
            np.put_along_axis(flat, np.argmax(x, axis=1)[:, None], dy[:, None], axis=1)

        return run
