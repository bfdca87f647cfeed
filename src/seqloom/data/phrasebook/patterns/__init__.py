"""What a phrasebook says: each pattern draws a sentence."""
