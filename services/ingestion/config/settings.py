from services.ingestion.config.env import IngestionEnvironment
from shared.runtime.environment import read_environment
from shared.runtime.settings import service_settings

globals().update(
    service_settings(service="ingestion", environment=read_environment(IngestionEnvironment))
)
