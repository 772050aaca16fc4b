from tests.examples import register_profiles

register_profiles()
