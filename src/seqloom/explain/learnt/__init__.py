"""What a run has learnt: its embeddings, its heads, and what it does with pairs that it has not seen."""
