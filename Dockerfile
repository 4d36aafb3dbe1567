# The image: the product and its locked dependencies, run by a user who owns nothing but /data.
FROM python:3.11-slim AS dependencies
WORKDIR /build
COPY requirements.txt .
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin clinic \
    && install -d -o clinic -g clinic -m 700 /data
COPY --from=dependencies /opt/venv /opt/venv
WORKDIR /app
COPY config config
COPY server server
COPY handlers handlers
COPY static static
COPY kiosk kiosk
RUN /opt/venv/bin/python -m compileall -q config server handlers

ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000 DATA_DIR=/data LOG_FORMAT=json
VOLUME /data
EXPOSE 8000
USER 10001
STOPSIGNAL SIGTERM
# Alive, not ready: while the database is away the process heals by itself and must not be restarted.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 CMD ["python", "-m", "config.healthcheck"]
CMD ["python", "-m", "server", "serve"]
