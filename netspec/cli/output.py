"""How commands print: results to stdout, all else to stderr; colour only on a terminal."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import isfinite
from pathlib import Path
from string import ascii_letters
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from netspec.cli.paths import PATH
from netspec.diagnostics import Fault, Problems, Trouble, printable, render
from netspec.diagnostics.render import MOST_TOLD, WIDTH
from netspec.files import atomic_write, check_target
from netspec.locations import in_run, is_nowhere

if TYPE_CHECKING:
    from netspec.net import Net

_ROOT, _RUN = "netspec.root", "netspec.run"


class Number(click.FloatRange):
    """A finite number within bounds; click's own range takes nan for one."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number. Raises BadParameter."""
        found: float = super().convert(value, param, ctx)
        if not isfinite(found):
            self.fail(f"{value} is not a number that this can be", param, ctx)
        return found


def _keep_root(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    if value is not None and not value.is_dir():
        raise click.BadParameter(f"{value} is not a folder", ctx, param)
    ctx.meta[_ROOT] = value
    return value


#: For every command that reads a spec.
root_option = click.option(
    "--root",
    type=PATH,
    metavar="DIR",
    expose_value=False,
    callback=_keep_root,
    help="Let the spec use files below DIR, not only below its own folder.",
)


def root() -> Path | None:
    """What ``--root`` said."""
    ctx = click.get_current_context(silent=True)
    return None if ctx is None else ctx.meta.get(_ROOT)


def _spec_of(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    if value is None:
        return None
    spec = in_run(value, "spec.net")
    ctx.meta[_RUN] = None if spec == value else value
    return spec


def spec_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """A spec, or that of a run's folder, and the option that says from where it may use others."""
    return click.argument("spec", type=PATH, callback=_spec_of)(root_option(command))


def spec_or_resumed(command: Callable[..., Any]) -> Callable[..., Any]:
    """As ``spec_argument``, of a command that can take the spec from a run that goes on."""
    path = PATH
    return click.argument("spec", type=path, callback=_spec_of, required=False)(root_option(command))


def run_given() -> Path | None:
    """The run's folder that was given as the spec, if one was."""
    ctx = click.get_current_context(silent=True)
    return None if ctx is None else ctx.meta.get(_RUN)


set_option = click.option("--set", "settings", metavar="NAME=VALUE", multiple=True, help="Set a parameter of the net.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


def colour(stream: Any) -> bool:
    """Whether a stream wants colour: a terminal, unless NO_COLOR or a dumb one says no."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def show_problems(problems: Problems, form: str = "full", everything: bool = False) -> None:
    """Print findings to stderr, unless ``everything`` the first of them; as JSON to stdout."""
    most = None if everything else MOST_TOLD
    if form == "json":
        click.echo(render(problems, "json", most=most))
    elif len(problems):
        click.echo(render(problems, form, colour(sys.stderr), most, _width()), err=True, color=True)


def _width() -> int:
    return shutil.get_terminal_size().columns if sys.stderr.isatty() else WIDTH


def show_fault(fault: Fault) -> None:
    """Print a fault that has no place in a spec."""
    click.echo(render([fault.problem()], "full", colour(sys.stderr)), err=True, color=True)


def parameters(settings: tuple[str, ...]) -> dict[str, Any]:
    """``--set name=value`` as values."""
    from netspec.net import setting

    found: dict[str, Any] = {}
    for text in settings:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise click.UsageError(f"--set takes NAME=VALUE, not {text!r}")
        found[name.strip()] = setting(value.strip())
    return found


def load(spec: Path, settings: tuple[str, ...]) -> Net:
    """The net of a file, its warnings printed. Raises SpecError where it has errors."""
    from netspec.net import sound

    net = sound(spec, parameters(settings), root())
    show_problems(net.problems)
    return net


def words() -> Iterator[tuple[click.Parameter, list[str]]]:
    """The arguments and options of the command that were given, each with its words."""
    ctx = click.get_current_context()
    for param in ctx.command.params:
        value = ctx.params.get(param.name or "") if param.expose_value else root()
        if ctx.get_parameter_source(param.name or "") is not ParameterSource.COMMANDLINE:
            continue
        for item in value if isinstance(value, tuple) else (value,):
            option = [] if isinstance(param, click.Argument) else [param.opts[-1]]
            yield param, [*option, *([] if item is True else [str(item)])]


def typed() -> str:
    """The command as it was given, in one line."""
    given = (shlex.quote(word) for _, each in words() for word in each)
    return " ".join([click.get_current_context().command_path, *given])


def note(text: str) -> None:
    """A line that is no result."""
    click.echo(printable(text, keep="\n"), err=True)


_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}


def memory_size(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """The bytes of 2GB, 500MB or 1.5GiB; a callback of options."""
    if value is None:
        return None
    text = value.strip()
    digits = text.rstrip(ascii_letters + " ")
    try:
        count = float(digits) * _UNITS[text[len(digits) :].strip().lower()]
    except (ValueError, KeyError):
        raise click.BadParameter(f"{text!r} is not a size such as 2GB or 500MB", ctx, param) from None
    if not 0 < count < 2**60:
        raise click.BadParameter(f"{text!r} is not a size that a machine has", ctx, param)
    return int(count)


def _cache_size(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """As ``memory_size``, or 0."""
    return 0 if value is not None and value.strip() == "0" else memory_size(ctx, param, value)


recompute_option = click.option(
    "--checkpoint-activations",
    "recompute",
    is_flag=True,
    help="Recompute cheap activations in the backward pass instead of keeping them: less memory.",
)

cache_option = click.option(
    "--cache",
    metavar="SIZE",
    callback=_cache_size,
    help="Decoded pictures to keep, such as 2GB, in memory and then in a temporary file (default: a quarter of what is "
    "free); 0 keeps none. It does not change the result.",
)

max_pixels_option = click.option(
    "--max-pixels",
    "max_pixels",
    type=click.IntRange(1),
    metavar="COUNT",
    help="The largest picture to decode, in pixels (default: 89 million).",
)


format_option = click.option(
    "--format",
    type=click.Choice(["folder", "list", "table", "idx", "cifar", "arrays"]),
    help="How the data must lie on disk (default: what is found).",
)
on_bad_image_option = click.option(
    "--on-bad-image",
    type=click.Choice(["error", "skip"]),
    help="What to do with pictures that cannot be decoded: list them all and stop (the default), or pass over them.",
)


def sizes(given: tuple[str, ...]) -> Mapping[str, int]:
    """``--at H=224`` as numbers."""
    found: dict[str, int] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not value.strip().isdecimal() or len(value) > 18 or int(value) < 1:
            raise click.UsageError(f"--at takes a size such as H=224, not {text[:40]!r}")
        if name.strip() in found:
            raise click.UsageError(f"--at gives {name.strip()} two sizes: {found[name.strip()]} and {int(value)}")
        found[name.strip()] = int(value)
    return found


STANDARD_OUTPUT = "-"


def result(out: Path, *inputs: Path, net: Net | None = None, text: bool = False) -> Path:
    """``out``, where a command may write it; Trouble N604 where not. Asked before the work is done.

    It must be none of the ``inputs``, nor of the files of ``net`` or of the run that was given. A ``text`` may go to
    standard output, ``-``.
    """
    if str(out) == STANDARD_OUTPUT:
        if text:
            return out
        raise Trouble(
            "N604",
            "the result is not text, and cannot go to standard output",
            help="give the file a name: `-o NAME`",
        )
    run = run_given()
    check_target(out, [*inputs, *(net.files if net is not None else ()), *([] if run is None else [run])])
    return out


def apart(results: Iterable[Path]) -> None:
    """Raises UsageError where two results would go into one file, under whatever names."""
    seen: set[object] = set()
    for path in results:
        there = path.stat() if path.exists() else None
        file = os.path.realpath(path) if there is None else (there.st_dev, there.st_ino)
        if file in seen and not is_nowhere(path):
            raise click.UsageError(f"{path} would get two results: give each a file of its own")
        seen.add(file)


def write_text(out: Path, text: str) -> None:
    """Write a text to the file that ``result`` allowed; on a terminal what is printable, as names are of strangers."""
    if str(out) == STANDARD_OUTPUT:
        shown = printable(text, keep="\n") if sys.stdout.isatty() else text
        click.echo(shown, nl=not text.endswith("\n"), color=True)  # else click would take pieces out of names
        return
    atomic_write(out, text.encode())
    note(f"wrote {out}")
