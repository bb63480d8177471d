"""Activations: one row a function, forward and derivative side by side."""

from __future__ import annotations

from math import inf, pi, sqrt
from typing import ClassVar

import numpy as np

from netspec import ops
from netspec.engine.kernel import Array, Kernel, Memory, Run, Sizes, nothing, ones, rows
from netspec.ops import Operator

_SELU = 1.0507009873554805, 1.6732632423543772


class Pointwise(Kernel):
    """A number at a time: ``y = f(x)``; ``slope`` is its derivative from what is kept."""

    elementwise = True

    def f(self, x: Array, y: Array, t: Array) -> None:
        """Write f(x) to ``y``; ``t`` is workspace."""
        raise NotImplementedError

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        """Write f' to ``d``, from x or y (``keeps``)."""
        raise NotImplementedError

    def scratch(self, n: int) -> Sizes:
        return {"d": (n, *self.y), "t": (n, *self.y)}

    def forward(self, m: Memory) -> Run:
        x, y, t = m.xs[0], m.y, m.scratch["t"]
        return lambda: self.f(x, y, t)

    def backward(self, m: Memory) -> Run:
        dx = m.dxs[0]
        if dx is None:
            return nothing
        kept, dy, d, t = m.y if self.keeps == ("y",) else m.xs[0], m.dy, m.scratch["d"], m.scratch["t"]
        assert dy is not None

        def run() -> None:
            self.slope(kept, d, t)
            np.multiply(d, dy, out=dx)

        return run


