"""Faults of maps and boxes: windows, where they lie in the file's picture, what is left of boxes, colours."""

from __future__ import annotations

from tests.planted.fault import rows_of

fault = rows_of("{}.py", "tests/{}.py")

FAULTS = (
    fault("shape", "return least[0], base - least[0]", "return least[0], base", "test_shape",
     "a stride is from one window to the next"),
    fault("data/slid", "for kind in (CenterCrop, Resize):", "for kind in (Resize, CenterCrop):", "data/test_slid",
     "crops are left out before what resizes"),
    fault("data/slid", "offset[0] * by[0]", "offset[0]", "data/test_slid", "what was cut off is resized too"),
    fault("data/slid", "(left + ox) / sx, 0.0), width)", "(left - ox) / sx, 0.0), width)", "data/test_slid",
     "a crop begins behind what it cut off"),
    fault("runtime/boxes", "(y * down, x * along, y * down + height", "(y * along, x * down, y * down + height",
     "runtime/test_boxes", "rows have their own stride"),
    fault("runtime/boxes", "<= overlap]", "< overlap / 2]", "runtime/test_boxes", "boxes that overlap little are two"),
    fault("runtime/boxes", "+ areas - common)", "+ areas)", "runtime/test_boxes", "a union counts what is common once"),
    fault("runtime/boxes", "rest = [box for box in boxes if box.index == index]", "rest = boxes", "runtime/test_boxes",
     "another class suppresses nothing"),
    fault("report/painted", "<< (7 - bit)", "<< bit", "report/test_painted", "the palette is VOC's"),
    fault("report/painted", "array.repeat(cells[0], axis=0).repeat(cells[1], axis=1)",
     "array.repeat(cells[1], axis=0).repeat(cells[0], axis=1)", "report/test_painted",
     "a place is as high as its stride"),
    fault("runtime/predict", "np.exp(value) if likely and", "value if likely and", "cli/test_maps",
     "a map is of probabilities"),
    fault("cli/maps", 'while name in self.names:', "while False:", "cli/test_maps",
     "pictures of one name have each their own files"),
    fault("cli/maps", "check_target(out, [row.filename])", "pass",
     "cli/test_maps::test_pictures_of_others_are_not_written_over", "no picture is written over"),
    fault("cli/maps", "    if not ours:", "    if False:",
     "cli/test_maps::test_pictures_of_others_are_not_written_over", "photographs of others are kept"),
    fault("cli/maps", "for file in (out, *besides)", "for file in (out,)",
     "cli/test_maps::test_pictures_of_others_are_not_written_over",
     "nor arrays, which stand beside a picture of ours"),
    fault("cli/maps", "if self.boxes is not None and row.error:", "if False:",
     "cli/test_maps::test_a_picture_without_boxes_for_its_fault_has_a_row_among_them",
     "a picture that has a fault is among the boxes' rows"),
)  # fmt: skip
