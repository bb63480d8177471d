"""Boxes that lines join, at their places: a straight spine, bundles beside it, columns, and the arms of a U."""

from __future__ import annotations

import random
from itertools import combinations, pairwise

import pytest

from netspec.report.arms import arms, bent
from netspec.report.rows import apart
from netspec.report.ways import ways
from netspec.report.weave import Weaver
from netspec.report.woven import Edge, Extent, Gaps, Woven, broken, ordered

GAPS = Gaps(rise=20, side=10, lane=5, column=30, turn=8)


def extents(count: int, across: float = 40) -> dict[int, Extent]:
    return {box: Extent(30, across, across / 2, (15, across)) for box in range(count)}


def woven(edges: list[Edge], ends: list[int] | None = None, across: float = 40) -> Woven:
    count = max(map(max, edges)) + 1
    return Weaver(extents(count, across), edges, GAPS).weave(range(count), ends or [count - 1])


def spine(found: Woven, box: int, across: float = 40) -> float:
    return found.at[box][1] + across / 2


def test_a_chain_stands_on_one_spine() -> None:
    found = woven([(0, 1), (1, 2)])
    assert found.at == {0: (0, -20), 1: (50, -20), 2: (100, -20)}  # 30 high, 20 apart
    assert (found.length, found.low, found.high) == (130, -20, 20)


def test_what_all_ways_pass_stays_on_the_spine_and_branches_lie_around_it() -> None:
    found = woven([(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4), (4, 5)])
    assert [spine(found, box) for box in (0, 4, 5)] == [0, 0, 0]
    assert [spine(found, box) for box in (1, 2, 3)] == [-50, 0, 50]  # 40 wide, 10 apart
    assert len({found.at[box][0] for box in (1, 2, 3)}) == 1


def test_of_two_branches_the_longer_one_stays_on_the_spine() -> None:
    found = woven([(0, 1), (1, 2), (2, 4), (0, 3), (3, 4)])
    assert [spine(found, box) for box in (0, 1, 2, 4)] == [0, 0, 0, 0]
    assert spine(found, 3) == 50


def test_a_line_that_passes_boxes_goes_around_them() -> None:
    found = woven([(0, 1), (1, 2), (0, 2)])
    assert found.lanes == {(0, 2): 25}  # the box ends at 20
    *_, around = ways(found, extents(3), [(0, 1), (1, 2), (0, 2)], GAPS)
    assert around == [(30, 0), (38, 0), (38, 25), (115, 25), (115, 20)]  # into the side of the last box


def test_it_comes_to_the_side_of_a_box_that_is_wider_than_those_that_it_passes() -> None:
    sizes = extents(3) | {2: Extent(30, 100, 50, (15, 100))}
    edges = [(0, 1), (1, 2), (0, 2)]
    *_, around = ways(Weaver(sizes, edges, GAPS).weave(range(3), [2]), sizes, edges, GAPS)
    assert around[-2:] == [(115, 55), (115, 50)]


def test_what_leads_nowhere_hangs_beside_and_moves_nothing() -> None:
    chain = [(0, 1), (1, 2), (2, 3), (3, 4)]
    plain, found = woven(chain), woven([*chain, (1, 5), (5, 6), (3, 7)], ends=[4])
    assert {box: found.at[box] for box in plain.at} == plain.at
    assert found.at[5] == (50, 30) and found.at[6] == (100, 30)  # in the row of box 1, beyond its edge at 20
    assert found.beside == {(1, 5), (3, 7)}
    assert found.at[7][1] >= 30


def test_ways_that_cross_go_row_by_row_and_no_box_is_lost() -> None:
    edges = [(0, 1), (0, 2), (1, 3), (2, 3), (1, 4), (2, 5), (3, 5), (4, 6), (5, 6), (0, 5)]
    found = woven(edges)
    assert set(found.at) == set(range(7))
    assert all(found.at[a][0] + 30 < found.at[b][0] for a, b in edges)


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_random_boxes_do_not_meet_and_lines_join_them_and_cross_none(first: int) -> None:
    for seed in range(first, first + 50):
        _random_boxes(seed)


def _random_boxes(seed: int) -> None:
    draw = random.Random(seed)
    count = draw.randint(2, 14)
    edges = [(draw.randrange(max(0, b - 4), b), b) for b in range(1, count)]
    edges += [(a, b) for a, b in (sorted(draw.sample(range(count), 2)) for _ in range(draw.randint(0, 5)))]
    edges = list(dict.fromkeys(edges))
    sizes = {}
    for box in range(count):
        along, across = draw.randint(10, 60), draw.randint(20, 120)
        sizes[box] = Extent(along, across, across / 2, (along / 2, across))
    found = Weaver(sizes, edges, GAPS).weave(
        range(count), draw.sample(range(count), 1) if draw.random() < 0.3 else [count - 1]
    )
    assert set(found.at) == set(range(count))
    if draw.random() < 0.5:
        found = broken(found, sizes, GAPS, 150)
    for a, b in combinations(range(count), 2):
        (x, y), (z, w) = found.at[a], found.at[b]
        assert (
            x + sizes[a].along <= z or z + sizes[b].along <= x or y + sizes[a].across <= w or w + sizes[b].across <= y
        )
    for (a, b), line in zip(edges, ways(found, sizes, edges, GAPS), strict=True):
        assert _on_edge(found, sizes, a, line[0]) and _on_edge(found, sizes, b, line[-1])
        assert all(p[0] == q[0] or abs(p[1] - q[1]) < 0.5 for p, q in pairwise(line))  # level or upright
        for box in range(count):
            assert not any(_meets(found, sizes, box, p, q) for p, q in pairwise(line)), (edges, (a, b), box)


