"""The producer's half: facts into the outbox, to the broker, and retired when acknowledged."""
