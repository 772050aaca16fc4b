"""A stateful stand-in for Stripe's API: what the demo, the tests and the fault runs bill against.

It checks every request and every answer against Stripe's own OpenAPI document and refuses what
it does not implement, so that code that works here has not been helped.
"""
