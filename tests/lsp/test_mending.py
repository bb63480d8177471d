"""Quick fixes: each is offered where its finding is, and mends it; and the lines above `expect` and nets."""

from __future__ import annotations

import asyncio

import pytest
from lsprotocol import types as lsp

from netspec.lsp.fixes import fixes
from netspec.lsp.lenses import lenses, training
from netspec.lsp.snapshot import Snapshot
from tests.lsp.asking import ALL, edited, marked, snapshot, spec, this
from tests.lsp.editor import Editor, session


def offered(found: Snapshot, place: lsp.Position | None = None) -> list[lsp.CodeAction]:
    where = ALL if place is None else lsp.Range(place, place)
    return fixes(found, lsp.CodeActionParams(this(), where, lsp.CodeActionContext([])))


def mended(found: Snapshot, action: lsp.CodeAction) -> str:
    assert action.edit and action.edit.document_changes
    (change,) = action.edit.document_changes
    assert isinstance(change, lsp.TextDocumentEdit) and change.text_document.version == 1
    return edited(found, list(change.edits))


def net(lines: str) -> str:
    return f"netspec 1\nnet A {{\n    input i: 6 x 9 x 9\n    {lines}\n}}\n"


#: What stands there, its code, what is offered, and what stands there then.
MENDED = [
    ("net A { }", "N001", "Add `netspec 1` at the top", "netspec 1\n\nnet A { }"),
    ("netspec 1.0\n\nlet a = 1\n", "N001", "Write `netspec 1`", "netspec 1\n\nlet a = 1\n"),
    (net("output y = i -> cnov(4, 3)"), "N303", "Change to `conv`", net("output y = i -> conv(4, 3)")),
    (net("output y = i -> Conv2d(4, 3)"), "N303", "Change to `conv`", net("output y = i -> conv(4, 3)")),
    (net("output y = i -> conv(4, 3, strid: 2)"), "N110", "Change to `stride`",
     net("output y = i -> conv(4, 3, stride: 2)")),
    (net("output y = i -> conv(4, 3, init: xaver)"), "N112", "Change to `xavier`",
     net("output y = i -> conv(4, 3, init: xavier)")),
    (net('output y = i -> conv(4, 3, pad: "sam")'), "N112", "Change to `same`",
     net('output y = i -> conv(4, 3, pad: "same")')),
    (net("let units = 4\n    output y = i -> dense(unit)"), "N101", "Change to `units`",
     net("let units = 4\n    output y = i -> dense(units)")),
    (net("sparse table c3: 8 -> 4 = full\n    output y = i -> conv(4, 3, table: c3)"), "N204", "Make table c3 6 -> 4",
     net("sparse table c3: 6 -> 4 = full\n    output y = i -> conv(4, 3, table: c3)")),
    (net("sparse table c3: 6 -> 8 = full\n    output y = i -> conv(4, 3, table: c3)"), "N205", "Make table c3 6 -> 4",
     net("sparse table c3: 6 -> 4 = full\n    output y = i -> conv(4, 3, table: c3)")),
    (net("sparse table d: 6 -> 7 = depthwise(2)\n    output y = i -> conv(12, 3, table: d)"), "N208",
     "Make table d 6 -> 12", net("sparse table d: 6 -> 12 = depthwise(2)\n    output y = i -> conv(12, 3, table: d)")),
    (net("sprase table d: 6 -> 6 = identity\n    output y = i -> conv(6, 3, table: d)"), "N200",
     "Change to `sparse`", net("sparse table d: 6 -> 6 = identity\n    output y = i -> conv(6, 3, table: d)")),
    (net("output y = i -> residual { conv(4, 3, pad: 1) }"), "N218", "Write `shortcut: auto`",
     net("output y = i -> residual(shortcut: auto) { conv(4, 3, pad: 1) }")),
    (net("output y = i -> residual() { conv(4, 3, pad: 1) }"), "N218", "Write `shortcut: auto`",
     net("output y = i -> residual(shortcut: auto) { conv(4, 3, pad: 1) }")),
    (net("output y = i -> residual(shortcut: identity) { conv(4, 3, pad: 1) }"), "N218", "Write `shortcut: auto`",
     net("output y = i -> residual(shortcut: auto) { conv(4, 3, pad: 1) }")),
    (net("output y = i -> conv(4, 3"), "N005", "Add the `)`", net("output y = i -> conv(4, 3)")),
    (net("output y = i -> conv(4, 3  # four"), "N005", "Add the `)`", net("output y = i -> conv(4, 3)  # four")),
    (net("output y = i -> relu").rstrip("}\n"), "N005", "Add the `}` at the end", net("output y = i -> relu")),
    (net("output y = i -> relu)"), "N006", "Delete `)`", net("output y = i -> relu")),
    (net('output y = i -> conv(4, 3, pad: "same)').replace('same)', 'same'), "N004", 'Add the `"`', None),
    (net("unused = i -> relu\n    output y = i -> relu"), "N312", "Delete the line", net("output y = i -> relu")),
    (net("output y = i -> relu\n    expect y(macs: 7)"), "N401", "Expect 0, as it is now",
     net("output y = i -> relu\n    expect y(macs: 0)")),
    (net("output y = i -> relu\n    expect y(shape: 7)"), "N401", "Expect 6 x 9 x 9, as it is now",
     net("output y = i -> relu\n    expect y(shape: 6 x 9 x 9)")),
    (net("output y = i -> conv(4 3)"), "N008", "Write `4, 3`", net("output y = i -> conv(4, 3)")),
    (net("output y = i -> conv(4, 3, pad = 1)"), "N008", "Write `pad: 1`", net("output y = i -> conv(4, 3, pad: 1)")),
    ("netspec 1\ntrain { optimizer: sdg }\n", "N503", "Change to `sgd`", "netspec 1\ntrain { optimizer: sgd }\n"),
    ("netspec 1\ntrain { batsh: 3 }\n", "N502", "Change to `batch`", "netspec 1\ntrain { batch: 3 }\n"),
    ("netspec 1\ntrian { batch: 3 }\n", "N501", "Change to `train`", "netspec 1\ntrain { batch: 3 }\n"),
    ("netspec 1\nlet a = .5\n", "N008", "Write `0.5`", "netspec 1\nlet a = 0.5\n"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "title", "after"), MENDED, ids=[f"{c} {t}" for _, c, t, _ in MENDED])
