"""`%%netspec` in a real IPython: what a cell shows, what it leaves, and how one that is wrong ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

SPEC = """netspec 1
net Kleines(units = 2) {
    input 圖: 1 x H x 8
    block two { in -> conv(3, 3) -> [identity, relu] -> add }
    c = 圖 -> two -> two
    output y = c -> global_avgpool -> dense(units)
}
"""
#: Runs cells, and prints of each what was shown, by kind, and how it ended.
DRIVER = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

config = Config()
config.HistoryManager.enabled = False
shell, found = InteractiveShell.instance(config=config), []
shell.display_formatter.active_types = shell.display_formatter.format_types  # as in a notebook
for cell in json.load(sys.stdin):
    with capture_output() as shown:
        result = shell.run_cell(cell)
    error = result.error_in_exec
    found.append({
        "shown": [output.data for output in shown.outputs],
        "text": shown.stdout + shown.stderr,
        "error": error and type(error).__name__,
        "value": repr(result.result),
        "html": shell.display_formatter.format(result.result)[0].get("text/html"),
    })
sys.stdout.write(json.dumps(found))
"""
HEAD = "%%netspec "
CELLS = {
    "load": "%load_ext netspec",
    "net": f"{HEAD}網\n{SPEC}",
    "value": "(網.parameters, 網.name)",
    "table": f"{HEAD}small --table --depth 1 --set units=5 --at H=8\n{SPEC}",
    "small": "small.graph.shapes[small.graph.outputs[0].value], small.graph.inputs",
    "figure": f"{HEAD}--figure --open two\n{SPEC}",
    "sound": f"{HEAD}--problems\n{SPEC}",
    "warned": f"{HEAD}warned\n{SPEC.replace('c = 圖 ->', 'd = 圖 -> two' + chr(10) + '    c = 圖 ->')}",
    "wrong": f"{HEAD}網\n{SPEC.replace('dense', 'dens')}",
    "kept": "網.parameters",
    "caught": "import netspec\ntry: netspec.loads('')\nexcept netspec.SpecError as error: caught = error\ncaught",
    "size": f"{HEAD}--at H=2\n{SPEC}",
    "no size": f"{HEAD}--at Q=9\n{SPEC}",
    "name": f"{HEAD}2x\n{SPEC}",
    "keyword": f"{HEAD}for\n{SPEC}",
    "twice": f"{HEAD}--set units=2 --set units=3\n{SPEC}",
    "block": f"{HEAD}--open tow\n{SPEC}",
    "depth": f"{HEAD}--depth 0\n{SPEC}",
    "option": f"{HEAD}--colour\n{SPEC}",
    "quote": f"{HEAD}'small\n{SPEC}",
    "digits": f"{HEAD}--at H={'9' * 5_000}\n{SPEC}",
    "digits of a depth": f"{HEAD}--depth {'9' * 5_000}\n{SPEC}",
    "help": "%%netspec?",
}


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    here = tmp_path_factory.mktemp("notebook")
    done = subprocess.run(
        [sys.executable, "-c", DRIVER],
        input=json.dumps(list(CELLS.values())),
        env={**os.environ, "IPYTHONDIR": str(here)},
        cwd=here,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(CELLS, json.loads(done.stdout), strict=True))


def kinds(cell: dict[str, Any]) -> list[str]:
    return [next(kind for kind in shown if kind != "text/plain") for shown in cell["shown"]]


@pytest.mark.slow
def test_a_cell_shows_figure_and_table_and_leaves_the_net(cells: dict[str, dict[str, Any]]) -> None:
    assert cells["net"]["error"] is None, cells["net"]["text"]
    assert kinds(cells["net"]) == ["image/svg+xml", "text/html"]
    assert "Kleines" in cells["net"]["shown"][0]["image/svg+xml"]
    assert "c/two_2/conv" in cells["net"]["shown"][1]["text/html"]
    assert cells["value"]["value"] == "(122, 'Kleines')"  # 3 * 10, three times 3 * 28, 2 * 4


def test_what_is_asked_for_is_shown_with_parameters_and_sizes(cells: dict[str, dict[str, Any]]) -> None:
    assert kinds(cells["table"]) == ["text/html"]
    html = cells["table"]["shown"][0]["text/html"]
    assert "6 layers" in html
    assert "c/two" not in html
    assert cells["small"]["value"] == "((5,), {'圖': (1, 8, 8)})"
    assert kinds(cells["figure"]) == ["image/svg+xml"]
    assert cells["figure"]["shown"] != cells["net"]["shown"][:1]  # the block is open


def test_problems_are_shown(cells: dict[str, dict[str, Any]]) -> None:
    assert "no problems" in cells["sound"]["shown"][0]["text/html"]
    assert kinds(cells["warned"]) == ["text/html", "image/svg+xml", "text/html"]
    assert "warning[" in cells["warned"]["shown"][0]["text/html"]


def test_a_wrong_cell_ends_as_an_exception_and_leaves_no_net(cells: dict[str, dict[str, Any]]) -> None:
    assert cells["wrong"]["error"] == "SpecError"
    assert "there is no layer or block dens" in cells["wrong"]["text"]
    assert "text:6:" in cells["wrong"]["text"]
    assert "Traceback" not in cells["wrong"]["text"]
    assert cells["kept"]["value"] == "122"
    assert "error[N" in cells["caught"]["html"]


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("size", "--at: "),
        ("no size", "names no free size"),
        ("name", "'2x' is no name"),
        ("keyword", "'for' is no name"),
        ("twice", "each name once"),
        ("block", "no block tow"),
        ("depth", "from 1 on"),
        ("option", "unrecognized arguments: --colour"),
        ("quote", "'small: No closing quotation"),
        ("digits", "--at takes sizes"),
        ("digits of a depth", "from 1 on"),
    ],
)
def test_what_the_magic_does_not_take(cell: str, told: str, cells: dict[str, dict[str, Any]]) -> None:
    assert cells[cell]["error"] == "UsageError"
    assert told in cells[cell]["text"]
    assert cells[cell]["shown"] == []


def test_the_help_names_the_arguments(cells: dict[str, dict[str, Any]]) -> None:
    for option in ("--figure", "--table", "--problems", "--open", "--depth", "--set", "--at", "--root"):
        assert option in cells["help"]["text"]
