"""Faults of segmentation: labels that do not follow their pictures, void places that count, sizes of nets."""

from __future__ import annotations

from tests.planted.fault import rows_of

fault = rows_of("{}.py", "tests/{}.py")
LABELS, LOSSES, SCORES, SIZES = (
    "data/test_label_pictures", "engine/running/test_losses_by_class", "data/test_scores", "cli/test_segmentation",
)  # fmt: skip

FAULTS = (
    fault("data/label_pictures", "        taken += count", "        taken += count if change else 0", LABELS,
     "colours take their draws"),
    fault("data/label_pictures", "(VOID - array)[..., None]", "array[..., None]", LABELS, "what comes in is void"),
    fault("data/label_pictures", 'filter="nearest"', 'filter="bilinear"', LABELS, "labels are never mixed"),
    fault("data/label_pictures", "[labels[key] for key in keys]", "list(labels.values())[::-1]", LABELS,
     "labels are those of their pictures"),
    fault("data/label_pictures", "_, row: mirrored(image, row)", "_, row: mirrored(image, 1 - row)", LABELS,
     "labels are mirrored too"),
    fault("data/held_out", "[part.masks[i] for i in places]", "part.masks[: len(places)]", LABELS,
     "held out labels are those of their pictures"),
    fault("data/batches", "[*self.augment, *self.after]", "self.augment", LABELS, "what follows moves labels too"),
    fault("data/targets", "given[given != VOID] if self.voids else given", "given", LABELS, "void is no class"),
    fault("data/scores", "counted = target != VOID", "counted = target >= 0", SCORES, "void places are not judged"),
    fault("data/scores", "self.places[0] + self.places[1] - self.places[2]", "self.places[0] + self.places[1]", SCORES,
     "a union counts a place once"),
    fault("data/scores", "[union > 0] / union[union > 0]", "/ np.maximum(union, 1)", SCORES,
     "a class that is not there is left out"),
    fault("data/scores", "if places is None else count", "if True else count", SCORES, "each place counts alike"),
    fault("data/confusion", "if void:", "if False:", "data/test_confusion",
     "void places are in no cell"),
    fault("data/arrays", "array.ndim > 2 and name not in flat", "array.ndim > 2", SIZES,
     "labels of places have no maps in front"),
    fault("engine/running/losses", "rows[void], each[void] = 0, 0", "pass", LOSSES, "void places have no loss"),
    fault("engine/running/losses", "        if void is not None:\n            rows[void] = 0\n", "", LOSSES,
     "void places have no smoothed gradient"),
    fault("engine/running/losses", "self.labels[self.labels != VOID] if", "self.labels.reshape(-1) % 3 if", LOSSES,
     "the mean is over what is not void"),
    fault("data/weighting", "(masks or any(", "(any(", SIZES, "an augmentation brings void places in"),
    fault("net/sized", "(*before, *augment, *after)", "(*before, *after)", SIZES, "a random crop gives the size"),
    fault("net/judging", "if now != sizes and", "if False and", SIZES,
     "a net is judged at the sizes of what is judged"),
    fault("net/sized", "if output.name in maps and found != sizes:", "if False:", "cli/test_segmentation",
     "sizes that the net does not give back are told"),
    fault("net/sized", "    tested(masks[:1], net.data)  # ten crops have none\n", "    pass\n",
     "cli/test_segmentation", "ten crops are refused before a folder is made"),
    fault("data/label_pictures", "            good.append(place)\n", "        good.append(place)\n",
     "cli/test_segmentation", "labels that cannot be decoded are passed over"),
    fault("data/sets", "and not _parted(folder)", "", "data/test_label_pictures", "parts may stand below the pictures"),
    fault("data/label_pictures", "if not pictures and not labels:", "if False:", "data/test_label_pictures",
     "an empty part is told"),
    fault("data/images", 'image.format == "JPEG"', "False", "data/test_label_pictures", "a JPEG has no labels"),
    fault("data/batches", "if target.voids and all((mask == VOID).all()", "if False and all((mask == VOID).all()",
     "data/test_label_pictures", "labels that are all void teach nothing"),
    fault("data/parts", "minlength=VOID + 1) for mask in found]", "minlength=VOID + 1) for mask in found[1:]]",
     "cli/test_segmentation", "places of each class are counted"),
    fault("data/checking", "paired = None if needs.names or not reading", "paired = None if True or not reading",
     "cli/test_segmentation", "labels are no class"),
    fault("net/resuming", '"on_bad_image", "at", "engine"', '"on_bad_image", "engine"', SIZES,
     "a run goes on at its sizes"),
)  # fmt: skip
