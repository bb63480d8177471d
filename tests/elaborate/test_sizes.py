"""Sizes of values and figures of tables in expressions; free sizes (language.md section 4)."""

from __future__ import annotations

import pytest

from tests.elaborate.reading import layers, net

ATTRIBUTES = [
    ("7", {"units": 7, "maps": 7}), ("3 x 5", {"maps": 3, "length": 5}),
    ("3 x 5 x 6", {"maps": 3, "height": 5, "width": 6}),
    ("3 x 4 x 5 x 6", {"maps": 3, "depth": 4, "height": 5, "width": 6}),
]  # fmt: skip


@pytest.mark.parametrize(("image", "sizes"), ATTRIBUTES)
def test_each_size_of_a_value(image: str, sizes: dict[str, int]) -> None:
    for name in ("units", "maps", "length", "height", "width", "depth"):
        found = net(f"let n = image.{name}\n output y = image -> flatten -> dense(n)", image)
        if name in sizes:
            assert found.graph.shapes["y/dense"] == (sizes[name],)
        else:
            assert found.places == [f"N107 image.{name}"]


def test_what_a_value_has_is_told() -> None:
    helps = [net("let n = image.thickness\n output y = image", image).problems[0].help for image, _ in ATTRIBUTES]
    assert helps == [
        "it has units", "it has maps, length", "it has maps, height, width", "it has maps, depth, height, width",
    ]  # fmt: skip
    assert net("let n = image.hight\n output y = image").problems[0].help == "did you mean `height`?"


def test_in_is_the_input_of_the_innermost_braces() -> None:
    before = "block b {\n dense(in.units + 1) -> residual { dense(in.units) -> dense(in.units) }\n}"
    assert [node.shape for node in layers("b", "4", before).graph.nodes] == [(5,), (5,), (5,), (5,)]
    assert layers("dense(9) -> (dense(image.units)) * 2", "4").graph.shapes["y/dense_3"] == (4,)
    before = "block b { [in[0] -> dense(in[0].units), in[1] -> dense(in[1].units)] -> concat }"
    assert net("output y = [image, image -> dense(5)] -> b", "4", before).graph.shapes["y/b/concat"] == (9,)


@pytest.mark.parametrize(
    ("pipeline", "wanted"),
    [
        ("dense(image.maps)", ""), ("dense(image.height)", "N109 image.height"),
        ("dense(image.width * 2)", "N109 image.width"), ("dense(image.units)", "N107 image.units"),
        ("dense(image.deep)", "N107 image.deep"), ("dense(k.maps)", "N105 k"), ("dense(t.inptus)", "N107 t.inptus"),
        ("dense(t.inputs)", ""), ("dense(image[0].maps)", ""), ("dense(image[1].maps)", "N105 1"),
        ("dense(t[0])", "N105 t"), ("dense(image.maps.maps)", "N105 image.maps"),
    ],
)  # fmt: skip
def test_free_and_unknown_sizes(pipeline: str, wanted: str) -> None:
    found = layers(f"global_avgpool -> {pipeline}", "3 x H x W", "let k = 3\nsparse table t: 2 -> 3 = full")
    assert found.places == [wanted] * bool(wanted)


def test_several_values_have_no_size_together() -> None:
    assert net("a = [image, image]\n let n = a.maps\n output y = a -> add").places == ["N105 a"]
    assert net("a = [image, image]\n let n = a[1].maps\n output y = a -> add -> conv(n, 1)").places == []
    assert net("a = [image, image]\n let n = a\n output y = a -> add").places == ["N105 a"]
