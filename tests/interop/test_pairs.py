"""Every operator behind every other: onnxruntime with and without its optimiser and the engine agree."""

from __future__ import annotations

import pytest

from tests.agreement import disagreements
from tests.pairs import WRITTEN, Chains


@pytest.mark.slow
@pytest.mark.parametrize("first", WRITTEN)
def test_what_stands_behind_it(first: str) -> None:
    chains = Chains()
    found = [chains.add((16, 6, 5), (first, second)) for second in WRITTEN]
    assert sum(found) >= len(WRITTEN) / 3
    told = disagreements(chains.graph())
    assert not told, "\n".join(f"{line}: {chains.texts.get(line.split(': ')[1].split()[0], '')}" for line in told)
