"""Findings while one types: over the standard streams, from the text of the editor and not of the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netspec.lsp.documents import Document
from netspec.lsp.findings import findings
from netspec.lsp.snapshot import Surroundings, analysed
from tests.lsp.editor import Editor, session, uri

NET = "netspec 1\nnet A {\n    input i: 3 x 8 x 8\n    output y = i -> conv(4, 3) -> relu\n}\n"
LIBRARY = "netspec 1\nblock b(n) { conv(n, 3) -> relu }\n"
USER = 'netspec 1\nuse "lib.net"\nnet A {\n    input i: 3 x 8 x 8\n    output y = i -> b(4)\n}\n'


@pytest.mark.slow
def test_each_version_has_its_findings() -> None:
    async def script(editor: Editor) -> None:
        editor.open("untitled:a", NET.replace("conv", "cnv"))
        assert await editor.problems("untitled:a", 1) == ["N303 4:21-4:24"]
        found = editor.findings["untitled:a"].diagnostics[0]
        assert found.message == "there is no layer or block cnv\nhelp: did you mean `conv`?"
        editor.type("untitled:a", 2, ((3, 21), (3, 21), "o"))
        assert await editor.problems("untitled:a", 2) == []
        editor.type("untitled:a", 3, ((0, 0), (1, 0), ""), ((1, 4), (1, 9), "inptu"))
        assert await editor.problems("untitled:a", 3) == ["N001 1:1-1:8", "N008 2:11-2:12", "N101 3:16-3:17"]

    session(script)


@pytest.mark.slow
def test_the_newest_version_wins() -> None:
    async def script(editor: Editor) -> None:
        editor.open("untitled:a", NET)
        for version in range(2, 40):
            editor.type("untitled:a", version, ((3, 38), (3, 38), "u"))
        assert await editor.problems("untitled:a", 39) == ["N303 4:35-4:77"]
        versions = [told.version for told in editor.told]
        assert versions == sorted(versions)
        assert len(versions) < 20  # not each of them was analysed

    session(script)


@pytest.mark.slow
def test_what_is_not_saved_counts_in_files_that_are_used(tmp_path: Path) -> None:
    library, user = tmp_path / "lib.net", tmp_path / "user.net"
    library.write_text(LIBRARY)

    async def script(editor: Editor) -> None:
        editor.open(uri(user), USER)  # on no disk
        assert await editor.problems(uri(user), 1) == []
        editor.open(uri(library), LIBRARY, 7)
        assert await editor.problems(uri(library), 7) == []
        editor.type(uri(library), 8, ((1, 6), (1, 7), "c"))
        await editor.until(lambda: editor.shown(uri(user)) == ["N303 5:21-5:22"])
        editor.type(uri(library), 9, ((1, 6), (1, 7), "b"), ((1, 13), (1, 17), "cnov"))
        await editor.until(lambda: editor.findings[uri(user)].diagnostics == ())
        await editor.until(lambda: editor.findings[uri(library)].version == 9)
        assert editor.shown(uri(library)) == ["N303 2:14-2:18"]  # once, though two read it
        editor.close(uri(library))
        await editor.until(lambda: editor.findings[uri(library)].version is None)
        await editor.until(lambda: editor.findings[uri(library)].diagnostics == ())

    session(script)


@pytest.mark.slow
def test_what_is_wrong_in_a_file_on_disk_is_shown_there(tmp_path: Path) -> None:
    library, user = tmp_path / "lib.net", tmp_path / "user.net"
    library.write_text(LIBRARY.replace("conv", "cnv"))

    async def script(editor: Editor) -> None:
        editor.open(uri(user), USER)
        assert await editor.problems(uri(library), None) == ["N303 2:14-2:17"]
        library.write_text(LIBRARY)
        editor.client.workspace_did_change_watched_files(_changed(library))
        await editor.until(lambda: editor.findings[uri(library)].diagnostics == ())
        editor.close(uri(user))

    session(script)


def _changed(path: Path) -> Any:
    from lsprotocol import types as lsp

    return lsp.DidChangeWatchedFilesParams([lsp.FileEvent(uri(path), lsp.FileChangeType.Changed)])


@pytest.mark.slow
def test_a_file_that_is_missing_and_then_there(tmp_path: Path) -> None:
    async def script(editor: Editor) -> None:
        user, library = uri(tmp_path / "user.net"), uri(tmp_path / "lib.net")
        editor.open(user, USER)
        assert await editor.problems(user, 1) == ["N603 2:1-2:14"]
        editor.open(library, LIBRARY)
        await editor.until(lambda: editor.findings[user].diagnostics == ())
        editor.type(library, 2, ((1, 0), (1, 0), 'use "user.net"\n'))
        await editor.until(lambda: editor.shown(user) == ["N603 2:1-2:14"])  # used in a circle, as each sees the other
        await editor.until(lambda: editor.shown(library) == ["N603 2:1-2:15"])

    session(script)


#: Texts and the place of `cnv` in them, lines and columns from 1, in units of UTF-16 and of UTF-8.
WIDE = {
    "卷 = i -> cnv(4, 3)": ("4:14", "4:16"),
    "卷積 = i -> cnv(4, 3)  # 🙂": ("4:15", "4:19"),
    "[i, i] -> [conv(2, 3, pad: 1), # 🙂🙂\n cnv(4, 3)] -> add": ("5:2", "5:2"),
    "𝒙 = i -> cnv(4, 3)": ("4:15", "4:17"),
}


@pytest.mark.parametrize("line", WIDE)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_places_are_counted_as_was_agreed(line: str, end: str) -> None:
    text = f"netspec 1\nnet A {{\n    input i: 3 x 8 x 8\n    {line}\n    output y = i -> relu\n}}\n".replace("\n", end)
    for encoding, place in zip(("utf-16", "utf-8"), WIDE[line], strict=True):
        found = findings(analysed(Document.opened("untitled:a", 1, text), Surroundings(encoding=encoding)))
        (wrong,) = [one for one in found["untitled:a"].diagnostics if one.code == "N303"]
        assert f"{wrong.range.start.line + 1}:{wrong.range.start.character + 1}" == place


def test_a_byte_order_mark_is_a_character_of_the_first_line() -> None:
    found = findings(analysed(Document.opened("untitled:a", 1, "\ufeffnet A { }"), Surroundings()))
    assert [one.range.start.character for one in found["untitled:a"].diagnostics if one.code == "N001"] == [1]


@pytest.mark.slow
def test_places_are_counted_in_utf8_with_an_editor_that_asks_for_it() -> None:
    async def script(editor: Editor) -> None:
        editor.open("untitled:a", NET.replace("y = i", "卷 = i"))
        assert await editor.problems("untitled:a", 1) == []
        editor.type("untitled:a", 2, ((3, 22), (3, 23), ""))
        assert await editor.problems("untitled:a", 2) == ["N303 4:23-4:26"]

    session(script, encodings=["utf-8", "utf-16"])


#: Texts that are no text, too large, too deep, or too much work: what is said of each, and that the next is read.
NO_END = "net A { input i: 3\n output y = i -> "
HOSTILE = {
    "half a pair": ("netspec 1\n# \ud800", "N602"),
    "too large": ("netspec 1\n" + "#" * (4 * 2**20), "N602"),
    "too deep": ("netspec 1\nlet a = " + "(" * 5_000, "N007"),
    "too many layers": (f"netspec 1\n{NO_END}{'(' * 40}relu{') * 9' * 40}}}", "N301"),
    "too much work": (
        "netspec 1\nlet a = [[" + "0..99999, " * 9 + "0]]\n" + "let b = a\nlet c = a == b\n" * 90,
        "N103",
    ),
    "a circle of blocks": (f"netspec 1\nblock a() {{ b() }}\nblock b() {{ a() }}\n{NO_END}a() }}", "N309"),
    "no spec": ("SNNS network definition file V1.4", "N001"),
}


@pytest.mark.slow
def test_whatever_a_text_is_the_next_one_is_read() -> None:
    async def script(editor: Editor) -> None:
        for version, (text, code) in enumerate(HOSTILE.values(), 1):
            editor.open("untitled:a", text, 2 * version)
            assert code in " ".join(await editor.problems("untitled:a", 2 * version))
            editor.rewrite("untitled:a", 2 * version + 1, NET)
            assert await editor.problems("untitled:a", 2 * version + 1) == []

    session(script)


@pytest.mark.slow
def test_parameters_are_read_from_a_comment_and_from_settings() -> None:
    text = (
        "netspec 1\nnet A(n = 1, wide = false) {\n    input i: 3 x 8 x 8\n"
        "    output y = i -> conv(n, 3)\n    expect net(parameters: 28) if not wide\n}\n"
    )
    said = "# netspec: n=2\n"

    async def script(editor: Editor) -> None:
        editor.open("untitled:a", text)
        assert await editor.problems("untitled:a", 1) == []
        editor.rewrite("untitled:a", 2, said + text)
        assert await editor.problems("untitled:a", 2) == ["N401 6:16-6:30"]
        editor.rewrite("untitled:a", 3, text + "# netspec: n=2, wide=true\n")
        assert await editor.problems("untitled:a", 3) == []
        editor.rewrite("untitled:a", 4, text + "# netspec: n = 1 wide: true\n")
        assert await editor.problems("untitled:a", 4) == ["N113 7:1-7:28"]
        editor.rewrite("untitled:a", 5, text)
        editor.settings = {"parameters": {"n": 3, "depth": 18}}
        editor.client.workspace_did_change_configuration(_configured())
        await editor.until(lambda: editor.findings["untitled:a"].version == 5 and editor.shown("untitled:a") != [])
        assert editor.shown("untitled:a") == ["N401 5:16-5:30"]  # and depth is none of its parameters: that is silent

    session(script)


def _configured() -> Any:
    from lsprotocol import types as lsp

    return lsp.DidChangeConfigurationParams(settings=None)


@pytest.mark.slow
def test_settings_of_an_editor_that_cannot_be_asked(tmp_path: Path) -> None:
    (tmp_path / "lib.net").write_text(LIBRARY)
    (tmp_path / "specs").mkdir()
    user = uri(tmp_path / "specs" / "user.net")

    async def outside(editor: Editor) -> None:
        editor.open(user, USER.replace("lib", "../lib"))
        assert await editor.problems(user, 1) == ["N603 2:1-2:17"]

    async def below(editor: Editor) -> None:
        editor.open(user, USER.replace("lib", "../lib"))
        assert await editor.problems(user, 1) == []

    async def told_at_first_and_then_asked_in_vain(editor: Editor) -> None:
        editor.settings = None
        await below(editor)

    session(outside, asked=False)
    session(told_at_first_and_then_asked_in_vain, initialization_options={"netspec": {"root": str(tmp_path)}})
    session(below, asked=False, initialization_options={"root": str(tmp_path)})
