"""The forms in which a convolution's gradients are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from math import prod

from netspec.interop.gradients.sliding import Sliding
from netspec.interop.gradients.tape import Tape

#: Writes a gradient from two values: a kernel's, (maps of narrow, maps of wide in a group, taps…), from what is wide,
#: without rows that no position reaches, and what is narrow; an input's from what is narrow and the kernel.
Form = Callable[[Tape, Sliding, str, str], str]


# ---- the kernel's


def _convolution(tape: Tape, at: Sliding, wide: str, narrow: str) -> str:
    """A convolution over the batch: batch and maps change places in both, and so do strides and dilations."""
    axes = list(range(2, 2 + at.rank))
    if at.group == 1:
        data = tape("Transpose", wide, perm=[1, 0, *axes])
    else:  # (n, g · maps, …) to (maps, g · n, …)
        parted = tape("Reshape", wide, tape.ints([-1, at.group, at.maps, *at.wide[1:]]))
        turned = tape("Transpose", parted, perm=[2, 1, 0, *(axis + 1 for axis in axes)])
        data = tape("Reshape", turned, tape.ints([at.maps, -1, *at.wide[1:]]))
    window = tape("Transpose", narrow, perm=[1, 0, *axes])
    found = tape("Conv", data, window, strides=list(at.dilations), dilations=list(at.strides),
                 pads=[*at.before, *at.behind], group=at.group)  # fmt: skip
    return tape("Transpose", found, perm=[1, 0, *axes])


def _columns(tape: Tape, at: Sliding, wide: str, narrow: str) -> str:
    """What all taps see beside each other; a product for each example, and their sum."""
    places = prod(at.narrow[1:])
    rows = tape("Reshape", narrow, tape.ints([-1, at.group, at.narrow[0] // at.group, places]))
    seen = _seen(tape, at, wide, [-1, at.group, at.maps, places])
    columns = tape("Concat", *seen, axis=2) if len(seen) > 1 else seen[0]
    each = tape("MatMul", rows, tape("Transpose", columns, perm=[0, 1, 3, 2]))
    return _by_tap(tape, at, tape("ReduceSum", each, tape.ints([0]), keepdims=0))


def _product(tape: Tape, at: Sliding, wide: str, narrow: str) -> str:
    """What all taps see beside each other, and one product over the whole batch."""
    rows, seen = _over_batch(tape, at, wide, narrow)
    columns = tape("Concat", *seen, axis=1) if len(seen) > 1 else seen[0]
    return _by_tap(tape, at, tape("MatMul", rows, tape("Transpose", columns, perm=[0, 2, 1])))


def _taps(tape: Tape, at: Sliding, wide: str, narrow: str) -> str:
    """A product over the whole batch for each tap, which takes the least memory."""
    rows, seen = _over_batch(tape, at, wide, narrow)
    found = [tape("MatMul", rows, tape("Transpose", one, perm=[0, 2, 1])) for one in seen]
    return _by_tap(tape, at, tape("Concat", *found, axis=2) if len(found) > 1 else found[0])


def _over_batch(tape: Tape, at: Sliding, wide: str, narrow: str) -> tuple[str, list[str]]:
    """Rows (group, maps, examples · places) of ``narrow``, and of what each tap sees."""
    turn = [1, 0, *range(2, 2 + at.rank)]
    rows = tape("Reshape", tape("Transpose", narrow, perm=turn), tape.ints([at.group, at.narrow[0] // at.group, -1]))
    return rows, _seen(tape, at, wide, [at.group, at.maps, -1], turn)


def _seen(tape: Tape, at: Sliding, wide: str, shape: list[int], turn: list[int] | None = None) -> list[str]:
    """What each tap sees at all positions, in a shape."""
    if any((*at.before, *at.behind)):
        wide = tape("Pad", wide, tape.ints([0, 0, *at.before, 0, 0, *at.behind]))
    if turn is not None:
        wide = tape("Transpose", wide, perm=turn)
    axes, steps, found = tape.ints(range(2, 2 + at.rank)), tape.ints(at.strides), []
    for tap in product(*map(range, at.kernel)):
        starts = [place * apart for place, apart in zip(tap, at.dilations, strict=True)]
        ends = [a + (n - 1) * s + 1 for a, n, s in zip(starts, at.narrow[1:], at.strides, strict=True)]
        one = tape("Slice", wide, tape.ints(starts), tape.ints(ends), axes, steps)
        found.append(tape("Reshape", one, tape.ints(shape)))
    return found


def _by_tap(tape: Tape, at: Sliding, value: str) -> str:
    """(group, maps of narrow, taps · maps) with the taps behind."""
    apart = tape("Reshape", value, tape.ints([at.narrow[0], prod(at.kernel), at.maps]))
    return tape("Reshape", tape("Transpose", apart, perm=[0, 2, 1]), tape.ints([at.narrow[0], at.maps, *at.kernel]))


# ---- the input's


def _transposed(tape: Tape, at: Sliding, narrow: str, kernel: str) -> str:
    """A transposed convolution."""
    return tape("ConvTranspose", narrow, kernel, strides=list(at.strides), pads=[*at.before, *at.behind],
                dilations=list(at.dilations), group=at.group, output_padding=at.over)  # fmt: skip


def _turned(tape: Tape, at: Sliding, narrow: str, kernel: str) -> str:
    """A convolution with the kernel turned round, where the stride is 1; maps of a group change places."""
    axes, ends = range(2, 2 + at.rank), tape.ints([-(2**62)] * at.rank)
    back = tape.ints([-1] * at.rank)
    kernel = tape("Slice", kernel, back, ends, tape.ints(axes), back)
    if at.group == 1:
        kernel = tape("Transpose", kernel, perm=[1, 0, *axes])
    else:
        parted = tape("Reshape", kernel, tape.ints([at.group, -1, at.maps, *at.kernel]))
        parted = tape("Transpose", parted, perm=[0, 2, 1, *(axis + 1 for axis in axes)])
        kernel = tape("Reshape", parted, tape.ints([at.wide[0], -1, *at.kernel]))
    return tape("Conv", narrow, kernel, dilations=list(at.dilations), pads=at.around, group=at.group)


#: How each form is written, by its name.
KERNEL: Mapping[str, Form] = {
    "convolution": _convolution, "columns": _columns, "product": _product, "taps": _taps,
}  # fmt: skip
INPUT: Mapping[str, Form] = {"transposed": _transposed, "turned": _turned}