def test_a_fix(text: str, code: str, title: str, after: str | None) -> None:
    found = snapshot(text)
    assert code in [problem.code for problem in found.problems], [(p.code, p.message, p.help) for p in found.problems]
    actions = {action.title: action for action in offered(found)}
    assert title in actions, (list(actions), [(p.code, p.help, p.span and p.span.text) for p in found.problems])
    if after is not None:
        assert mended(found, actions[title]) == after
    assert code in {one.code for one in actions[title].diagnostics or ()}


def test_a_fix_is_offered_at_its_finding_and_nowhere_else() -> None:
    text = net("v = i -> cnov(4, 3)\n    output y = i -> rleu")
    found, place = marked(text.replace("cnov", "cn‸ov"))
    assert [action.title for action in offered(found, place)] == ["Change to `conv`"]
    assert offered(found, lsp.Position(0, 0)) == []
    only = lsp.CodeActionContext([], only=[lsp.CodeActionKind.Refactor])
    assert fixes(found, lsp.CodeActionParams(this(), ALL, only)) == []


def test_what_does_not_mend_is_not_offered() -> None:
    found = snapshot(net("output y = i -> conv"))
    assert [p.help for p in found.problems] == ["write `conv(maps, kernel)`"]  # as it stands, it names nothing
    assert offered(found) == []


def told(text: str, **around: object) -> list[str]:
    found = snapshot(text, **around)
    lines = found.source.text.split("\n")
    shown = lenses(found, lsp.CodeLensParams(this()))
    shown.sort(key=lambda lens: (lens.range.start.line, lens.data is not None))
    return [f"{lines[one.range.start.line].strip()[:12]}: {one.command.title if one.command else '…'}" for one in shown]


def test_the_paper_s_figures_above_their_lines() -> None:
    shown = told(spec("lenet5"))
    assert shown[0].startswith("net LeNet5(c: 14 layers, 60,850 parameters, ")
    assert shown[1] == "net LeNet5(c: …"
    assert shown[4] == "expect C3(sh: now: 16 x 10 x 10, 1,516 parameters, 151,600 connections, 150,000 macs"
    assert len(shown) == 9


def test_what_is_now_while_it_differs_and_while_there_are_errors() -> None:
    text = net(
        "v = i -> conv(4, 3)\n    output y = v -> cnov\n    expect v(parameters: 1)\n    expect v(macs: 1) if 1 > 2"
    )
    assert told(text)[1:] == [
        "expect v(par: now: 4 x 7 x 7, 220 parameters, 10,780 connections, 10,584 macs",  # 6 x 4 x 9 + 4; 7 x 7 times
        "expect v(mac: not held now: its condition is false",
    ]
    assert told("netspec 1\nblock b() { relu }\n") == []
    assert told("") == []


def test_what_a_net_takes() -> None:
    (line, _) = told(net("output y = i -> conv(4, 3)"))
    # 220 weights and 4 x 7 x 7 values of 4 bytes
    assert line.endswith(
        "1 layer, 220 parameters, 10,780 connections, 10,584 macs; 0.0 MB of weights, 0.0 MB of values an example"
    )
    where = lsp.Range(lsp.Position(0, 0), lsp.Position(0, 1))
    command = training(snapshot(spec("lenet5")), where).command
    assert command and command.title.startswith("training on batches of 64 takes ") and command.title.endswith(" MB")
    free = training(snapshot(net("output y = i -> conv(4, 3)").replace("9 x 9", "H x W")), where).command
    assert free and "free size" in free.title


@pytest.mark.slow
def test_over_the_streams() -> None:
    async def script(editor: Editor) -> None:
        client = editor.client
        editor.open("untitled:a", spec("lenet5").replace("tanh\n    S2", "tanhh\n    S2"))
        context = lsp.CodeActionContext([])
        at = lsp.Range(lsp.Position(16, 34), lsp.Position(16, 34))
        actions = await client.text_document_code_action_async(lsp.CodeActionParams(this(), at, context))
        assert actions and [action.title for action in actions] == ["Change to `tanh`"]
        editor.rewrite("untitled:a", 2, spec("lenet5"))
        shown = await client.text_document_code_lens_async(lsp.CodeLensParams(this()))
        assert shown and len(shown) == 9
        (lazy,) = [lens for lens in shown if lens.command is None]
        told = await client.code_lens_resolve_async(lazy)
        assert told.command and told.command.title.startswith("training on batches of 64 takes ")
        pending = asyncio.ensure_future(client.code_lens_resolve_async(lazy))
        await asyncio.sleep(0)
        editor.rewrite("untitled:a", 3, "netspec 1\n")
        assert (await pending).command is None  # of a version that is gone nothing is worked out

    session(script)
