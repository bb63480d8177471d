"""Faults that a page of docs/ shows: a default, a word of help, a message, a name."""

from __future__ import annotations

from tests.planted.fault import rows_of

fault = rows_of("{}", "tests/docs/{}")
RESNET = "test_pages.py::test_the_page_is_what_happens[docs/history/resnet.md]"

FAULTS = (
    fault("settings/train.py", 'before the rate is lowered"] = 10', 'before the rate is lowered"] = 5',
     "test_reference.py", "the reference has the defaults"),
    fault("cli/check.py", "print nothing if there is none.", "print little if there is none.",
     "test_reference.py", "the reference has the help of commands"),
    fault("elaborate/shortcuts.py", "enters as", "comes as", RESNET, "a page shows what is printed"),
    fault("settings/train.py", 'name: ClassVar[str] = "plateau"', 'name: ClassVar[str] = "plato"',
     "test_translations.py::test_what_stands_on_the_right_is_sound",
     "what stands for another framework's word is known here"),
)  # fmt: skip
