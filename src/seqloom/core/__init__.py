"""What every other room stands on: errors, settings, logging, seeds and devices. To import it needs no torch."""
