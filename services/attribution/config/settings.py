from services.attribution.config.env import AttributionEnvironment
from shared.runtime.environment import read_environment
from shared.runtime.settings import service_settings

SERVICE_NAME = "attribution"
ENVIRONMENT = read_environment(AttributionEnvironment)
CUSTOMERS_DATABASE = ENVIRONMENT.customers_database()

globals().update(service_settings(service=SERVICE_NAME, environment=ENVIRONMENT))
