from services.attribution.config.env import AttributionEnvironment
from shared.runtime.environment import read_environment
from shared.runtime.settings import service_settings

globals().update(
    service_settings(service="attribution", environment=read_environment(AttributionEnvironment))
)
