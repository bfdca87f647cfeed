"""Pages of a run and of an evaluation: curves, scores, what the scores hide, and the sentences. No torch here.

The room belongs to the workflow, because a training ends with one: what explains models stands above it.
"""

from seqloom.workflow.reporting.evaluation import alone, check_page, evaluated_on, write_evaluation
from seqloom.workflow.reporting.run import PAGE, write_run

__all__ = ["PAGE", "alone", "check_page", "evaluated_on", "write_evaluation", "write_run"]
