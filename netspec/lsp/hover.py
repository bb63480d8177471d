"""What an editor shows of the name under the pointer: what it is, its shape, cost and meaning, a table's picture."""

from __future__ import annotations

from collections.abc import Callable

from lsprotocol.types import Hover, HoverParams, MarkupContent, MarkupKind

from netspec.diagnostics import Span
from netspec.elaborate.scope import Binding
from netspec.elaborate.values import describe
from netspec.language import syntax as s
from netspec.lsp import words
from netspec.lsp.figures import built, costs, count, pipe_of, seen, shapes
from netspec.lsp.names import Declared, Mention
from netspec.lsp.snapshot import Snapshot
from netspec.report.described import Argument, Described
from netspec.report.table import draw
from netspec.shape import show
from netspec.tables import KernelTable, Table
from netspec.tables.written import figures, kernel_figures

#: A table with more connections, and a kernel with more taps, is told in figures.
MOST_DRAWN, MOST_TAPS = 2**18, 2**12
#: So much is shown of the line of a declaration.
LONGEST = 300


def hover(snapshot: Snapshot, params: HoverParams) -> Hover | None:
    """What is known of the name, or the word of the language, at a place."""
    offset = snapshot.places.offset(params.position)
    mention = snapshot.names.at(offset)
    if mention is not None:
        text, span = told(snapshot, mention), mention.span
    else:
        text, span = _keyword(snapshot, offset)
    return Hover(MarkupContent(MarkupKind.Markdown, text), snapshot.places.range(span)) if text else None


def _keyword(snapshot: Snapshot, offset: int) -> tuple[str, Span]:
    for token in snapshot.found.tokens:
        start, end = token.start_pos or 0, token.end_pos or 0
        if start <= offset <= end and (text := words.keyword(token.type)):
            return text, Span(snapshot.source, start, end)
    return "", Span(snapshot.source, offset, offset)


def told(snapshot: Snapshot, mention: Mention) -> str:
    """The text of a mention, in Markdown."""
    if mention.declared is not None:
        return _declared(snapshot, mention.declared)
    tell = _WORDS.get(mention.kind)
    return "" if tell is None else tell(snapshot, mention)


# ---- what the file names


def _declared(snapshot: Snapshot, declared: Declared) -> str:
    figures = _figures(snapshot, declared)
    parts = figures if declared.kind == "table" and figures else [_code(_head(declared)), *figures]
    where = declared.span.source.name
    if where != snapshot.source.name:
        parts.append(f"from `{where}`, line {declared.span.line}")
    return "\n\n".join(part for part in parts if part)


def _head(declared: Declared) -> str:
    """How a declaration begins: to its body, or its first line."""
    node, text = declared.node, declared.whole.text
    body = node.body if isinstance(node, s.Block | s.Net | s.Table) else None
    if isinstance(body, s.Body | s.Picture):
        text = text[: body.span.start - declared.whole.start].rstrip()
    line, more, _ = text.partition("\n")
    return f"{line[:LONGEST].rstrip()} …" if more or len(line) > LONGEST else line


def _figures(snapshot: Snapshot, declared: Declared) -> list[str]:
    binding = snapshot.trace.bound(declared.span.source.name, declared.span.start)
    if declared.kind == "net":
        graph = snapshot.trace.graph
        return [] if graph is None else [f"{count(len(graph.nodes), 'layer')}, {costs(graph, graph.nodes)}"]
    if binding is None:
        return []
    if isinstance(binding.what, Table | KernelTable):
        return [_code(_drawn(binding.what))]
    if declared.kind in ("constant", "parameter", "variable"):
        return [] if binding.kind != "constant" else [f"= {describe(binding.what)}"]
    if declared.kind == "share":
        return [_share(snapshot, declared, binding)]
    return [_value(snapshot, declared, binding)] if binding.kind == "value" else []


