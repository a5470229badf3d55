"""Every setting, read once from the environment (or a .env file beside manage.py).

Nothing needs to be set to run on one machine. The names that start with TUNEWELL_ and the few
others are described in docs/CONFIGURATION.md.
"""

import shlex
import sys
import tomllib
from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF, UNSAFE_HASHES

from hpoproject.artifacts_url import s3_storage
from hpoproject.channel_layers import redis_layers
from hpoproject.secret import secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(BASE_DIR / ".env")


def folder(name: str, default: Path) -> Path:
    return BASE_DIR / env.str(name, str(default))


TUNEWELL_VERSION = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
TUNEWELL_VAR_DIR = folder("TUNEWELL_VAR_DIR", BASE_DIR / "var")
TUNEWELL_LOG_DIR = folder("TUNEWELL_LOG_DIR", BASE_DIR / "logs")
TUNEWELL_RESULTS_DIR = folder("TUNEWELL_RESULTS_DIR", BASE_DIR / "optimization_results")
TUNEWELL_DATA_DIR = folder("TUNEWELL_DATA_DIR", BASE_DIR) if env.str("TUNEWELL_DATA_DIR", "") else None
TUNEWELL_UPLOAD_DIR = folder("TUNEWELL_UPLOAD_DIR", TUNEWELL_VAR_DIR / "uploads")
environ.Env.ENVIRON["TUNEWELL_UPLOAD_DIR"] = str(TUNEWELL_UPLOAD_DIR)  # where the engine and its runners read it
TUNEWELL_UPLOAD_MB = env.int("TUNEWELL_UPLOAD_MB", 200)
TUNEWELL_UPLOAD_S = env.float("TUNEWELL_UPLOAD_S", 120.0)
TUNEWELL_LIMITS = {  # values of the engine's OptimizationConfig, whose defaults hold where nothing is set
    name: env.int(f"TUNEWELL_{name.upper()}")
    for name in ("min_free_mb", "max_trial_mb")
    if f"TUNEWELL_{name.upper()}" in environ.Env.ENVIRON
}
TUNEWELL_RUNNER_ARGS = shlex.split(env.str("TUNEWELL_RUNNER_ARGS", ""))
TUNEWELL_LOOP_WORKERS = env.int("TUNEWELL_LOOP_WORKERS", 2)
TUNEWELL_TRIAL_WORKERS = env.int("TUNEWELL_TRIAL_WORKERS", 1)  # two trainings at once on a CPU are a loss
TUNEWELL_LEASE_S = env.float("TUNEWELL_LEASE_S", 10.0)
TUNEWELL_KEEP_EVENTS_DAYS = env.int("TUNEWELL_KEEP_EVENTS_DAYS", 30)
TUNEWELL_HTTPS = env.bool("TUNEWELL_HTTPS", False)

TUNEWELL_VAR_DIR.mkdir(parents=True, exist_ok=True)
SECRET_KEY = env.str("SECRET_KEY", "") or secret_key(TUNEWELL_VAR_DIR / "secret_key")
DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])

