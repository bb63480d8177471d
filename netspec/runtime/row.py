"""The answer to one file, as columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One file's answer, or an error.

    The answers are the best classes with their numbers, which are probabilities where ``probable`` says so and values
    otherwise; a model without classes is not ``ranked``, and gives all its values in their order.
    """

    filename: str
    answers: tuple[tuple[str, int, float], ...] = ()
    error: str = ""
    code: str = ""
    probable: bool = True
    ranked: bool = True

    def flat(self) -> dict[str, Any]:
        """As columns: filename, label, prob, index, error, then those of the further answers.

        Values that are no probabilities stand under ``value``; those of no class under ``value_0`` and so on.
        """
        row: dict[str, Any] = {"filename": self.filename, **dict.fromkeys(("label", "prob", "index", "error"))}
        if self.error:
            return row | {"error": self.error, "code": self.code}
        if not self.ranked:
            values = [value for _, _, value in self.answers]
            return row | ({"value": values[0]} if len(values) == 1 else {f"value_{i}": v for i, v in enumerate(values)})
        for place, (label, index, value) in enumerate(self.answers, 1):
            end = "" if place == 1 else f"_{place}"
            row |= {f"label{end}": label, f"prob{end}": value if self.probable else None, f"index{end}": index}
            if not self.probable:
                row[f"value{end}"] = value
        return row
