"""How many bytes a deployed net's weights have, by hand, and where one model file ends."""

from __future__ import annotations

import pytest

from netspec.diagnostics import Fault
from netspec.passes import check_size, deployed_bytes
from netspec.shape import LARGEST_MODEL
from tests.agreement import sound

#: The net behind its input, the input, and the numbers of the deployed net.
NETS = [
    ("conv(4, 3)", "2 x 5 x 5", 4 * 2 * 9 + 4),
    ("conv(4, 3, bias: false, groups: 2)", "2 x 5 x 5", 4 * 9),
    ("local(4, 3)", "2 x 5 x 6", 12 * (4 * 2 * 9 + 4)),
    ("dense(7) -> prelu", "3", 7 * 3 + 7 + 7),
    ("norm", "3", 4 * 3),
    ("dropout -> rbf(4)", "3", 12),
    ("relu", "3", 0),
    # a kernel table's taps are laid out
    ("conv(4, k)", "2 x 5 x 5", 4 * 2 * 9 + 4),
    # so is a table, but for groups, gathered maps, and a large, thin table of units
    ("conv(2, 3, table: t)", "2 x 5 x 5", 4 * 9 + 2),
    ("local(2, 3, table: t)", "2 x 5 x 5", 9 * (4 * 9 + 2)),
    ("dense(2, table: t)", "2", 4 + 2),
    ("dense(2, table: p)", "2", 4 + 2),
    ("conv(2, k, table: t)", "2 x 5 x 5", 4 * 9 + 2),
    ("conv(4, 3, table: g)", "4 x 5 x 5", 8 * 9 + 4),
    ("dense(4, table: g)", "4", 16 + 4),
    ("conv(2, 3, table: e)", "8 x 5 x 5", 4 * 9 + 2),
    ("local(2, 3, table: e)", "8 x 4 x 4", 4 * (16 * 9 + 2)),
    ("dense(1024, table: u)", "2048", 3 * 1024 + 1024),
    ("connect(p)", "2 x 5 x 5", 0),
    ("connect(m)", "2 x 5 x 5", 4),
]
TABLES = """
kernel table k: 3 x 3 {
. b .
X . X
. b .
}
sparse table t: 2 -> 2 {
X X
. X
}
residual table p: 2 -> 2 = identity
residual table m: 2 -> 2 {
= 2
. =
}
sparse table g: 4 -> 4 = groups(2)
sparse table e: 8 -> 2 = rows([[5, 1], [1, 7]])
sparse table u: 2048 -> 1024 = random(fan_in: 3)
"""


@pytest.mark.parametrize(("layers", "x", "numbers"), NETS)
def test_bytes_of_a_deployed_net(layers: str, x: str, numbers: int) -> None:
    graph = sound(f"netspec 1\nnet A {{\n{TABLES}\ninput x: {x}\noutput y = x -> {layers}\n}}\n")
    assert deployed_bytes(graph) == 4 * numbers


def test_shares_count_once_and_heads_not_at_all() -> None:
    text = "share s = dense(2)\na = x -> s -> s\noutput y = a -> relu\noutput h (train) = a -> dense(9)"
    assert deployed_bytes(sound(f"netspec 1\nnet A {{\ninput x: 2\n{text}\n}}\n")) == 4 * (4 + 2)


def test_one_file_ends_at_two_gibibytes() -> None:
    most = LARGEST_MODEL // 4 // 4096
    assert LARGEST_MODEL == 2**31 - 2**24
    graph = "netspec 1\nnet A {{\ninput x: 4096\noutput y = x -> dense({}, bias: false)\n}}\n"
    check_size(sound(graph.format(most)))
    with pytest.raises(Fault) as raised:
        check_size(sound(graph.format(most + 1)))
    assert (raised.value.code, raised.value.message) == (
        "N605",
        "the model has 2.0 GiB of weights, but one ONNX file holds at most 2",
    )
    with pytest.raises(Fault, match=r"has 3\.0 GiB"):
        check_size(sound(graph.format(3 * 2**16)))
