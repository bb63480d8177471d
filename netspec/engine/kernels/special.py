"""Functions that NumPy has not: the logistic function, the normal distribution, the complementary error function."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np

from netspec.engine.kernel import Array

#: Numbers of Φ worked out at a time: what that takes besides stays in cache.
RUN = 2**12
#: Beyond it erfc is less than any double precision number.
LAST = 26

# Coefficients, the lowest power first and the highest last but for the leading one of the divisor, which is 1, from
# W. J. Cody, Rational Chebyshev approximations for the error function (Mathematics of Computation 23, 1969), as in
# NETLIB's calerf.
NEAR = 0.46875
#: erf(z)/z in z², up to 0.46875.
NEAR_TOP = (
    3.20937758913846947e3,
    3.77485237685302021e2,
    1.13864154151050156e2,
    3.16112374387056560,
    1.85777706184603153e-1,
)
NEAR_LOW = (2.84423683343917062e3, 1.28261652607737228e3, 2.44024637934444173e2, 2.36012909523441209e1)
#: exp(z²) · erfc(z) in z, from there up to 4.
MIDDLE_TOP = (
    1.23033935479799725e3,
    2.05107837782607147e3,
    1.71204761263407058e3,
    8.81952221241769090e2,
    2.98635138197400131e2,
    6.61191906371416295e1,
    8.88314979438837594,
    5.64188496988670089e-1,
    2.15311535474403846e-8,
)
MIDDLE_LOW = (
    1.23033935480374942e3,
    3.43936767414372164e3,
    4.36261909014324716e3,
    3.29079923573345963e3,
    1.62138957456669019e3,
    5.37181101862009858e2,
    1.17693950891312499e2,
    1.57449261107098347e1,
)
#: 1/√π − z · exp(z²) · erfc(z) in 1/z², less a factor of 1/z², beyond.
FAR_TOP = (
    6.58749161529837803e-4,
    1.60837851487422766e-2,
    1.25781726111229246e-1,
    3.60344899949804439e-1,
    3.05326634961232344e-1,
    1.63153871373020978e-2,
)
FAR_LOW = (
    2.33520497626869185e-3,
    6.05183413124413191e-2,
    5.27905102951428412e-1,
    1.87295284992346047,
    2.56852019228982242,
)


def logistic(x: Array, out: Array) -> None:
    """1 / (1 + exp(−x))."""
    np.multiply(x, 0.5, out=out)
    np.tanh(out, out=out)
    np.multiply(out, 0.5, out=out)
    np.add(out, 0.5, out=out)


def normal(x: Array, out: Array) -> None:
    """Φ(x), the normal distribution, to double precision, a run at a time: ½ · erfc(|x|/√2) below 0, its rest above."""
    flat, wide = x.reshape(-1), out.reshape(-1)
    for at in range(0, flat.size, RUN):
        part = flat[at : at + RUN]
        z = np.abs(part).astype(np.float64) / sqrt(2)
        tail = np.where(z < LAST, erfc(np.minimum(z, LAST)), 0) / 2
        np.copyto(wide[at : at + RUN], np.where(part > 0, 1 - tail, tail), casting="same_kind")


def erfc(z: Array) -> Array:
    """1 − erf(z) for z of at least 0, by Cody's three ranges."""
    small = np.minimum(z, NEAR)
    top, low = _fraction(small**2, NEAR_TOP, NEAR_LOW)
    near = 1 - small * top / low
    mid = np.clip(z, NEAR, 4.0)
    top, low = _fraction(mid, MIDDLE_TOP, MIDDLE_LOW)
    middle = np.exp(-mid * mid) * top / low
    large = np.maximum(z, 4.0)
    inverse = 1 / large**2
    top, low = _fraction(inverse, FAR_TOP, FAR_LOW)
    far = np.exp(-large * large) / large * (1 / sqrt(pi) - inverse * top / low)
    return np.where(z <= NEAR, near, np.where(z <= 4, middle, far))


def _fraction(z: Array, tops: tuple[float, ...], lows: tuple[float, ...]) -> tuple[Array, Array]:
    """Both polynomials at once, by Horner's rule; the divisor's leading coefficient is 1."""
    *_, leading = tops
    top, low = leading * z, z.copy()
    for p, q in zip(tops[-2:0:-1], lows[:0:-1], strict=True):
        top, low = (top + p) * z, (low + q) * z
    return top + tops[0], low + lows[0]
