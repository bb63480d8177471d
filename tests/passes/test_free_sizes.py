"""Free sizes: a model answers every size as the same net does that was given its numbers, and as a plain rule says."""

from __future__ import annotations

from itertools import product
from math import ceil, floor
from pathlib import Path

import numpy as np
import pytest

from netspec import passes
from netspec.diagnostics import SpecError
from netspec.interop.export import export, serialize
from netspec.net import load
from netspec.shape import Free, window
from netspec.weights import Model
from tests.agreement import LEVELS, by_engine, by_onnxruntime, differences, inputs_for, sound, weights_for, written

SIZES = ((5, 7), (6, 6), (4, 9), (8, 3), (10, 11))
POOLS = {
    "maxpool": lambda seen: seen.max((2, 3)),
    "avgpool": lambda seen: seen.mean((2, 3)),
    "lppool": lambda seen: np.sqrt((seen.astype(np.float64) ** 2).sum((2, 3))),
}


def places(size: int, kernel: int, stride: int, pad: int, up: bool) -> int:
    """The contract's sentence: rounded up, but no window starts in the padding behind."""
    count = (ceil if up else floor)((size + 2 * pad - kernel) / stride) + 1
    while up and (count - 1) * stride - pad >= size:
        count -= 1
    return count


def pooled(kind: str, x: np.ndarray, kernel: int, stride: int, pad: int, up: bool) -> np.ndarray:
    """A pool, window by window; padding is not counted."""
    height, width = (places(size, kernel, stride, pad, up) for size in x.shape[2:])
    y = np.zeros((*x.shape[:2], height, width))
    for i, j in product(range(height), range(width)):
        rows, columns = (slice(max(at * stride - pad, 0), at * stride - pad + kernel) for at in (i, j))
        y[:, :, i, j] = POOLS[kind](x[:, :, rows, columns])
    return y


@pytest.mark.slow
@pytest.mark.parametrize("kind", POOLS)
@pytest.mark.parametrize("up", [False, True])
def test_a_pool_answers_every_size_as_it_should(kind: str, up: bool) -> None:
    for kernel, stride, pad in product((1, 2, 3), (1, 2, 3), (0, 1)):
        if pad >= kernel:
            continue
        call = f"{kind}({kernel}, stride: {stride}, pad: {pad}, ceil: {str(up).lower()})"
        graph = sound(f"netspec 1\nnet A {{\ninput x: 2 x H x W\noutput y = x -> {call}\n}}\n")
        content = serialize(export(Model(graph, {}), {}))
        for height, width in SIZES:
            sized = graph.sized({"H": height, "W": width})
            inputs = inputs_for(sized, height)
            wanted = {"y": pooled(kind, inputs["x"], kernel, stride, pad, up)}
            told = f"{kernel} {stride} {pad} on {height} x {width}"
            assert sized.shapes["y/" + kind] == wanted["y"].shape[1:], told
            assert not list(differences(wanted, by_onnxruntime(content, inputs, LEVELS[-1]), told))
            assert not list(differences(wanted, by_engine(Model(sized, {}), inputs), told))


@pytest.mark.parametrize("up", [False, True])
def test_places_of_a_window_are_the_contracts_sentence(up: bool) -> None:
    for kernel, stride, size in product(range(1, 6), range(1, 8), range(1, 14)):
        for pad in range(kernel):
            wanted = places(size, kernel, stride, pad, up)
            if size + 2 * pad >= kernel:
                free = window(Free("H"), kernel, stride, (pad, pad), 1, up)
                assert window(size, kernel, stride, (pad, pad), 1, up) == wanted, (kernel, stride, pad, size)
                assert (free if isinstance(free, int) else free.at({"H": size})) == wanted, (kernel, stride, pad, size)


