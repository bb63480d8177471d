"""Faults of the data: each step's sign and bounds, the draws, the order of batches, files that are cut or lie,
targets."""

from __future__ import annotations

from tests.planted.fault import rows_of

_NAMES = ("augment", "steps", "batches", "idx", "folders", "arrays", "inputs", "modes", "damaged", "scores", "classes")
AUGMENT, STEPS, BATCHES, IDX, FOLDERS, ARRAYS, INPUTS, MODES, DAMAGED, SCORES, CLASSES = (
    f"tests/data/test_{name}.py" for name in _NAMES
)
PARTS, CONFUSION = "tests/data/test_parts.py", "tests/data/test_confusion.py"
EQUAL, SOUND = (
    f"tests/cli/test_data.py::test_{name}" for name in ("equal_bytes_in_one_part_and_across", "a_sound_set")
)


fault = rows_of("data/{}.py")

FAULTS = (
    # random steps
    fault("augment", "(2 * float(row[0]) - 1) * step.degrees", "float(row[0]) * step.degrees", AUGMENT,
     "a rotation goes to both sides"),
    fault("augment", "(2 * shape - 1) * np.log(4 / 3)", "(2 * shape - 1) * np.log(3 / 2)", AUGMENT,
     "sides of a random part are 3:4 to 4:3"),
    fault("augment", "(0.08 + 0.92 * share)", "(0.8 + 0.2 * share)", AUGMENT,
     "a random part has 8 % of the area at least"),
    fault("augment", "if row[0] < 0.5 else", "if row[0] < 0.9 else", AUGMENT, "a mirror is every second one"),
    fault("augment", "(array - grey) * np.float32(saturation) + grey", "(grey - array) * np.float32(saturation) + grey",
     AUGMENT, "more saturation is further from grey"),
    fault("augment", "(_gaussians(row) * step.sigma * _PCA_VALUES) * 255",
     "(_gaussians(row) * step.sigma * _PCA_VALUES)", AUGMENT, "components are of colours from 0 to 1"),
    fault("augment", "np.cos(2 * np.pi * draws[3:])", "np.abs(np.cos(2 * np.pi * draws[3:]))", AUGMENT,
     "a Gaussian has two sides"),
    fault("augment", "(draws * [height + 1, width + 1])", "(draws * [height, width])", AUGMENT,
     "a crop reaches the last row and column"),
    fault("augment", "least + draw * (1 + amount - least)", "least + draw * amount", AUGMENT,
     "factors reach 1 + amount"),
    fault("augment", "np.clip(single(image) * np.float32(brightness), 0, 255)",
     "single(image) * np.float32(brightness)", AUGMENT, "brightness is cut off before contrast"),
    fault("chain", "taken += rule.draws", "taken += 0", AUGMENT, "each step has random numbers of its own"),
    # batches
    fault("batches", "2 * number]", "0]", BATCHES, "the order is another in each epoch"),
    fault("batches", "key=[self.seed % 2**64, 2", "key=[1, 2", BATCHES, "the order is another for each seed"),
    fault("batches", "picture, 2 * epoch + 1]", "0, 2 * epoch + 1]", AUGMENT,
     "each picture has random numbers of its own"),
    fault("batches", "picture, 2 * epoch + 1]", "picture, 1]", AUGMENT, "pictures are changed anew in each epoch"),
    fault("batches", "range(0, len(order), batch)][first:]", "range(0, len(order), batch)]", BATCHES,
     "an epoch goes on where it was left"),
    fault("batches", "range(0, len(order), batch)", "range(0, len(order) - batch + 1, batch)", BATCHES,
     "the last batch may be smaller"),
    fault("batches", "count += prod(image.shape[:-1])", "count += 1", BATCHES, "a mean is by picture element"),
    fault("batches", "SLICE, MOST // largest) // getattr(data.test, \"crops\", 1)", "SLICE, MOST // largest)", BATCHES,
     "ten crops make a slice ten times as large"),
    # fixed steps
    fault("steps", "top, left = step.before(rows - height), step.before(columns - width)",
     "top, left = step.before(columns - width), step.before(rows - height)", STEPS,
     "rows are cut off above, columns to the left"),
    fault("steps", "if height > rows or width > columns:", "if height >= rows or width > columns:", STEPS,
     "a crop may be as large as the picture"),
    fault("steps", "picture.resize((width, height), how)", "picture.resize((height, width), how)", STEPS,
     "Pillow's sizes are width and height"),
    fault("steps", "((wide + 0x8000) >> 16)", "(wide >> 16)", STEPS, "grey of bytes is rounded"),
    fault("steps", "lambda array: 255 - array if", "lambda array: 254 - array if", STEPS, "an inverted black is white"),
    fault("steps", "\"at_most\": (np.minimum, \"Min\")", "\"at_most\": (np.minimum, \"Max\")", STEPS,
     "a range is cut off in a graph too"),
    fault("steps", "rest = write(\"Mod\", spare, write.ints([4]))", "rest = write(\"Mod\", spare, write.ints([8]))",
     STEPS, "a half before a crop is rounded to even in a graph"),
    fault("tested", "(crop[:, ::-1] for crop in crops)", "(crop[::-1] for crop in crops)", STEPS,
     "five of ten crops are mirrored left to right"),
    fault("tested", "np.exp(parted.astype(np.float64)).mean(axis=1) if end", "parted.mean(axis=1) if end",
     "tests/data/test_prepare.py::test_the_mean_of_answers_is_of_probabilities",
     "logarithms are averaged as probabilities"),
    # inputs and targets
    fault("inputs", "np.moveaxis(array, -1, 1).reshape(len(array), -1)", "array.reshape(len(array), -1)", INPUTS,
     "units of a picture are counted map by map"),
    fault("inputs", "size is not None and found != size", "size is not None and found < size", INPUTS,
     "a picture has exactly the net's size"),
    fault("targets", "if most >= units:", "if most > units:", ARRAYS, "classes count from 0"),
    fault("targets", "if least < 0:", "if least < -1:", ARRAYS, "no class is below 0"),
    fault("targets", "len(inputs) == 1 and shape == inputs[0]", "len(inputs) == 1", ARRAYS,
     "what rebuilds its input has its shape"),
    # files
    fault("idx", "f\">{axes}I\"", "f\"<{axes}I\"", IDX, "sizes are big-endian"),
    fault("idx", "        if file.read(1):", "        if False:", IDX, "a file holds nothing more"),
    fault("idx", "if len(pixels) != len(numbers):", "if len(pixels) > len(numbers):", DAMAGED,
     "every picture has a label"),
    fault("folders", "HIDDEN if path.name.startswith(\".\") else None", "None", FOLDERS,
     "a hidden folder is not a class"),
    fault("folders", "path.suffix.lower() in SUFFIXES", "path.suffix in SUFFIXES", FOLDERS,
     "endings in capitals count"),
    fault("folders", "\"\", names.index(name), result", "\"\", found.index(name), result", FOLDERS,
     "classes of the spec give the numbers"),
    fault("arrays", "np.moveaxis(array, 1, -1) if array.ndim > 2", "np.moveaxis(array, 1, -1) if array.ndim > 3",
     ARRAYS, "maps become the last axis"),
    fault("arrays", "in row {at + row}", "in row {row}", ARRAYS, "rows are counted from the first slice on"),
    fault("npy", "if size - file.tell() != head.bytes:", "if size - file.tell() > head.bytes:", DAMAGED,
     "a file holds what its header claims"),
    fault("npy", "if dtype.hasobject:", "if False:", DAMAGED, "objects are never unpickled"),
    fault("cifar", "records[:, size - 3072 :].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)",
     "records[:, size - 3072 :].reshape(-1, 32, 32, 3)", "tests/data/test_sets.py::test_cifar",
     "CIFAR's colours are planes"),
    fault("sets", "classes.index(name) if name in classes else -1", "own.index(name)", CLASSES,
     "names decide a class' number"),
    fault("modes", "np.clip(wide, 0, 65535) >> 8 if", "np.clip(wide, 0, 65535) >> 7 if", MODES,
     "16 bits lose their lower eight"),
    fault("images", "view = view[::-1] if turn in (3, 4, 6, 7) else view",
     "view = view[::-1] if turn in (3, 4, 7, 8) else view", MODES, "EXIF's orientation 6 is a quarter turn clockwise"),
    fault("images", "image.width * image.height > reading.max_pixels",
     "image.width * image.height >= reading.max_pixels", MODES, "a picture at the limit is read"),
    # scores
    fault("scores", "int((right & ~lost).sum())", "int(right.sum())", SCORES,
     "an answer that is not a number is never right"),
    fault("scores", "(self.loss * self.examples + other.loss * other.examples)", "(self.loss + other.loss)", SCORES,
     "losses of slices are weighed by their examples"),
    # parts and what is held out
    fault("held_out", "chosen = ranks < share", "chosen = ranks > share", PARTS,
     "an example below the share is held out"),
    fault("held_out", "if chosen[members].all():", "if False:", PARTS, "a class keeps one to train with"),
    fault("held_out", "elif len(members) > 1 and", "elif", PARTS, "the only example of a class is trained with"),
    fault("held_out", 'f"{seed}\\n{key}"', 'f"{key}"', PARTS, "the seed decides what is held out"),
    fault("held_out", "ranks[members].argmin()", "ranks[members].argmax()", PARTS, "a class gives its lowest"),
    fault("parts", "USUAL if test is None else None", "USUAL", PARTS, "with a test part nothing is held out unasked"),
    fault("parts", 'for name in ("test", "val"):', 'for name in ("val", "test"):', PARTS, "test is judged before val"),
    fault("parts", "not share or len(train) < 2", "not share", PARTS, "the only example is trained with"),
    fault("parts", "len(self.train) + len(self.val)", "len(self.train)", PARTS, "it is said how many are held out"),
    fault("folders", " and not path.is_symlink()", "", PARTS, "a linked folder in a class is not followed"),
    fault("folders", 'f"{key}{path.name}/"', '""', PARTS, "an example's name is its path from the class's folder"),
    fault("checking", "len({part for part, _ in group}) > 1", "len(group) > 2", EQUAL, "equal across parts is a leak"),
    fault("checking", "max(counts) / min(counts)", "min(counts) / max(counts)", SOUND, "imbalance is above 1"),
    # what was taken for what
    fault("confusion", "kept * self.classes + said", "said * self.classes + kept", CONFUSION, "rows are the classes"),
    fault("confusion", "right / answered if answered", "right / examples if answered", CONFUSION,
     "precision is of what was called so"),
    fault("confusion", "2 * right / (examples + answered)", "right / (examples + answered)", CONFUSION, "F1"),
    fault("confusion", "(values == own) & (np.arange", "(values == own) | (np.arange", CONFUSION,
     "of equals the lower number comes first"),
    fault("confusion", "< TOP).sum()", "<= TOP).sum()", CONFUSION, "five are likeliest"),
    fault("confusion", "first + rows", "rows", CONFUSION, "mistakes are numbered through the whole part"),
    fault("confusion", "examples + self.answered - self.right", "examples + self.answered", CONFUSION,
     "a union counts what is in both once"),
)  # fmt: skip
