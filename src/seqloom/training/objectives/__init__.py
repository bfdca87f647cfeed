"""What training makes smaller, a file an objective. Each gives a sum and what it is a sum over.

A recipe composes them: ``training.objectives`` is a list of settings, each of which has a ``kind`` and a ``weight`` and
builds its objective from what is known of the targets. The loss of a step is Σ weight · total / count.
"""

from seqloom.training.objectives.alignment import Alignment, AlignmentSettings
from seqloom.training.objectives.coverage import Coverage, CoverageSettings
from seqloom.training.objectives.cross_entropy import CrossEntropy, CrossEntropySettings
from seqloom.training.objectives.ctc import Ctc, CtcSettings
from seqloom.training.objectives.denoising import Denoising, DenoisingSettings
from seqloom.training.objectives.focal import Focal, FocalSettings
from seqloom.training.objectives.kl import Kl, KlSettings
from seqloom.training.objectives.r_drop import RDrop, twice
from seqloom.training.objectives.risk import Risk, RiskSettings
from seqloom.training.objectives.targets import Targets
from seqloom.training.objectives.wants import Wants, attention_of
from seqloom.training.objectives.weight import Scaled, WeightSettings, combined, name_of
from seqloom.training.objectives.weighted import Weighted, WeightedSettings

__all__ = [
    "Alignment",
    "AlignmentSettings",
    "Coverage",
    "CoverageSettings",
    "CrossEntropy",
    "CrossEntropySettings",
    "Ctc",
    "CtcSettings",
    "Denoising",
    "DenoisingSettings",
    "Focal",
    "FocalSettings",
    "Kl",
    "KlSettings",
    "ObjectiveSettings",
    "RDrop",
    "Risk",
    "RiskSettings",
    "Scaled",
    "Targets",
    "Wants",
    "WeightSettings",
    "Weighted",
    "WeightedSettings",
    "attention_of",
    "combined",
    "name_of",
    "twice",
]

ObjectiveSettings = (
    CrossEntropySettings
    | WeightedSettings
    | FocalSettings
    | RiskSettings
    | CoverageSettings
    | AlignmentSettings
    | CtcSettings
    | KlSettings
    | DenoisingSettings
)
