"""What the web server calls: pages and API over HTTP, live progress over WebSockets."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hpoproject.settings")
http = get_asgi_application()  # loads the apps; what follows needs them

from django.urls import path  # noqa: E402

from accounts.websocket import SignedIn  # noqa: E402
from optimization.consumers import JobConsumer  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": SignedIn(URLRouter([path("ws/jobs/<uuid:job_id>/", JobConsumer.as_asgi())])),
    }
)