def _drawn(table: Table | KernelTable) -> str:
    """A table's picture; of one with very many connections its figures alone."""
    if isinstance(table, KernelTable):
        return draw(table) if table.count <= MOST_TAPS else kernel_figures(table)
    return draw(table) if table.is_full or table.connections <= MOST_DRAWN else figures(table)


def _value(snapshot: Snapshot, declared: Declared, binding: Binding) -> str:
    shape = f"**{shapes([value.shape for value in binding.what])}**"
    pipe = pipe_of(declared)
    found = built(snapshot, pipe.stages) if pipe is not None else None
    graph = snapshot.trace.graph
    if found is None or graph is None:
        return shape
    passed, nodes = found
    sees = seen(snapshot, passed)
    return "  \n".join([shape, costs(graph, nodes), *([sees] if sees else [])])


def _share(snapshot: Snapshot, declared: Declared, binding: Binding) -> str:
    shape = binding.what.shape
    return "one set of weights" + (f", gives **{show(shape)}**" if shape is not None else "")


# ---- words of the language


def _layer(snapshot: Snapshot, mention: Mention) -> str:
    parts = [described(words.layers()[mention.name])]
    found = built(snapshot, [mention.node]) if isinstance(mention.node, s.Call) else None
    graph = snapshot.trace.graph
    if found is not None and graph is not None:
        passed, nodes = found
        entering = shapes([value.shape for value in passed.entering or ()])
        line = [f"{entering} → **{shapes(passed.shapes[0])}**", costs(graph, nodes)]
        line += [sees] if (sees := seen(snapshot, passed)) else []
        if passed.uses > 1:
            others = f", as {'; '.join(map(shapes, passed.shapes[1:]))} too" if len(passed.shapes) > 1 else ""
            line.append(f"the first of {passed.uses:,} uses{others}")
        parts.insert(0, "  \n".join(line))
    return "\n\n".join(parts)


def described(one: Described) -> str:
    """A word with its arguments: ``conv(maps, kernel, stride: 1, …)``."""
    given = [argument.name if argument.required else f"{argument.name}: {argument.default}" for argument in one.ordered]
    parts = [_code(f"{one.name}({', '.join(given)})" if given else one.name), one.about.replace("``", "`")]
    parts += [f"`{one.formula}`"] if one.formula else []
    parts += [f"Shape: {one.rule}"] if one.rule else []
    parts += ["\n".join(f"- {_argument(argument)}" for argument in (*one.ordered, *one.named))]
    parts += [f"_{one.source}_"] if one.source else []
    return "\n\n".join(part for part in parts if part)


def _argument(one: Argument) -> str:
    default = "" if one.required else f" (default: {one.default})"
    return f"`{one.name}`: {one.about}. It takes {one.takes}{default}."


def _of_argument(snapshot: Snapshot, mention: Mention) -> str:
    found = words.argument(mention.owner, mention.name)
    return "" if found is None else _argument(found)


def _key(snapshot: Snapshot, mention: Mention) -> str:
    found = words.setting(mention.owner, mention.name)
    return "" if found is None else f"`{mention.name}`: {found.about}"


def _word(snapshot: Snapshot, mention: Mention) -> str:
    found = words.behind(mention.owner).get(mention.name)
    return words.word(mention.owner, mention.name) if found is None else described(found)


def _section(snapshot: Snapshot, mention: Mention) -> str:
    found = words.section(mention.name)
    return "" if found is None else described(found)


def _code(text: str) -> str:
    """A block of code, whatever the text has in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}netspec\n{text}\n{fence}"


_WORDS: dict[str, Callable[[Snapshot, Mention], str]] = {
    "layer": _layer,
    "argument": _of_argument,
    "key": _key,
    "word": _word,
    "section": _section,
    "generator": lambda snapshot, mention: (
        described(words.generators()[mention.name]) if mention.name in words.generators() else ""
    ),
    "function": lambda snapshot, mention: described(words.functions()[mention.name]),
    "figure": lambda snapshot, mention: words.figure(mention.name),
    "table kind": lambda snapshot, mention: words.table_kind(mention.name),
}
