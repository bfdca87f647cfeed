"""From steps to answers: requests, search, constraints. Search only ever sees a ``Stepper``."""
