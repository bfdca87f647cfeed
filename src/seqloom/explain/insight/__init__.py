"""Why a model said what it said: where it looked, what mattered, what else it might have said."""
