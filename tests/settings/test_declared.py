"""What all that takes arguments has in common: fields in order, defaults, what is refused,
values that do not change."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError
from typing import Annotated, ClassVar

import pytest

from netspec.settings.arguments import Arguments, Count, Flag, NotNegative, Positive, Real, Refused, Share, Takes, Whole
from netspec.settings.readers import list_of, sizes, whole

TOP = 3.4028234663852886e38  # the largest of single precision

Sizes = Annotated[int | tuple[int, ...], Takes("a size", sizes(1))]


class Base(Arguments):
    name: ClassVar[str] = "base"
    first: Count
    second: Count = 2


class Kind(Base):
    name: ClassVar[str] = "kind"
    ratio: Share = 0.5
    second: Whole = 0
    items: Annotated[list[int], Takes("a list of whole numbers", list_of(whole(0)))] = []

    def disagreement(self) -> str:
        return "first is above second" if self.first > self.second + 10 else ""


def test_fields_are_those_above_first_and_the_lowest_class_says_what_they_take() -> None:
    assert list(Base.fields()) == Base.positional() == ["first", "second"]
    assert list(Kind.fields()) == ["first", "second", "ratio", "items"]
    assert [field.required for field in Kind.fields().values()] == [True, False, False, False]
    assert (Base.fields()["second"].default, Kind.fields()["second"].default) == (2, 0)
    assert Kind.fields()["second"].takes.text == "a whole number of at least 0"
    assert Base(first=1, second=1).second == 1
    with pytest.raises(Refused, match="base: second must be a whole number of at least 1"):
        Base(first=1, second=0)
    assert Kind(first=1, second=0).second == 0


def test_values_are_kept_with_defaults_for_the_rest() -> None:
    value = Kind(first=3, ratio=0)
    assert value.arguments() == {"first": 3, "second": 0, "ratio": 0.0, "items": []}
    assert value.given == {"first", "ratio"}
    assert str(value) == "kind(first: 3, ratio: 0.0)"
    assert repr(value) == "Kind(first=3, second=0, ratio=0.0, items=[])"


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(Refused) as refused:
        Kind(ratio=1.0, second=-1, third=3)  # type: ignore[call-arg]
    assert refused.value.reasons == {
        "first": "is missing",
        "second": "must be a whole number of at least 0",
        "ratio": "must be a number from 0 to below 1",
        "third": "is not taken",
    }


def test_arguments_that_do_not_agree_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        Kind(first=11)
    assert refused.value.reasons == {"": "first is above second"}
    assert str(refused.value) == "kind: first is above second"
    assert Kind(first=10).first == 10


def test_a_value_does_not_change() -> None:
    value = Kind(first=1)
    with pytest.raises(FrozenInstanceError):
        value.first = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del value.first
    value.items.append(3)
    assert Kind(first=1).items == []


def test_equal_arguments_are_equal_and_hash_alike() -> None:
    assert Base(first=1) == Base(first=1, second=2)
    assert Base(first=1) != Base(first=2)
    assert Base(first=1) != 1
    assert hash(Base(first=1)) == hash(Base(first=1, second=2))
    assert len({hash(Base(first=number)) for number in range(1, 9)}) > 1
    assert Kind(first=1) != Base(first=1)
    assert pickle.loads(pickle.dumps(Base(first=7))) == Base(first=7)


def test_replaced_takes_values_as_they_are_and_leaves_the_first() -> None:
    before = Base(first=1)
    after = before.replaced(second=-5)
    assert (before.second, after.second, type(after)) == (2, -5, Base)
    assert before.given == {"first"}
    assert after.given == {"first", "second"}


@pytest.mark.parametrize(
    ("takes", "good", "bad"),
    [
        (Count, (1, 2**40), (0, 1.0, True)),
        (Whole, (0,), (-1, 0.5)),
        (Real, (-TOP, 0, TOP), (1e39, -1e39, float("nan"), float("inf"), True)),
        (Positive, (1.2e-38, TOP), (0, 1e-39, -1, 1e39)),
        (NotNegative, (0, TOP), (-1e-9, 1e39)),
        (Share, (0, 1 - 2**-53), (1, -1e-9)),
    ],
)
def test_the_numbers_that_arguments_take(takes: object, good: tuple[object, ...], bad: tuple[object, ...]) -> None:
    (rule,) = takes.__metadata__  # type: ignore[attr-defined]
    for value in good:
        assert rule.read(value) == value
    for value in bad:
        try:
            rule.read(value)
        except ValueError:
            continue
        raise AssertionError(value)


def test_declaring_a_class_looks_at_no_annotation() -> None:
    class Odd(Arguments):
        name: ClassVar[str] = "odd"
        value: NoSuchType  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(NameError):
        Odd.fields()


def test_values_are_written_as_a_file_would() -> None:
    class Sized(Arguments):
        name: ClassVar[str] = "sized"
        size: Sizes = 1
        flag: Flag = True

    assert [str(Sized()), str(Sized(size=3, flag=False)), str(Sized(size=(3, 1)))] == [
        "sized", "sized(size: 3, flag: false)", "sized(size: 3 x 1)",
    ]  # fmt: skip


def test_what_has_no_name_is_called_by_its_class() -> None:
    class Nameless(Arguments):
        first: Count

    with pytest.raises(Refused, match=r"^Nameless: first is missing$"):
        Nameless()  # type: ignore[call-arg]
