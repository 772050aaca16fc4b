from services.ingestion.config.env import IngestionEnvironment
from shared.runtime.environment import read_environment
from shared.runtime.settings import service_settings

SERVICE_NAME = "ingestion"
ENVIRONMENT = read_environment(IngestionEnvironment)
CUSTOMERS_DATABASE = ENVIRONMENT.customers_database()

globals().update(service_settings(service=SERVICE_NAME, environment=ENVIRONMENT))
