"""Whatever a notebook's last line can show has HTML of its own: well-formed, and every text of others escaped."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import netspec
from netspec.claims.claim import Claim, Finding, Verdict
from netspec.diagnostics import Fault
from netspec.engine.measuring.tuning import Trial
from netspec.net import evaluation, runs

HOSTILE = "<script>1</script>"
SPEC = """netspec 1  # <script>1</script>
net D {
    input image: 1 x 6 x 5
    sparse table t: 4 -> 2 {
        X .
        X X
        . X
        . X
    }
    kernel table k: 3 x 3 {
        a . a
        . X .
        a . a
    }
    a = image -> conv(4, k) -> relu
    output digit = a -> conv(2, 1, table: t) -> dense(3) -> softmax
}
train {
    optimizer: adam(rate: 0.02)
    batch: 8
}
data {
    classes: ["<script>1</script>", "b", "c"]
}
"""
X, Y = np.random.default_rng(1).random((24, 1, 6, 5), dtype=np.float32), np.arange(24) % 3


def raised(text: str) -> netspec.SpecError:
    with pytest.raises(netspec.SpecError) as caught:
        netspec.loads(text)
    return caught.value


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    here = tmp_path_factory.mktemp("html")
    np.savez(here / "train.npz", image=X, digit=Y)
    np.savez(here / "test.npz", image=X, digit=Y)
    net = netspec.loads(SPEC)
    run = net.fit(here, out=here / "run", epochs=1, workers=1, progress=False)
    events = net.events((X, Y), epochs=1, workers=1)
    error = raised("netspec 1\nnet A { input x: 3\n output y = x -> dens(2) # <script>1</script>\n}")
    return {
        "net": net, "problems": net.problems, "source": net.source, "meaning": net.meaning, "graph": net.graph,
        "node": net.graph.nodes[0], "operator": net.graph.nodes[0].op, "output": net.graph.outputs[0],
        "train": net.train_settings, "optimiser": net.train_settings.optimizer, "data": net.data,
        "layer": net.layers[0], "table": net.meaning.tables["t"], "kernel table": net.meaning.tables["k"],
        "spec": net.spec(), "model": net.model(run.weights), "health": net.health(2),
        "profile": net.profile(2, workers=1), "trial": Trial("a/conv", "", "tiles", {"tiles": 0.1}),
        "checked": net.check_data(here), "events": events, **{type(event).__name__: event for event in events},
        "run": run, "evaluation": evaluation.evaluate(here / "run", here, evaluation_device())[1],
        "row": runs.find(here / "run")[0], "log": run.log, "SpecError": error, "errors": error.problems,
        "problem": error.problems.errors[0], "fault": Fault("N101", HOSTILE, help=HOSTILE),
        "claim": Claim("x", HOSTILE, "", "", 1, lambda lab: Finding(Verdict.OPEN, "", (), ())),
        "finding": Finding(Verdict.HOLDS, HOSTILE, ("net", "accuracy"), [(HOSTILE, "1")]),
    }  # fmt: skip


def evaluation_device() -> Any:
    return importlib.import_module("netspec.runtime.devices").Device("cpu", 8)


def test_all_have_html_that_is_well_formed_and_escaped(shown: dict[str, Any]) -> None:
    for name, value in shown.items():
        html = value._repr_html_()
        tree = ElementTree.fromstring(f"<div>{html}</div>")
        assert {each.tag for each in tree.iter()} <= {
            "div", "table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th", "pre", "p",
        }, name  # fmt: skip
        assert "".join(tree.itertext()).strip(), name
    for name in ("source", "meaning", "spec", "data", "SpecError", "errors", "fault", "claim", "finding"):
        assert HOSTILE in "".join(ElementTree.fromstring(f"<div>{shown[name]._repr_html_()}</div>").itertext()), name


def text(value: Any) -> str:
    return " ".join(ElementTree.fromstring(f"<div>{value._repr_html_()}</div>").itertext())


def test_what_is_told(shown: dict[str, Any]) -> None:
    assert "4 x 4 x 3" in text(shown["graph"])
    assert "a/conv" in text(shown["health"]) and "first loss of digit: " in text(shown["health"])
    assert "a whole step of 2 on 1 worker" in text(shown["profile"])
    assert "train: 24 examples" in text(shown["checked"])
    assert "learning rate" in text(shown["optimiser"]) and "0.02" in text(shown["optimiser"])
    assert text(shown["evaluation"]).startswith("24 examples: test output loss accuracy top-5 digit")
    assert text(shown["log"]).split()[:3] == ["epochs", "epoch", "loss"]
    assert "while they are iterated" in text(shown["events"])
    assert "weights" not in text(shown["Epoch"])  # it is a function
    assert "error[N303]: there is no layer or block dens (did you mean `dense`?)" in text(shown["problem"])
    assert "folder" in text(shown["row"])


def _named(kind: type) -> Iterator[str]:
    """The names in what the public methods and properties of a class say that they give."""
    for name, member in vars(kind).items():
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if not name.startswith("_") and inspect.isfunction(function):
            yield from re.findall(r"[A-Z]\w+", str(function.__annotations__.get("return", "")))
    for hint in vars(kind).get("__annotations__", {}).values():
        yield from re.findall(r"[A-Z]\w+", str(hint))


@pytest.mark.parametrize("kind", [netspec.Net, netspec.Run])
def test_what_a_net_and_a_run_give_has_html(kind: type) -> None:
    module = inspect.getmodule(kind)
    assert module is not None and module.__file__ is not None
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.name: node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    ours = {name for name in _named(kind) if str(imported.get(name)).startswith("netspec")}
    assert ours
    for name in ours - {"Arrays", "Event"}:  # a dict; one of three that are tried above
        assert hasattr(getattr(importlib.import_module(str(imported[name])), name), "_repr_html_"), name
