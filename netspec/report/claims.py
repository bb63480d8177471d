"""What claims were found to be: as a page that needs no other file, and as Markdown beside their pictures."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from netspec.files import read_regular
from netspec.report.page import Table, page_of

KINDS = {".png": "image/png", ".svg": "image/svg+xml"}
#: Bytes of a picture at most.
LARGEST = 2**26
#: Of more than one claim.
MANY = {"holds": "hold", "does not hold": "do not hold", "not decided": "not decided"}
Entry = Mapping[str, Any]


def html(entries: Sequence[Entry], folder: Path) -> str:
    """A page of one claim or of many, with the pictures that lie in a folder."""
    told = [
        {
            **entry,
            "table": Table(entry["head"], entry["rows"]),
            "images": _images(entry, folder),
            "seeds": given(entry),
        }
        for entry in entries
    ]
    title = entries[0]["name"] if len(entries) == 1 else f"{len(entries)} claims, measured"
    return page_of("claims.html", title=title, claims=told, counted=counted(entries))


def markdown(entries: Sequence[Entry]) -> str:
    """The same as Markdown: a table of all, then each with its figures and pictures."""
    lines = ["# What the literature says, measured", "", f"{counted(entries)}.", ""]
    lines += _table(
        ("claim", "", "found"),
        [(entry["claim"], f"[{entry['name']}](#{entry['name']})", f"**{entry['verdict']}**") for entry in entries],
    )
    for entry in entries:
        lines += ["", f"## {entry['name']}", "", f"*{entry['claim']}* ({entry['source']})", ""]
        lines += [
            f"Measured: {entry['measured']}; {given(entry)}, {entry['seconds']:,.0f} s on {entry['cores']} cores.",
            "",
        ]
        lines += [f"**{entry['verdict'][0].upper()}{entry['verdict'][1:]}.** {entry['found']}", ""]
        lines += _table(entry["head"], entry["rows"])
        for picture in entry["pictures"]:
            lines += ["", f"![{picture['title']}]({picture['file']})"]
    return "\n".join([*lines, ""])


def counted(entries: Sequence[Entry]) -> str:
    """How many hold, do not hold and are not decided."""
    counts = Counter(entry["verdict"] for entry in entries)
    return ", ".join(f"{count} {verdict if count == 1 else MANY[verdict]}" for verdict, count in counts.most_common())


def given(entry: Entry) -> str:
    """The pictures, where they are one's own, and the seeds."""
    seeds = entry["given"]["seeds"]
    data = entry["given"]["data"]
    pictures = f"pictures of {data['folder']} in place of the digits, " if data else ""
    return f"{pictures}seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [_row(head), _row(["---"] + ["---:"] * (len(head) - 1)), *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _images(entry: Entry, folder: Path) -> list[tuple[str, str]]:
    """Titles and addresses of pictures."""
    found = [(picture["title"], folder / picture["file"]) for picture in entry["pictures"]]
    return [
        (title, f"data:{KINDS[path.suffix]};base64,{b64encode(read_regular(path, LARGEST)).decode()}")
        for title, path in found
    ]