INSTALLED_APPS = [
    "accounts",
    "optimization",  # before django_q: its qcluster command replaces django_q's
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "django_q",
    "drf_spectacular",
    "knox",
    "rest_framework",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "hpoproject.static.StaticFilesMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "hpoproject.urls"
ASGI_APPLICATION = "hpoproject.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# Database: SQLite in var/ until DATABASE_URL says otherwise. IMMEDIATE makes a writer wait for its turn
# at the start of a transaction instead of failing in the middle.
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{TUNEWELL_VAR_DIR / 'tunewell.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People
AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "jobs"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

# Static files: served by WhiteNoise straight from where they lie; nothing is collected or copied.
STATIC_URL = "/static/"
NPM_FOLDERS = {  # prefix under vendor/ -> folder in node_modules/
    "tabler": "@tabler/core/dist",
    "uplot": "uplot/dist",
    "plotly": "plotly.js-strict-dist-min",
    "inter": "@fontsource-variable/inter",
}
STATICFILES_DIRS = [
    BASE_DIR / "static",
    *(
        (f"vendor/{prefix}", BASE_DIR / "node_modules" / path)
        for prefix, path in NPM_FOLDERS.items()
        if (BASE_DIR / "node_modules" / path).is_dir()
    ),
]
WHITENOISE_USE_FINDERS = True

# Files of runs: in TUNEWELL_RESULTS_DIR, or in an S3 bucket: s3://bucket/folder?endpoint_url=https://host&region_name=name
# with the usual AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if ARTIFACTS_URL := env.str("ARTIFACTS_URL", ""):
    STORAGES["artifacts"] = s3_storage(ARTIFACTS_URL)

# Security
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        # Plotly empties style attributes: the hash of nothing allows that, and no style
        "style-src-attr": [UNSAFE_HASHES, "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"],
        "img-src": [SELF, "data:"],  # Tabler's icons are data: URLs in its style sheet
        "font-src": [SELF],
        "connect-src": [SELF],  # covers ws: and wss: to this host
        "form-action": [SELF],
        "base-uri": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = TUNEWELL_HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
if TUNEWELL_HTTPS:  # behind a proxy that ends TLS and sets X-Forwarded-Proto itself
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds())

# Queues. An entry only wakes a worker up; rows with leases say what there is to do. `timeout` is for a
# task that hangs: a slice of a loop ends by itself, and a trial's own limits are kept by its host.
_TASK_TIMEOUT_S = 1800
_QUEUE = {
    "queue_limit": 1,
    "bulk": 1,
    "poll": 0.1,
    "timeout": _TASK_TIMEOUT_S,
    "retry": _TASK_TIMEOUT_S + 60,
    "recycle": 1_000_000_000,  # never: a worker that ends makes the whole cluster start anew
    "save_limit": -1,
    "ack_failures": True,
    "scheduler": False,
}
Q_CLUSTER = {
    "name": "tunewell",
    "label": "Queue",
    "orm": "default",
    "workers": TUNEWELL_LOOP_WORKERS,
    **_QUEUE,
    "ALT_CLUSTERS": {"trials": {"workers": TUNEWELL_TRIAL_WORKERS, **_QUEUE}},
}

# Redis is optional and only makes live pages faster: a writer tries it once, shortly, and goes on.
REDIS_URL = env.str("REDIS_URL", "")
CHANNEL_LAYERS = redis_layers(REDIS_URL) if REDIS_URL else {}

# API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "knox.auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "optimization.api.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "optimization.api.errors.answer",
}
REST_KNOX = {"TOKEN_TTL": timedelta(days=365)}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tunewell",
    "DESCRIPTION": "Find good neural networks and see why they are good.",
    "VERSION": TUNEWELL_VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {"ObjectiveEnum": "optimization.api.schema.OBJECTIVES"},
    "PREPROCESSING_HOOKS": ["optimization.api.schema.one_path_each"],
}


# Logs: one rotating file for each kind of process; warnings also on stderr.
def _process_kind() -> str:
    command = sys.argv[1] if Path(sys.argv[0]).name == "manage.py" and len(sys.argv) > 1 else "other"
    if command == "qcluster":
        return env.str("Q_CLUSTER_NAME", "loops")
    return command if command in ("start", "web") else "commands"


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s [%(process)d] %(name)s: %(message)s"}},
    "handlers": {
        "file": {
            "class": "hpoproject.logs.SharedRotatingFileHandler",
            "filename": TUNEWELL_LOG_DIR / f"{_process_kind()}.log",
            "formatter": "line",
        },
        "stderr": {"class": "logging.StreamHandler", "level": "WARNING", "formatter": "line"},
    },
    "root": {"handlers": ["file", "stderr"], "level": env.str("TUNEWELL_LOG_LEVEL", "INFO")},
    "loggers": {
        "channels_redis": {"level": "CRITICAL"},  # optimization.nudge tells of an outage, once
        "django-q": {"level": "WARNING"},  # tells of every wake-up otherwise
        "django.request": {"level": "ERROR"},  # a 404 is the client's affair; the access log has it
    },
}
