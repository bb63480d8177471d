"""Faults of the seams: a name that is taken off a list, a rule that is not kept, a place that nobody knows of."""

from __future__ import annotations

from tests.planted.fault import Planted

SEAMS = "tests/seams/test_seams.py"


def fault(file: str, old: str, new: str, rule: str) -> Planted:
    """A row."""
    return Planted(file, old, new, SEAMS, rule)


FAULTS = (
    fault("settings/steps.py", "Scale, Normalize, Subtract, Range, Augment,", "Scale, Normalize, Subtract, Augment,",
     "a step has its name in STEPS"),
    fault("settings/steps.py", "{TenCrop.name: TenCrop, CenterCrop.name: CenterCrop}", "{CenterCrop.name: CenterCrop}",
     "a test's crop has its name in TESTS"),
    fault("settings/train.py", "for c in (Sgd, Adam, AdamW, RmsProp)", "for c in (Sgd, Adam, AdamW)",
     "an optimiser has its name in OPTIMIZERS"),
    fault("settings/train.py", "for c in (Constant, Step, Plateau, Cosine, Warmup, Poly)",
     "for c in (Constant, Step, Plateau, Cosine, Warmup)", "a schedule has its name in SCHEDULES"),
    fault("settings/train.py", "STOPS: dict[str, type[Stop]] = {Patience.name: Patience}",
     "STOPS: dict[str, type[Stop]] = {}", "a stop has its name in STOPS"),
    fault("settings/losses.py", "(CrossEntropy(), Mse(), Mae(), Hinge(), BinaryCrossEntropy())",
     "(CrossEntropy(), Mse(), Mae(), BinaryCrossEntropy())", "a loss has its name in LOSSES"),
    fault("data/steps.py", "    steps.Invert: Fixed(invert, invert_graph),\n", "", "a fixed step has a rule"),
    fault("data/augment.py", "    steps.Rotate: Random(1, rotate),\n", "", "a random step has a rule"),
    fault("data/tested.py", "CenterCrop: FIXED[CenterCrop], ", "", "a test's crop has a rule"),
    fault("engine/training/rules.py", "    settings.RmsProp: RmsProp,\n", "", "an optimiser has a rule"),
    fault("engine/running/losses.py", "    Mae: _mae,\n", "", "a loss has a rule"),
    fault("tables/generators.py", "(full, identity, groups, depthwise, band, random, rows)",
     "(full, identity, groups, depthwise, random, rows)", "a generator has its name in GENERATORS"),
    fault("passes/__init__.py", "(drop_training_only, lower_tables, fold_norm)", "(drop_training_only, lower_tables)",
     "a pass has its place"),
    fault("cli/__init__.py", "    \"explain\": \"Explain an error code, such as N204.\",\n", "",
     "a command has its name in COMMANDS"),
    fault("data/inputs.py", "\"N703\", \"the pictures have different sizes",
     "\"N799\", \"the pictures have different sizes", "an error has a page"),
    fault("settings/train.py", "class Cosine(Schedule):",
     "class Linear(Schedule):\n    name: ClassVar[str] = \"linear\"\n\n\nclass Cosine(Schedule):",
     "a class that nothing lists is told"),
)  # fmt: skip
