"""The drawings of chapter 7: every claim has its mark, every rule stands in its field."""

from pathlib import Path

import matplotlib.pyplot as plt

from snnbook.conclusions import CLAIMS, METHODS, SPACE, TIME
from snnbook.plotting import method_map, verdict_grid

ROOT = Path(__file__).resolve().parents[2]


def test_every_mark_of_the_grid_is_a_claim():
    fig, ax = plt.subplots()
    verdict_grid(CLAIMS, ax)
    drawn = sorted(int(x) for line in ax.lines for x in line.get_xdata())
    assert drawn == [claim.number for claim in CLAIMS]
    plt.close(fig)


def test_every_rule_of_the_map_is_in_its_field_and_none_covers_another():
    fig, ax = plt.subplots(figsize=(7.2, 3.9))
    method_map(ax)
    fig.canvas.draw()
    boxes = []
    for method in METHODS:
        label = next(t for t in ax.texts if t.get_text().startswith(method.name + ","))
        x, y = label.get_position()
        assert (int(x), int(y)) == (method.space, method.time)
        assert label.get_text().endswith(f"({method.chapter})")
        box = label.get_window_extent()
        edges = ax.transData.inverted().transform([(box.x0, box.y0), (box.x1, box.y1)])
        assert edges[0, 0] >= method.space and edges[1, 0] <= method.space + 1, method
        assert not any(box.overlaps(other) for other in boxes), method
        boxes.append(box)
        assert list((ROOT / "book").glob(f"0{method.chapter}-*.ipynb")), method
    assert (ax.get_xlim()[1], ax.get_ylim()[1]) == (len(SPACE), len(TIME))
    assert {(method.space, method.time) for method in METHODS if method.name == "eRBP"} == {(1, 3)}
    plt.close(fig)
