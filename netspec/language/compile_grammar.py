"""Write grammar.json from grammar.lark: `python -m netspec.language.compile_grammar`."""

from __future__ import annotations

import json
from typing import Any

from lark.grammar import Rule
from lark.lexer import TerminalDef
from lark.parsers.lalr_analysis import Shift

from netspec.language.builder import Builder
from netspec.language.grammar import GRAMMAR, TABLES, built, origin


def compiled(grammar: str) -> str:
    """What ``grammar.loaded`` reads: Lark's own serialised form, its states in an order that is always the same."""
    machine: Any = built(grammar, Builder())
    _number_states(machine.parser.parser._parse_table)
    data, memo = machine.memo_serialize([TerminalDef, Rule])
    data["options"]["transformer"] = data["options"]["lexer"] = data["parser"]["lexer_conf"]["lexer_type"] = None
    table = data["parser"]["parser"]
    table["tokens"], table["states"] = list(table["tokens"].values()), list(table["states"].values())
    saved = {"origin": origin(grammar), "memo": list(memo.values()), "data": data}
    return json.dumps(saved, separators=(",", ":")) + "\n"


def _number_states(table: Any) -> None:
    """Number the states as they are met from the first one, actions by name: Lark's numbers change from run to run."""
    order = list(table.start_states.values())
    for state in order:  # grows while it is walked over
        actions = sorted(table.states[state].items())
        targets = [target for _, (action, target) in actions if action is Shift]
        order += [target for target in dict.fromkeys(targets) if target not in order]
    number = {old: new for new, old in enumerate(order)}
    table.states = {
        number[state]: {
            name: (action, number[target] if action is Shift else target)
            for name, (action, target) in sorted(table.states[state].items())
        }
        for state in order
    }
    for ends in (table.start_states, table.end_states):
        ends.update({start: number[old] for start, old in ends.items()})


if __name__ == "__main__":
    TABLES.write_text(compiled(GRAMMAR.read_text(encoding="utf-8")), encoding="utf-8")
