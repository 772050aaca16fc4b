from services.attribution.handlers import HANDLERS
from shared.messaging.app import make_app

app = make_app("attribution", HANDLERS)
