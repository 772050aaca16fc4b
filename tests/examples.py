"""How many examples property tests try: one number per profile, of which each test takes its part.

`fast` is for every run; `deep` is for `make test-deep`. Scenarios take the number as it is, a test
that runs the engine several times an example takes less, and pure arithmetic may take more.
"""

from typing import Final

from hypothesis import HealthCheck, settings

_COUNTS: Final = {"fast": 120, "deep": 5000}
# A run of the engine takes longer than hypothesis expects of an example, and has larger inputs.
_OF_ENGINES: Final = [HealthCheck.too_slow, HealthCheck.data_too_large]


def register_profiles() -> None:
    """`--hypothesis-profile` chooses another than the fast one, before tests are imported."""
    for name, count in _COUNTS.items():
        settings.register_profile(
            name, max_examples=count, deadline=None, suppress_health_check=_OF_ENGINES
        )
    settings.load_profile("fast")


def examples(part: float, **more: object) -> settings:
    """Settings for a test that tries this part of the profile's number."""
    return settings(max_examples=round(settings.default.max_examples * part), **more)
