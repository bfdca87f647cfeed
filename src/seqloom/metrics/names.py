"""What a recipe calls the metrics. Apart from them, for whoever reads a recipe need not measure yet."""

from typing import Literal

__all__ = ["SERIES_METRICS", "BleuTokenizer", "MetricName"]

MetricName = Literal[
    "bleu",
    "chrf",
    "ter",
    "rouge1",
    "rouge2",
    "rougeL",
    "rougeLsum",
    "exact_match",
    "word_error",
    "token_accuracy",
    "wer",
    "cer",
    "per",
    "accuracy",
    "f1",
    "span_f1",
    "qa_exact",
    "qa_f1",
    "field_f1",
    "mse",
    "mae",
    "mase",
]

SERIES_METRICS: frozenset[MetricName] = frozenset({"mse", "mae", "mase"})
"""Those of sequences of numbers; all others are of texts."""

BleuTokenizer = Literal["13a", "zh", "char", "intl", "none", "ja-mecab", "ko-mecab"]
"""SacreBLEU's names."""
