"""Parts of the syntax are values: their fields in order, set once, none left out."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from netspec.diagnostics import Source, Span
from netspec.language import syntax as s

HERE = Span(Source("a.net", "abc"), 0, 3)


def test_fields_are_given_in_order_or_by_name() -> None:
    assert s.Name.fields == ("span", "name", "arguments")
    assert s.Number.fields == ("span", "text")
    one, other = s.Name(HERE, "a", ()), s.Name(span=HERE, name="a", arguments=())
    assert (one.span, one.name, one.arguments) == (other.span, other.name, other.arguments) == (HERE, "a", ())
    assert s.Name(HERE, "a").arguments is None


def test_a_field_that_is_left_out_is_an_error() -> None:
    with pytest.raises(TypeError, match="Name needs its name"):
        s.Name(HERE)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="Item needs its value, index"):
        s.Item(HERE)  # type: ignore[call-arg]


def test_a_part_does_not_change_and_equals_itself_alone() -> None:
    part = s.Number(HERE, "3")
    with pytest.raises(FrozenInstanceError):
        part.text = "4"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del part.text
    assert part != s.Number(HERE, "3")
    assert part.depth == 0
    part.nested(5)
    assert (part.depth, s.Number(HERE, "3").depth) == (5, 0)
