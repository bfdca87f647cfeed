"""How good answers are: every score with its interval and its signature.

Shares are in percent. To import this room needs neither torch nor any package that measures: those load when a score
is asked of them. ``texts`` has the scores of answers that are texts, and compares two models by them.
"""
