"""Models behind a port. No torch here: what was exported to CTranslate2 is served without it."""
