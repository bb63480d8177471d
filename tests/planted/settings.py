"""Faults of the settings: bounds, defaults, sizes, rounding, JSON, multiples, losses."""

from __future__ import annotations

from tests.planted.fault import rows_of

CONTRACT, TRAIN, DATA, ARGUMENTS, READERS = (
    f"tests/settings/test_{name}.py" for name in ("contract", "train", "data", "declared", "readers")
)
STEPS = "tests/data/test_steps.py"


fault = rows_of("settings/{}.py")

FAULTS = (
    fault("train", 'of their squares keeps at a step"] = 0.999', 'of their squares keeps at a step"] = 0.99',
          CONTRACT, "a default is the contract's"),
    fault("train", "    nesterov: Annotated[Flag,", "    decay: NotNegative = 0.0\n    nesterov: Annotated[Flag,",
          CONTRACT, "arguments have the contract's order"),
    fault("train", "0.5 * (1 + cos(pi * _done(epoch, start, end)))", "0.5 * (1 - cos(pi * _done(epoch, start, end)))",
     TRAIN, "a cosine falls"),
    fault("train", "(epoch - start) / max(end - start, 1e-9), 1.0)", "(epoch - start) / max(end - start, 1e-9), 2.0)",
     TRAIN, "no more than all has passed"),
    fault("train", "sum(epoch >= when for", "sum(epoch > when for", TRAIN,
     "a step is taken at its epoch, not behind it"),
    fault("train", "int(epoch // (self.every or 1))", "int(epoch // (self.every or 2))", TRAIN,
     "every epoch, where nothing is said"),
    fault("train", "min((epoch - start) / self.epochs, 1.0)", "min(epoch / self.epochs, 1.0)", TRAIN,
     "a warm-up counts from where it starts"),
    fault("train", "return waited >= self.epochs", "return waited > self.epochs", TRAIN,
     "patience ends at so many epochs"),
    fault("train", "optional(number(0, nextafter(1, 0)))", "optional(number(0, 1))", TRAIN,
     "a mean that keeps all learns nothing"),
    fault("losses", "return -answers.at(answers.log(), target)", "return answers.at(answers.log(), target)", TRAIN,
     "a loss falls with the right class"),
    fault("losses", ".sum(axis=-1) - 1) / y.shape[-1]", ".sum(axis=-1)) / y.shape[-1]", TRAIN,
     "the right class is no margin"),
    fault("losses", "(1 + y - answers.at(y, target))", "(y - answers.at(y, target))", TRAIN,
     "hinge wants a margin of 1"),
    fault("losses", "== (target > 0.5)", "== (target >= 0)", TRAIN,
     "a unit is right where the likelier is the target's"),
    fault("losses", "(1 - target) * answers.log_opposite()", "answers.log_opposite()", TRAIN,
     "each side counts by the target"),
    fault("steps", "return size * self.short // short", "return round(size * self.short / short)", DATA,
     "the longer side is rounded down"),
    fault("steps", "(spare + (spare % 4) // 3) // 2", "spare // 2", STEPS, "a half is rounded to even"),
    fault("steps", "return self.height, self.width or self.height\n        high",
     "return self.width or self.height, self.height\n        high", DATA, "height comes first"),
    fault("steps", "picture.cropped(self.size, self.size, self.pad)", "picture.cropped(self.size, self.size)", STEPS,
     "a crop may reach into what is padded"),
    fault("steps", "(\"multiply\", 255 / (self.high - self.low)),", "(\"multiply\", 1 / (self.high - self.low)),",
     STEPS, "high becomes 255"),
    fault("steps", "return [(\"subtract\", self.mean), (\"divide\", self.std)]",
     "return [(\"divide\", self.std), (\"subtract\", self.mean)]", STEPS, "the mean is taken off first"),
    fault("steps", "return picture.mapped(counts.pop()) if counts else picture", "return picture", STEPS,
     "a number a map spreads a grey picture"),
    fault("picture", "asked > found + 2 * pad", "asked > found + pad", STEPS, "zeros stand on both sides"),
    fault("picture", "asked > found + 2 * pad", "asked >= found + 2 * pad", STEPS,
     "a crop may be as large as the picture"),
    fault("data", "            if isinstance(step, Augment):\n                at = len(kept)",
     "            if isinstance(step, Augment):\n                at = 0", DATA, "a test's crop stands at the mark"),
    fault("data", "return crop != part and all(", "return all(", DATA, "a crop that leaves no room gives way"),
    fault("data", "test = self.test if kept.to_json().get(\"conventions\") else as_first(self.test)",
     "test = self.test", DATA, "weights bring the conventions that they were trained by"),
    fault("data", "{} if first else {\"conventions\": CONVENTIONS}", "{\"conventions\": CONVENTIONS}", DATA,
     "a model keeps the first conventions"),
    fault("conventions", "return max(1, round(size * self.short / short))", "return round(size * self.short / short)",
     DATA, "a side is never nothing"),
    fault("arguments", "reasons[name] = \"is missing\"", "pass", ARGUMENTS,
     "an argument without a default must be given"),
    fault("arguments", "reasons.update((name, \"is not taken\") for name in values if name not in fields)", "pass",
     ARGUMENTS, "an unknown argument is refused"),
    fault("arguments", "Share = Annotated[float, Takes(\"a number from 0 to below 1\", number(0, nextafter(1, 0)))]",
     "Share = Annotated[float, Takes(\"a number from 0 to below 1\", number(0, 1))]", TRAIN, "a share is below 1"),
    fault("arguments", "if any(size > SINGLE for size in sizes) else \"\"",
     "if any(size >= 1e38 for size in sizes) else \"\"", TRAIN, "single precision ends at 3.4e38"),
    fault("arguments", "for kind in type(value).__mro__:\n        if kind in rules:",
     "for kind in reversed(type(value).__mro__):\n        if kind in rules:", TRAIN, "the nearest rule is taken"),
    fault("readers", "not isinstance(value, int) or isinstance(value, bool) or value < least",
     "not isinstance(value, int) or value < least", READERS, "true is no number"),
    fault("readers", "or value < least:", "or value <= least:", READERS, "the least number is taken"),
)  # fmt: skip
