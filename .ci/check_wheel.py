"""`check_wheel.py WHEEL OTHER`: the wheel holds what the package reads, no more, and OTHER the same."""

from __future__ import annotations

import sys
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parents[1]


def files(folder: str, inside: str, pattern: str) -> set[str]:
    """Names in the wheel of the files of a folder of the checkout."""
    paths = (path.relative_to(ROOT / folder) for path in (ROOT / folder).rglob(pattern) if path.is_file())
    return {f"{inside}/{path.as_posix()}" for path in paths if "__pycache__" not in path.parts}


def main(wheel: str, other: str) -> int:
    """Exit status 1 where something lacks, is too much or differs."""
    with ZipFile(wheel) as archive, ZipFile(other) as second:
        held = {name: archive.read(name) for name in archive.namelist()}
        also = {name: second.read(name) for name in second.namelist()}
    required = (
        files("netspec", "netspec", "*")
        | files("specs", "netspec/specs", "*")
        | files("docs/errors", "netspec/pages", "*.md")
    )
    packaged = {name for name in held if ".dist-info/" not in name}
    faults = [f"missing in the wheel: {name}" for name in sorted(required - packaged)]
    faults += [f"not of the package: {name}" for name in sorted(packaged - required)]
    faults += [
        f"the wheel of the sdist differs: {name}"
        for name in sorted(held.keys() | also.keys())
        if held.get(name) != also.get(name)
    ]
    if not any(name.endswith("/licenses/LICENSE") for name in held):
        faults.append("missing in the wheel: LICENSE")
    print("\n".join(faults) or f"{Path(wheel).name}: {len(packaged)} files; the wheel of the sdist is the same")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
