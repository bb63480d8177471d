"""The memory of a step that runs node by node, against what is counted by hand."""

from __future__ import annotations

from onnx import TensorProto, helper

from netspec.interop.train_step import bytes_of


def test_what_is_alive_at_a_time_is_counted() -> None:
    """a and b (N, 6) live together, c is a view of b, then d (N, 6) besides them: three arrays at most."""
    nodes = [
        helper.make_node("Relu", ["x"], ["a"]),
        helper.make_node("Exp", ["a"], ["b"]),
        helper.make_node("Flatten", ["b"], ["c"]),
        helper.make_node("Tanh", ["c"], ["d"]),
        helper.make_node("Add", ["d", "a"], ["e"]),
        helper.make_node("Neg", ["e"], ["f"]),
        helper.make_node("ReduceSum", ["f"], ["y"], keepdims=0),
    ]
    given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 6])]
    out = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [])]
    proto = helper.make_model(helper.make_graph(nodes, "g", given, out),
                              opset_imports=[helper.make_opsetid("", 18)])  # fmt: skip
    base = bytes_of(proto, 0)
    more = [bytes_of(proto, batch) - base for batch in (1000, 2000)]
    array = 4 * 6 * 1000
    # x goes in, and a, b and d, then a, d and e are alive; an arena takes 1.6 times as much
    assert abs(more[0] - 1.6 * 4 * array) < 10
    assert abs(more[1] - 2 * more[0]) < 10
