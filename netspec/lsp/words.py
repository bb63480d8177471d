"""What the words of the language mean, as their declarations say: the one source is that of `netspec layers`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from netspec.elaborate.declarations import SPECIAL
from netspec.elaborate.expectations import FIGURES
from netspec.elaborate.functions import FUNCTIONS
from netspec.elaborate.shortcuts import KINDS as SHORTCUTS
from netspec.elaborate.tables import KINDS
from netspec.language.keywords import MEANINGS
from netspec.report.described import Argument, Described, groups

#: The groups of `netspec layers` that are no layers, by the setting of a section that they stand in.
GROUPS = {
    "loss": "losses", "optimizer": "optimisers", "schedule": "schedules", "stop": "stops", "prepare": "steps",
    "augment": "steps", "test": "crops of a test",
}  # fmt: skip
#: By the kind of its token.
_KEYWORDS = {word.upper(): meaning for word, meaning in MEANINGS.items()} | {
    "TABLE": "A connection table: which input map feeds which output map, with whose weights; or the taps of a kernel.",
    "VERSION": "The version of the language: the first line that is not a comment.",
}
_SHORTCUT = Argument(
    "shortcut", f"{', '.join(SHORTCUTS)}, or a connection table", False, "identity",
    "what is added to the value of the body", tuple(SHORTCUTS),
)  # fmt: skip


@cache
def _known() -> dict[str, dict[str, Described]]:
    found = {title: {one.name: one for one in items} for title, items in groups().items()}
    layers = {
        name: one
        for title, items in found.items()
        for name, one in items.items()
        if one.kind == "layer" and title not in GROUPS.values()
    }
    layers |= {
        name: Described(name, "layer", about, (_SHORTCUT,) if name == "residual" else ())
        for name, about in SPECIAL.items()
    }
    return {
        **found,
        "layers": layers,
        "functions": {
            name: Described(name, "a function", f"{about[:1].upper()}{about[1:]}.") for name, about in FUNCTIONS.items()
        },
    }


def layers() -> dict[str, Described]:
    """What a value goes through."""
    return _known()["layers"]


def generators() -> dict[str, Described]:
    """What makes tables."""
    return _known()["generators"]


def functions() -> dict[str, Described]:
    """The functions of expressions."""
    return _known()["functions"]


def behind(key: str) -> dict[str, Described]:
    """What stands behind the colon of a setting, where that has arguments or is described."""
    return _known()[GROUPS[key]] if key in GROUPS else {}


def settings(section: str) -> dict[str, Argument]:
    """The settings of a section."""
    whole = _known().get(f"settings of {section}", {}).get(section)
    return {} if whole is None else {one.name: one for one in whole.named}


def setting(section: str, key: str) -> Described | None:
    """A setting of a section, described."""
    return _known().get(f"settings of {section}", {}).get(key)


def section(name: str) -> Described | None:
    """A section as a whole."""
    return setting(name, name)


def owners(name: str) -> Iterator[Described]:
    """All that are called so and take arguments: a layer, a step, a generator may share a name."""
    for title, items in _known().items():
        if name in items and not title.startswith("settings"):
            yield items[name]


def argument(owner: str, name: str) -> Argument | None:
    """An argument by the name of what takes it."""
    for one in owners(owner):
        for given in (*one.ordered, *one.named):
            if given.name == name:
                return given
    return None


def word(owner: str, name: str) -> str:
    """What a bare word means for an argument; nothing where its argument says it all."""
    return SHORTCUTS.get(name, "") if owner == "residual" else ""


def figure(name: str) -> str:
    """What a figure of ``expect`` is."""
    return FIGURES.get(name, "")


def table_kind(name: str) -> str:
    """What a kind of table has in its cells."""
    return KINDS.get(name, "")


def keyword(kind: str) -> str:
    """What a word of the language means, by the kind of its token; nothing for what is none."""
    return _KEYWORDS.get(kind, "")
