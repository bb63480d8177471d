"""A layer cut to its strongest connections: which ones, what the spec says then, and the rest answers as before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.cli import main
from netspec.diagnostics import Fault
from netspec.net import Net, load, loads
from netspec.net.pruning import Layer, chosen, correlations, cut, layer_of, magnitudes
from netspec.net.sparse_source import site

SPEC = """netspec 1
# a net
net P(classes = 3) {
    input x: 2 x 6 x 6

    sparse table t: 4 -> 5 {  # ours
        X X . X .  # the first
        . X X . X
        X . X X .
        X X X X X
    }
    a = x -> conv(4, 3) -> relu
    b = a -> conv(5, 3, table: t) -> relu  # the middle
    c = b -> local(3, 1) -> relu
    d = c -> deconv(2, 2) -> relu
    output y = d -> dense(classes) -> softmax

    expect b(shape: 5 x 2 x 2, parameters: 131) if classes == 3
    expect net(parameters: 362)
}
train { batch: 10
    epochs: 1 }
"""
RNG = np.random.default_rng(0)


def net() -> Net:
    return loads(SPEC)


def masked(layer: Layer, weights: dict[str, Any], feeds: list[list[int]]) -> dict[str, Any]:
    """The same net's weights with zeros for what is cut, by the shapes that the language gives weights."""
    key = layer.node.key("weight")
    weight = weights[key].copy()
    for k, (o, i) in enumerate(layer.pairs.tolist()):
        if i not in feeds[o]:
            if layer.place.statement.name == "b":
                weight[k] = 0
            elif layer.node.op.name == "local":
                weight[:, :, o, i] = 0
            else:
                weight[o, i] = 0
    return {**weights, key: weight}


@pytest.mark.parametrize("statement", ["a", "b", "c", "d", "y"])
def test_what_is_left_answers_as_the_whole_net_with_zeros(statement: str) -> None:
    whole = net()
    weights = whole.initial()
    layer = layer_of(whole, statement, weights)
    feeds = chosen(layer, RNG.random(len(layer.pairs)), len(layer.pairs) // 2)
    small, kept = cut(whole, weights, statement, feeds)
    x = RNG.standard_normal((3, 2, 6, 6)).astype(np.float32)
    right = whole.values(masked(layer, weights, feeds), x)["y"]
    assert np.allclose(small.values(kept, x)["y"], right, rtol=1e-5, atol=1e-6)
    assert small.parameters < whole.parameters
    assert sum(map(len, feeds)) == max(len(layer.pairs) // 2, len(feeds))


def test_the_picture_is_redrawn_where_it_stands_and_comments_stay() -> None:
    whole = net()
    small, _ = cut(whole, whole.initial(), "b", [[0], [1, 3], [2], [3], [1]])
    text = small.source.text
    assert text == loads(text).source.text
    lines = [line.strip() for line in text.splitlines()]
    begin = lines.index("sparse table t: 4 -> 5 {  # ours")
    assert lines[begin + 1 : begin + 5] == ["X . . . .  # the first", ". X . . X", ". . X . .", ". X . X ."]
    assert "b = a -> conv(5, 3, table: t) -> relu  # the middle" in lines
    # 6 kernels of 9 weights and 5 biases; figures that were checked are those of the new net
    assert "expect b(shape: 5 x 2 x 2, parameters: 59) if classes == 3" in lines
    assert "expect net(parameters: 290)" in lines and "# a net" in lines


def test_a_layer_without_a_table_gets_one_before_its_statement() -> None:
    whole = net()
    small, _ = cut(whole, whole.initial(), "a", [[0], [1], [0, 1], [1]])
    lines = [line.strip() for line in small.source.text.splitlines()]
    begin = lines.index("sparse table a_table: 2 -> 4 {")
    assert lines[begin + 1 : begin + 5] == ["X . X .", ". X X X", "}", "a = x -> conv(4, 3, table: a_table) -> relu"]


def test_the_list_form_stays_a_list() -> None:
    drawn = SPEC[SPEC.index("        X X . X .") : SPEC.index("    }\n    a =")]
    listed = SPEC.replace(drawn, "1: 0 1 3\n0: 0 2 3\n2: 1 2 3\n3: 0 2 3\n4: 1 3\n")
    whole = loads(listed.replace("    expect b(shape: 5 x 2 x 2, parameters: 131) if classes == 3\n", "")
                  .replace("    expect net(parameters: 362)\n", ""))  # fmt: skip
    small, _ = cut(whole, whole.initial(), "b", [[0], [1, 3], [2], [3], [1]])
    assert [line.strip() for line in small.source.text.splitlines() if ": " in line and line.strip()[0].isdigit()] == [
        "1: 1 3", "0: 0", "2: 2", "3: 3", "4: 1"
    ]  # fmt: skip


def test_a_table_that_others_use_stays_as_it_is() -> None:
    shared = SPEC.replace("    c = b", "    e = a -> conv(5, 3, table: t) -> relu\n    c = [b, e] -> add").replace(
        "    expect net(parameters: 362)\n", ""
    )
    whole = loads(shared)
    small, _ = cut(whole, whole.initial(), "b", [[0], [1, 3], [2], [3], [1]])
    assert "sparse table b_table: 4 -> 5 {" in small.source.text and "table: b_table" in small.source.text
    assert "X X . X .  # the first" in small.source.text and "e = a -> conv(5, 3, table: t)" in small.source.text


def test_the_strongest_stay_and_each_output_keeps_one() -> None:
    whole = net()
    layer = layer_of(whole, "a", whole.initial())
    strengths = np.array([9, 8, 7, 6, 5, 4, 0.1, 0.2])  # of outputs 0, 0, 1, 1, 2, 2, 3, 3
    assert chosen(layer, strengths, 5) == [[0, 1], [0], [0], [1]]
    assert chosen(layer, strengths, 1) == [[0], [0], [0], [1]]
    assert chosen(layer, strengths, 8) == [[0, 1]] * 4


def test_magnitudes_are_the_norms_of_kernels() -> None:
    whole = net()
    weights = whole.initial()
    kernel = weights["a/conv.weight"]
    found = magnitudes(layer_of(whole, "a", weights)).reshape(4, 2)
    assert np.allclose(found, np.sqrt((kernel.astype(np.float64) ** 2).sum(axis=(2, 3))))


@pytest.mark.parametrize("statement", ["a", "y"])
def test_correlations_are_those_of_what_comes_with_the_sum(statement: str) -> None:
    whole = net()
    weights = whole.initial()
    x = RNG.standard_normal((70, 6, 6, 2)).astype(np.float32)
    layer = layer_of(whole, statement, weights)
    found = correlations(whole, weights, layer, {"x": x})
    if statement == "a":
        windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))  # n, 4, 4, maps, 3, 3
        parts = np.einsum("nyxikl,oikl->oinyx", windows, weights["a/conv.weight"]).reshape(4, 2, -1)
    else:
        reach = whole.features("d").values({k: v for k, v in weights.items() if not k.startswith("y")},
                                           np.moveaxis(x, -1, 1))["d"].reshape(70, -1)  # fmt: skip
        parts = np.einsum("ni,oi->oin", reach, weights["y/dense.weight"])
    whole_sum = parts.sum(axis=1)
    for k, (o, i) in enumerate(layer.pairs.tolist()):
        part = parts[o, i]
        right = abs(np.corrcoef(part, whole_sum[o])[0, 1]) if part.std() > 0 else 0.0
        assert found[k] == pytest.approx(right, abs=1e-4)


