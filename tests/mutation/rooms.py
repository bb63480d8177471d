"""Which files a room of the mutation report has, and which tests judge it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Pages of errors judge what the front says, agreement with onnxruntime what operators and passes do.
PAGES, ZOO, AGREEMENT = "tests/errors/test_pages.py", "tests/test_zoo.py", "tests/interop/test_agreement.py"


@dataclass(frozen=True)
class Room:
    """Patterns of the files that mutants are made of, and of the tests that are run on them."""

    files: tuple[str, ...]
    tests: tuple[str, ...]

    def sources(self, root: Path = ROOT) -> list[str]:
        """Its files."""
        return _found(root, self.files)

    def judges(self, root: Path = ROOT) -> list[str]:
        """Its tests."""
        return _found(root, self.tests)


def _found(root: Path, patterns: tuple[str, ...]) -> list[str]:
    paths = {path for pattern in patterns for path in root.glob(pattern) if path.suffix == ".py" or path.is_dir()}
    return sorted(str(path.relative_to(root)) for path in paths)


ROOMS: dict[str, Room] = {
    "language": Room(("netspec/language/**/*.py",), ("tests/language", PAGES)),
    "elaborate": Room(("netspec/elaborate/**/*.py",), ("tests/elaborate", PAGES, ZOO)),
    "ops": Room(
        ("netspec/ops/**/*.py",), ("tests/ops", AGREEMENT, ZOO, "tests/engine/kernels/test_gradients.py", PAGES)
    ),
    "tables": Room(
        ("netspec/tables/**/*.py",),
        ("tests/tables", PAGES, "tests/passes/test_lower_tables.py", "tests/passes/test_tables_compile.py"),
    ),
    "passes": Room(("netspec/passes/**/*.py",), ("tests/passes", AGREEMENT)),
    "data": Room(("netspec/data/**/*.py",), ("tests/data",)),
    "settings": Room(
        ("netspec/settings/**/*.py",), ("tests/settings", "tests/data/test_steps.py", "tests/data/test_augment.py")
    ),
    "losses": Room(("netspec/engine/running/losses.py",), ("tests/engine/running/test_losses.py",)),
    "training": Room(
        tuple(f"netspec/engine/training/{name}.py" for name in ("optimiser", "rules", "schedule")),
        tuple(f"tests/engine/training/test_{name}.py" for name in ("optimiser", "rules", "schedule")),
    ),
    "planning": Room(("netspec/engine/planning/*.py",), ("tests/engine/planning", "tests/engine/running/test_nets.py")),
}
