"""The runs of a folder side by side: what came of each, and in what they differ."""
