"""What a trace tells of a file, its errors or not: shapes by stage, names by place, what `expect` asks; and its end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from netspec.diagnostics import Problems, Source
from netspec.elaborate import Trace, elaborate
from netspec.language import parse
from netspec.language import syntax as s

TEXT = """netspec 1
block b(n) { conv(n, 3) -> relu }
net A {
    input i: 3 x 9 x 9
    let k = 2 * 3
    v = i -> b(4) -> b(5) -> b(5) -> maxpool(3)
    w = v -> flatten -> conv(3, 3) -> relu
    expect v(shape: 5 x 1 x 1)
    expect v(macs: 7) if k == 1
}
"""


def traced(text: str, **how: Any) -> tuple[s.File, Trace, Problems]:
    problems, trace = Problems(), Trace()
    file = parse(Source("a.net", text), problems)
    elaborate(file, problems, trace=trace, **how)
    return file, trace, problems


def test_shapes_of_stages_in_a_net_that_has_errors() -> None:
    file, trace, problems = traced(TEXT)
    assert [problem.code for problem in problems] == ["N201"]
    block, net = file.items
    assert isinstance(block, s.Block) and isinstance(net, s.Net)
    bare, v, w = block.body.statements[0], net.body.statements[2], net.body.statements[3]
    assert isinstance(bare, s.Bare) and isinstance(v, s.Bind) and isinstance(w, s.Bind)
    outer = [trace.passed(stage) for stage in v.pipe.stages]
    assert [one and one.leaving[0].shape for one in outer] == [(3, 9, 9), (4, 7, 7), (5, 5, 5), (5, 3, 3), (5, 1, 1)]
    assert [one and (one.first, one.last) for one in outer] == [(0, 0), (0, 2), (2, 4), (4, 6), (6, 7)]
    conv = trace.passed(bare.pipe.stages[0])
    assert conv and conv.entering and conv.entering[0].shape == (3, 9, 9)
    assert conv.uses == 3
    assert conv.shapes == [((4, 7, 7),), ((5, 5, 5),), ((5, 3, 3),)]
    assert [trace.passed(stage) is None for stage in w.pipe.stages] == [False, False, True, True]
    assert trace.graph is not None
    assert [node.op.name for node in trace.graph.nodes] == [*["conv", "relu"] * 3, "maxpool", "flatten"]


def test_names_and_expectations() -> None:
    _, trace, _ = traced(TEXT)
    net = parse(Source("a.net", TEXT), Problems()).items[1]
    assert isinstance(net, s.Net)
    constant = trace.bound("a.net", TEXT.index("k ="))
    assert constant and constant.what == 6
    file, trace, _ = traced(TEXT)
    net = file.items[1]
    assert isinstance(net, s.Net)
    holds, not_asked = (line for line in net.body.statements if isinstance(line, s.Expect))
    asked = trace.asked(holds)
    assert asked and asked.shape == (5, 1, 1) and asked.layers and len(asked.layers) == 7
    asked = trace.asked(not_asked)
    assert asked and asked.layers is None


def test_what_is_stopped_ends_and_says_nothing() -> None:
    problems, trace = Problems(), Trace()
    trace.stop()
    file = parse(Source("a.net", TEXT), problems)
    assert elaborate(file, problems, trace=trace).graph is None
    assert not list(problems)
    assert trace.graph is None or not trace.graph.nodes


def test_unsaved_texts_count_in_place_of_files(tmp_path: Path) -> None:
    (tmp_path / "lib.net").write_text("netspec 1\nblock c() { relu }\n")
    user = tmp_path / "user.net"
    text = 'netspec 1\nuse "lib.net"\nnet A {\n    input i: 3\n    output y = i -> b()\n}\n'
    _, _, problems = traced(text, path=user)
    assert [problem.code for problem in problems] == ["N303"]
    _, _, problems = traced(
        text, path=user, unsaved={os.path.realpath(tmp_path / "lib.net"): "netspec 1\nblock b() { relu }"}
    )
    assert not list(problems)
