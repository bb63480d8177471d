"""What a file says, as data: one class a grammar rule, each with its span and no method that computes."""

from __future__ import annotations

from dataclasses import dataclass, field

from netspec.diagnostics import Span


@dataclass(frozen=True, eq=False, repr=False)
class Node:
    """Anything written in a file; ``span`` is where, ``depth`` how deep it nests without brackets."""

    span: Span
    depth: int = field(default=0, init=False)


# ---- expressions


@dataclass(frozen=True, eq=False, repr=False)
class Number(Node):
    """``3``, ``0.5``, ``1e-4``; the text, so that nothing is lost or computed here."""

    text: str


@dataclass(frozen=True, eq=False, repr=False)
class String(Node):
    """A string, its escapes already read."""

    value: str


@dataclass(frozen=True, eq=False, repr=False)
class Boolean(Node):
    """``true`` or ``false``."""

    value: bool


@dataclass(frozen=True, eq=False, repr=False)
class Argument(Node):
    """``value`` or ``name: value``; the span covers both."""

    name: str | None
    value: Expression


@dataclass(frozen=True, eq=False, repr=False)
class Name(Node):
    """A name, or with ``arguments`` a function or a word that takes some: ``max(a, b)``, ``gaussian(0.01)``."""

    name: str
    arguments: tuple[Argument, ...] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class InValue(Node):
    """``in`` within an expression, as in ``in.maps``."""


@dataclass(frozen=True, eq=False, repr=False)
class ListOf(Node):
    """``[a, b, c]``."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Attribute(Node):
    """``value.name``."""

    value: Expression
    name: str


@dataclass(frozen=True, eq=False, repr=False)
class Item(Node):
    """``value[index]``."""

    value: Expression
    index: Expression


@dataclass(frozen=True, eq=False, repr=False)
class Size(Node):
    """``a x b x c``."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Power(Node):
    """``base ** exponent``."""

    base: Expression
    exponent: Expression


@dataclass(frozen=True, eq=False, repr=False)
class Signed(Node):
    """``-a`` or ``+a``."""

    sign: str
    value: Expression


@dataclass(frozen=True, eq=False, repr=False)
class Chain(Node):
    """Operators of one rank from left to right, flat: ``a + b - c``; ``and`` and ``or`` too."""

    first: Expression
    rest: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, eq=False, repr=False)
class Not(Node):
    """``not a``."""

    value: Expression


@dataclass(frozen=True, eq=False, repr=False)
class Range(Node):
    """``first..last``, both ends count."""

    first: Expression
    last: Expression


@dataclass(frozen=True, eq=False, repr=False)
class IfElse(Node):
    """``a if condition else b``."""

    then: Expression
    condition: Expression
    otherwise: Expression


Expression = (
    Number | String | Boolean | Name | InValue | ListOf | Attribute | Item | Size | Power | Signed | Chain | Not
    | Range | IfElse
)  # fmt: skip


# ---- pipelines


@dataclass(frozen=True, eq=False, repr=False)
class Call(Node):
    """A stage by name: a layer, block, share or value, with arguments, and a body for ``residual``."""

    name: str
    name_span: Span
    arguments: tuple[Argument, ...] | None = None
    body: Body | None = None


