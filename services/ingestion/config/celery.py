from services.ingestion.handlers import HANDLERS
from shared.messaging.app import make_app

app = make_app("ingestion", HANDLERS)
