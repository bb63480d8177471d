"""What a step does, and in which order: small nets worked out by hand, and every net by what may follow what."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from netspec.engine.planning import chunks, make, phases
from netspec.engine.planning.make import Outline
from netspec.engine.planning.plan import Call, Plan
from netspec.graph import Graph
from tests.engine.nets import graph, meaning
from tests.engine.running.test_nets import MIXED, TABLES, TWO_LOSSES
from tests.zoo import small


def calls(
    net: Graph, losses: Mapping[str, str] | None = None, recompute: bool = False, train: bool = True
) -> list[str]:
    """A line a phase; the output's path is left out."""
    plan = make.plan(net, 2, train, losses if losses is not None else {"y": "mse"}, recompute=recompute)
    return [", ".join(f"{call.kind} {call.node.removeprefix('y/')}" for call in phase) for phase in plan.phases]


def test_a_chain_is_one_phase_and_its_last_layer_is_the_losss() -> None:
    net = graph("input x: 4", "output y = x -> dense(3) -> tanh -> dense(2) -> softmax")
    assert calls(net, {"y": "cross_entropy"}) == [
        "forward dense, forward tanh, forward dense_2, loss y, backward dense_2, backward tanh, backward dense"
    ]


@pytest.mark.parametrize(
    ("end", "loss", "fused"),
    [
        ("softmax", "cross_entropy", True),
        ("log_softmax", "cross_entropy", True),
        ("sigmoid", "binary_cross_entropy", True),
        ("softmax", "mse", False),
        ("sigmoid", "mse", False),
        ("tanh", "mse", False),
    ],
)
def test_which_last_layers_belong_to_which_losses(end: str, loss: str, fused: bool) -> None:
    (found,) = calls(graph("input x: 4", f"output y = x -> dense(3) -> {end}"), {"y": loss})
    own = [] if fused else [f"forward {end}"]
    back = [] if fused else [f"backward {end}"]
    assert found == ", ".join(["forward dense", *own, "loss y", *back, "backward dense"])


def test_a_last_layer_that_others_read_is_computed() -> None:
    net = graph("input x: 4", "p = x -> dense(3) -> softmax", "output y = p", "output z = p -> scale(2)")
    assert phases.fused(net, {"y": "cross_entropy", "z": "mse"}) == {}
    assert phases.fused(net, {"y": "mse", "z": "mse"}) == {}


def test_without_training_all_is_forward_in_one_phase() -> None:
    net = graph("input x: 2 x 4 x 4", "output y = x -> conv(3, 3) -> norm -> relu -> dense(2)")
    assert calls(net, train=False) == ["forward conv, forward norm, forward relu, forward dense"]


def test_a_norm_waits_for_the_sums_of_the_batch_both_ways() -> None:
    net = graph("input x: 2 x 4 x 4", "output y = x -> conv(3, 3) -> norm -> relu -> dense(2)")
    assert calls(net) == [
        "forward conv, forward_sums norm",
        "forward norm, forward relu, forward dense, loss y, backward dense, backward relu, backward_sums norm",
        "backward norm, backward conv",
    ]


def test_a_layer_beside_a_norm_does_not_wait() -> None:
    net = graph("input x: 4", "a = x -> dense(3) -> norm", "b = x -> dense(3)", "output y = [a, b] -> add")
    assert calls(net) == [
        "forward a/dense, forward_sums a/norm, forward b/dense",
        "forward a/norm, forward add, loss y, backward add, backward b/dense, backward_sums a/norm",
        "backward a/norm, backward a/dense",
    ]


def test_a_gradient_waits_for_the_latest_of_its_users() -> None:
    # backward comes to the norm first, whose own call stands a phase later than that of tanh
    net = graph("input x: 4", "v = x -> dense(3)", "t = v -> tanh", "n = v -> norm", "output y = [t, n] -> add")
    assert calls(net) == [
        "forward v/dense, forward t/tanh, forward_sums n/norm",
        "forward n/norm, forward add, loss y, backward add, backward_sums n/norm, backward t/tanh",
        "backward n/norm, backward v/dense",
    ]


def test_nothing_goes_back_to_what_is_not_trained() -> None:
    net = graph("input x: 4", "output y = x -> square -> dense(3, frozen: true) -> tanh -> dense(2)")
    assert phases.needing_gradient(net) == {"y/dense_2"}
    assert calls(net) == ["forward square, forward dense, forward tanh, forward dense_2, loss y, backward dense_2"]
    plan = make.plan(net, 2, True, {"y": "mse"})
    assert "d:y/tanh" not in plan.buffers and "d:y" not in plan.buffers and "d:y/dense_2" in plan.buffers


