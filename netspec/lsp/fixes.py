"""Quick fixes from the help of findings; each was tried on the text before it is offered, and its finding is gone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from time import thread_time

from lark import Token
from lsprotocol.types import (
    CodeAction,
    CodeActionKind,
    CodeActionParams,
    OptionalVersionedTextDocumentIdentifier,
    TextDocumentEdit,
    TextEdit,
    WorkspaceEdit,
)

from netspec.diagnostics import Problem, Span
from netspec.diagnostics.spelling import distance
from netspec.language import syntax as s
from netspec.lsp.findings import diagnostics_of
from netspec.lsp.snapshot import Snapshot, analysed

#: So many findings of a place are looked at, and so many changes tried for each.
MOST_FINDINGS, MOST_TRIED = 8, 6
#: Seconds of processor that trying them may take, and what a text's own analysis may take for any to be tried: the
#: first one of a server loads what it needs, which on a busy machine is half a second.
LONGEST, SLOW = 0.5, 2.0
_MEANT = re.compile(r"did you mean `([^`…]+)`\?")
_WRITE = re.compile(r"^write (?:an? \w+(?: \w+)*: )?`([^`…]+)`")
_SIZES = re.compile(r"would start `(?:\w+) table \S+: (\d+) -> (\d+)`|^write `(\d+) -> (\d+)`$")
_KIND = re.compile(r"^declare a `(\w+) table`$")
_CLOSE = re.compile(r"^add the `(.)`$")
_VERSION = re.compile(r"add this line at the top: `(netspec \d+)`")


@dataclass(frozen=True)
class Fix:
    """A change of the text that may mend a finding; ``sure`` ones may leave other findings behind."""

    title: str
    edits: tuple[tuple[Span, str], ...]
    sure: bool = False


def fixes(snapshot: Snapshot, params: CodeActionParams) -> list[CodeAction]:
    """The fixes of the findings that touch a range."""
    only = params.context.only
    if only and not any(CodeActionKind.QuickFix.value.startswith(str(getattr(kind, "value", kind))) for kind in only):
        return []
    first, last = (snapshot.places.offset(place) for place in (params.range.start, params.range.end))
    near = [
        problem for problem in snapshot.problems
        if problem.span is not None and problem.span.source.name == snapshot.source.name
        and problem.span.start <= last and problem.span.end >= first
    ]  # fmt: skip
    actions, until = [], thread_time() + LONGEST
    if snapshot.seconds > SLOW:
        return []
    for problem in near[:MOST_FINDINGS]:
        good: dict[str, Fix] = {}
        for fix in islice(_candidates(snapshot, problem), MOST_TRIED):
            if fix.title not in good and thread_time() < until and _mends(snapshot, problem, fix):
                good[fix.title] = fix
        actions += [_action(snapshot, problem, fix, preferred=len(good) == 1) for fix in good.values()]
    return actions


def _action(snapshot: Snapshot, problem: Problem, fix: Fix, preferred: bool) -> CodeAction:
    document = snapshot.document
    edits = [TextEdit(snapshot.places.range(span), text) for span, text in fix.edits]
    change = TextDocumentEdit(OptionalVersionedTextDocumentIdentifier(document.uri, document.version), edits)
    return CodeAction(
        fix.title,
        CodeActionKind.QuickFix,
        diagnostics_of(snapshot, problem),
        is_preferred=preferred or None,
        edit=WorkspaceEdit(document_changes=[change]),
    )


def _mends(snapshot: Snapshot, problem: Problem, fix: Fix) -> bool:
    """Whether the finding is gone in the text with the change, and no other error has come, unless that is known."""
    text = snapshot.source.text
    for span, new in sorted(fix.edits, key=lambda edit: edit[0].start, reverse=True):
        text = text[: span.start] + new + text[span.end :]
    after = analysed(replace(snapshot.document, text=text), snapshot.around)
    count = Counter((one.code, one.message) for one in snapshot.problems)
    now = Counter((one.code, one.message) for one in after.problems)
    key = problem.code, problem.message
    return now[key] < count[key] and (fix.sure or len(after.problems.errors) <= len(snapshot.problems.errors))


def _candidates(snapshot: Snapshot, problem: Problem) -> Iterator[Fix]:
    for rule in _RULES:
        yield from rule(snapshot, problem)


# ---- the rules, by what the help says


def _meant(snapshot: Snapshot, problem: Problem) -> Iterator[Fix]:
    """The nearest known name, in place of the word in the finding that is nearest to it."""
    found = _MEANT.search(problem.help)
    if found is None or problem.span is None:
        return
    new, words = found[1], [token for token in _tokens(snapshot, problem.span) if token.type in ("NAME", "STRING")]
    for token in sorted(
        words, key=lambda token: (f" {token}" not in problem.message, distance(str(token).strip('"'), new))
    ):
        text = f'"{new}"' if token.type == "STRING" else new
        yield Fix(f"Change to `{new}`", ((_at(snapshot, token), text),))
    yield Fix(f"Change to `{new}`", ((problem.span, new),))


def _version(snapshot: Snapshot, problem: Problem) -> Iterator[Fix]:
    found = _VERSION.search(problem.help)
    if found is not None:
        text = snapshot.source.text
        blank = "" if text.startswith("\n") or not text else "\n"
        yield Fix(f"Add `{found[1]}` at the top", ((Span(snapshot.source, 0, 0), f"{found[1]}\n{blank}"),), sure=True)


def _sizes(snapshot: Snapshot, problem: Problem) -> Iterator[Fix]:
    """The head of a table with the sizes that its layer, or what it is made of, has."""
    found = _SIZES.search(problem.help)
    table = _table(snapshot, problem) if found is not None else None
    if found is None or table is None or table.outputs is None:
        return
    inputs, outputs = (found[1], found[2]) if found[1] else (found[3], found[4])
    edits = ((table.inputs.span, inputs), (table.outputs.span, outputs))
    yield Fix(f"Make table {table.name} {inputs} -> {outputs}", edits, sure=True)


def _table(snapshot: Snapshot, problem: Problem) -> s.Table | None:
    """The table that a finding is about: named in it, or around it."""
    assert problem.span is not None
    for mention in snapshot.names.mentions:
        declared, span = mention.declared, mention.span
        node = declared.node if declared is not None else None
        if not isinstance(node, s.Table) or node.span.source.name != snapshot.source.name:
            continue
        if problem.span.start <= span.start and span.end <= problem.span.end:
            return node
        if mention.declares and node.span.start <= problem.span.start and problem.span.end <= node.span.end:
            return node
    return None


def _kind(snapshot: Snapshot, problem: Problem) -> Iterator[Fix]:
    found, table = _KIND.search(problem.help), None
    if found is not None:
        table = _table(snapshot, problem)
    if found is not None and table is not None:
        yield Fix(f"Declare a {found[1]} table", ((table.kind_span, found[1]),))


def _auto(snapshot: Snapshot, problem: Problem) -> Iterator[Fix]:
    """A shortcut that projects where the shapes differ."""
    if "`residual(shortcut: auto)`" not in problem.help or problem.span is None:
        return
    mention = snapshot.names.starting(problem.span.start)
    stage = mention.node if mention is not None else None
    if not isinstance(stage, s.Call):
        return
    given = stage.arguments or ()
    where, text = Span(snapshot.source, stage.name_span.end, stage.name_span.end), "(shortcut: auto)"
    if given:
        where, text = given[0].span, "shortcut: auto"
    elif stage.arguments is not None and stage.body is not None:
        where = Span(snapshot.source, stage.name_span.end, stage.body.span.start)
        text = "(shortcut: auto) "
    yield Fix("Write `shortcut: auto`", ((where, text),))


def _write(snapshot: Snapshot, problem: Problem) -> Iterator[Fix]:
    """What the help says to write in place of what is underlined, with the words beside that it repeats."""
    found = _WRITE.search(problem.help)
    if found is None or problem.span is None:
        return
    new, span = found[1], problem.span
    tokens = [token for token in snapshot.found.tokens if token.type != "_NL"]
    before = [token for token in tokens if (token.end_pos or 0) <= span.start][-1:]
    behind = [token for token in tokens if (token.start_pos or 0) >= span.end][:1]
    starts = [span.start, *(token.start_pos or 0 for token in before if new.startswith(str(token)))]
    ends = [span.end, *(token.end_pos or 0 for token in behind if new.endswith(str(token)))]
    for start in reversed(starts):
        for end in reversed(ends):
            yield Fix(f"Write `{new}`", ((Span(snapshot.source, start, end), new),))


def _close(snapshot: Snapshot, problem: Problem) -> Iterator[Fix]:
    """A bracket that is never closed: at the end of its line, or of the text."""
    found = _CLOSE.search(problem.help)
    if found is None or problem.span is None:
        return
    text, line = snapshot.source.text, problem.span.line
    end = problem.span.start - problem.span.column + 1 + len(snapshot.source.line(line).split("#")[0].rstrip())
    yield Fix(f"Add the `{found[1]}`", ((Span(snapshot.source, end, end), found[1]),))
    if found[1] == "}":
        new = "}\n" if text.endswith("\n") else "\n}\n"
        yield Fix("Add the `}` at the end", ((Span(snapshot.source, len(text), len(text)), new),))


def _quote(snapshot: Snapshot, problem: Problem) -> Iterator[Fix]:
    if problem.help == 'add a `"` at its end' and problem.span is not None:
        end = problem.span.start + len(problem.span.text.rstrip())
        yield Fix('Add the `"`', ((Span(snapshot.source, end, end), '"'),))


def _delete(snapshot: Snapshot, problem: Problem) -> Iterator[Fix]:
    if re.match(r"delete it\b", problem.help) and problem.span is not None:
        yield Fix(f"Delete `{problem.span.text.strip()[:20]}`" if problem.span.text.isprintable() else "Delete it",
                  ((problem.span, ""),))  # fmt: skip


def _unused(snapshot: Snapshot, problem: Problem) -> Iterator[Fix]:
    """A line that nothing uses."""
    if problem.code != "N312" or problem.span is None:
        return
    mention = snapshot.names.starting(problem.span.start)
    whole = mention.declared.whole if mention is not None and mention.declared is not None else problem.span
    source = snapshot.source
    start = source.start(whole.line)
    last = source.place(whole.end)[0]
    end = source.start(last + 1) if last < source.lines else len(source.text)
    if not source.text[start : whole.start].strip():
        yield Fix("Delete the line", ((Span(source, start, end), ""),))


def _figure(snapshot: Snapshot, problem: Problem) -> Iterator[Fix]:
    """What is expected made what it is."""
    found = re.fullmatch(r"(.+) here", problem.label)
    if problem.code != "N401" or found is None or problem.span is None:
        return
    name, colon, _ = problem.span.text.partition(":")
    if colon:
        new = found[1].replace(",", "")
        yield Fix(f"Expect {new}, as it is now", ((problem.span, f"{name}: {new}"),))


def _tokens(snapshot: Snapshot, span: Span) -> list[Token]:
    return [
        token for token in snapshot.found.tokens
        if span.start <= (token.start_pos or 0) and (token.end_pos or 0) <= span.end
    ]  # fmt: skip


def _at(snapshot: Snapshot, token: Token) -> Span:
    return Span(snapshot.source, token.start_pos or 0, token.end_pos or 0)


_RULES: tuple[Callable[[Snapshot, Problem], Iterator[Fix]], ...] = (
    _version, _sizes, _auto, _meant, _kind, _close, _quote, _figure, _write, _delete, _unused,
)  # fmt: skip
