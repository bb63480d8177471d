"""Numbers, sizes and options as the command line reads and writes them; the command written down as it was given."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

from netspec.cli import output
from netspec.cli.output import colour, memory_size, parameters, result, set_option, sizes, spec_argument
from netspec.cli.run import _line
from netspec.diagnostics import Trouble
from netspec.report.columns import number
from netspec.runtime.row import Row


@pytest.mark.parametrize(("value", "text"), [(None, "-"), (0, "0"), (60850, "60,850"), (10**7, "10,000,000")])
def test_numbers_have_commas_and_unknown_ones_a_dash(value: int | None, text: str) -> None:
    assert number(value) == text


def option() -> tuple[click.Context, click.Parameter]:
    return click.Context(click.Command("show")), click.Option(["--memory"])


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("2GB", 2 * 10**9),
        ("2 gb", 2 * 10**9),
        ("1.5GiB", 3 * 2**29),
        ("500MB", 5 * 10**8),
        ("3kib", 3 * 2**10),
        ("4KB", 4000),
        ("1MiB", 2**20),
        ("12", 12),
        ("12b", 12),
    ],
)
def test_sizes_of_memory(text: str, count: int) -> None:
    assert memory_size(*option(), text) == count


@pytest.mark.parametrize("text", ["", "GB", "much", "2TB", "0", "-1GB", "1e99", "nan", "1 2GB", "2GBs"])
def test_what_is_no_size_of_memory(text: str) -> None:
    with pytest.raises(click.BadParameter):
        memory_size(*option(), text)


def test_no_size_of_memory_is_none() -> None:
    assert memory_size(*option(), None) is None


def test_set_takes_names_and_values() -> None:
    assert parameters(("n=3", " m = 0.5 ", "name=relu", "expression=2 * 3 == 6")) == {
        "n": 3,
        "m": 0.5,
        "name": "relu",
        "expression": True,
    }
    for text in ("n", "=3", " =3"):
        with pytest.raises(click.UsageError, match="NAME=VALUE"):
            parameters((text,))


def test_at_takes_sizes_from_1_on() -> None:
    assert sizes(("H=224", "W = 1")) == {"H": 224, "W": 1}
    for text in ("H", "H=", "H=0", "H=-1", "H=1.5", "H=big"):
        with pytest.raises(click.UsageError, match="H=224"):
            sizes((text,))


@pytest.mark.parametrize(
    ("terminal", "settings", "wanted"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    terminal: bool, settings: dict[str, str], wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert bool(colour(SimpleNamespace(isatty=lambda: terminal))) == wanted


def typed(arguments: list[str]) -> str:
    found: list[str] = []

    @click.command("train")
    @spec_argument
    @set_option
    @click.option("-o", "--out", type=click.Path(path_type=Path))
    @click.option("--epochs", type=int, default=3)
    @click.option("--force", is_flag=True)
    def command(**_: Any) -> None:
        found.append(output.typed())

    command.main(arguments, prog_name="netspec train", standalone_mode=False)
    return found[0]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["a.net"], "netspec train a.net"),
        (["a b.net", "-o", "it's"], "netspec train 'a b.net' --out 'it'\"'\"'s'"),
        (["--force", "a.net", "--epochs", "3"], "netspec train a.net --epochs 3 --force"),
        (["a.net", "--set", "n=1", "--set", "m=x y"], "netspec train a.net --set n=1 --set 'm=x y'"),
        (["a.net", "--root", "."], "netspec train a.net --root ."),
    ],
)
def test_the_command_as_it_was_given(arguments: list[str], text: str) -> None:
    """Whatever their order; defaults are not written."""
    words = typed(arguments)
    head = text.split(" --")[0]
    assert words.startswith(head)
    assert sorted(words[len(head) :].split(" --")) == sorted(text[len(head) :].split(" --"))


def test_results_go_to_new_names_and_text_to_standard_output(tmp_path: Path) -> None:
    assert result(tmp_path / "new") == tmp_path / "new"
    assert result(Path("-"), text=True) == Path("-")
    with pytest.raises(Trouble) as caught:
        result(Path("-"))
    assert (caught.value.code, caught.value.help) == ("N604", "give the file a name: `-o NAME`")
    (tmp_path / "in").write_text("")
    with pytest.raises(Trouble):
        result(tmp_path / "in", tmp_path / "in")


# ---- a picture's answers on a line


def test_probabilities_have_four_digits() -> None:
    assert _line(Row("a.png", (("cat", 3, 0.98765), ("dog", 1, 0.01)))) == "a.png  cat 0.9877  dog 0.0100"


@pytest.mark.parametrize(("count", "more"), [(20, ""), (21, "  and 1 more"), (1500, "  and 1,480 more")])
def test_of_many_values_twenty_are_written(count: int, more: str) -> None:
    line = _line(Row("a.png", tuple((str(n), n, n / 2) for n in range(count)), probable=False))
    assert line == "a.png  " + "  ".join(f"{n} {n / 2:g}" for n in range(20)) + more


def test_a_picture_that_failed_has_its_code() -> None:
    assert _line(Row("a.png", error="it is empty", code="N705")) == "a.png  error[N705]: it is empty"


def test_errors_are_no_results(capsys: pytest.CaptureFixture[str]) -> None:
    output.show_fault(Trouble("N604", "it cannot be written", help="another name"))
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "error[N604]: it cannot be written\n  = help: another name\n"