class Relu(Pointwise):
    """min(max(x, 0), max); the derivative at the corners is 0."""

    op_type, keeps = ops.activation.Relu, ("y",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        np.clip(x, 0, inf if self.op.max is None else self.op.max, out=y)  # three times as fast as a maximum with a number

    def backward(self, m: Memory) -> Run:
        dx, dy, y, top = m.dxs[0], m.dy, m.y, self.op.max
        if dx is None or dy is None:
            return nothing
        above, below = (m.scratch[name].reshape(-1).view(np.bool_)[: y.size].reshape(y.shape) for name in ("d", "t"))

        def run() -> None:
            np.greater(y, 0, out=above)
            if top is not None:
                np.less(y, top, out=below)
                np.logical_and(above, below, out=above)
            np.multiply(dy, above, out=dx)

        return run


class LeakyRelu(Pointwise):
    """x or slope · x."""

    op_type, keeps = ops.activation.LeakyRelu, ("x",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        np.minimum(x, 0, out=t)
        np.multiply(t, self.op.slope, out=t)
        np.maximum(x, 0, out=y)
        np.add(y, t, out=y)

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        np.greater(kept, 0, out=d)
        np.multiply(d, 1 - self.op.slope, out=d)
        np.add(d, self.op.slope, out=d)


class Elu(Pointwise):
    """x or alpha · (exp x − 1)."""

    op_type: ClassVar[type[Operator]] = ops.activation.Elu
    keeps = ("x",)
    scale: ClassVar[float] = 1.0

    @property
    def alpha(self) -> float:
        """The depth of the floor."""
        return float(self.op.alpha)

    def f(self, x: Array, y: Array, t: Array) -> None:
        np.minimum(x, 0, out=t)
        np.expm1(t, out=t)
        np.multiply(t, self.alpha, out=t)
        np.maximum(x, 0, out=y)
        np.add(y, t, out=y)
        np.multiply(y, self.scale, out=y)

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        np.minimum(kept, 0, out=t)
        np.exp(t, out=t)
        np.multiply(t, self.alpha, out=t)
        np.greater(kept, 0, out=d)
        np.subtract(1, d, out=d)
        np.multiply(t, d, out=t)  # the curve below 0
        np.subtract(1, d, out=d)
        np.add(d, t, out=d)
        np.multiply(d, self.scale, out=d)


class Selu(Elu):
    """ELU with its own scale and floor."""

    op_type = ops.activation.Selu
    scale: ClassVar[float] = _SELU[0]

    @property
    def alpha(self) -> float:
        return _SELU[1]


class Gelu(Pointwise):
    """x · Φ(x); the derivative is Φ(x) + x · φ(x)."""

    op_type, keeps = ops.activation.Gelu, ("x",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        _normal(x, t)
        np.multiply(x, t, out=y)

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        np.multiply(kept, kept, out=t)
        np.multiply(t, -0.5, out=t)
        np.exp(t, out=t)
        np.multiply(t, kept, out=t)
        np.multiply(t, 1 / sqrt(2 * pi), out=t)
        _normal(kept, d)
        np.add(d, t, out=d)


def _normal(x: Array, out: Array) -> None:
    """Φ(x) to double precision, by the series and continued product of W. J. Cody's rational erfc (1969), a run at a time."""
    flat, wide = x.reshape(-1), out.reshape(-1)
    for at in range(0, flat.size, _RUN):
        part = flat[at : at + _RUN]
        z = np.abs(part).astype(np.float64) / sqrt(2)
        tail = np.where(z < 26, _erfc(np.minimum(z, 26)), 0) / 2
        np.copyto(wide[at : at + _RUN], np.where(part > 0, 1 - tail, tail), casting="same_kind")


#: Numbers of Φ worked out at a time: what that takes besides stays in cache.
_RUN = 2**12
_CODY_P = (3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3, 1.85777706184603153e-1)
_CODY_Q = (2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3)
_CODY_C = (5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1, 2.98635138197400131e2, 8.81952221241769090e2,
           1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3, 2.15311535474403846e-8)  # fmt: skip
_CODY_D = (1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3, 3.29079923573345963e3,
           4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3)  # fmt: skip
_CODY_R = (3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1, 1.60837851487422766e-2,
           6.58749161529837803e-4, 1.63153871373020978e-2)  # fmt: skip
_CODY_S = (2.56852019228982242, 1.87295284992346047, 5.27905102951428412e-1, 6.05183413124413191e-2, 2.33520497626869185e-3)


def _erfc(z: Array) -> Array:
    """erfc for z ≥ 0, Cody's three ranges."""
    small, square = np.minimum(z, 0.46875), np.minimum(z, 0.46875) ** 2
    top, low = _CODY_P[4] * square, square.copy()
    for p, q in zip(_CODY_P[:3], _CODY_Q[:3], strict=True):
        top, low = (top + p) * square, (low + q) * square
    near = 1 - small * (top + _CODY_P[3]) / (low + _CODY_Q[3])
    mid = np.clip(z, 0.46875, 4.0)
    top, low = _CODY_C[8] * mid, mid.copy()
    for c, d in zip(_CODY_C[:7], _CODY_D[:7], strict=True):
        top, low = (top + c) * mid, (low + d) * mid
    middle = np.exp(-mid * mid) * (top + _CODY_C[7]) / (low + _CODY_D[7])
    far_z = np.maximum(z, 4.0)
    inverse = 1 / far_z**2
    top, low = _CODY_R[5] * inverse, inverse.copy()
    for r, s in zip(_CODY_R[:4], _CODY_S[:4], strict=True):
        top, low = (top + r) * inverse, (low + s) * inverse
    rest = inverse * (top + _CODY_R[4]) / (low + _CODY_S[4])
    far = np.exp(-far_z * far_z) / far_z * (1 / sqrt(pi) - rest)
    return np.where(z <= 0.46875, near, np.where(z <= 4, middle, far))


class Sigmoid(Pointwise):
    """½ + ½ · tanh(x/2): no overflow on either side."""

    op_type, keeps = ops.activation.Sigmoid, ("y",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        logistic(x, y)

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        np.subtract(1, kept, out=d)
        np.multiply(d, kept, out=d)


def logistic(x: Array, out: Array) -> None:
    """1 / (1 + exp(−x))."""
    np.multiply(x, 0.5, out=out)
    np.tanh(out, out=out)
    np.multiply(out, 0.5, out=out)
    np.add(out, 0.5, out=out)


class Silu(Pointwise):
    """x · s; the derivative is s + x · s · (1 − s)."""

    op_type, keeps = ops.activation.Silu, ("x",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        logistic(x, t)
        np.multiply(x, t, out=y)

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        logistic(kept, t)
        np.subtract(1, t, out=d)
        np.multiply(d, kept, out=d)
        np.add(d, 1, out=d)
        np.multiply(d, t, out=d)


class HardSigmoid(Pointwise):
    """min(max(x/6 + ½, 0), 1)."""

    op_type, keeps = ops.activation.HardSigmoid, ("x",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        np.multiply(x, 1 / 6, out=t)
        np.add(t, 0.5, out=t)
        np.clip(t, 0, 1, out=y)

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        np.abs(kept, out=t)
        np.less(t, 3, out=d)
        np.multiply(d, 1 / 6, out=d)


class HardSwish(Pointwise):
    """x · min(max(x/6 + ½, 0), 1); the derivative within is x/3 + ½."""

    op_type, keeps = ops.activation.HardSwish, ("x",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        np.multiply(x, 1 / 6, out=t)
        np.add(t, 0.5, out=t)
        np.clip(t, 0, 1, out=t)
        np.multiply(x, t, out=y)

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        np.abs(kept, out=t)
        np.less(t, 3, out=d)
        np.multiply(kept, 1 / 3, out=t)
        np.add(t, 0.5, out=t)
        np.multiply(d, t, out=d)
        np.greater_equal(kept, 3, out=t)
        np.add(d, t, out=d)


class Tanh(Pointwise):
    """scale · tanh(slope · x); the derivative is slope · (scale − y²/scale)."""

    op_type, keeps = ops.activation.Tanh, ("y",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        if self.op.slope != 1:
            x = np.multiply(x, self.op.slope, out=t)
        np.tanh(x, out=y)
        if self.op.scale != 1:
            np.multiply(y, self.op.scale, out=y)

    def backward(self, m: Memory) -> Run:
        dx, dy, y, d = m.dxs[0], m.dy, m.y, m.scratch["d"]
        if dx is None or dy is None or self.op.scale != 1 or self.op.slope != 1:
            return super().backward(m)

        def run() -> None:  # dy - dy * y * y: a pass less than by way of the slope
            np.multiply(y, y, out=d)
            np.multiply(d, dy, out=d)
            np.subtract(dy, d, out=dx)

        return run

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        np.multiply(kept, kept, out=d)
        np.multiply(d, -self.op.slope / self.op.scale, out=d)
        np.add(d, self.op.slope * self.op.scale, out=d)


class Softplus(Pointwise):
    """log(1 + exp x); the derivative is the sigmoid."""

    op_type, keeps = ops.activation.Softplus, ("x",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        np.logaddexp(x, 0, out=y)

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        logistic(kept, d)


class Softsign(Pointwise):
    """x / (1 + |x|); the derivative is its square over x²."""

    op_type, keeps = ops.activation.Softsign, ("x",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        np.abs(x, out=t)
        np.add(t, 1, out=t)
        np.divide(x, t, out=y)

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        np.abs(kept, out=d)
        np.add(d, 1, out=d)
        np.multiply(d, d, out=d)
        np.divide(1, d, out=d)


class Abs(Pointwise):
    """|x|."""

    op_type, keeps = ops.activation.Abs, ("x",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        np.abs(x, out=y)

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        np.sign(kept, out=d)


class Square(Pointwise):
    """x²."""

    op_type, keeps = ops.activation.Square, ("x",)

    def f(self, x: Array, y: Array, t: Array) -> None:
        np.multiply(x, x, out=y)

    def slope(self, kept: Array, d: Array, t: Array) -> None:
        np.multiply(kept, 2, out=d)


class PRelu(Kernel):
    """x or a · x, a trained a map: dx = dy · (1 or a), da = Σ dy · min(x, 0)."""

    op_type, keeps, elementwise = ops.activation.PRelu, ("x",), True

    def scratch(self, n: int) -> Sizes:
        return {"t": (n, *self.y), "sum": (self.y[-1],)}

    def forward(self, m: Memory) -> Run:
        x, y, t, a = m.xs[0], m.y, m.scratch["t"], m.w["weight"]

        def run() -> None:
            np.minimum(x, 0, out=t)
            np.multiply(t, a, out=t)
            np.maximum(x, 0, out=y)
            np.add(y, t, out=y)

        return run

    def backward(self, m: Memory) -> Run:
        assert m.dy is not None
        x, t, a, dy, dx, da, total = m.xs[0], m.scratch["t"], m.w["weight"], m.dy, m.dxs[0], m.dw.get("weight"), m.scratch["sum"]
        one = ones(rows(t).shape[0], t)

        def run() -> None:
            if da is not None:
                np.minimum(x, 0, out=t)
                np.multiply(t, dy, out=t)
                np.matmul(one, rows(t), out=total)
                np.add(da, total, out=da)
            if dx is not None:
                np.greater(x, 0, out=t)
                np.subtract(1, t, out=dx)
                np.multiply(dx, a, out=dx)
                np.add(dx, t, out=dx)
                np.multiply(dx, dy, out=dx)

        return run
