from services.invoicing.config.env import InvoicingEnvironment
from shared.runtime.environment import read_environment
from shared.runtime.settings import service_settings

globals().update(
    service_settings(service="invoicing", environment=read_environment(InvoicingEnvironment))
)
