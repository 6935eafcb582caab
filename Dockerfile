# One image for every service. Which process a container runs is its command: `telemetry`, `policy`, … (see bin/process.js),
# `migrate`, `bootstrap`, or the default, which runs what GNOMON_SERVICES names. It needs Postgres from elsewhere.
#
# The base is pinned by its full version. To pin the digest too, append `@sha256:…` as `docker buildx imagetools inspect`
# prints it for the tag, in both places.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No package's install script is needed to build, so none gets to run.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY .swcrc ./
COPY libs/ libs/
COPY scripts/ scripts/
COPY services/ services/
# Optional packages are a second Node, the embedded Postgres and the native parts of tools: the image does without.
RUN npm run build \
 && npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund \
 && rm -rf dist/scripts dist/libs/testkit node_modules/.cache \
 && find dist -name '*.map' -delete

FROM node:24.21.0-bookworm-slim
LABEL org.opencontainers.image.title="Gnomon" \
      org.opencontainers.image.description="Discovery and control of shadow AI" \
      org.opencontainers.image.licenses="Apache-2.0"
# Every service listens on the same two ports: HTTP, and calls between the processes.
ENV NODE_ENV=production \
    GNOMON_HTTP_HOST=0.0.0.0 GNOMON_HTTP_PORT=8080 \
    GNOMON_GATEWAY_HTTP_HOST=0.0.0.0 GNOMON_GATEWAY_HTTP_PORT=8080 \
    GNOMON_CATALOG_HTTP_HOST=0.0.0.0 GNOMON_CATALOG_HTTP_PORT=8080 \
    GNOMON_TELEMETRY_HTTP_HOST=0.0.0.0 GNOMON_TELEMETRY_HTTP_PORT=8080 \
    GNOMON_POLICY_HTTP_HOST=0.0.0.0 GNOMON_POLICY_HTTP_PORT=8080 \
    GNOMON_BLOCKLIST_HTTP_HOST=0.0.0.0 GNOMON_BLOCKLIST_HTTP_PORT=8080 \
    GNOMON_CORRELATOR_HTTP_HOST=0.0.0.0 GNOMON_CORRELATOR_HTTP_PORT=8080 \
    GNOMON_RPC_HOST=0.0.0.0 GNOMON_RPC_PORT=9090
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules/ node_modules/
COPY --from=build /app/dist/ dist/
COPY LICENSE ./
COPY bin/process.js bin/
# The user `node`, by number, so that an orchestrator can see that it is not root. Nothing in the image is writable to it.
USER 1000:1000
EXPOSE 8080 9090
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["node", "bin/process.js", "probe", "healthz"]
ENTRYPOINT ["node", "--no-warnings", "--max-semi-space-size=8", "bin/process.js"]
CMD ["standalone"]
