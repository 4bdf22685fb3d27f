# The wheel and what it needs are put together in a first stage; the second has neither compilers nor installers of it.
# Everything is installed by the hashes of requirements.lock. docs/operations.md tells how it is run.
FROM python:3.13-slim-trixie AS builder
WORKDIR /build
ENV UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
COPY requirements.lock ./
RUN sed -n '/^uv==/,/# via/p' requirements.lock > uv.lock \
    && python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r uv.lock \
    && python -m venv --without-pip /opt/billing-core
COPY pyproject.toml ./
RUN uv pip install --python /opt/billing-core/bin/python --no-cache --compile-bytecode \
        --require-hashes --constraint requirements.lock \
        --requirements pyproject.toml --extra postgres --extra openai --extra azure
COPY LICENSE ./
COPY src ./src
RUN uv build --no-cache --wheel --require-hashes --build-constraints requirements.lock --out-dir dist . \
    && uv pip install --python /opt/billing-core/bin/python --no-cache --compile-bytecode --no-deps dist/*.whl

FROM python:3.13-slim-trixie
RUN useradd --system --uid 10001 --user-group --home-dir /var/lib/billing-core --create-home billing
COPY --from=builder /opt/billing-core /opt/billing-core
ENV PATH=/opt/billing-core/bin:$PATH PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000
WORKDIR /var/lib/billing-core
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health', timeout=2)"]
ENTRYPOINT ["billing-core"]
CMD ["serve"]
