"""French words as grammar bends them: sound, verbs, agreement, numbers."""
