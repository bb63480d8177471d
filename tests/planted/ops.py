"""Faults of the operators: fan-ins, counts, shapes, what may be given, and how a model says it."""

from __future__ import annotations

from tests.planted.fault import rows_of

_TESTS = "tests/ops/test_"
COUNTS, SHAPES, ARGUMENTS, DOCUMENTED, MODEL = (
    f"{_TESTS}{name}.py" for name in ("counts", "shapes", "arguments", "documented", "model")
)


fault = rows_of("ops/{}.py")

# fmt: off
FAULTS = (
    fault("conv", "inputs // self.groups * uses, self.maps // self.groups * uses)",
          "inputs // self.groups * uses, self.maps * uses)", COUNTS,
          "a group's outputs are the fan-out of its kernels (O1)"),
    fault("conv", "self.init, inputs // self.groups * uses, self", "self.init, inputs * uses, self", COUNTS,
          "a group's inputs are the fan-in of its kernels"),
    fault("conv", "found = self.table.weight_fan_ins * self.uses", "found = self.table.weight_fan_ins", COUNTS,
          "every tap of a table's kernel is a connection"),
    fault("conv", "FanIns(self.table, uses), self.maps * uses)", "FanIns(self.table, uses), self.maps)", COUNTS,
          "every tap of a table's kernel leads out"),
    fault("conv", "self.table.trained if self.table is not None else inputs * self.maps // self.groups",
          "self.table.weights if self.table is not None else inputs * self.maps // self.groups", COUNTS,
          "a shared kernel is used at each of its cells"),
    fault("conv", "return self.kernel.count if isinstance", "return self.kernel.weights if isinstance", COUNTS,
          "a shared tap is used at each of its places"),
    fault("conv", "positions = prod(fixed(xs[0], self.name)[1:])", "positions = prod(y[1:])", COUNTS,
          "a deconv's kernels work at the positions of its input"),
    fault("conv", "if inputs % self.groups:", "if False:", SHAPES, "groups divide the inputs"),
    fault("conv", "if self.maps % self.groups:", "if False:", SHAPES, "groups divide the outputs"),
    fault("conv", "if self.groups > 1:", "if self.groups > 2:", SHAPES, "groups or a table, not both"),
    fault("conv", "any(k % 2 == 0 for k", "all(k % 2 == 0 for k", SHAPES, "`=` needs a middle on each axis"),
    fault("conv", "for r, s, (before, _) in zip(at.reach", "for r, s, (_, before) in zip(at.reach", ARGUMENTS,
          "a deconv cuts what conv pads before"),
    fault("dense", "FanIns(self.table), self.units)", "prod(fixed(xs[0], self.name)), self.units)", COUNTS,
          "a table's fan-in is that of its outputs"),
    fault("dense", "macs = self.table.trained if", "macs = self.table.connections if", COUNTS,
          "a cell that passes on is no product"),
    fault("dense", 'fault.at = "codes" if fault.at == "table" else fault.at', "pass", SHAPES,
          "the argument at fault is underlined"),
    fault("activation", "return Cost(prod(y), 0)", "return Cost(0, 0)", COUNTS,
          "prelu uses its slope at each position (O2)"),
    fault("activation", 'Init("constant", 0.25)', 'Init("constant", 0.2)', DOCUMENTED,
          "prelu's slope begins as documented"),
    fault("activation", '"the slope below 0"] = 0.01', '"the slope below 0"] = 0.1', DOCUMENTED,
          "leaky_relu's slope is as documented"),
    fault("norm", "return Cost(2 * prod(y) if self.affine else 0, 0)", "return Cost(2 * prod(y), 0)", COUNTS,
          "a norm without gains has no connections"),
    fault("norm", '"state", Init("constant", 1.0)', '"gain", Init("constant", 1.0)', COUNTS,
          "statistics are not trained"),
    fault("norm", 'of the running statistics"] = 0.9', 'of the running statistics"] = 0.1', DOCUMENTED,
          "what is kept of the old is nine tenths"),
    fault("norm", "{self.alpha / self.size:g}", "{self.alpha:g}", ARGUMENTS, "lrn divides alpha by size"),
    fault("pool", "self.pool().window(xs[0]).taps + 1), 0)", "self.pool().window(xs[0]).taps), 0)", COUNTS,
          "a subsample has its bias"),
    fault("pool", "max(p) >= k for p, k", "max(p) > k for p, k", SHAPES, "no window of padding alone"),
    fault("pool", "self.stride or self.size", "self.stride or 1", SHAPES, "a pool's stride is its size"),
    fault("window", "pads = tuple((n // 2, n - n // 2) for n in total)",
          "pads = tuple((n - n // 2, n // 2) for n in total)", ARGUMENTS, "same pads less before"),
    fault("window", "total = [d * (k - 1) for", "total = [k - 1 for", MODEL, "same counts dilation"),
    fault("window", "if len(value) != rank:", "if len(value) < rank:", SHAPES, "a size has a number for each axis"),
    fault("rearrange", "(self.depth, self.height, self.width)", "(self.height, self.width, self.depth)", SHAPES,
          "crop's depth is the depth"),
    fault("rearrange", "if prod(target) != prod(there):", "if prod(target) > prod(there):", SHAPES,
          "a reshape keeps all numbers"),
    fault("rearrange", "if max(self.maps) >= there:", "if max(self.maps) > there:", SHAPES,
          "a slice takes maps that are there"),
    fault("rearrange", "perm=[0, 2, 1, 3]", "perm=[0, 1, 2, 3]", MODEL, "shuffle goes across groups"),
    fault("rearrange", "((n - k) // 2 for", "((n - k + 1) // 2 for", MODEL, "a crop's middle is rounded down"),
    fault("join", "if n != 1]", "]", SHAPES, "an axis of 1 stretches"),
    fault("join", "xs[0][1:])):", "xs[0][2:])):", SHAPES, "concat needs equal sizes"),
    fault("wiring", "linear(n, 1, s - 1, s)", "linear(n, 1, 0, s)", SHAPES,
          "connect takes every stride-th position from the first"),
    fault("wiring", "if self.table.trained:", "if self.table.trained > 9:", SHAPES, "connect has no weights"),
    fault("operator", "return self.bias is not False", "return bool(self.bias)", ARGUMENTS,
          "a bias is there unless it is false"),
    fault("arguments", "v >= 0 for v in pair", "v > 0 for v in pair", ARGUMENTS, "a rate may be 0"),
    fault("arguments", "abs(v) > SINGLE for v in word.values", "v > SINGLE for v in word.values", ARGUMENTS,
          "numbers are of single precision"),
    fault("arguments", "or len(word.values) != _INITS[word.name]", "or len(word.values) < _INITS[word.name]",
          ARGUMENTS, "he takes no number"),
    fault("pool", "emit.floats(1 / at.taps))", "emit.floats(1 / at.kernel[0]))", "tests/interop/test_export.py",
          "a subsample as a convolution takes the mean"),
)
# fmt: on