def test_frozen_layers_between_trained_ones_pass_gradients_on() -> None:
    net = graph("input x: 4", "output y = x -> dense(3) -> dense(3, frozen: true) -> dense(2)")
    assert phases.needing_gradient(net) == {"y/dense", "y/dense_2", "y/dense_3"}


def test_the_first_gradient_is_written_and_later_ones_are_added() -> None:
    net = graph("input x: 4", "a = x -> dense(3)", "b = a -> tanh", "output y = [a, b, a] -> add")
    plan = make.plan(net, 2, True, {"y": "mse"})
    # add writes d:a and d:b, and once more d:a; tanh comes after it
    assert plan.adding == {("y/add", 2), ("b/tanh", 0)}
    nodes = {node.name: node for node in net.nodes}
    assert plan.added(nodes["y/add"]) == [2] and plan.added(nodes["b/tanh"]) == [0]


def test_an_output_that_others_read_has_the_losss_gradient_first() -> None:
    net = graph("input x: 4", "output y = x -> dense(3)", "output z = y -> tanh")
    assert make.plan(net, 2, True, {"y": "mse", "z": "mse"}).adding == {("z/tanh", 0)}


def test_what_a_norm_makes_is_dropped_and_made_again_once_a_phase() -> None:
    net = graph(
        "input x: 2 x 4 x 4", "output y = x -> conv(3, 3) -> norm -> relu -> conv(3, 1) -> norm -> relu -> dense(2)"
    )
    found = calls(net, recompute=True)
    assert found[1] == "forward norm, forward relu, forward conv_2, forward_sums norm_2"
    assert found[2] == (
        "forward norm_2, forward relu_2, forward dense, loss y, again norm_2, again relu_2, backward dense, "
        "backward relu_2, backward_sums norm_2"
    )
    # the second convolution reads what the first norm made: made again in this phase, before it
    assert found[3] == "backward norm_2, again norm, again relu, backward conv_2, backward relu, backward_sums norm"
    assert found[4] == "backward norm, backward conv"


def test_inputs_results_and_what_costs_are_kept() -> None:
    net = graph("input x: 2 x 4 x 4", "output y = x -> conv(3, 3) -> norm -> relu -> conv(3, 1) -> norm")
    kernels = make.plan(net, 2, True, {"y": "mse"}).kernels
    found = phases.remakers(net, kernels, phases.needing_gradient(net))
    assert set(found) == {"y/norm", "y/relu"}  # no convolution, and not the output
    assert found["y/norm"].inputs == ("y/conv",) and found["y/relu"].inputs == ("y/norm",)


def test_concatenations_of_concatenations_are_made_from_their_parts() -> None:
    net = graph("input x: 2 x 4 x 4", "a = x -> conv(3, 1)", "b = x -> conv(2, 1)", "c = [a, b] -> concat",
        "d = [c, a] -> concat",
                "output y = d -> conv(2, 1)")  # fmt: skip
    kernels = make.plan(net, 2, True, {"y": "mse"}).kernels
    found = phases.remakers(net, kernels, phases.needing_gradient(net))
    assert found["d/concat"].inputs == ("a/conv", "b/conv", "a/conv")
    assert [shape[-1] for shape in found["d/concat"].kernel.xs] == [3, 2, 3]


def test_a_concatenation_reads_what_is_no_concatenation_as_it_is() -> None:
    net = graph(
        "input x: 2 x 4 x 4",
        "a = x -> conv(3, 1) -> norm",
        "b = x -> conv(2, 1)",
        "output y = [a, b] -> concat -> conv(2, 1)",
    )
    kernels = make.plan(net, 2, True, {"y": "mse"}).kernels
    found = phases.remakers(net, kernels, phases.needing_gradient(net))
    assert found["a/norm"].inputs == ("a/conv",)
    assert found["y/concat"].inputs == ("a/norm", "b/conv")


