"""Names stand beside their marks and over nothing."""

from __future__ import annotations

import random
from itertools import combinations

from seqloom.export.bench.labels import Box, Label, placed

WITHIN = Box(0, 0, 600, 400)


def label(x: float, y: float, **more: float) -> Label:
    return Label(**{"x": x, "y": y, "radius": 6.0, "width": 120.0, "height": 10.0, **more})


def test_alone_a_name_stands_to_the_right() -> None:
    [box] = placed([label(100, 100)], within=WITHIN)
    assert box is not None
    assert (box.x, box.y + box.height / 2) == (109, 100)


def test_at_the_edge_it_stands_elsewhere() -> None:
    [box] = placed([label(590, 395)], within=WITHIN)
    assert box is not None
    assert WITHIN.holds(box)


def test_no_name_covers_another_or_a_mark_or_what_is_drawn() -> None:
    draw = random.Random(1)
    labels = [label(draw.uniform(100, 300), draw.uniform(100, 200)) for _ in range(12)]
    wall = Box(200, 0, 2, 400)
    found = placed(labels, within=WITHIN, obstacles=[wall])
    boxes = [each for each in found if each is not None]
    assert len(boxes) >= 8
    assert not any(one.meets(other) for one, other in combinations(boxes, 2))
    assert not any(box.meets(each) for box in boxes for each in (wall, *(one.mark for one in labels)))
    assert all(WITHIN.holds(box) for box in boxes)


def test_where_there_is_no_room_there_is_no_name() -> None:
    assert placed([label(50, 10)], within=Box(0, 0, 100, 20)) == [None]
