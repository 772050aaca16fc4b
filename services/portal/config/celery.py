from services.portal.handlers import HANDLERS
from shared.messaging.app import make_app

app = make_app("portal", HANDLERS)
