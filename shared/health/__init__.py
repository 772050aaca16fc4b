"""Health for a person: what is stuck in a service, since when, and the means to move it on.

The probes for machines are in `shared.runtime.health`.
"""
