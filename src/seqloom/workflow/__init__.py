"""The recipe, and from it everything that is built."""
