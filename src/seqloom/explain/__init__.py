"""Why a model is as it is, and which of several is better: what is read off finished models and runs."""
