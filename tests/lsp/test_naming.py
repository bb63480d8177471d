"""From names to what they mean and back, and names that change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcInvalidParams

from netspec.lsp.documents import Document
from netspec.lsp.navigation import definition, highlights, references
from netspec.lsp.rename import prepared, renamed
from netspec.lsp.snapshot import Snapshot
from tests.lsp.asking import edited, marked, snapshot, spec, this
from tests.lsp.editor import Editor, session

NET = """netspec 1
let k = 2
block b(n, k = 3) {
    v = in -> conv(n, k, pad: same)
    v -> relu
}
block twice(n) { b(n) -> b(n: n) }
net A(n = 8) {
    input i: 3 x H x W
    input j: 3 x H x W
    sparse table t: 3 -> 4 = full
    sparse table u: 3 -> 4 = t | groups(1)
    share e = conv(n, k + 1)
    v = i -> e
    w = [j -> e, v] -> add -> (conv(m, 1) -> norm) for m in [n, k]
    output y = w -> residual(shortcut: auto) { v = in -> twice(v.maps); v -> norm } -> global_avgpool
    expect v(shape: 8 x H x W)
    expect w(macs: k) if n == 1
}
train {
    loss y: mse
    epochs: n * k
}
"""
NET = NET.replace("twice(v.maps); v", "twice(in.maps)\n        v")

#: A name where it stands, the line of what it means, and how often that is named in all.
MEANT = [
    ("let k‸ =", 2, 5),  # not where a block, and its parameter, hide it
    ("conv(n, k‸, pad", 3, 2),
    ("conv(n‸, k,", 3, 3),  # and by name in a call
    ("b(n‸: n)", 3, 3),
    ("{ b‸(n) ->", 3, 3),
    ("    v‸ -> relu", 4, 2),
    ("-> twice‸(", 7, 2),
    ("A(n‸ =", 8, 5),
    ("3 x H‸ x W\n    input j", 9, 3),
    ("shape: 8 x H‸", 9, 3),
    ("= t‸ |", 11, 2),
    ("j -> e‸,", 13, 3),
    ("share e‸ =", 13, 3),
    (", v‸] ->", 14, 3),
    ("(conv(m‸, 1)", 15, 2),
    ("expect w‸(", 15, 3),
    ("loss y‸:", 16, 2),
    ("        v‸ -> norm", 16, 2),
    ("epochs: n‸ *", 8, 5),
    ("[n, k‸]", 2, 5),
]


@pytest.mark.parametrize(("place", "line", "count"), MEANT)
def test_where_a_name_is_meant_and_how_often(place: str, line: int, count: int) -> None:
    assert NET.count(place.replace("‸", "")) == 1
    found, at = marked(NET.replace(place.replace("‸", ""), place))
    there = definition(found, lsp.DefinitionParams(this(), at))
    assert there and there.range.start.line + 1 == line
    all_of_them = references(found, lsp.ReferenceParams(lsp.ReferenceContext(True), this(), at))
    assert all_of_them is not None and len(all_of_them) == count
    others = references(found, lsp.ReferenceParams(lsp.ReferenceContext(False), this(), at))
    assert others is not None and len(others) == count - 1
    marks = highlights(found, lsp.DocumentHighlightParams(this(), at))
    assert marks is not None and sorted(str(one.range) for one in marks) == sorted(
        str(one.range) for one in all_of_them
    )


@pytest.mark.parametrize("place", ["add‸ ->", "mse‸", "pad‸: same", "same‸)", "auto‸)", "groups‸(1)", "net‸specs"])
def test_words_of_the_language_are_meant_nowhere(place: str) -> None:
    text = NET if place != "net‸specs" else NET + "# netspecs"
    found, at = marked(text.replace(place.replace("‸", ""), place, 1))
    assert definition(found, lsp.DefinitionParams(this(), at)) is None
    assert prepared(found, lsp.PrepareRenameParams(this(), at)) is None


def changed(found: Snapshot, at: lsp.Position, new: str) -> dict[str, list[lsp.TextEdit]]:
    edit = renamed(found, lsp.RenameParams(this(), at, new))
    assert edit is not None and edit.document_changes is not None
    result: dict[str, list[Any]] = {}
    for one in edit.document_changes:
        assert isinstance(one, lsp.TextDocumentEdit)
        result[one.text_document.uri] = list(one.edits)
    return result


@pytest.mark.parametrize(("place", "line", "count"), MEANT)
def test_a_name_is_changed_wherever_it_is_meant(place: str, line: int, count: int) -> None:
    found, at = marked(NET.replace(place.replace("‸", ""), place))
    (edits,) = changed(found, at, "卷積1").values()
    text = edited(found, edits)
    assert text.count("卷積1") == count
    after = snapshot(text)
    assert [problem.code for problem in after.problems] == [problem.code for problem in found.problems]
    back = after.places.position(text.index("卷積1"))
    (edits,) = changed(
        after, back, place.partition("‸")[0].replace("\n", " ").split(" ")[-1].rpartition("(")[2]
    ).values()
    assert edited(after, edits) == NET


#: A name that may not be taken, where, and why.
REFUSED = [
    ("v‸ = i ->", "w", "bound twice"),
    ("v‸ = i ->", "conv", "is a layer"),
    ("v‸ = i ->", "if", "is a word of the language"),
    ("v‸ = i ->", "a b", "is no name"),
    ("v‸ = i ->", "", "is no name"),
    ("v‸ = i ->", "1a", "is no name"),
    ("let k‸ =", "n", "."),  # parameters of that name would hide it
    ("A(n‸ =", "k", "."),  # it would hide the constant
    ("block b‸(", "twice", "."),
    ("share e‸ =", "v", "bound twice"),
]


@pytest.mark.parametrize(("place", "new", "why"), REFUSED)
def test_what_would_mean_something_else_is_refused(place: str, new: str, why: str) -> None:
    found, at = marked(NET.replace(place.replace("‸", ""), place))
    with pytest.raises(JsonRpcInvalidParams, match=why):
        renamed(found, lsp.RenameParams(this(), at, new))


def test_a_parameter_is_changed_in_the_comment_that_sets_it() -> None:
    text = (
        "netspec 1\n# netspec: depth=2, deep=true\nnet A(depth‸ = 1, deep = false) {\n    input i: 3\n"
        "    output y = i -> dense(depth)\n}\n"
    )
    found, at = marked(text)
    (edits,) = changed(found, at, "n").values()
    assert edited(found, edits) == text.replace("‸", "").replace("depth", "n")


LIBRARY = "netspec 1\nlet k = 3\nblock b(n) { conv(n, k) -> relu }\n"
USER = 'netspec 1\nuse "lib.net"\nnet A {\n    input i: 3 x 8 x 8\n    output y = i -> b(n: k) -> b(2)\n}\n'


def in_folder(folder: Path, name: str, mark: str = "") -> tuple[Snapshot, lsp.Position]:
    """The library or its user, open with a mark; the other lies on the disk."""
    for path, text in (("lib.net", LIBRARY), ("user.net", USER), ("none.net", "netspec 1\nblock b() { relu }\n")):
        (folder / path).write_text(text, encoding="utf-8")
    text = (folder / name).read_text(encoding="utf-8")
    assert text.count(mark.replace("‸", "")) == 1
    return marked(text.replace(mark.replace("‸", ""), mark), (folder / name).as_uri())


@pytest.mark.parametrize(("name", "mark"), [("lib.net", "block b‸("), ("user.net", "i -> b‸(")])
def test_names_across_files(tmp_path: Path, name: str, mark: str) -> None:
    found, at = in_folder(tmp_path, name, mark)
    there = definition(found, lsp.DefinitionParams(this(), at))
    assert there and (there.uri, there.range.start.line) == ((tmp_path / "lib.net").as_uri(), 2)
    all_of_them = references(found, lsp.ReferenceParams(lsp.ReferenceContext(True), this(), at))
    assert all_of_them and sorted((Path(one.uri).name, one.range.start.line) for one in all_of_them) == [
        ("lib.net", 2), ("user.net", 4), ("user.net", 4),
    ]  # fmt: skip
    edits = changed(found, at, "c")
    assert {Path(uri).name: len(some) for uri, some in edits.items()} == {"lib.net": 1, "user.net": 2}


def test_a_parameter_of_a_block_elsewhere(tmp_path: Path) -> None:
    found, at = in_folder(tmp_path, "user.net", "b(n‸: k)")
    edits = changed(found, at, "maps")
    assert {Path(uri).name: len(some) for uri, some in edits.items()} == {"lib.net": 2, "user.net": 1}


def test_a_new_name_is_held_against_the_other_file_too(tmp_path: Path) -> None:
    found, at = in_folder(tmp_path, "lib.net", "block b‸(")
    with pytest.raises(JsonRpcInvalidParams, match="bound twice"):
        renamed(found, lsp.RenameParams(this(), at, "k"))
    (tmp_path / "user.net").write_text(USER.replace("net A {", "let q = 1\nnet A {"))
    with pytest.raises(JsonRpcInvalidParams):
        renamed(found, lsp.RenameParams(this(), at, "q"))


def test_the_path_of_a_used_file(tmp_path: Path) -> None:
    found, at = in_folder(tmp_path, "user.net", '"lib‸.net"')
    there = definition(found, lsp.DefinitionParams(this(), at))
    assert there and there.uri == (tmp_path / "lib.net").as_uri()
    (tmp_path / "lib.net").unlink()
    assert definition(found, lsp.DefinitionParams(this(), at)) is None


def test_what_is_open_counts_in_place_of_the_disk(tmp_path: Path) -> None:
    in_folder(tmp_path, "lib.net", "block b‸(")
    library = Document.opened((tmp_path / "lib.net").as_uri(), 5, LIBRARY.replace("block b", "\n\nblock b"))
    assert library.real is not None
    found, at = marked(
        USER.replace("i -> b(", "i -> b‸("), (tmp_path / "user.net").as_uri(), unsaved={library.real: library}
    )
    there = definition(found, lsp.DefinitionParams(this(), at))
    assert there and there.range.start.line == 4
    edit = renamed(found, lsp.RenameParams(this(), at, "c"))
    assert edit and edit.document_changes
    versions = {Path(one.text_document.uri).name: one.text_document.version for one in edit.document_changes}
    assert versions == {"lib.net": 5, "user.net": 1}


@pytest.mark.slow
def test_over_the_streams() -> None:
    async def script(editor: Editor) -> None:
        client, text = editor.client, spec("lenet5")
        editor.open("untitled:a", text, 3)
        at = lsp.Position(18, 5)  # C3
        there = await client.text_document_definition_async(lsp.DefinitionParams(this(), at))
        assert there and there.range.start == lsp.Position(18, 4)
        found = await client.text_document_references_async(lsp.ReferenceParams(lsp.ReferenceContext(True), this(), at))
        assert found and len(found) == 3
        edit = await client.text_document_rename_async(lsp.RenameParams(this(), at, "C5a"))
        assert edit and edit.document_changes and edit.document_changes[0].text_document.version == 3
        with pytest.raises(Exception, match="bound twice"):
            await client.text_document_rename_async(lsp.RenameParams(this(), at, "C5"))

    session(script)
