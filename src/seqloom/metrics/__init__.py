"""How good answers are: every score with its interval and its signature.

Shares are in percent. To import this room needs neither torch nor any package that measures: those load when a score
is asked of them. ``texts`` has the scores of answers that are texts, and compares two models by them.
"""

from seqloom.core.later import names_later

__getattr__ = names_later(
    __name__,
    {
        "bigrams": "Bigrams",
        "classes": "confusion_table measure_recall",
        "copied": "Seen",
        "groups": "GroupComparison compare_groups holm",
        "label_sets": "measure_label_sets",
        "likelihood": "perplexity",
        "ranking": "measure_ranking",
        "reliability": "Reliability measure_reliability",
        "score": "Comparison Score",
        "series": "measure_quantiles",
        "texts": "check_metrics compare count measure qualities",
        "names": "SERIES_METRICS BleuTokenizer MetricName",
        "variety": "distinct repeating",
    },
)
