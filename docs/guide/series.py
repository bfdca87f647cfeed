"""Series to try things with: sales of shops by month, `sales.csv`, a row a measurement, with the same seed every time.

Each shop has a height, a trend, a year that comes again, a shorter rhythm and noise of its own; nothing of it is real.
"""

import csv
import math
import random
from datetime import date
from pathlib import Path

SHOPS, MONTHS = 120, 132

dice = random.Random(1)
with Path("sales.csv").open("w", encoding="utf-8", newline="") as file:
    table = csv.writer(file)
    table.writerow(["shop", "month", "sales"])
    for shop in range(SHOPS):
        height = 10 ** dice.uniform(1, 3)  # from ten to a thousand
        trend, year, half = dice.uniform(-0.004, 0.008), dice.uniform(0.1, 0.4), dice.uniform(0, 0.15)
        begins, noise, drift = dice.randrange(12), dice.uniform(0.03, 0.12), 0.0
        for month in range(MONTHS):
            turn = 2 * math.pi * (month + begins) / 12
            drift = 0.7 * drift + dice.gauss(0, noise)  # what was odd last month still is a little
            level = 1 + trend * month + year * math.sin(turn) + half * math.cos(2 * turn) + drift
            table.writerow([f"shop {shop + 1}", date(2014 + month // 12, 1 + month % 12, 1), round(height * level, 2)])
