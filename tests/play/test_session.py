"""What a page is told of a text while it is typed, and what becomes of its file."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from netspec.play.desk import Desk
from tests.play.pages import SMALL, opened, served

Server = tuple[TestClient, Desk]


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "small.net"
    path.write_text(SMALL, encoding="utf-8")
    return path


@pytest.fixture
def server(spec: Path) -> Iterator[Server]:
    with served(spec) as found:
        yield found


@pytest.mark.slow
def test_a_net_is_told_with_its_figure_layers_parameters_and_tables(server: Server) -> None:
    with opened(server[0]) as page:
        assert (page.hello["text"], page.hello["saved"], page.hello["fixed"]) == (SMALL, SMALL, "")
        told = page.hear("net")
        net = told["net"]
        assert told["problems"] == []
        assert (net["net"], net["parameters"]) == ("Small", 2 * 26 + (3 * 9 + 2) + (2 * 16 * 10 + 10))
        lines = {layer["name"]: layer["line"] for layer in net["layers"]}
        assert lines == {"c/conv": 8, "c/relu": 8, "y/conv": 9, "y/dense": 9, "y/softmax": 9}
        assert 'data-layer="c"' in net["svg"]
        assert net["boxes"]["c"] == ["c/conv", "c/relu"]
        assert [(one["name"], one["value"], one["default"]) for one in told["parameters"]] == [
            ("units", 10, "10"),
            ("gate", True, "true"),
        ]
        (table,) = told["tables"]
        assert (table["name"], table["connections"], table["rows"]) == ("t", 3, [[5, 8, 5, 11], [6, 8, 6, 11]])


@pytest.mark.slow
def test_a_layer_of_another_file_stands_where_it_is_called(spec: Path) -> None:
    (spec.parent / "lib.net").write_text(
        "netspec 1\nblock two() {\n\n\n    in -> relu -> conv(2, 1)\n}\n", encoding="utf-8"
    )
    text = SMALL.replace("netspec 1\n", 'netspec 1\nuse "lib.net"\n').replace(") -> relu", ")\n        -> two -> relu")
    spec.write_text(text, encoding="utf-8")
    with served(spec) as (client, _), opened(client) as page:
        lines = {layer["name"]: layer["line"] for layer in page.hear("net")["net"]["layers"]}
    at = next(n for n, line in enumerate(text.split("\n")) if "-> two" in line)
    assert (lines["c/conv"], lines["c/two/relu"], lines["c/two/conv"], lines["c/relu"]) == (at - 1, at, at, at)


@pytest.mark.slow
def test_problems_have_their_places_as_the_page_counts(server: Server) -> None:
    with opened(server[0]) as page:
        text = SMALL.replace("c = image -> conv(2, 5, stride: 4)", "卷𝔸 = image -> conv(2, 5, strid: 4)").replace(
            "= c ->", "= 卷𝔸 ->"
        )
        told = page.type(text, 1)
        (problem,) = told["problems"]
        line = text.split("\n")[8]
        at = len(line[: line.index("strid")].encode("utf-16-le")) // 2  # a letter behind the BMP counts two
        assert problem["place"] == [8, at, 8, at + len("strid: 4")]
        assert (problem["severity"], told["net"]) == ("error", None)
        assert "stride" in problem["help"]


@pytest.mark.slow
def test_parameters_are_set_and_stay(server: Server, spec: Path) -> None:
    with opened(server[0]) as page:
        page.hear("net")
        page.tell(type="parameters", values={"units": "3"})
        told = page.hear("net")
        assert next(row for row in told["net"]["layers"] if row["name"] == "y/dense")["shape"] == "3"
        assert told["parameters"][0]["value"] == 3
    with opened(server[0]) as page:
        assert page.hello["parameters"] == {"units": "3"}
    assert spec.read_text(encoding="utf-8") == SMALL


@pytest.mark.slow
def test_an_infinite_parameter_is_told_all_the_same(server: Server) -> None:
    with opened(server[0]) as page:
        page.hear("net")
        page.tell(type="parameters", values={"gate": "1e999"})
        told = page.hear("net")
        assert isinstance(told["parameters"][1]["value"], str) or told["problems"]


@pytest.mark.slow
def test_of_many_fast_edits_the_last_one_counts(server: Server) -> None:
    with opened(server[0]) as page:
        page.hear("net")
        began = time.monotonic()
        for version in range(1, 1001):
            text = SMALL.replace("units = 10", f"units = {version}")
            page.tell(type="text", text=text, version=version)
        told = page.hear("net", version=1000)
        assert told["parameters"][0]["value"] == 1000
        assert time.monotonic() - began < 20
        assert server[1].text == text


@pytest.mark.slow
def test_what_is_not_saved_outlives_the_page(server: Server, spec: Path) -> None:
    other = SMALL.replace("Small", "Other")
    with opened(server[0]) as page:
        page.type(other, 7)
    with opened(server[0]) as page:
        assert (page.hello["text"], page.hello["saved"], page.hello["version"]) == (other, SMALL, 7)
        assert page.hear("net")["net"]["net"] == "Other"
    assert spec.read_text(encoding="utf-8") == SMALL  # nothing is written that nobody asked for


@pytest.mark.slow
def test_a_second_window_takes_over_and_the_first_is_told(server: Server) -> None:
    with opened(server[0]) as first:
        first.hear("net")
        with opened(server[0]) as second:
            first.hear("elsewhere")
            assert second.hear("net")["net"]["net"] == "Small"


# ---- the file


def test_saving_writes_the_file_and_keeps_its_mode(server: Server, spec: Path) -> None:
    os.chmod(spec, 0o640)
    with opened(server[0]) as page:
        page.tell(type="save", text=SMALL + "# 卷積\n", over=False)
        assert page.hear("saved")["text"] == SMALL + "# 卷積\n"
    assert spec.read_text(encoding="utf-8") == SMALL + "# 卷積\n"
    assert stat.S_IMODE(spec.stat().st_mode) == 0o640
    assert list(spec.parent.iterdir()) == [spec]


def test_a_mark_and_windows_line_ends_stay(spec: Path) -> None:
    spec.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    with served(spec) as (client, _), opened(client) as page:
        assert page.hello["text"] == SMALL
        page.tell(type="save", text=SMALL + "# more\n", over=False)
        page.hear("saved")
    assert spec.read_bytes() == b"\xef\xbb\xbf" + (SMALL + "# more\n").replace("\n", "\r\n").encode()


def test_what_another_program_wrote_is_not_written_over_unasked(server: Server, spec: Path) -> None:
    with opened(server[0]) as page:
        theirs = SMALL + "# theirs\n"
        spec.write_text(theirs, encoding="utf-8")
        page.tell(type="save", text=SMALL + "# mine\n", over=False)
        page.hear("changed")
        assert spec.read_text(encoding="utf-8") == theirs
        page.tell(type="reread")
        assert page.hear("file")["text"] == theirs
        spec.write_text(SMALL, encoding="utf-8")
        page.tell(type="save", text=SMALL + "# mine\n", over=True)
        page.hear("saved")
    assert spec.read_text(encoding="utf-8") == SMALL + "# mine\n"


def test_a_file_that_is_gone_is_no_reason_to_lose_the_text(server: Server, spec: Path) -> None:
    with opened(server[0]) as page:
        spec.unlink()
        page.tell(type="save", text=SMALL, over=False)
        page.hear("changed")
        page.tell(type="save", text=SMALL, over=True)
        page.hear("saved")
    assert spec.read_text(encoding="utf-8") == SMALL


def test_a_spec_that_is_fixed_is_not_written(spec: Path) -> None:
    with served(spec, fixed="it is a run's") as (client, _), opened(client) as page:
        page.tell(type="save", text="mine", over=True)
        assert page.hear("unsaved")["text"] == "it is a run's"
    assert spec.read_text(encoding="utf-8") == SMALL


@pytest.mark.slow
def test_half_of_a_pair_is_a_problem_and_is_not_saved(server: Server, spec: Path) -> None:
    with opened(server[0]) as page:
        page.socket.send_text('{"type": "text", "text": "\\ud835", "version": 1}')
        (problem,) = page.hear("net", version=1)["problems"]
        assert problem["code"] == "N602"
        page.socket.send_text('{"type": "save", "text": "\\ud835", "over": true}')
        assert "half of a pair" in page.hear("unsaved")["text"]
    assert spec.read_text(encoding="utf-8") == SMALL


ODD = [
    "\0",
    "\u2028\u2029\x85\x0b",
    "\u202e net",
    "netspec 1\nnet \u0301 {",
    "😀" * 500,
    "{" * 3000,
    '"' * 999,
    "netspec 1\nlet a = " + "(" * 5000,
    "netspec 1\nlet a = " + "[" * 200 + "0..99999" + "]" * 200,
    'netspec 1\nuse "../../etc/passwd"\n',
]


@pytest.mark.slow
def test_odd_texts_are_problems_and_nothing_else(server: Server) -> None:
    with opened(server[0]) as page:
        for version, text in enumerate(ODD, 1):
            told = page.type(text, version)
            assert told["net"] is None and told["problems"], text[:40]
        assert page.type(SMALL, 100)["net"]["net"] == "Small"


@pytest.mark.slow
def test_a_small_text_that_asks_for_a_very_large_net_meets_the_limits(server: Server) -> None:
    with opened(server[0]) as page:
        for version, text in enumerate(("(conv(9, 1)) * 10**9", "conv(10**9, 1)", "(conv(1, 1)) * 200000"), 1):
            told = page.type(SMALL.replace("conv(2, 5, stride: 4)", text), version)
            assert told["problems"] and told["net"] is None


@pytest.mark.slow
def test_very_many_tables_are_not_all_drawn(server: Server) -> None:
    tables = "".join(f"    sparse table t{n}: 64 -> 64 = full\n" for n in range(600))
    with opened(server[0]) as page:
        page.hear("net")
        told = page.type(SMALL.replace("    sparse table t:", tables + "    sparse table t:"), 1)
        assert told["net"] is not None
        assert len(told["tables"]) == 500
        assert sum(table["drawn"] is not None for table in told["tables"]) == 16  # of 2^12 cells each


# ---- what is asked of a text


@pytest.mark.slow
def test_help_and_completions_are_those_of_an_editor(server: Server) -> None:
    with opened(server[0]) as page:
        page.hear("net")
        line = SMALL.split("\n")[8]
        page.tell(type="ask", what="hover", line=8, character=line.index("conv") + 1, id=1)
        answer = page.hear("answered", id=1)["answer"]
        assert "1 x 28 x 28 → **2 x 6 x 6**" in answer["contents"]["value"]
        page.tell(type="ask", what="completion", line=8, character=line.index("relu"), id=2)
        assert {"relu", "tanh", "maxpool"} <= {item["label"] for item in page.hear("answered", id=2)["answer"]["items"]}


@pytest.mark.slow
def test_the_form_is_mended_by_edits(server: Server) -> None:
    with opened(server[0]) as page:
        page.type(SMALL.replace("    c = image", "  c  =  image"), 1)
        page.tell(type="ask", what="format", line=0, character=0, id=1)
        (edit,) = page.hear("answered", id=1)["answer"]
        assert edit["newText"] == "    c = image -> conv(2, 5, stride: 4) -> relu\n"
        assert edit["range"]["start"] == {"line": 8, "character": 0}
