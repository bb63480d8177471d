"""Where each kind of thing is declared, and the places that must know of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from netspec import passes
from netspec.cli import COMMANDS
from netspec.data import augment
from netspec.data import steps as fixed
from netspec.data.tested import CROPS
from netspec.engine.kernels import KERNELS
from netspec.engine.running import losses
from netspec.engine.training.rules import RULES
from netspec.ops import OPERATORS, Operator
from netspec.settings import LOSSES, OPTIMIZERS, SCHEDULES, STEPS, STOPS, TESTS, steps, train
from netspec.settings.losses import Loss
from netspec.tables.generators import GENERATORS
from tests.data import rules
from tests.engine.kernels.cases import CASES
from tests.seams.found import ROOT, Names, chapter, classes, codes, commands, functions, spoken_of


@dataclass(frozen=True)
class Place:
    """A place that must know of a thing: ``names`` gives those that it knows, of those declared and besides.

    ``follows`` says that it knows of a new one by itself where all is well.
    """

    where: str
    names: Names
    follows: bool = False

    @property
    def kind(self) -> str:
        """Whether it is source, tests or a document."""
        return "tests" if "tests/" in self.where else "docs" if ".md" in self.where else "source"


@dataclass(frozen=True)
class Seam:
    """A kind of thing: what declares one, the names that are declared, and the places that must know of them."""

    thing: str
    declaration: str
    declared: Callable[[], set[str]]
    places: tuple[Place, ...]


def exactly(names: set[str]) -> Names:
    """A place that lists names itself: one too many is a fault as well."""
    return lambda declared: names


def _kinds(kinds: set[type[steps.Step]]) -> set[str]:
    """The steps that have a rule: a numeric one has its sums."""
    numeric = {
        kind for kind in STEPS.values() if issubclass(kind, steps.Numeric) and kind.sums is not steps.Numeric.sums
    }
    return {kind.name for kind in (kinds - {steps.Numeric}) | numeric}


def _own(method: str, base: type, kinds: dict[str, type]) -> set[str]:
    """Those that have a method of their own, not the one that only says that there is none."""
    return {name for name, kind in kinds.items() if getattr(kind, method) is not getattr(base, method)}


def _passes_with_tests(names: set[str]) -> set[str]:
    known = functions("netspec.passes", ("model",))
    files = {name: known[name].__module__.rpartition(".")[2] for name in names}
    return {name for name, file in files.items() if (ROOT / "tests" / "passes" / f"test_{file}.py").exists()}


def _pages() -> set[str]:
    return {page.stem for page in (ROOT / "docs" / "errors").glob("N*.md")}


def _crops() -> set[str]:
    return {name for name, kind in classes("netspec.settings", steps.Step).items() if hasattr(kind, "crops")}


SEAMS: tuple[Seam, ...] = (
    Seam(
        "operator", "a class in netspec/ops/FAMILY.py", lambda: set(classes("netspec.ops", Operator)),
        (
            Place("`OPERATORS` of netspec/ops/__init__.py, by its family", exactly(set(OPERATORS)), follows=True),
            Place("a kernel in netspec/engine/kernels/FAMILY/", exactly({op.name for op in KERNELS})),
            Place("a row of tests/engine/kernels/cases.py", exactly({row.name for row in CASES})),
            Place("chapter 4 of docs/language.md", chapter(4)),
        ),
    ),
    Seam(
        "step", "a class with its size rule, in netspec/settings/steps.py",
        lambda: set(classes("netspec.settings", steps.Step)) - {"augment"} - (_crops() - set(STEPS)),
        (
            Place("`STEPS` of netspec/settings/steps.py", exactly(set(STEPS) - {"augment"})),
            Place("`FIXED` of netspec/data/steps.py or `RANDOM` of netspec/data/augment.py, unless it has `sums`",
                  exactly(_kinds(set(fixed.FIXED) | set(augment.RANDOM)))),
            Place("a row of tests/data/rules.py", exactly({row.step.name for row in (*rules.FIXED, *rules.RANDOM)})),
            Place("chapter 6 of docs/language.md", chapter(6)),
        ),
    ),
    Seam(
        "crop of a test", "a class with `crops`, in netspec/settings/steps.py", _crops,
        (
            Place("`TESTS` of netspec/settings/steps.py", exactly(set(TESTS))),
            Place("`CROPS` of netspec/data/tested.py", exactly({kind.name for kind in CROPS})),
            Place("a row of `TESTS` in tests/data/rules.py", exactly({row.step.name for row in rules.TESTS})),
            Place("chapter 6 of docs/language.md", chapter(6)),
        ),
    ),
    Seam(
        "optimiser", "a class in netspec/settings/train.py", lambda: set(classes("netspec.settings", train.Optimizer)),
        (
            Place("`OPTIMIZERS` of netspec/settings/train.py", exactly(set(OPTIMIZERS))),
            Place("`RULES` of netspec/engine/training/rules.py, with what it keeps",
             exactly({kind.name for kind in RULES})),
            Place("steps by hand in tests/engine/training/test_rules.py",
                  spoken_of(r"(?i)\bNAME\(", "tests/engine/training/test_rules.py")),
            Place("a row of tests/engine/training/test_resume.py",
             spoken_of(r"\bNAME\(", "tests/engine/training/test_resume.py")),
            Place("chapter 6 of docs/language.md", chapter(6)),
        ),
    ),
    Seam(
        "loss", "a class with its value and what is right, in netspec/settings/losses.py",
        lambda: set(classes("netspec.settings", Loss)),
        (
            Place("`LOSSES` of netspec/settings/losses.py", exactly(set(LOSSES))),
            Place("`value` of its own in netspec/settings/losses.py",
             lambda names: _own("value", Loss, classes("netspec.settings", Loss))),
            Place("`RULES` of netspec/engine/running/losses.py", exactly({loss.name for loss in losses.RULES})),
            Place("its formula in tests/engine/running/test_losses.py",
             spoken_of('"NAME"', "tests/engine/running/test_losses.py")),
            Place("a row of tests/data/test_scores.py", spoken_of('"NAME"', "tests/data/test_scores.py")),
            Place("chapter 6 of docs/language.md", chapter(6)),
        ),
    ),
    Seam(
        "schedule", "a class with its multiple, in netspec/settings/train.py",
        lambda: set(classes("netspec.settings", train.Schedule)),
        (
            Place("`SCHEDULES` of netspec/settings/train.py", exactly(set(SCHEDULES))),
            Place("`multiple` of its own in netspec/settings/train.py",
                  lambda names: _own("multiple", train.Schedule, classes("netspec.settings", train.Schedule))),
            Place("its corners in tests/engine/training/test_schedule.py",
             spoken_of('"NAME', "tests/engine/training/test_schedule.py")),
            Place("chapter 6 of docs/language.md", chapter(6)),
        ),
    ),
    Seam(
        "stop", "a class that says when a training ends, in netspec/settings/train.py",
        lambda: set(classes("netspec.settings", train.Stop)),
        (
            Place("`STOPS` of netspec/settings/train.py", exactly(set(STOPS))),
            Place("`ends` of its own in netspec/settings/train.py",
                  lambda names: _own("ends", train.Stop, classes("netspec.settings", train.Stop))),
            Place("a case of tests/settings/test_train.py", spoken_of(r"(?i)\bNAME\(", "tests/settings/test_train.py")),
            Place("chapter 6 of docs/language.md", chapter(6)),
        ),
    ),
    Seam(
        "generator of tables", "a function in netspec/tables/generators.py",
        lambda: set(functions("netspec.tables.generators", ("kind", "inputs", "outputs"))),
        (
            Place("`GENERATORS` of netspec/tables/generators.py", exactly(set(GENERATORS))),
            Place("its cells in tests/tables/", spoken_of(r'generators\.NAME\(|"NAME"|= NAME\b', "tests/tables/*.py")),
            Place("chapter 5 of docs/language.md", chapter(5)),
        ),
    ),
    Seam(
        "pass", "a function from model to model, in a file of netspec/passes/",
         lambda: set(functions("netspec.passes", ("model",))) - {"run"},
        (
            Place("`DEPLOY` of netspec/passes/__init__.py, or a name that it gives away",
                  lambda names: {rewrite.__name__ for rewrite in passes.DEPLOY} | names & set(passes.__all__)),
            Place("tests of its numbered rules in tests/passes/test_FILE.py", _passes_with_tests),
        ),
    ),
    Seam(
        "command", "a file of netspec/cli/ with a `command`", commands,
        (
            Place("`COMMANDS` of netspec/cli/__init__.py", exactly(set(COMMANDS))),
            Place("rows of tests/cli/test_options.py", spoken_of('"NAME ', "tests/cli/test_options.py")),
            Place("its row in README.md", spoken_of("`netspec NAME[ `]|bin/netspec NAME", "README.md")),
        ),
    ),
    Seam(
        "error", "a code that is raised in netspec/", codes,
        (Place("its page docs/errors/CODE.md, which is its test", lambda names: _pages()),),
    ),
)  # fmt: skip
