"""What makes a run the one that it is: another table, argument or example is another run; a table's name is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.data.arrays import Examples
from netspec.diagnostics import Fault
from netspec.net import load
from netspec.net.recorded import Record, compare, record

SPEC = """netspec 1
net A {
    input x: 4
    shared table t: 4 -> 3 {
        a . b
        . a X
        b X .
        X . a
    }
    c = x -> dense(3, table: t)
    output y = c -> relu -> dense(2)
}
train { epochs: 3 }
"""
X = np.arange(24, dtype=np.float32).reshape(6, 4)


def recorded(folder: Path, *changes: tuple[str, str], x: Any = X) -> Record:
    text = SPEC
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "a.net").write_text(text, encoding="utf-8")
    net = load(folder / "a.net")
    return record(net.graph, net.train_settings, net.data, {"train": Examples({"x": x}), "test": Examples({"x": x})})


def differs(before: Record, now: Record, layers: Any = "own") -> tuple[str, list[str]]:
    """The message of the difference and its lines; nothing where there is none."""
    try:
        compare("runs/a-1", now, before.brief(), dict(before.net) if layers == "own" else layers)
    except Fault as fault:
        return fault.message, fault.help.splitlines()
    return "", []


@pytest.mark.parametrize(
    "change",
    [
        ("table t:", "table other:"),
        ("table: t)", "table: t)  # of the paper"),
        ("epochs: 3", "epochs: 9"),  # a constant schedule does not count them
        ("epochs: 3", "epochs: 3\n    stop: patience(2)"),
    ],
)
def test_what_changes_nothing(change: tuple[str, str], tmp_path: Path) -> None:
    now = (
        recorded(tmp_path, change)
        if "other" not in change[1]
        else recorded(tmp_path, change, ("table: t", "table: other"))
    )
    assert differs(recorded(tmp_path), now) == ("", [])


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (("a . b", "b . a"), "layer c/dense"),  # other letters, in other cells
        ((". a X", "X a ."), "layer c/dense"),
        (("relu", "tanh"), "layer y/relu"),
        (("dense(2)", "dense(2, init: gaussian(0.5))"), "layer y/dense"),
        (("epochs: 3", "epochs: 3\n    batch: 7"), "batch"),
        (("epochs: 3", "epochs: 3\n    seed: 7"), "seed"),
        (("epochs: 3", "epochs: 3\n    clip: 1"), "clip"),
        (("train {", "data { prepare: scale(2) }\ntrain {"), "prepare"),
    ],
)
def test_what_changes_the_run_is_named(change: tuple[str, str], name: str, tmp_path: Path) -> None:
    message, lines = differs(recorded(tmp_path), recorded(tmp_path, change))
    assert message.startswith(f"runs/a-1 was trained with another {name}")
    assert lines[0].startswith(f"{name}: ")
    assert " in the run, " in lines[0]
    assert lines[-1].startswith("use runs/a-1/spec.net")


def test_epochs_count_where_the_schedule_counts_them(tmp_path: Path) -> None:
    cosine = ("epochs: 3", "epochs: 3\n    schedule: cosine")
    message, _ = differs(recorded(tmp_path, cosine), recorded(tmp_path, cosine, ("epochs: 3", "epochs: 9")))
    assert message == "runs/a-1 cannot go on to 9 epochs: its schedule, cosine, was laid out for 3"


def test_other_examples_of_the_same_number_and_another_number(tmp_path: Path) -> None:
    before = recorded(tmp_path)
    message, lines = differs(before, recorded(tmp_path, x=X + 1))
    assert message == "runs/a-1 was trained with another set of train examples and another set of test examples"
    assert lines[0] == "set of train examples: as many, but different ones"
    message, lines = differs(before, recorded(tmp_path, x=X[:5]))
    assert message == "runs/a-1 was trained with another number of train examples and another number of test examples"
    assert lines[0] == "number of train examples: 6 in the run, 5 here"


def test_the_order_of_layers_counts_and_the_net_alone_where_its_layers_are_not_known(tmp_path: Path) -> None:
    before, now = recorded(tmp_path), recorded(tmp_path, ("relu", "tanh"))
    assert differs(before, now, None)[0] == "runs/a-1 was trained with another net"
    assert differs(before, now, {"layer x": "of another run"})[0] == "runs/a-1 was trained with another net"
    turned = Record(dict(reversed(list(before.net.items()))), before.train, before.data)
    assert differs(before, turned)[0] == "runs/a-1 was trained with another order of layers"


@pytest.mark.parametrize(("count", "told"), [(8, "layer 7"), (9, "1 more"), (20, "12 more")])
def test_eight_differences_are_told_and_the_others_counted(count: int, told: str) -> None:
    before = Record({f"layer {n}": "relu" for n in range(count)}, {}, {})
    now = Record({f"layer {n}": "tanh" for n in range(count)}, {}, {})
    message, lines = differs(before, now)
    assert message.endswith(f"another {told}")
    assert len(lines) == 8 + 1


@pytest.mark.parametrize("kept", [None, [], {}, {"net": 3, "train": {}, "data": {}}, {"net": "a", "train": {}}])
def test_a_state_that_says_nothing_of_its_run(kept: Any, tmp_path: Path) -> None:
    with pytest.raises(Fault, match="does not record") as caught:
        compare("runs/a-1", recorded(tmp_path), kept, None)
    assert caught.value.code == "N711"