CHAINS = [
    "conv(3, 3, stride: 2, pad: same)", "conv(3, 2, stride: 3, pad: same)", "conv(3, 4, dilation: 2, pad: same)",
    "conv(3, 3x2, stride: 2x1, pad: 1x0)",
    "conv(4, 3, groups: 2, pad: 1, stride: 3)", "deconv(3, 3, stride: 2, pad: same)",
    "deconv(3, 2, stride: 3, pad: same)", "deconv(3, 3, stride: 2, pad: 1)",
    "deconv(3, 4, stride: 2, pad: same, dilation: 2)", "maxpool(3, stride: 2, pad: same)",
    "avgpool(3, stride: 2, pad: same, ceil: true)",
    "avgpool(4, stride: 3, pad: same)", "lppool(2, pad: same, p: 3, ceil: true)",
    "lppool(3x2, stride: 2x3, pad: 1, ceil: true)", "subsample(2)", "subsample(3x1)",
    "maxpool(2, ceil: true) -> maxpool(2, ceil: true)",
    "maxpool(3, stride: 2, ceil: true) -> conv(3, 1) -> avgpool(2, ceil: true)",
    "upsample(2)", "upsample(3x2, mode: linear)", "upsample(2) -> maxpool(3, stride: 2, ceil: true)",
    "pad(1x2) -> maxpool(2)", "pad(2) -> lppool(3, stride: 2, ceil: true)",
    "lrn(size: 3)", "group_norm(2)", "layer_norm", "shuffle(2)", "slice(maps: [2, 0])", "softmax", "norm", "prelu",
    "residual { conv(4, 3, pad: 1) }", "residual(shortcut: project) { conv(6, 3, pad: 1, stride: 2) }",
    "residual(shortcut: pad) { conv(6, 3, pad: 1, stride: 2) -> norm }",
    "residual(shortcut: auto) { conv(4, 3, pad: same, stride: 3) }",
    "residual(shortcut: auto) { maxpool(3, stride: 2, pad: 1) }",
    "residual(shortcut: pad) { maxpool(2, ceil: true) }", "[identity, conv(2, 3, pad: same)] -> concat",
    "[identity, global_avgpool -> dense(4) -> sigmoid] -> multiply",
    "conv(3, 3) -> global_maxpool -> dense(2)",
]  # fmt: skip


@pytest.mark.parametrize("chain", CHAINS)
def test_a_net_of_free_sizes_answers_as_the_net_of_numbers(chain: str) -> None:
    graph = sound(f"netspec 1\nnet A {{\ninput x: 4 x H x W\noutput y = x -> {chain}\n}}\n")
    weights = weights_for(graph)
    content = serialize(export(passes.run(Model(graph, weights), passes.DEPLOY), {}))
    for height, width in SIZES:
        sized = graph.sized({"H": height, "W": width})
        inputs = inputs_for(sized, width)
        assert not list(
            differences(
                by_engine(written(sized, weights), inputs),
                by_onnxruntime(content, inputs, LEVELS[-1]),
                f"{height} x {width}",
            )
        )


@pytest.mark.parametrize("name", ["N", "batch", "長"])
def test_no_size_has_the_name_of_the_batch(name: str) -> None:
    graph = sound(f"netspec 1\nnet A {{\ninput x: 2 x {name}\noutput y = x -> relu\n}}\n")
    model = export(Model(graph, {}), {})
    for value in (*model.graph.input, *model.graph.output):
        first, _, last = value.type.tensor_type.shape.dim
        assert last.dim_param == name and first.dim_param not in ("", name)


@pytest.mark.parametrize("chain", ["dense(3)", "flatten", "reshape(2 x 50)", "crop(2)", "local(3, 3)", "rbf(2)"])
def test_what_must_know_the_size_says_so(chain: str, tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(f"netspec 1\nnet A {{\ninput x: 4 x H x W\noutput y = x -> {chain}\n}}\n")
    with pytest.raises(SpecError, match="N212"):
        load(tmp_path / "a.net")


@pytest.mark.parametrize(
    "body",
    [
        "conv(4, 3, stride: 2, pad: same)",
        "maxpool(3, stride: 2, ceil: true)",
        "lppool(2, ceil: true) -> pad(1)",
        "avgpool(3, stride: 2, pad: 1, ceil: true)",
    ],
)
def test_a_convolutional_net_is_the_narrow_one_at_every_place(body: str, tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(
        f"netspec 1\nnet A {{\ninput x: 2 x 9 x 8\noutput y = x -> {body} -> dense(5) -> relu -> dense(3)\n}}\n"
    )
    net = load(tmp_path / "a.net")
    weights = weights_for(net.graph)
    wide = net.to_convolutional()
    content = serialize(export(wide.model(wide.reshaped(weights)), {}))
    x = inputs_for(net.graph)
    answer = by_onnxruntime(content, x, LEVELS[-1])
    assert not list(differences({"y": net.values(weights, x["x"])["y"][:, :, None, None]}, answer, "one place"))
    for height, width in ((12, 13), (15, 10)):
        larger = inputs_for(wide.graph.sized({"H": height, "W": width}))
        assert not list(
            differences(
                wide.values(wide.reshaped(weights), larger["x"]),
                by_onnxruntime(content, larger, LEVELS[-1]),
                "more places",
            )
        )
