"""What is in files of pairs: counted, compared, and judged."""