@pytest.mark.parametrize(
    ("old", "new", "statement", "code", "message"),
    [
        ("", "", "q", "N101", "net P has no statement q"),
        (
            "a = x -> conv(4, 3) -> relu",
            "a = x -> conv(4, 3) -> conv(4, 1) -> relu",
            "a",
            "N728",
            "it has 2: conv, conv",
        ),
        ("a = x -> conv(4, 3) -> relu", "a = x -> relu -> conv(4, 3, groups: 2)", "a", "N728", "has groups"),
        ("sparse table t", "shared table t", "b", "N728", "shares weights"),
        ("d = c -> deconv(2, 2) -> relu", "d = c -> relu", "d", "N728", "it has none"),
    ],
)
def test_what_cannot_be_cut_is_refused(old: str, new: str, statement: str, code: str, message: str) -> None:
    text = SPEC.replace(old, new) if old else SPEC
    if "shared" in new:
        text = text.replace("X X . X .", "k k . X .")
    whole = loads("\n".join(line for line in text.splitlines() if "expect" not in line))
    with pytest.raises(Fault) as caught:
        layer_of(whole, statement, whole.initial())
    assert caught.value.code == code and message in caught.value.message


def test_a_net_that_uses_files_is_kept_with_them(tmp_path: Path) -> None:
    (tmp_path / "lib.net").write_text("netspec 1\nsparse table t: 2 -> 3 = band(2)\n")
    (tmp_path / "u.net").write_text(
        'netspec 1\nuse "lib.net"\nnet U {\n input x: 2 x 4 x 4\n'
        " y = x -> conv(3, 3, table: t)\n output z = y -> relu\n}\n"
    )
    whole = load(tmp_path / "u.net")
    small, _ = cut(whole, whole.initial(), "y", [[0], [0], [1]])
    text = small.spec(small.train_settings)
    assert "table: y_table" in text.text and list(text.files) == ["lib.net"]


def test_a_statement_stands_where_it_says() -> None:
    found = site(net().source, "b")
    assert found.call.name == "conv" and found.drawn is not None and found.drawn.name == "t"


@pytest.mark.slow
@pytest.mark.parametrize("way", [["--steps", "3"], ["--by", "correlation"]])
def test_the_command_leaves_the_run_and_makes_another(
    way: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.net").write_text(SPEC)
    Path("d").mkdir()
    for part in ("train", "test"):
        np.savez(Path("d") / f"{part}.npz", x=RNG.random((40, 2, 6, 6), dtype="f4"), y=RNG.integers(0, 3, 40))
    assert main(["train", "p.net", "--data", "d", "-o", "run"]) == 0
    before = {path: path.read_bytes() for path in [Path("p.net"), *Path("run").iterdir()]}
    capsys.readouterr()
    assert main(["prune", "run", "--to-table", "b", "--keep", "0.5", "-o", "new", "--json", *way]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {path: path.read_bytes() for path in before} == before
    small = load("new")
    table = next(node.op.table for node in small.graph.nodes if node.name == "b/conv")  # type: ignore[attr-defined]
    assert table.connections == 7  # half of 14
    assert (told["run"], told["statement"]) == ("new", "b")
    assert told["before"]["macs"] - told["after"]["macs"] == 7 * 9 * 4
    assert told["after"]["parameters"] == small.parameters == 362 - 7 * 9
    assert 0 <= told["after"]["accuracy"] <= 1
    assert main(["prune", "run", "--to-table", "b", "--keep", "0.5", "-o", "new"]) == 2  # it holds a run: told at once
    told = capsys.readouterr().err
    assert "N713" in told and "step 1" not in told
