"""Five families of models on the same pairs, side by side: what each is worth, what it costs, and where it fails.

It stands above the exports because it measures as `seqloom bench` does, each model in a process of its own.
"""
