"""How good answers are: every score with its interval and its signature.

Shares are in percent. To import this room needs neither torch nor any package that measures: those load when a score
is asked of them.
"""

from seqloom.metrics.bigrams import Bigrams
from seqloom.metrics.classes import confusion_table, measure_recall
from seqloom.metrics.copied import Seen
from seqloom.metrics.corpus import BleuTokenizer
from seqloom.metrics.groups import GroupComparison, compare_groups, holm
from seqloom.metrics.label_sets import measure_label_sets
from seqloom.metrics.likelihood import perplexity
from seqloom.metrics.ranking import measure_ranking
from seqloom.metrics.reliability import Reliability, measure_reliability
from seqloom.metrics.score import Comparison, Score
from seqloom.metrics.series import measure_quantiles
from seqloom.metrics.texts import SERIES_METRICS, MetricName, check_metrics, compare, count, measure, qualities
from seqloom.metrics.variety import distinct, repeating

__all__ = [
    "SERIES_METRICS",
    "Bigrams",
    "BleuTokenizer",
    "Comparison",
    "GroupComparison",
    "MetricName",
    "Reliability",
    "Score",
    "Seen",
    "check_metrics",
    "compare",
    "compare_groups",
    "confusion_table",
    "count",
    "distinct",
    "holm",
    "measure",
    "measure_label_sets",
    "measure_quantiles",
    "measure_ranking",
    "measure_recall",
    "measure_reliability",
    "perplexity",
    "qualities",
    "repeating",
]
