"""Faults of a training: what it begins with, when it ends, what it tells."""

from __future__ import annotations

from tests.planted.fault import rows_of

fault = rows_of("net/{}", "tests/{}")

FAULTS = (
    fault(
        "start.py",
        "return {**fresh, **kept}",
        "return {**kept, **fresh}",
        "net/test_start.py::test_without_steps_between_the_weights_are_those_of_the_start",
        "the weights of --from come before fresh ones",
    ),
    fault(
        "start.py",
        "marks.get(layer) != ours.get(layer)",
        "False",
        "net/test_start.py::test_a_table_with_other_cells_does_not_fit_even_where_shapes_agree",
        "equal shapes do not make a table fit",
    ),
    fault(
        "start.py",
        "if len(met) == len(trained):",
        "if met:",
        "net/test_start.py::test_a_part_of_a_layer_stays",
        "what is named stays, and no more",
    ),
    fault(
        "start.py",
        "return {**fresh, **kept}",
        "return dict(kept)",
        "net/test_start.py::test_without_steps_between_the_weights_are_those_of_the_start",
        "what begins anew has fresh weights",
    ),
    fault(
        "budget.py",
        "if self.memory is not None and not self.asked and fits[recompute]:",
        "if fits[recompute]:",
        "net/test_budget.py",
        "only --memory makes a batch smaller, and none that was given",
    ),
    fault(
        "training.py",
        ">= 3600 * self.hours",
        ">= 60 * self.hours",
        "net/test_max_hours.py",
        "an hour has 3600 seconds",
    ),
    fault(
        "training.py",
        "            if keeper.history.lines:\n                keeper.flush()",
        "            if True:\n                keeper.flush()",
        "net/test_max_hours.py",
        "weights and a model are there though no epoch was finished",
    ),
    fault(
        "training.py",
        '        except Exception as error:\n            self.where.tell(f"the run is whole',
        '        except OSError as error:\n            self.where.tell(f"the run is whole',
        "net/test_reporting.py",
        "a report that fails loses no run",
    ),
    fault(
        "training.py",
        '("test", parts.test) if parts.test is not None else',
        '("test", parts.test) if parts.test is None else',
        "net/test_reporting.py",
        "the validation part is reported where there is no test part",
    ),
    fault(
        "judging.py",
        "count(confusions, target, given, held)",
        "count(confusions, target, given, 1 - held)",
        "net/test_reporting.py",
        "the matrix counts by label",
    ),
    fault(
        "described.py",
        '"parameters": {**(parameters if isinstance(parameters, dict) else {}), **net.given}',
        '"parameters": dict(net.given)',
        "net/test_resume_alone.py::test_spec_data_and_settings_are_those_of_the_run",
        "a run that goes on keeps the parameters it was begun with",
    ),
    fault(
        "resuming.py",
        'KEPT = ("recompute", "max_pixels", "format", "on_bad_image", "at", "engine", "device")',
        'KEPT = ("max_pixels",)',
        "net/test_resume_alone.py::test_spec_data_and_settings_are_those_of_the_run",
        "a run goes on with the options that it was trained with",
    ),
    fault(
        "recorded.py",
        'if [name for name, _ in differences] == ["epochs"]:',
        "if False:",
        "net/test_resume_alone.py::test_a_schedule_that_counts_the_epochs_cannot_be_prolonged",
        "what cannot be prolonged says why",
    ),
    fault(
        "runs.py",
        "for run in sound}) > 1]",
        "for run in sound}) > 0]",
        "net/test_runs.py",
        "what is the same in all runs has no column",
    ),
    fault(
        "runs.py",
        '-value if name in ("last", "best", "test") and',
        '-value if name in ("last", "best", "test") or',
        "net/test_runs.py",
        "accuracies are sorted from the highest, others from the lowest",
    ),
    fault(
        "sweeping.py",
        'if c == "," and deep <= 0 and not quoted:',
        'if c == "," and not quoted:',
        "cli/test_sweep.py::test_commas_part_values_outside_brackets",
        "commas in brackets part no values",
    ),
    fault(
        "sweeping.py",
        "if not (self._at(p).done and",
        "if not (self._at(p).error and",
        "cli/test_sweep.py::test_what_is_done_stays_done_and_what_failed_is_a_row",
        "a point that is done is not trained again",
    ),
    fault(
        "sweeping.py",
        "_halt([child.process for child in running])",
        "_halt([child.process for child in running[:1]])",
        "cli/test_sweep.py::test_ctrl_c_ends_every_child_and_the_same_command_goes_on",
        "every training that runs is asked to end",
    ),
    fault(
        "board.py",
        "_write(writer, event)\n            yield event",
        "_write(writer, event)\n                yield event",
        "cli/test_tensorboard.py",
        "the steps are still passed on",
    ),
    fault(
        "board.py",
        "writer.add_scalar(name, value, epoch.number)",
        "writer.add_scalar(name, value)",
        "cli/test_tensorboard.py",
        "a step is an epoch",
    ),
)
