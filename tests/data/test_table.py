"""Tables: a CSV with a header whose columns make inputs and outputs, as spreadsheets and notebooks write them."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.data.arrays import Examples
from netspec.data.held_out import held_out
from netspec.data.images import Reading
from netspec.data.needs import Needs
from netspec.data.sets import Pictures, find_part, read_part
from netspec.data.table import rows_in
from netspec.diagnostics import Fault

#: A net of two numbers and a class, `x: 2 -> dense(2)` with cross entropy.
CLASSES = Needs({"x": (2,)}, {"y": 2}, frozenset({"y"}))
#: A net of two inputs of a number each and an output of two numbers.
NUMBERS = Needs({"height": (1,), "weight": (1,)}, {"y": 2})


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(text: str | bytes, needs: Needs, name: str = "table.csv", classes: list[str] | None = None) -> Examples:
    Path(name).write_bytes(text.encode() if isinstance(text, str) else text)
    found = read_part(Path(name), "train", classes, needs)
    assert isinstance(found, Examples)
    return found


def values(found: Examples) -> dict[str, list[object]]:
    return {name: array.tolist() for name, array in found.arrays.items()}


TWO = {"x": [[1.0, 2.5], [-3.0, 4e-3]], "y": [1, 0]}


@pytest.mark.parametrize(
    "text",
    [
        "x_0,x_1,y\n1,2.5,dog\n-3,4e-3,cat\n",
        "y,x_1,id,x_0\ndog,2.5,17,1\ncat,4e-3,18,-3\n",
        "x1,x2,y\n1,2.5,dog\n-3,4e-3,cat\n",
        "x[0],x[1],y\n1,2.5,dog\n-3,4e-3,cat\n",
        "x_0;x_1;y\n1;2.5;dog\n-3;4e-3;cat\n",
        "x_0\tx_1\ty\n1\t2.5\tdog\n-3\t4e-3\tcat",
        '\ufeff"x_0","x_1","y"\r\n"1","2.5","dog"\r\n\r\n"-3","4e-3","cat"\r\n',
        " x_0 , x_1 , y \n 1 , 2.5 , dog \n -3 , 4e-3 , cat \n",
    ],
)
def test_ways_to_write_the_same_table(text: str) -> None:
    found = read(text, CLASSES)
    assert found.classes == ["cat", "dog"]
    for name, array in TWO.items():
        np.testing.assert_allclose(found.arrays[name], array, rtol=1e-7)
    assert found.arrays["x"].dtype == np.float32
    assert found.labels is not None and found.labels.tolist() == [1, 0]


def test_columns_are_found_by_the_names_of_inputs_and_outputs() -> None:
    found = read("weight,y_1,height,y_0\n70,4,1.5,3\n80,6,2,5\n", NUMBERS)
    assert values(found) == {"height": [[1.5], [2]], "weight": [[70], [80]], "y": [[3, 4], [5, 6]]}
    assert found.classes is None and found.labels is None


@pytest.mark.parametrize(
    ("header", "alike"),
    [
        ("x_0,x_2,y", '"x_0", "x_2"'),
        ("x_2,x_3,y", '"x_2", "x_3"'),
        ("x_0,x_1,x_2,y", '"x_0", "x_1", "x_2"'),
        ("x_0,x0,x_1,y", '"x_0", "x0", "x_1"'),
        ("xx_0,xx_1,y", ""),
        ("x,y,z", ""),
    ],
)
def test_numbered_columns_are_all_there_and_as_many_as_are_read(header: str, alike: str) -> None:
    rows = ",".join("1" for _ in header.split(","))
    told = f"table.csv has the columns {alike} for input x, which has 2 numbers"
    with pytest.raises(Fault, match=told if alike else "has no column for input x: it would be called x_0 … x_1"):
        read(f"{header}\n{rows}\n", CLASSES)


def test_more_than_nine_numbered_columns_are_in_the_order_of_their_numbers() -> None:
    header = ",".join(f"x_{n}" for n in sorted(range(12), key=str))
    found = read(f"{header}\n{','.join(sorted(map(str, range(12))))}\n", Needs({"x": (12,)}))
    assert found.arrays["x"].tolist() == [list(range(12))]


def test_the_spec_names_columns_where_the_names_differ() -> None:
    text = "id,petal width,petal length,kind\n1,0.2,1.5,b\n2,1.5,4.5,a\n"
    columns = {"x": ["petal length", "petal width"], "y": ["kind"]}
    found = read(text, replace(CLASSES, columns=columns))
    np.testing.assert_allclose(found.arrays["x"], [[1.5, 0.2], [4.5, 1.5]])
    assert found.arrays["y"].tolist() == [1, 0] and found.classes == ["a", "b"]
    only = replace(CLASSES, columns={"": columns["x"], "y": ["kind"]})
    np.testing.assert_array_equal(read(text, only).arrays["x"], found.arrays["x"])


def test_a_pattern_names_columns_in_their_order_and_a_column_of_that_name_is_that_alone() -> None:
    text = "label,p2,p10,p[1]\n0,2,10,1\n"
    pixels = Needs({"x": (3,)}, {"y": 2}, frozenset({"y"}), columns={"x": ["p*"], "y": ["label"]})
    assert read(text, pixels).arrays["x"].tolist() == [[2, 10, 1]]
    one = replace(pixels, inputs={"x": (1,)}, columns={"x": ["p[1]"], "y": ["label"]})
    assert read(text, one).arrays["x"].tolist() == [[1]]


def test_many_columns_are_found_in_time_that_grows_as_they_do() -> None:
    names = [f"gene {n}" for n in range(12_000)]
    text = f"{','.join([*names, 'y'])}\n{'1,' * len(names)}0\n"
    began = time.process_time()
    needs = Needs({"x": (len(names),)}, {"y": 2}, frozenset({"y"}), columns={"x": names[::-1], "y": ["y"]})
    assert read(text, needs).arrays["x"].shape == (1, len(names))
    assert rows_in(Path("table.csv"))[1] == []
    assert time.process_time() - began < 2  # 0.1 where nothing else runs, and 9 where each looks through all


def test_a_row_fills_the_maps_of_an_input_one_after_the_other() -> None:
    """Maps first, as the spec has them; kept with the maps last."""
    found = read(",".join(f"x_{n}" for n in range(12)) + "\n" + ",".join(map(str, range(12))), Needs({"x": (2, 2, 3)}))
    np.testing.assert_array_equal(np.moveaxis(found.arrays["x"], -1, 1)[0], np.arange(12).reshape(2, 2, 3))


def test_numbers_of_classes_are_in_the_order_of_their_size_and_known_ones_keep_theirs() -> None:
    text = "x_0,x_1,y\n1,1,10\n1,1,9\n1,1,10\n"
    assert read(text, CLASSES).arrays["y"].tolist() == [1, 0, 1]
    names = [f"class {n}" for n in range(11)]
    assert read(text, CLASSES, classes=names).arrays["y"].tolist() == [10, 9, 10]
    assert read("x_0,x_1,y\n1,1,class 3\n", CLASSES, classes=names).arrays["y"].tolist() == [3]
    with pytest.raises(Fault, match=r"table.csv:3: there is no class bird; classes: cat, dog"):
        read("x_0,x_1,y\n1,1,cat\n1,1,bird\n", CLASSES, classes=["cat", "dog"])


def test_one_column_of_classes_may_be_for_an_output_of_many_numbers_and_of_one_it_is_the_number() -> None:
    squares = Needs({"x": (2,)}, {"y": 3})
    assert read("x_0,x_1,y\n1,1,b\n1,1,a\n", squares).arrays["y"].tolist() == [1, 0]
    price = Needs({"x": (2,)}, {"y": 1})
    assert read("x_0,x_1,y\n1,1,2.5\n", price).arrays["y"].tolist() == [[2.5]]
    with pytest.raises(Fault, match='"a" is no number in column "y"'):
        read("x_0,x_1,y\n1,1,a\n", price)


def test_what_an_output_that_rebuilds_its_input_lacks_is_no_fault() -> None:
    assert list(read("x_0,x_1\n1,2\n", Needs({"x": (2,)}, {"y": 2}, rebuilt=frozenset({"y"}))).arrays) == ["x"]
    with pytest.raises(Fault, match="has no column for output y"):
        read("x_0,x_1\n1,2\n", CLASSES)


def test_all_that_is_wrong_is_told_with_its_line() -> None:
    cells = [
        "1,2,a",
        "1,,a",
        "1,nan,a",
        "inf,2,a",
        "1;2,2,a",
        "1,2,",
        "1,2",
        "1,2,a,b",
        '"2,5",2,a',
        "1e39,2,a",
        "1_0,2,a",
    ]
    with pytest.raises(Fault) as caught:
        read("x_0,x_1,y\n" + "\n".join(cells) + "\n", CLASSES)
    text = f"{caught.value.message}\n{caught.value.help}"
    assert "table.csv has 10 faults" in caught.value.message
    for line, said in {
        3: 'no number in column "x_1"',
        4: '"nan" is no number in column "x_1"',
        5: '"inf" is no finite number in column "x_0"',
        6: '"1;2" is no number',
        7: 'no class in column "y"',
        8: "2 fields, and the header has 3",
        9: "4 fields, and the header has 3",
        10: '"2,5" is no number: write a point for the comma in column "x_0"',
        11: '"1e39" is too large for single precision in column "x_0"',
        12: '"1_0" is no number',
    }.items():
        assert f"table.csv:{line}: {said}" in text


def test_of_a_table_whose_rows_are_all_too_short_each_is_told() -> None:
    with pytest.raises(Fault, match=r"table.csv has 2 faults: table.csv:2: 2 fields, and the header has 3"):
        read("x_0,x_1,y\n1,2\n3,4\n", CLASSES)


def test_a_class_is_text() -> None:
    with pytest.raises(Fault, match=r"^table.csv:2: .* has control characters in column"):
        read('x_0,x_1,y\n1,2,"a\nb"\n', CLASSES)


@pytest.mark.slow
def test_lines_are_counted_over_many_rows_and_line_ends_in_quotes() -> None:
    """Rows become numbers some thousands at a time."""
    rows = [f'{n},1,a,"two\nlines"' for n in range(9000)]
    found = read("x_0,x_1,y,note\n" + "\n".join(rows) + "\n", CLASSES)
    assert found.arrays["x"][:, 0].tolist() == list(range(9000))
    assert found.files is not None and found.files[5000] == "table.csv:10002"
    rows[8999] = rows[8999].replace("8999", "?")
    with pytest.raises(Fault, match=r'^table.csv:18000: "\?" is no number in column "x_0"$'):
        read("x_0,x_1,y,note\n" + "\n".join(rows) + "\n", CLASSES)


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("", "table.csv is empty", ""),
        ("x_0,x_1,y\n", "table.csv has no rows behind its header", ""),
        ("1,2,cat\n3,4,dog\n", "has no column for input x", 'data { columns x: ["1", "2", "cat"] }'),
        ("1,2,3\n3,4,5\n", "the first line of table.csv has numbers", "x_0 … x_1"),
        ("a,b,kind\n1,2,cat\n", "has no column for input x", 'it has "a", "b", "kind"'),
        ("x_0,x_1,kind\n1,2,cat\n", "no column for output y: it would be called y", 'data { columns y: ["kind"] }'),
        ("x_0,x_1\n1,2\n", "no column for output y: it would be called y", 'it has "x_0", "x_1"\nadd y'),
    ],
)
def test_a_table_that_does_not_fit_says_how_to_name_its_columns(text: str, message: str, help: str) -> None:
    with pytest.raises(Fault) as caught:
        read(text, CLASSES)
    assert message in caught.value.message and help in caught.value.help


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"x": ["a", "lenght"], "y": ["kind"]}, 'table.csv has no column "lenght", which `columns` names'),
        ({"x": ["a", "twice"], "y": ["kind"]}, 'table.csv has 2 columns "twice"'),
        ({"x": ["t*"], "y": ["kind"]}, ""),
        ({"x": ["*"], "y": ["kind"]}, "`columns` names 5 columns of table.csv for x, which has 2 numbers"),
    ],
)
def test_columns_that_the_spec_names_are_there_once_and_as_many_as_are_read(
    columns: dict[str, list[str]], message: str
) -> None:
    text = "a,length,twice,twice,kind\n1,2,3,4,cat\n"
    if not message:
        assert read(text, replace(CLASSES, columns=columns)).arrays["x"].tolist() == [[3, 4]]
        return
    with pytest.raises(Fault) as caught:
        read(text, replace(CLASSES, columns=columns))
    assert caught.value.message.startswith(message)


def test_no_two_columns_have_one_number() -> None:
    with pytest.raises(Fault, match='has the columns "x_0", "x0", "x_1" for input x, which has 3 numbers'):
        read("x_0,x0,x_1,y\n1,2,3,a\n", Needs({"x": (3,)}, {"y": 2}, frozenset({"y"})))


def test_a_second_output_has_classes_by_number() -> None:
    two = Needs({"x": (1,)}, {"y": 2, "z": 3}, frozenset({"y", "z"}))
    found = read("x,y,z\n1,dog,2\n2,cat,0\n", two)
    assert (found.classes, found.labelled) == (["cat", "dog"], "y")
    assert values(found) == {"x": [[1.0], [2.0]], "y": [1, 0], "z": [2, 0]}
    for wrong in ("3", "big"):
        with pytest.raises(Fault, match=f"table.csv:3: there is no class {wrong} of z; classes: 0, 1, 2"):
            read(f"x,y,z\n1,dog,2\n2,cat,{wrong}\n", two)


def test_parts_are_files_by_their_names_and_a_table_alone_is_a_training_set(here: Path) -> None:
    for name, number in (("train", 1), ("valid", 2), ("test", 3)):
        Path(f"{name}.csv").write_text(f"x_0,x_1,y\n{number},0,a\n")
    Path("notes.txt").write_text("what this is\n")
    for part, number in (("train", 1), ("val", 2), ("test", 3)):
        found = read_part(here, part, None, CLASSES)
        assert isinstance(found, Examples) and found.arrays["x"][0, 0] == number
    for name in ("train", "valid"):
        Path(f"{name}.csv").unlink()
    assert find_part(here, "train", None, CLASSES) is None
    for text, message in (("x_0,x1x,y\n1,0,a\n", r"test.csv has the columns"), ("", "test.csv is empty")):
        Path("train.csv").write_text("x_0,x_1,y\n1,0,a\n")
        Path("test.csv").write_text(text)  # beside a table it is one
        with pytest.raises(Fault, match=message):
            find_part(here, "test", None, CLASSES)
    Path("train.csv").unlink()
    Path("test.csv").write_text("x_0,x_1,y\n3,0,a\n")
    Path("test.csv").rename("all.csv")
    assert find_part(here, "train", None, CLASSES) is not None and find_part(here, "test", None, CLASSES) is None


def test_a_table_beside_folders_of_classes_is_read_only_where_it_has_the_columns_of_the_net(here: Path) -> None:
    for name in ("cat", "dog"):
        Path(name).mkdir()
        Image.new("L", (2, 1), 7).save(f"{name}/1.png")
    Path("sizes.csv").write_text("file name,height\ncat/1.png,1\n")
    assert isinstance(find_part(here, "train", None, CLASSES), Pictures)
    Path("sizes.csv").write_text("x_0,x_1,y\n1,2,cat\n")
    assert isinstance(find_part(here, "train", None, CLASSES), Examples)
    assert isinstance(find_part(here, "train", None, CLASSES, Reading(layout="folder")), Pictures)


def test_a_file_that_could_be_a_list_too_is_what_its_columns_or_the_format_say() -> None:
    Image.new("L", (2, 1), 7).save("1.png")
    text = "filename,label,x_0,x_1,y\n1.png,cat,1,2,dog\n"
    assert values(read(text, CLASSES))["x"] == [[1, 2]]
    picture = Needs({"x": (1, 1, 2)}, {"y": 2}, frozenset({"y"}))
    Path("table.csv").write_text("filename,label,h,w,y\n1.png,cat,1,2,dog\n")
    assert isinstance(find_part(Path("table.csv"), "train", None, picture), Pictures)
    assert isinstance(find_part(Path("table.csv"), "train", None, CLASSES, Reading(layout="list")), Pictures)
    with pytest.raises(Fault, match="has no column for input x"):
        find_part(Path("table.csv"), "train", None, picture, Reading(layout="table"))


def test_each_class_of_a_table_gives_its_share_and_keeps_one() -> None:
    found = read("x_0,x_1,y\n" + "".join(f"{n},0,{'rare' if n in (3, 7) else 'usual'}\n" for n in range(200)), CLASSES)
    for seed in range(10):
        rest, out = held_out(found, 0.2, seed)
        assert np.bincount(rest.labels).tolist()[0] == np.bincount(out.labels).tolist()[0] == 1
    assert (
        out.files is not None and [int(name.split(":")[1]) - 2 for name in out.files] == out.arrays["x"][:, 0].tolist()
    )


@pytest.mark.parametrize("y", [[-1, 0, 1], [0, 1, 2**40], [0.0, 1.0, 1.0], [[0, 1], [1, 1], [0, 0]]])
def test_numbers_that_are_of_no_class_are_no_labels(y: list[object]) -> None:
    np.savez("all.npz", x=np.ones((3, 2), np.float32), y=np.array(y))
    found = read_part(Path("all.npz"), "train", None, CLASSES)
    assert isinstance(found, Examples) and found.labels is None


def test_arrays_of_one_file_and_of_a_folder_without_parts_are_training_sets(here: Path) -> None:
    x, y = np.ones((3, 2), np.float32), np.array([0, 1, 1])
    np.savez("all.npz", x=x, y=y)
    (here / "d").mkdir()
    np.save("d/x.npy", x)
    np.save("d/y.npy", y)
    for place in ("all.npz", "d"):
        found = read_part(Path(place), "train", None, CLASSES)
        assert isinstance(found, Examples) and found.labels is not None and found.labels.tolist() == [0, 1, 1]
        assert find_part(Path(place), "test", None, CLASSES) is None
