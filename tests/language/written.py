"""Syntax and findings in short, so that a table of cases can hold them."""

from __future__ import annotations

from netspec.diagnostics import Problems, Source
from netspec.language import parse
from netspec.language import syntax as s


def findings(text: str) -> list[str]:
    """All that is wrong with a text: code, line and column, in the order of the file."""
    problems = Problems(None)
    parse(Source("a.net", text), problems)
    places = [(problem.code, problem.span) for problem in problems]
    return [f"{code} {span.line}:{span.column}" if span else code for code, span in places]


def sound(text: str) -> s.File:
    """The syntax of a text that has no fault."""
    problems = Problems(None)
    file = parse(Source("a.net", text), problems)
    assert not list(problems), [problem.message for problem in problems]
    return file


def expression(text: str) -> str:
    """An expression as prefix notation: ``(+ 1 (* 2 3))``."""
    (let,) = sound(f"netspec 1\nlet k = {text}\n").items
    assert isinstance(let, s.Let)
    return short(let.value)


def pipeline(text: str) -> str:
    """A pipeline, its parts told apart by brackets."""
    (block,) = sound(f"netspec 1\nblock b() {{ {text} }}\n").items
    assert isinstance(block, s.Block)
    (bare,) = block.body.statements
    assert isinstance(bare, s.Bare)
    return short(bare.pipe)


def short(node: object) -> str:
    """Any part of the syntax."""
    match node:
        case s.Number(text=text) | s.Row(text=text):
            return text
        case s.String(value=value):
            return f'"{value}"'
        case s.Boolean(value=value):
            return str(value).lower()
        case s.InValue():
            return "in"
        case s.Name():
            return node.name + arguments(node.arguments)
        case s.ListOf(items=items):
            return f"[{' '.join(map(short, items))}]"
        case s.Attribute():
            return f"(. {short(node.value)} {node.name})"
        case s.Item():
            return f"(at {short(node.value)} {short(node.index)})"
        case s.Size(parts=parts):
            return f"(x {' '.join(map(short, parts))})"
        case s.Power():
            return f"(** {short(node.base)} {short(node.exponent)})"
        case s.Signed():
            return f"({node.sign} {short(node.value)})"
        case s.Chain():
            text = short(node.first)
            for sign, operand in node.rest:
                text = f"({sign} {text} {short(operand)})"
            return text
        case s.Not():
            return f"(not {short(node.value)})"
        case s.Range():
            return f"(.. {short(node.first)} {short(node.last)})"
        case s.IfElse():
            return f"(if {short(node.condition)} {short(node.then)} {short(node.otherwise)})"
    return _of_a_pipeline(node)


def _of_a_pipeline(node: object) -> str:
    match node:
        case s.Pipe(stages=stages):
            return " -> ".join(map(short, stages))
        case s.Call():
            body = f" {{{'; '.join(map(short, node.body.statements))}}}" if node.body else ""
            return node.name + arguments(node.arguments) + body
        case s.In(index=index):
            return "in" if index is None else f"in[{short(index)}]"
        case s.Many(pipes=pipes):
            return f"[{', '.join(map(short, pipes))}]"
        case s.Group(inner=inner, repeat=s.Times(count=count)):
            return f"<{short(inner)}> * {short(count)}"
        case s.Group(inner=inner, repeat=s.Each(name=name, items=items)):
            return f"<{short(inner)}> for {name} in {short(items)}"
        case s.Group(inner=inner):
            return f"<{short(inner)}>"
        case s.Choice():
            return f"if {short(node.condition)}: {short(node.pipe)} else: {short(node.otherwise)}"
        case s.Bare(pipe=pipe):
            return short(pipe)
        case s.Bind(name=name, pipe=pipe):
            return f"{name} = {short(pipe)}"
        case s.Generate(name=name):
            return name + (arguments(node.arguments) if node.arguments else "")
        case s.Combined(sign=sign, parts=parts):
            return f"({sign} {' '.join(map(short, parts))})"
        case s.Picture(rows=rows):
            return " / ".join(map(short, rows))
    raise AssertionError(type(node))


def arguments(written: tuple[s.Argument, ...] | None) -> str:
    """Arguments in their parentheses; nothing where there are none."""
    if written is None:
        return ""
    return f"({', '.join((f'{a.name}: ' if a.name else '') + short(a.value) for a in written)})"
