from __future__ import annotations

from itertools import pairwise

from seqloom.families.lengths import bins_of


def test_every_pair_is_in_one_bin_and_bins_rise() -> None:
    lengths = [3, 9, 4, 4, 5, 12, 30, 7, 8, 9, 6, 5] * 20
    bins = bins_of(lengths)
    assert sorted(place for each in bins for place in each.places) == list(range(len(lengths)))
    assert len(bins) > 3
    assert all(one.longest < other.shortest for one, other in pairwise(bins))
    for each in bins:
        here = [lengths[place] for place in each.places]
        assert (min(here), max(here)) == (each.shortest, each.longest)
        assert each.mean == sum(here) / len(here)
    assert (str(bins[0]), str(bins[-1])) == ("3–4", "12–30")


def test_few_pairs_or_one_length_are_one_bin() -> None:
    assert [str(each) for each in bins_of([2, 50, 7])] == ["2–50"]
    assert [str(each) for each in bins_of([6] * 500)] == ["6"]
