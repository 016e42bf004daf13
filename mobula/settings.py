"""All settings, from the environment only; docs/settings.md lists them and a test keeps it so."""

from pathlib import Path
from urllib.parse import urlsplit

from django.utils.csp import CSP
from kombu.entity import Queue as KombuQueue

from clouds.schedule import CELERY_BEAT as CLOUDS_BEAT
from clusters.schedule import CELERY_BEAT as CLUSTERS_BEAT
from images.schedule import CELERY_BEAT as IMAGES_BEAT
from metering.schedule import CELERY_BEAT as METERING_BEAT
from mobula import env
from promotions.schedule import CELERY_BEAT as PROMOTIONS_BEAT
from retention.schedule import CELERY_BEAT as RETENTION_BEAT

BASE_DIR = Path(__file__).resolve().parent.parent
MOBULA_HOME = env.path("MOBULA_HOME", BASE_DIR / "var")
# Where browsers and head agents reach this installation.
MOBULA_URL = env.text("MOBULA_URL", "http://127.0.0.1:8000").rstrip("/")
WORKSPACES_URL = env.other_origin("MOBULA_WORKSPACES_URL", than=MOBULA_URL)

SECRET_KEY = env.secret("MOBULA_SECRET_KEY")
SECRET_KEY_FALLBACKS = env.words("MOBULA_SECRET_KEY_FALLBACKS")
DEBUG = env.flag("MOBULA_DEBUG", default=False)
ALLOWED_HOSTS = [
    urlsplit(MOBULA_URL).hostname or "",
    *env.words("MOBULA_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]"),
]
CSRF_TRUSTED_ORIGINS = [MOBULA_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "retention",
    "accounts",
    "clouds",
    "images",
    "metering",
    "configurations",
    "promotions",
    "clusters",
    "insights",
    "mobula",
]
MIDDLEWARE = [
    "accounts.requests.request_id_middleware",
    "mobula.edge.middleware.EdgeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "accounts.requests.NoStoreMiddleware",  # below the static files, which may be kept
    "accounts.requests.SubmissionMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "accounts.sessions.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.requests.LoginRequiredMiddleware",
    "accounts.requests.TimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "mobula.urls"
ASGI_APPLICATION = "mobula.asgi.application"
FORM_RENDERER = "mobula.widgets.SwiftRenderer"

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
                "django.template.context_processors.csp",
            ]
        },
    }
]

DATABASES = {"default": env.database("DATABASE_URL")}
DB_POOL = env.number("MOBULA_DB_POOL", default=8)
if DB_POOL:
    DATABASES["default"]["OPTIONS"] |= {
        "pool": {
            "min_size": 1,
            "max_size": DB_POOL,
            "timeout": 5,
            "max_idle": 60,
            # While the database is away: ask again soon, not after ever longer pauses.
            "reconnect_timeout": 5,
        }
    }
    # A connection that the database has closed is replaced, not handed out.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# Only `prepare` reads it, where DATABASE_URL is that of the owner of the tables.
SERVING_DATABASE_URL = env.text("MOBULA_SERVING_DATABASE_URL", "")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "accounts:sign-in"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

