# One image for web, worker and beat; compose.yaml shows how they are run.
# With Ray, for clusters on the container's own machine: --build-arg REQUIREMENTS=local

FROM node:24-slim@sha256:a9f5f7c91a432850b2a8a7797adf5eadb6c733ceed61167806cee7ea7fbc29df AS assets
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY assets ./assets
RUN npm run build

FROM python:3.13-slim@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b
ARG REQUIREMENTS=base
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONPATH=/srv/mobula \
    DJANGO_SETTINGS_MODULE=mobula.settings \
    MOBULA_HOME=/var/lib/mobula
RUN useradd --system --uid 10001 --home-dir /var/lib/mobula --create-home mobula
# Workers fetch the code of test workloads with it, over HTTPS or SSH.
RUN apt-get update --quiet \
    && apt-get install --quiet --yes --no-install-recommends git openssh-client \
    && rm -rf /var/lib/apt/lists/*
COPY requirements ./requirements
RUN pip install --no-cache-dir --require-hashes --requirement requirements/${REQUIREMENTS}.txt \
    && rm -r requirements
WORKDIR /srv/mobula
COPY . .
COPY --from=assets /build/static/dist ./static/dist
USER mobula
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 \
    CMD ["python", "-m", "mobula.cli", "health"]
CMD ["uvicorn", "mobula.asgi:application", "--host", "0.0.0.0", "--port", "8000", \
     "--http", "mobula.edge.protocol:BoundedProtocol", "--ws", "none", "--no-proxy-headers", \
     "--h11-max-incomplete-event-size", "32768", "--no-access-log", "--lifespan", "off"]
