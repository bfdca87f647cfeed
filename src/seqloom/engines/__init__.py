"""What finds answers in place of the modules that a model was trained as: faster, or without torch."""
