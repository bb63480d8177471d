"""Faults of what leaves netspec and comes to it: models, logits, pictures in a model, files of weights, names."""

from __future__ import annotations

from tests.planted.fault import rows_of

_TESTS = "tests/interop/test_"
EXPORT, LOGITS, TENSORS, NAMES, PIXELS, OPSETS, FLOAT16 = (
    f"{_TESTS}{name}.py" for name in ("export", "logits", "tensors", "torch_names", "raw_pixels", "opsets", "float16")
)
EIGHT = "tests/net/test_small.py"
RESIZED, NUMBERS, CROPS = (
    f"{PIXELS}::test_{name}"
    for name in ("bytes_are_resized_as_by_pillow", "numbers_are_the_same", "the_tests_crops_and_their_mean")
)


fault = rows_of("interop/{}.py")

# fmt: off
FAULTS = (
    fault("opsets", "OPSET, IR = 18, 8", "OPSET, IR = 19, 8", EXPORT, "a model is of opset 18"),
    fault("export", "    last.name = node.name\n", "", EXPORT, "a layer's last node has its name"),
    fault("export", "data_prop=True)", "data_prop=True) if False else proto", EXPORT,
          "every intermediate value has its shape"),
    fault("export", "sort_keys=True, ensure_ascii=False)}", "ensure_ascii=False)}", EXPORT,
          "equal models are equal bytes"),
    fault("export", "items() if name in read]", "items()]", EXPORT, "no constant that nothing reads"),
    fault("export", "or graph.users.get(value)", "", EXPORT, "an output that others read is a copy"),
    fault("export", "if name not in taken)", ")", EXPORT, "the batch has a name of its own"),
    fault("export", "if len(graph.inputs) > 1:", "if len(graph.inputs) > 2:", EXPORT, "a picture is one input"),
    fault("writer", "if not np.isfinite(array).all():", "if np.isnan(array).any():", EXPORT,
          "numbers past single precision are a fault"),
    fault("writer", "if array.shape == tuple(self.model.weights[weight].shape)", "if False", EXPORT,
          "a weight keeps its own path"),
    fault("writer", "names = [first, *(", "names = [*(", EXPORT, "several outputs have their names"),
    fault("logits", 'ENDS = {"Softmax": "softmax", "LogSoftmax": "log_softmax"',
          'ENDS = {"Softmax": "softmax", "LogSoftmax": "softmax"', LOGITS, "an end is what it is"),
    fault("logits", "not in (1, 1 - axes)", "not in (1, -1)", LOGITS, "a softmax is over the maps"),
    fault("logits", 'node.domain not in ("", "ai.onnx") or', "", LOGITS, "a stranger's operator is none of ours"),
    fault("logits", "list(split.output) != list(mean.input) or", "", LOGITS,
          "the mean is over all crops, in order"),
    fault("logits", "if external or not found:", "if not found:", LOGITS, "weights in other files are left alone"),
    fault("logits", "if at + size > len(view):", "if at + size > len(view) + 9:", LOGITS,
          "a field ends within the file"),
    fault("logits", "value |= (byte & 127) << 7 * place", "value |= byte << 7 * place", LOGITS,
          "numbers have seven bits a byte"),
    fault("tensors", "if tensor.start != end:", "if tensor.start < end:", TENSORS, "tensors leave no gap"),
    fault("tensors", "if end != size - 8 - length:", "if end > size - 8 - length:", TENSORS,
          "tensors fill the file"),
    fault("tensors", "if count * itemsize != ends[1] - ends[0]:", "if count * itemsize > ends[1] - ends[0]:",
          TENSORS, "a tensor has its bytes"),
    fault("tensors", "type(n) is int and 0 <= n", "isinstance(n, int) and 0 <= n", TENSORS, "true is no size"),
    fault("tensors", "array.astype(np.uint32) << 16", "array.astype(np.uint32) << 15", TENSORS,
          "bfloat16 is the upper half"),
    fault("tensors", "if len(result) < len(pairs):", "if False:", TENSORS, "a tensor stands once"),
    fault("tensors", "if length > size - 8:", "if length > size + 2**40:", TENSORS, "a head ends within the file"),
    fault("torch_names", 'return "norm"', 'return "gain"', NAMES, "norms are no other gains"),
    fault("torch_names", "float(number[0]) if", "0.0 if", NAMES, "names are in the order of their numbers"),
    fault("torch_names", "if left:", "if len(left) > 2:", NAMES, "every tensor without a place is named"),
    fault("weight_files", '(".pt", ".pth", ".bin", ".ckpt", ".pkl")', '(".bin",)', f"{TENSORS} {NAMES}",
          "what would be unpickled is refused with advice"),
    fault("resampling", '"bicubic": 2.0', '"bicubic": 1.0', RESIZED,
          "a filter reaches as far as Pillow's"),
    fault("resampling", "a, x = -0.5, write", "a, x = -0.75, write", RESIZED, "bicubic is Keys' with a = -1/2"),
    fault("resampling", 'coarse = write("Max", scale, write.doubles([1.0]))', "coarse = scale", RESIZED,
          "an enlarged picture has the filter's own width"),
    fault("opsets", "FLOOR = 13", "FLOOR = 9", OPSETS, "no opset in which the same words mean something else"),
    fault("opsets", "proto.opset_import.extend(imports)", "proto.opset_import.extend([helper.make_opsetid('', OPSET)])",
          OPSETS, "a model says its opset"),
    fault("opsets", "onnx.checker.check_model(found, full_check=True)", "pass", OPSETS, "the checker decides"),
    fault("opsets", "FLOOR <= opset <= highest", "FLOOR <= opset", OPSETS, "onnxruntime takes the opset"),
    fault("float16", "_check(tensor.name, array, small)", "pass", FLOAT16, "what float16 does not hold is a fault"),
    fault("float16", 'name.partition("[")[0] not in weights', "name not in weights", FLOAT16,
          "weights of another shape are stored so too"),
    fault("float16", "lost += int", "lost -= int", FLOAT16, "what becomes 0 is counted"),
    fault("model_weights", "(onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)", "(onnx.TensorProto.FLOAT,)", FLOAT16,
          "weights of float16 are read"),
    fault("int8", "or node.op_type in ENDS", "", EIGHT, "probabilities are not rounded to 8 bits"),
    fault("int8", "proto.metadata_props.extend(before.metadata_props)", "pass", EIGHT, "8 bits carry the metadata"),
    fault("int8", "ordered = _in_order(proto.graph)", "ordered = list(proto.graph.node)", EIGHT,
          "nodes stand behind what they read"),
    fault("int8", "proto.opset_import.extend(before.opset_import)", "proto.opset_import.extend([])", EIGHT,
          "8 bits are of the standard operators"),
)
# fmt: on
