"""A dense layer whose weights are shared is a convolution."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import netspec
from netspec.claims.claim import Finding, claim
from netspec.claims.deciding import decided
from netspec.claims.lab import Lab
from netspec.files import temporary_folder
from netspec.runtime.session import open_model

Array = NDArray[Any]

SIDE, KERNEL = 8, 3
OUT = SIDE - KERNEL + 1


def table() -> str:
    """The rows of a shared table (SIDE² -> OUT²): cell (y, x) feeds output (i, j) by weight (y - i, x - j)."""
    lines = []
    for y in range(SIDE):
        for x in range(SIDE):
            offsets = [(y - i, x - j) for i in range(OUT) for j in range(OUT)]
            near = [0 <= dy < KERNEL and 0 <= dx < KERNEL for dy, dx in offsets]
            lines.append(
                " ".join(f"w{dy}{dx}" if close else "." for (dy, dx), close in zip(offsets, near, strict=True))
            )
    return "\n".join(lines)


def spec() -> str:
    """Both nets' text: one of units with the table, one of a map with a kernel."""
    return f"""netspec 1
net Shared(table_form = true) {{
    input image: 1 x {SIDE} x {SIDE}
    shared table kernel: {SIDE * SIDE} -> {OUT * OUT} {{
{table()}
    }}
    block units() {{ in -> flatten -> dense({OUT * OUT}, table: kernel, bias: false) }}
    block kernels() {{ in -> conv(1, {KERNEL}, bias: false) -> flatten }}
    output y = image -> (units if table_form else kernels)
}}
"""


@claim(
    "A convolution is a dense layer with an infinitely strong prior: zeros far away, and the same weights everywhere.",
    source="Goodfellow, Bengio, Courville 2016: Deep learning, section 9.4; LeCun 1989: Generalization and network "
    "design strategies",
    measured=f"answers of a dense layer with a shared table ({SIDE * SIDE} -> {OUT * OUT}) and of a convolution with "
    f"the same {KERNEL * KERNEL} weights, both compiled, bit by bit, for 1,000 random pictures of whole numbers",
    minutes=0.1,
)
def measure(lab: Lab) -> Finding:
    """Every bit is equal. The numbers are whole, so that the order in which products are added changes nothing."""
    shared, conv = (netspec.loads(spec(), table_form=form) for form in (True, False))
    equal = []
    for seed in lab.seeds:
        rng = np.random.default_rng(seed)
        kernel = rng.integers(-8, 9, (KERNEL, KERNEL)).astype(np.float32)
        x = rng.integers(-100, 101, (1000, 1, SIDE, SIDE)).astype(np.float32)
        answers = [answered(net, kernel, x) for net in (shared, conv)]
        equal.append(bool((answers[0].view(np.int32) == answers[1].view(np.int32)).all()))
    return Finding(
        decided(equal),
        f"{sum(equal)} of {len(equal)} seeds agree in every bit; both have {shared.parameters} parameters, a dense "
        f"layer without the prior {SIDE * SIDE * OUT * OUT:,}.",
        ("", "parameters", "connections"),
        [
            ("dense with the shared table", f"{shared.parameters:,}", f"{shared.summary()['connections']:,}"),
            ("convolution", f"{conv.parameters:,}", f"{conv.summary()['connections']:,}"),
            ("dense with all", f"{SIDE * SIDE * OUT * OUT:,}", f"{SIDE * SIDE * OUT * OUT:,}"),
        ],
    )


def answered(net: netspec.Net, kernel: Array, x: Array) -> Array:
    """What the compiled net answers with a kernel's numbers, on the CPU."""
    weights = {name: kernel.reshape(array.shape) for name, array in net.initial().items()}
    with temporary_folder() as folder:
        net.compile(Path(folder) / "model.onnx", weights)
        return open_model(Path(folder) / "model.onnx", "cpu").run(x)[0]
