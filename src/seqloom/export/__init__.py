"""From a model to files that other engines read."""
