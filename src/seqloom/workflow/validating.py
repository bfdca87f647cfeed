"""What a model reaches while it learns."""

from __future__ import annotations

from dataclasses import replace

import torch

from seqloom.data.batches import ordered_batches
from seqloom.data.numbering import Numbering
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.training.validation import Validation
from seqloom.workflow.asking import Asking, quick
from seqloom.workflow.evaluating import Tested, gather
from seqloom.workflow.model import Model
from seqloom.workflow.preparing import Prepared
from seqloom.workflow.recipe import Recipe

__all__ = ["Validating"]


class Validating:
    """A score by real decoding, on pairs spread evenly over the validation set.

    Of several tasks the main one chooses the model; the others are measured beside it.
    """

    def __init__(self, recipe: Recipe, numbering: Numbering, data: Prepared) -> None:
        self.recipe = recipe
        self.numbering = numbering
        self.data = data
        tested = gather(data.valid_rows, recipe)
        most = recipe.evaluation.pairs or len(tested)
        step = max(1.0, len(tested) / most)
        self.tested: list[Tested] = [tested[int(place * step)] for place in range(min(most, len(tested)))]
        self.tasks = {
            name: Validating(recipe.of_task(name), numbering.tasks[name], each)
            for name, each in data.tasks.items()
            if each.valid_rows
        }

    def __call__(self, network: EncoderDecoder) -> Validation:
        return self._validation(network, quick(self.recipe.answers, beam=self.recipe.evaluation.beam))

    def rehearse(self, network: EncoderDecoder) -> Validation:
        """What takes as long as it will when the model has learnt to end an answer: most are as long as the targets."""
        asking = quick(self.recipe.answers, beam=self.recipe.evaluation.beam)
        if self.data.valid is not None:
            usual = round(float(self.data.valid.target_lengths.mean()))
            asking = replace(asking, max_length=max(1, usual, asking.answers.min_length))
        return self._validation(network, asking, rehearsed=True)

    def _validation(self, network: EncoderDecoder, asking: Asking, *, rehearsed: bool = False) -> Validation:
        report = Model(self.recipe, self.numbering, network, longest_source=self.data.longest_source).report(
            self.tested, asking, samples=0
        )
        chosen, likelihood = report.scores[0], self._likelihood(network)
        score, higher_is_better = chosen.value, chosen.higher_is_better
        if self.recipe.evaluation.choose == "perplexity" and likelihood:
            [score], higher_is_better = likelihood.values(), False
        return Validation(
            score=score,
            higher_is_better=higher_is_better,
            scores=report.numbers | likelihood | self._of_tasks(network, rehearsed=rehearsed),
            samples=report,
        )

    def _of_tasks(self, network: EncoderDecoder, *, rehearsed: bool) -> dict[str, float]:
        found: dict[str, float] = {}
        for name, each in self.tasks.items():
            validation = (each.rehearse if rehearsed else each)(network.task(name))
            found |= {f"{name}_{score}": value for score, value in validation.scores.items()}
        return found

    @torch.inference_mode()
    def _likelihood(self, network: EncoderDecoder) -> dict[str, float]:
        """exp of the mean loss of a target token; nothing where no validation pair is short enough to learn from.

        Of frames, whose densities are no probabilities, it is that loss itself.
        """
        if self.data.valid is None:
            return {}
        total, count = 0.0, 0
        device = next(network.parameters()).device
        for batch in ordered_batches(
            self.data.valid, tokens=self.recipe.data.batches.tokens, vocabulary=self.numbering.target_vocabulary
        ):
            logp_P = network.logp_P(batch.to(device))
            total, count = total + float(logp_P.sum()), count + len(logp_P)
        mean = torch.tensor(-total / max(1, count))
        return {"loss": float(mean)} if network.vocabulary.channels else {"perplexity": float(mean.exp())}
