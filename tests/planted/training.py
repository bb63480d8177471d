"""Faults of how a training begins and goes on: what it tells, what it starts from, when it ends."""

from __future__ import annotations

from tests.planted.fault import rows_of

fault = rows_of("{}", "tests/{}")

FAULTS = (
    fault(
        "net/screen.py",
        "rate * batch / before",
        "rate * before / batch",
        "net/test_screen.py::test_a_batch_that_is_not_the_specs_says_what_rate_would_be_in_proportion",
        "a larger batch takes a larger rate",
    ),
    fault(
        "net/screen.py",
        "rate == said.optimizer.rate",
        "True",
        "net/test_screen.py::test_a_batch_that_is_not_the_specs_says_what_rate_would_be_in_proportion",
        "a rate that is given is meant",
    ),
    fault(
        "cli/following.py",
        "if self.done == 1:",
        "if False:",
        "cli/test_follow.py::test_the_time_is_foretold_after_the_first_steps",
        "the first step says nothing of how long others take",
    ),
    fault(
        "net/turns.py",
        "self.took <= SHARE * (time.monotonic() - self.written)",
        "self.took <= (time.monotonic() - self.written)",
        "net/test_turns.py::test_writing_may_take_a_second_or_a_tenth_of_the_time_since",
        "writing takes a tenth of the time at most",
    ),
    fault(
        "net/turns.py",
        "self.new_best = self.new_best or best",
        "self.new_best = best",
        "net/test_turns.py::test_the_end_is_the_same",
        "the best weights are not forgotten when they are put off",
    ),
    fault(
        "net/keeping.py",
        "self.pending.write_best(self.folder.path)",
        "pass",
        "net/test_turns.py::test_a_run_that_is_stopped_goes_on_to_the_same_bits",
        "a state has the best weights of its log beside it",
    ),
    fault(
        "interop/tensors.py",
        "key=lambda name: (-arrays[name].dtype.itemsize, name)",
        "key=lambda name: name",
        "interop/test_tensors.py",
        "the widest numbers first, so that all are aligned",
    ),
    fault(
        "net/compiling.py",
        "if not np.isfinite(array).all()]",
        "if np.isnan(array).any()]",
        "net/test_fresh_weights.py",
        "what is no number is told too",
    ),
    fault(
        "kinds.py",
        'and path.suffix.lower() == ".npz"',
        "",
        "test_kinds.py::test_other_files_are_not_guessed",
        "any archive is no arrays",
    ),
    fault(
        "kinds.py",
        'or (found == "arrays" and wanted == "weights")',
        "",
        "test_kinds.py::test_it_is_told",
        "an npz may be weights",
    ),
    fault(
        "kinds.py",
        'head[:4] == b"RIFF" and head[8:12] == b"WEBP"',
        "False",
        "test_kinds.py::test_pictures_are_known_by_their_first_bytes",
        "WebP is a picture",
    ),
    fault(
        "kinds.py",
        "if found is None or found == wanted or",
        "if found == wanted or",
        "test_kinds.py",
        "what is not known is not called anything",
    ),
    fault(
        "cli/format.py",
        'in_run(given, "spec.net") for given in files',
        "given for given in files",
        "test_kinds.py::test_a_runs_spec_is_formatted_too",
        "a run's spec is formatted",
    ),
    fault(
        "net/unfolding.py",
        '"running_mean": mean - moved',
        '"running_mean": mean',
        "net/test_unfolding.py",
        "a folded bias goes back into the norm",
    ),
    fault(
        "net/unfolding.py",
        '"weight": np.sqrt(variance + op.epsilon)',
        '"weight": variance + op.epsilon',
        "net/test_unfolding.py",
        "the gain is the deviation",
    ),
)
