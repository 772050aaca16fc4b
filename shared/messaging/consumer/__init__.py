"""The consumer's half: envelopes from the broker, handled once, and acknowledged."""
