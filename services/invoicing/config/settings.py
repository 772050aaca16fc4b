from services.invoicing.config.env import InvoicingEnvironment
from shared.runtime.environment import read_environment
from shared.runtime.settings import service_settings

SERVICE_NAME = "invoicing"
ENVIRONMENT = read_environment(InvoicingEnvironment)
CUSTOMERS_DATABASE = ENVIRONMENT.customers_database()

globals().update(service_settings(service=SERVICE_NAME, environment=ENVIRONMENT))
