"""docs/zoo.md is what the specs say of themselves; `pytest --accept` writes it anew."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from netspec.engine.planning import ways
from netspec.machine import Caches
from netspec.net import budget, load
from netspec.report.columns import size
from netspec.report.receptive import fields

ROOT = Path(__file__).parents[1]
SPECS, PAGE = ROOT / "specs", ROOT / "docs" / "zoo.md"
BEGIN, END = "<!-- generated: nets -->\n", "<!-- end of nets -->\n"
MORE: list[tuple[str, dict[str, Any]]] = [
    *(("vgg", {"config": config}) for config in ("A", "B", "C", "E")),
    *(("resnet", {"depth": depth}) for depth in (18, 34, 101, 152)),
    *(("resnet_cifar", {"n": n}) for n in (9, 18, 200)),
    ("densenet", {"growth": 48, "start": 96, "blocks": [6, 12, 36, 24]}),
]


def row(name: str, parameters: dict[str, Any]) -> str:
    path = SPECS / f"{name}.net"
    text = path.read_text(encoding="utf-8")
    net = load(path, **parameters)
    lines = [
        line
        for line in text[text.index("\nnet ") :].split("\n}\n")[0].splitlines()
        if line.strip() and "expect " not in line
    ]
    told = re.search(r"^# .*?\((.*?)[:)]", text, re.MULTILINE)
    assert told is not None
    paper = told[1]
    free = any(not isinstance(n, int) for shape in net.graph.inputs.values() for n in shape)
    sized = net.at({"H": 224, "W": 224}) if free else net
    cost = sized.graph.costs()
    seen = fields(net.graph)
    placed = [seen[node.name] for node in net.graph.nodes if len(node.shape) > 1]
    sees = "all" if not placed or placed[-1].everything else "×".join(f"{n:g}" for n in placed[-1].size)
    chosen = ", ".join(f"{key} = {value}" for key, value in parameters.items())
    assert cost is not None
    return (
        f"| [{name}](../specs/{name}.net){f' ({chosen})' if chosen else ''} | {paper} | {len(lines)} "
        f"| {net.parameters:,} | {cost.macs:,} "
        f"| {sees} | {sized.train_settings.batch} | {size(sized.training_bytes(workers=2))} |"
    )


def page() -> str:
    head = (
        "| net | paper | lines of net | parameters | multiply-accumulates | sees | batch | peak memory of training |\n"
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n"
    )
    rows: list[tuple[str, dict[str, Any]]] = [(path.stem, {}) for path in sorted(SPECS.glob("*.net"))] + MORE
    return head + "\n".join(row(name, parameters) for name, parameters in sorted(rows, key=lambda r: r[0])) + "\n"


@pytest.mark.slow
def test_the_page_says_what_the_specs_say(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    # How much of a batch runs at a time follows from the machine's caches; the page is the same on every machine.
    monkeypatch.setattr(ways, "caches", lambda: Caches(None, None))
    monkeypatch.setattr(budget, "tuned", dict)
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    new = before + BEGIN + page() + END + rest.split(END)[1]
    if request.config.getoption("--accept"):
        PAGE.write_text(new, encoding="utf-8")
    else:
        assert new == text
