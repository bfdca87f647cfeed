"""Is A better than B: the same pairs for all, tests of the differences, and where the answers differ."""