CELERY_BROKER_URL = env.text("BROKER_URL")
CELERY_TASK_ACKS_LATE = CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False  # the sweep asks again; a poisonous task must not loop
# What may take long keeps nothing else waiting. A worker without `-Q` takes from all queues.
CELERY_TASK_QUEUES = [KombuQueue(name) for name in ("celery", "slow", "builds")]  # type: ignore[no-untyped-call]
CELERY_TASK_ROUTES = {
    "clusters.tasks.reconcile_slow_cluster": {"queue": "slow"},
    "clusters.tasks.sample_scaling": {"queue": "slow"},
    "clusters.tasks.forecast_clusters": {"queue": "slow"},
    # Of what waits in the slow queue, forecasts take their turn with passes; all else goes first.
    "clusters.tasks.forecast_cluster": {"queue": "slow", "priority": 3},
    "accounts.tasks.check_audit": {"queue": "slow", "priority": 3},
    "promotions.tasks.fetch_code": {"queue": "slow"},
    "clouds.tasks.*": {"queue": "slow"},
    "clusters.workspaces.tasks.look_after": {"queue": "slow"},
    "clusters.orphans.tasks.*": {"queue": "slow", "priority": 3},
    "metering.tasks.*": {"queue": "slow"},
    "images.tasks.run_build": {"queue": "builds"},
}
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {
    **RETENTION_BEAT,
    **METERING_BEAT,
    **PROMOTIONS_BEAT,
    **CLOUDS_BEAT,
    **IMAGES_BEAT,
    **CLUSTERS_BEAT,
    "seal-audit": {
        "task": "accounts.tasks.seal_audit",
        "schedule": 10.0,  # for how long an entry of the audit log is outside of its chain
        "options": {"expires": 10},
    },
    "note-removed-audit": {
        "task": "accounts.tasks.note_removed_audit",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "check-audit": {  # goes on with a verification, or begins that of the day
        "task": "accounts.tasks.check_audit",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "sweep-clusters": {
        "task": "clusters.tasks.sweep",
        "schedule": 1.0,
        "options": {"expires": 5},  # a sweep that no worker took in time is replaced by the next
    },
}
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "socket_timeout": 5,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    # A click must not hang while the broker is away: the sweep picks the work up.
    "max_retries": 1,
}

MAILERS = {"default": env.mailer("MOBULA_MAIL_URL")}
DEFAULT_FROM_EMAIL = env.text("MOBULA_MAIL_FROM", "mobula@localhost")

# Endpoints for refreshes of the catalog instead of the clouds' public ones.
PRICE_ACCESS = {
    "aws": {
        "machines_url": env.text("MOBULA_EC2_URL", ""),
        "prices_url": env.text("MOBULA_AWS_PRICING_URL", ""),
    },
    "gcp": {
        "machines_url": env.text("MOBULA_COMPUTE_ENGINE_URL", ""),
        "prices_url": env.text("MOBULA_CLOUD_BILLING_URL", ""),
        "project": env.text("MOBULA_GCP_PROJECT", ""),
    },
}

# For how many days rows are kept; 0: indefinitely. What is older goes by whole partitions.
KEEP_DAYS = {
    "audit": env.days("MOBULA_KEEP_AUDIT_DAYS", default=730, least=30),
    "events": env.days("MOBULA_KEEP_EVENTS_DAYS", default=180),
    "decisions": env.days("MOBULA_KEEP_DECISIONS_DAYS", default=30),
    "scaling_samples": env.days("MOBULA_KEEP_SCALING_SAMPLES_DAYS", default=35, least=7),
    "job_logs": env.days("MOBULA_KEEP_JOB_LOGS_DAYS", default=30),
    "node_logs": env.days("MOBULA_KEEP_NODE_LOGS_DAYS", default=14),
    "samples": env.days("MOBULA_KEEP_SAMPLES_DAYS", default=3, forever=False),
    "minutes": env.days("MOBULA_KEEP_MINUTES_DAYS", default=1, forever=False),
    "five_minutes": env.days("MOBULA_KEEP_FIVE_MINUTES_DAYS", default=30, forever=False),
    "hours": env.days("MOBULA_KEEP_HOURS_DAYS", default=400, least=31),
}
# How much output of jobs and nodes is kept, besides for how long: the oldest goes first.
JOB_LOGS_PER_CLUSTER = 2**20 * env.number(
    "MOBULA_KEEP_JOB_LOGS_CLUSTER_MIB", default=1024, least=16
)
JOB_LOGS_IN_TOTAL = 2**20 * env.number("MOBULA_KEEP_JOB_LOGS_TOTAL_MIB", default=16_384, least=64)
NODE_LOGS_PER_CLUSTER = 2**20 * env.number("MOBULA_KEEP_NODE_LOGS_CLUSTER_MIB", default=64, least=4)
NODE_LOGS_IN_TOTAL = 2**20 * env.number("MOBULA_KEEP_NODE_LOGS_TOTAL_MIB", default=4096, least=16)
# Whom Git asks by plain HTTP, which private hosts builds may ask, and as whom Git asks a host.
GIT_HTTP_HOSTS = env.words("MOBULA_GIT_HTTP_HOSTS")
GIT_PRIVATE_HOSTS = env.words("MOBULA_GIT_PRIVATE_HOSTS")
GIT_CREDENTIALS = env.credentials("MOBULA_GIT_CREDENTIALS")
BUILD_IN_CHROOT = env.flag("MOBULA_BUILD_IN_CHROOT", default=False)
BUILDS_PER_TEAM = env.number("MOBULA_BUILDS_PER_TEAM", default=2, least=1)
BUILD_SECONDS = 60 * env.number("MOBULA_BUILD_MINUTES", default=60, least=1)
BUILD_DISK_BYTES = 2**30 * env.number("MOBULA_BUILD_DISK_GIB", default=60, least=1)
BUILD_LOG_BYTES = 2**20 * env.number("MOBULA_BUILD_LOG_MIB", default=16, least=1)
REGISTRY_CREDENTIALS = env.credentials("MOBULA_REGISTRY_CREDENTIALS")
# How long work on a node may finish when cheaper machines replace the node.
MOVE_SECONDS = env.number("MOBULA_MOVE_SECONDS", default=120)
# What makes it a disruption to take a node away, for consolidation to weigh against what it saves.
DISRUPTION_WEIGHTS = env.weights(
    "MOBULA_DISRUPTION_WEIGHTS",
    default={"node": 1, "task": 1, "actor": 2, "bundle": 5, "objects": 3},
)

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.path("MOBULA_STATIC_ROOT", MOBULA_HOME / "static")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = DEBUG

# Whose X-Forwarded-For and X-Forwarded-Proto count (mobula/edge/proxies.py); nobody's by default.
TRUSTED_PROXIES = env.networks("MOBULA_TRUSTED_PROXIES")
# HTTPS ends at this process or at a proxy in front of it; on 127.0.0.1 there is none.
HTTPS = MOBULA_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
# Other services under the same domain may have no HTTPS, and browsers' preload lists forget
# slowly: both are for the domain's owner to choose.
HSTS = env.choice("MOBULA_HSTS", options=("host", "off", "subdomains", "preload"))
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS and HSTS != "off" else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS and HSTS in {"subdomains", "preload"}
SECURE_HSTS_PRELOAD = HTTPS and HSTS == "preload"
SILENCED_SYSTEM_CHECKS = [
    *("security.W005", "security.W021"),  # that choice
    "mail.E001",  # without MOBULA_MAIL_URL, mail goes to the worker's log, as docs/settings.md says
]
SECURE_REDIRECT_EXEMPT = ["^healthz/$"]  # asked by this machine, past the proxy
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = env.cookies("mobula-session", "csrftoken", secure=HTTPS)
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 3600 * env.number("MOBULA_SESSION_HOURS", default=336)
SESSION_IDLE_SECONDS = 3600 * env.number("MOBULA_SESSION_IDLE_HOURS", default=72)
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
# The guard in front of Django lets no more in (mobula/edge/limits.py); all of it stays in memory.
DATA_UPLOAD_MAX_MEMORY_SIZE, FILE_UPLOAD_MAX_MEMORY_SIZE = 8 * 2**20, 13 * 2**20
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # the editor posts all fields of up to 200 groups

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"event": {"()": "mobula.logs.EventFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "event"}},
    "root": {"handlers": ["stderr"], "level": env.text("MOBULA_LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},  # anybody can make these lines
        "mobula.edge.connections": {"level": "ERROR"},
    },
}
