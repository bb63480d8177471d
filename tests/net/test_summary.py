"""What `show` prints: a row for each layer by hand counts, sums of the rows, what remains when the net is deployed."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.cli import main
from netspec.net import Layer, load

LENET = """netspec 1
net L {
    input x: 1 x 8 x 8
    c = x -> conv(4, 3)
    output y = c -> maxpool(2) -> dense(5)
}
"""
SHARED = """netspec 1
net L {
    input x: 3
    share s = dense(3)
    output y = x -> s -> s
}
"""
TWO_HEADS = """netspec 1
net L {
    input x: 4
    h = x -> dense(6)
    output y = h -> dense(2)
    output aux (train, weight: 0.3) = h -> dense(3)
}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "a.net"
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_by_hand(tmp_path: Path) -> None:
    rows = load(write(tmp_path, LENET)).layers
    # conv: 4 kernels of 9 weights and a bias; 6 x 6 places, each with 9 products and, as a connection, the bias
    assert rows[0] == Layer("c/conv", "conv", "4 x 6 x 6", 144, 40, 4 * 36 * 10, 4 * 36 * 9, 4 * 36 * 4, 4)
    assert [row.units for row in rows] == [144, 0, 5]
    assert (rows[1].parameters, rows[1].shape, rows[1].line) == (0, "4 x 3 x 3", 5)
    assert (rows[2].parameters, rows[2].macs) == (5 * 36 + 5, 5 * 36)


def test_sums_are_those_of_the_rows(tmp_path: Path) -> None:
    told = load(write(tmp_path, LENET)).summary()
    for name in ("units", "parameters", "connections", "macs", "activations"):
        assert told[name] == sum(row[name] for row in told["layers"])
    assert (told["inputs"], told["outputs"]) == ({"x": "1 x 8 x 8"}, {"y": "5"})
    assert "deployed" not in told


def test_shared_weights_count_once_and_their_products_each_time(tmp_path: Path) -> None:
    told = load(write(tmp_path, SHARED)).summary()
    assert [row["parameters"] for row in told["layers"]] == [12, 0]
    assert (told["parameters"], told["macs"]) == (12, 18)


def test_without_the_auxiliary_head(tmp_path: Path) -> None:
    told = load(write(tmp_path, TWO_HEADS)).summary()
    assert told["parameters"] == 30 + 14 + 21
    assert told["deployed"] == {"parameters": 30 + 14, "macs": 24 + 12, "outputs": {"y": "2"}}


def test_a_fold_sums_its_layers_and_has_the_last_ones_shape(tmp_path: Path) -> None:
    net = load(write(tmp_path, LENET))
    conv, block = net.summary(1)["layers"]
    assert (conv["name"], conv["kind"], conv["macs"]) == ("c", "conv", 4 * 36 * 9)
    assert block == {
        "name": "y", "kind": "2 layers", "shape": "5", "units": 5, "parameters": 5 * 36 + 5, "macs": 5 * 36,
        "connections": 5 * 37, "activations": 4 * (4 * 9 + 5), "line": 5,
    }  # fmt: skip
    assert [row["name"] for row in net.summary(2)["layers"]] == [row.name for row in net.layers]
    assert net.summary(9) == net.summary()


def test_uses_of_a_share_fold_apart(tmp_path: Path) -> None:
    text = SHARED.replace("share s = dense(3)", "share s = dense(3) -> relu")
    rows = load(write(tmp_path, text)).summary(1)["layers"]
    assert [(row["name"], row["parameters"]) for row in rows] == [("s", 12), ("s#2", 0)]


def test_activations_of_vgg16_are_those_of_the_course() -> None:
    """CS231n's table: 3.2M, 3.2M, 800K, … values behind each convolution, pool and dense layer."""
    rows = load(Path(__file__).parents[2] / "specs" / "vgg.net").layers
    found = [row.activations for row in rows if row.kind in ("conv", "maxpool", "dense") and row.activations]
    values = [224**2 * 64] * 2 + [112**2 * 64] + [112**2 * 128] * 2 + [56**2 * 128] + [56**2 * 256] * 3
    values += [28**2 * 256] + [28**2 * 512] * 3 + [14**2 * 512] * 4 + [7**2 * 512] + [4096, 4096, 1000]
    assert found == [4 * count for count in values]


def test_costs_of_a_free_size_are_not_known_until_it_has_a_number(tmp_path: Path) -> None:
    net = load(write(tmp_path, LENET.replace("8 x 8", "H x W").replace(" -> dense(5)", "")))
    told = net.summary()
    assert [told[name] for name in ("macs", "units", "activations")] == [None] * 3
    assert told["layers"][0]["macs"] is None and net.summary(1)["layers"][0]["macs"] is None
    assert net.at({"H": 8, "W": 8}).summary()["macs"] == 4 * 36 * 9
    assert net.at({}) is net


@pytest.mark.parametrize("option", [[], ["--receptive"], ["--explain"], ["--json"]])
def test_a_net_without_a_layer_is_shown(option: list[str], tmp_path: Path) -> None:
    assert main(["show", str(write(tmp_path, "netspec 1\nnet A {\n input x: 3\n output y = x\n}\n")), *option]) == 0


def test_tables(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """netspec 1
net L {
    input x: 4 x 8 x 8
    sparse table t: 4 -> 8 = depthwise(2)
    output y = x -> conv(8, 3, table: t)
}
""",
    )
    (found,) = load(path).summary()["tables"].values()
    assert found == {"inputs": 4, "outputs": 8, "connections": 8, "fan_in": 1, "weights": 8}


def test_a_table_of_taps(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """netspec 1
net L {
    input x: 4 x 8 x 8
    kernel table k: 2 x 3 {
        a . a
        X . X
    }
    output y = x -> conv(8, k)
}
""",
    )
    (found,) = load(path).summary()["tables"].values()
    assert found == {"size": "2 x 3", "taps": 4, "weights": 3}


def test_a_share_in_a_block_is_folded_with_its_statement(tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    path.write_text(
        """netspec 1
net L {
    input x: 3
    block b { share s = dense(3)
        in -> s -> relu -> s }
    share t = dense(3)
    c = x -> b -> t
    output y = c -> b -> t -> dense(2)
}
""",
        encoding="utf-8",
    )
    net = load(path)
    assert [row["name"] for row in net.summary(1)["layers"]] == ["c", "t", "y", "t#2"]
    found = [row["name"] for row in net.summary(3)["layers"]]
    assert found[:3] == ["c/b/s", "c/b/relu", "c/b/s#2"]