def test_a_layer_of_another_level_waits_for_a_phase_of_its_own() -> None:
    net = graph("input x: 512", "output y = x -> dense(512) -> dense(512) -> dense(2)")
    outline = Outline(net, True, {"y": "mse"})
    outline.images = {"y/dense": 4, "y/dense_2": 64, "y/dense_3": 1}
    levels = chunks.levels_of(net, outline.images, 64)
    assert [levels[name] for name in ("x", "y/dense", "y/dense_2", "y/dense_3")] == [0, 0, 1, 1]
    plan = outline.plan(64)
    assert [[f"{call.kind} {call.node}" for call in phase] for phase in plan.phases] == [
        ["forward y/dense"],
        ["forward y/dense_2", "forward y/dense_3", "loss y", "backward y/dense_3", "backward y/dense_2"],
        ["backward y/dense"],
    ]


# ---- any net


def plans() -> list[tuple[str, Plan]]:
    found = []
    for name, text in (("mixed", MIXED), ("two losses", TWO_LOSSES), ("tables", TABLES)):
        spec = meaning(text)
        assert spec.graph is not None
        for recompute in (False, True):
            found.append(
                (f"{name} {recompute}", make.plan(spec.graph, 7, True, spec.train.loss, np.float64, None, recompute))
            )
    return found


@pytest.mark.parametrize("plan", [pytest.param(plan, id=name) for name, plan in plans()])
def test_nothing_is_read_before_it_is_there(plan: Plan) -> None:
    in_order(plan)


@pytest.mark.slow
@pytest.mark.parametrize("recompute", [False, True])
@pytest.mark.parametrize("name", ["densenet", "googlenet", "resnet", "senet", "unet", "vgg"])
def test_nothing_is_read_before_it_is_there_in_the_zoo(name: str, recompute: bool) -> None:
    net = small(name)
    in_order(make.plan(net.graph, 5, True, net.train_settings.loss, recompute=recompute))


def in_order(plan: Plan) -> None:
    """Walk through the calls: each finds what it reads, and what needs every chunk stands in a later phase."""
    nodes = {node.name: node for node in plan.graph.nodes}
    made: dict[str, int] = dict.fromkeys(plan.graph.inputs, -1)  # buffer to the phase that made it
    sums: dict[tuple[str, str], int] = {}
    left = {name: len(users) for name, users in gradients_due(plan).items()}  # writers of a gradient still to come
    for phase, group in enumerate(plan.phases):
        for call in group:
            if call.kind == "loss":
                value = plan.fused.get(call.node, next(o.value for o in plan.graph.outputs if o.name == call.node))
                assert value in made
                left[value] -= 1
                continue
            node = nodes[call.node]
            if call.kind in ("forward", "forward_sums"):
                assert all(value in made for value in node.inputs)
            elif call.kind == "again":
                assert all(plan.buffer_of(value, "again", phase) in made for value in plan.remakers[node.name].inputs)
            else:
                assert left[node.name] == 0, f"the gradient of {node.name} is not all there"
                assert all(plan.buffer_of(value, call.kind, phase) in made for value in plan.reads(node))
            if call.kind in ("forward_sums", "backward_sums"):
                sums[call.kind, node.name] = phase
            elif call.kind == "forward":
                if plan.kernels[node.name].barrier:
                    assert sums["forward_sums", node.name] < phase
                made[node.name] = phase
            elif call.kind == "again":
                made[plan.buffer_of(node.name, "again", phase)] = phase
            else:
                if plan.kernels[node.name].barrier:
                    assert sums["backward_sums", node.name] < phase
                for value in node.inputs:
                    if value in plan.needs_gradient:
                        left[value] -= 1
    assert not any(left.values())


def gradients_due(plan: Plan) -> dict[str, list[Call]]:
    """For each wanted value, the calls that write its gradient: one for each time that a trained user reads it, and the
    losses."""
    due: dict[str, list[Call]] = {value: [] for value in plan.needs_gradient}
    skipped = {o.value for o in plan.graph.outputs if o.name in plan.fused}
    ends = {plan.fused.get(o.name, o.value) for o in plan.graph.outputs if o.name in plan.losses}
    reached = set(ends)
    for node in reversed(plan.graph.nodes):
        if node.name in reached and node.name not in skipped:
            reached.update(node.inputs)
    for node in plan.graph.nodes:
        if node.name in reached and node.name in plan.needs_gradient and node.name not in skipped:
            for value in node.inputs:
                if value in due:
                    due[value].append(Call("backward", node.name))
    for output in plan.graph.outputs:
        if output.name in plan.losses:
            due.setdefault(plan.fused.get(output.name, output.value), []).append(Call("loss", output.name))
    return {value: writers for value, writers in due.items() if writers}
