"""A cell of a notebook as a spec: ``%load_ext netspec``, then ``%%netspec`` above the text.

It shows the net's figure and its table, and leaves the net under a name. A spec with errors ends the cell as an
exception does, so that no cell after it goes on with another net.
"""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Mapping, Sequence
from keyword import iskeyword
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from IPython.core.error import UsageError
from IPython.core.magic_arguments import MagicArgumentParser
from IPython.display import HTML, SVG, display

from netspec.diagnostics import Fault
from netspec.net.reading import loads_with, setting
from netspec.report.homes import blocks

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from netspec.net.net import Net

#: What a cell may show; unless one is asked for, the first two.
SHOWN = {
    "figure": "show the net as a paper would draw it",
    "table": "show the layers, as `netspec show` does",
    "problems": "show the problems alone, and that there are none",
}


def register(shell: InteractiveShell) -> None:
    """Give a shell the cell magic."""

    def magic(line: str, cell: str) -> None:
        asked = _asked(line)
        net = loads_with(cell, _settings(asked.settings), asked.root)
        try:
            net = net.at(_sizes(asked.at))
        except Fault as fault:
            raise UsageError(f"--at: {fault.line}") from None
        _show(net, asked)
        if asked.name is not None:
            shell.user_ns[asked.name] = net

    magic.__doc__ = parser().format_help()
    shell.magics_manager.register_function(magic, "cell", "netspec")


def _asked(line: str) -> Any:
    """What stands behind ``%%netspec``. Raises UsageError, also where a quote is not closed."""
    try:
        return parser().parse_argstring(line)
    except ValueError as error:
        raise UsageError(f"{line}: {error}") from None


def parser() -> MagicArgumentParser:
    """Reads what stands behind ``%%netspec``; UsageError where it is none of that."""
    found = MagicArgumentParser("%netspec", description="Read the cell as a spec, and show its net.", add_help=False)
    found.add_argument("name", nargs="?", type=_name, help="the name under which the net is left")
    for name, what in SHOWN.items():
        found.add_argument(f"--{name}", dest="shown", action="append_const", const=name, help=what)
    found.add_argument(
        "--open", action="append", default=[], metavar="BLOCK", help="draw a block unfolded; all unfolds every block"
    )
    found.add_argument(
        "--depth", type=_depth, metavar="N", help="fold the rows of the table, as `netspec show --depth`"
    )
    found.add_argument(
        "--set", dest="settings", action="append", default=[], metavar="NAME=VALUE", help="set a parameter"
    )
    found.add_argument("--at", action="append", default=[], metavar="NAME=SIZE", help="give a free size a number")
    found.add_argument(
        "--root", metavar="DIR", help="let the spec use files below this folder (default: the working folder)"
    )
    return found


def _name(text: str) -> str:
    if not text.isidentifier() or iskeyword(text):
        raise UsageError(f"{text!r} is no name that a net could be left under")
    return normalize("NFKC", text)  # as Python reads names


def _depth(text: str) -> int:
    if not _is_count(text):
        raise UsageError(f"--depth takes a number from 1 on, not {text!r}")
    return int(text)


def _is_count(text: str) -> bool:
    """Whether a text is a number from 1 on; more digits than any size has are none."""
    return text.isdecimal() and len(text) < 20 and int(text) >= 1


def _settings(given: Sequence[str]) -> dict[str, Any]:
    return {name: setting(value) for name, value in _pairs("--set", given)}


def _sizes(given: Sequence[str]) -> Mapping[str, int]:
    found = dict(_pairs("--at", given))
    if not all(map(_is_count, found.values())):
        raise UsageError(f"--at takes sizes such as H=224, not {' '.join(given)}")
    return {name: int(value) for name, value in found.items()}


def _pairs(option: str, given: Sequence[str]) -> list[tuple[str, str]]:
    pairs = [tuple(part.strip() for part in text.partition("=")[::2]) for text in given]
    names = [name for name, _ in pairs]
    if not all("=" in text for text in given) or not all(names) or len(set(names)) < len(names):
        raise UsageError(f"{option} takes NAME=VALUE, each name once, not {' '.join(given)}")
    return [(name, value) for name, value in pairs]


def _show(net: Net, asked: Any) -> None:
    """Warnings, then what was asked for."""
    from netspec.report.drawing import Look, draw_net
    from netspec.report.summary import NetTable

    shown = asked.shown or ["figure", "table"]
    unknown = [name for name in asked.open if name not in blocks(net.graph) | {"all"}]
    if unknown:
        raise UsageError(f"net {net.name} has no block {unknown[0]}")
    if len(net.problems) or "problems" in shown:
        display(net.problems)
    if "figure" in shown:
        display(SVG(draw_net(net.graph, Look(frozenset(asked.open))).svg))
    if "table" in shown:
        display(HTML(NetTable(net.summary(asked.depth)).html()))
