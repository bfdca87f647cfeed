"""Finding what is near: vectors among vectors. No torch here."""