def _on_edge(found: Woven, sizes: dict[int, Extent], box: int, point: tuple[float, float]) -> bool:
    (a, c), size = found.at[box], sizes[box]
    along, across = point[0] - a, point[1] - c
    within = -1e-6 <= along <= size.along + 1e-6 and -1e-6 <= across <= size.across + 1e-6
    return within and (min(abs(along), abs(along - size.along), abs(across), abs(across - size.across)) < 1e-6)


def _meets(found: Woven, sizes: dict[int, Extent], box: int, p: tuple[float, float], q: tuple[float, float]) -> bool:
    (a, c), size = found.at[box], sizes[box]
    low, high = (min(p[0], q[0]), min(p[1], q[1])), (max(p[0], q[0]), max(p[1], q[1]))
    return low[0] < a + size.along and high[0] > a and low[1] < c + size.across and high[1] > c


def test_a_long_spine_is_broken_into_columns_of_about_one_length() -> None:
    found = broken(woven([(n, n + 1) for n in range(7)]), extents(8), GAPS, 220)
    assert found.columns == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert [found.at[box] for box in (0, 4)] == [(20, -20), (20, 50)]  # columns are 30 apart
    line = ways(found, extents(8), [(3, 4)], GAPS)[0]
    assert line == [(200, 0), (208, 0), (208, 35), (8, 35), (8, 70), (20, 70)]  # down, between the columns, and up


def test_a_short_spine_is_not_broken() -> None:
    assert broken(woven([(0, 1), (1, 2)]), extents(3), GAPS, 130).columns == []


# ---- the arms of a U

U = [(n, n + 1) for n in range(6)] + [(1, 5), (2, 4)]


def test_crossings_within_each_other_make_a_u() -> None:
    found = arms(range(7), U)
    assert found is not None
    assert (found.down, found.lowest, found.up) == ([0, 1, 2], 3, [4, 5, 6])
    assert found.crossings == [(1, 5), (2, 4)]


@pytest.mark.parametrize(
    "edges",
    [
        [(n, n + 1) for n in range(6)],  # a chain
        [(n, n + 1) for n in range(6)] + [(1, 5)],  # one crossing
        [(n, n + 1) for n in range(6)] + [(1, 3), (3, 5)],  # one behind the other, as of residuals
        [(n, n + 1) for n in range(6)] + [(1, 4), (2, 5)],  # across each other, as in a dense block
        [(n, n + 1) for n in range(6)] + [(1, 5), (1, 4)],  # from one box
        [edge for edge in U if edge != (2, 3)],  # no chain
    ],
)
def test_others_do_not(edges: list[Edge]) -> None:
    assert arms(range(7), edges) is None


def test_a_u_goes_down_on_the_left_and_up_on_the_right_and_its_crossings_are_level() -> None:
    found = arms(range(7), U)
    assert found is not None
    at, lines = bent(found, extents(7), GAPS)
    a = {box: place[0] for box, place in at.at.items()}
    assert a[0] < a[1] < a[2] < a[3] and a[3] > a[4] > a[5] > a[6]
    assert a[1] == a[5] and a[2] == a[4]
    assert {at.at[box][1] for box in (0, 1, 2)} == {-20}
    assert len({at.at[box][1] for box in (4, 5, 6)}) == 1 and at.at[4][1] > 20
    assert len(lines) == len(U)
    assert all(line[0][0] == line[-1][0] and line[-1][1] == at.at[4][1] for line in lines[-2:])


@pytest.mark.parametrize(
    ("widths", "wishes", "middles"),
    [
        ([10, 20], [0, 100], [0, 100]),  # apart already
        ([10, 20], [0, 15], [0, 15]),  # they just touch
        ([10, 10], [0, 0], [-5, 5]),  # each gives way by half
        ([10, 10], [10, 0], [0, 10]),  # the order stays
        ([10, 10, 10], [0, 0, 90], [-5, 5, 90]),
        ([10, 10, 10], [0, 0, 0], [-10, 0, 10]),
        ([], [], []),
    ],
)
def test_boxes_stand_nearest_to_where_they_wish(widths: list[float], wishes: list[float], middles: list[float]) -> None:
    sizes = {box: Extent(10, width, width / 2, (0, 0)) for box, width in enumerate(widths)}
    found = apart(range(len(widths)), dict(enumerate(wishes)), sizes, 0)
    assert list(found.values()) == pytest.approx(middles)


def test_an_order_has_each_box_behind_what_it_reads() -> None:
    order, kept = ordered([0, 1, 2, 3], [(3, 0), (0, 2), (1, 2)])
    assert order == [1, 3, 0, 2] and len(kept) == 3
    order, kept = ordered([0, 1, 2], [(0, 1), (1, 2), (2, 0)])
    assert sorted(order) == [0, 1, 2] and len(kept) == 2  # a circle cannot be kept