@dataclass(frozen=True, eq=False, repr=False)
class In(Node):
    """``in`` or ``in[i]`` as a stage."""

    index: Expression | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Many(Node):
    """``[p, q, r]``: several values side by side."""

    pipes: tuple[Pipe, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Times(Node):
    """``* n`` behind a group."""

    count: Expression


@dataclass(frozen=True, eq=False, repr=False)
class Each(Node):
    """``for name in list`` behind a group."""

    name: str
    name_span: Span
    items: Expression


@dataclass(frozen=True, eq=False, repr=False)
class Choice(Node):
    """``p if condition else q``, chosen when the net is built."""

    pipe: Pipe
    condition: Expression
    otherwise: Pipe | Choice


@dataclass(frozen=True, eq=False, repr=False)
class Group(Node):
    """``(p)``, ``(p) * n``, ``(p) for x in list``, ``(p if c else q)``."""

    inner: Pipe | Choice
    repeat: Times | Each | None = None


Stage = Call | In | Many | Group


@dataclass(frozen=True, eq=False, repr=False)
class Pipe(Node):
    """Stages with arrows between them."""

    stages: tuple[Stage, ...]


# ---- tables


@dataclass(frozen=True, eq=False, repr=False)
class Row(Node):
    """A line of a picture, its cells still in one text."""

    text: str


@dataclass(frozen=True, eq=False, repr=False)
class Picture(Node):
    """The rows of a table drawn in braces."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Generate(Node):
    """A generator or another table: ``band(65)``, ``c3``."""

    name: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Combined(Node):
    """``T | U`` or ``T & U``, flat."""

    sign: str
    parts: tuple[Made, ...]


Made = Generate | Combined


@dataclass(frozen=True, eq=False, repr=False)
class Table(Node):
    """A connection table, or with ``outputs`` None a kernel table whose ``inputs`` is the kernel's size."""

    kind: str
    kind_span: Span
    name: str
    name_span: Span
    inputs: Expression
    outputs: Expression | None
    body: Picture | Made | None


# ---- statements


@dataclass(frozen=True, eq=False, repr=False)
class Parameter(Node):
    """``name`` or ``name = default``."""

    name: str
    default: Expression | None


@dataclass(frozen=True, eq=False, repr=False)
class Let(Node):
    """``let name = expression``."""

    name: str
    name_span: Span
    value: Expression


@dataclass(frozen=True, eq=False, repr=False)
class Use(Node):
    """``use "file.net"``."""

    path: str


@dataclass(frozen=True, eq=False, repr=False)
class Input(Node):
    """``input name: sizes``."""

    name: str
    name_span: Span
    shape: Expression


@dataclass(frozen=True, eq=False, repr=False)
class Output(Node):
    """``output name (train, weight: w) = pipeline``."""

    name: str
    name_span: Span
    arguments: tuple[Argument, ...]
    pipe: Pipe


@dataclass(frozen=True, eq=False, repr=False)
class Share(Node):
    """``share name = pipeline``."""

    name: str
    name_span: Span
    pipe: Pipe


@dataclass(frozen=True, eq=False, repr=False)
class Bind(Node):
    """``name = pipeline``."""

    name: str
    name_span: Span
    pipe: Pipe


@dataclass(frozen=True, eq=False, repr=False)
class Bare(Node):
    """A pipeline that names nothing: the value of a block or a residual body."""

    pipe: Pipe


@dataclass(frozen=True, eq=False, repr=False)
class Expect(Node):
    """``expect name(figures) if condition``; the name ``net`` means the whole net."""

    target: str
    target_span: Span
    arguments: tuple[Argument, ...]
    condition: Expression | None


@dataclass(frozen=True, eq=False, repr=False)
class Broken(Node):
    """A statement that did not parse, already reported; ``name`` is what it would have bound."""

    name: str | None


@dataclass(frozen=True, eq=False, repr=False)
class Body(Node):
    """Statements in braces."""

    statements: tuple[Statement, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Block(Node):
    """``block name(parameters) { … }``."""

    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    body: Body


@dataclass(frozen=True, eq=False, repr=False)
class Net(Node):
    """``net Name(parameters) { … }``."""

    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    body: Body


@dataclass(frozen=True, eq=False, repr=False)
class Setting(Node):
    """``key: value`` or ``key output: a -> b`` in ``train`` and ``data``."""

    key: str
    key_span: Span
    target: str | None
    target_span: Span | None
    values: tuple[Expression, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Section(Node):
    """``train { … }`` or ``data { … }``."""

    name: str
    name_span: Span
    settings: tuple[Setting | Broken, ...]


Statement = Block | Let | Table | Input | Output | Share | Bind | Bare | Expect | Broken
Declaration = Net | Block | Use | Let | Table | Section | Broken


@dataclass(frozen=True, eq=False, repr=False)
class File(Node):
    """A whole file."""

    items: tuple[Declaration, ...]
