# Moltbot in a container: it runs as the user node, on a root file system that may be read-only, and writes to /data
# (all that lasts) and /tmp alone. compose.yaml is the way to run it; deploy/walk-dockerfile.ts tries this file where
# there is no Docker.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
# Types, source maps and the C sources of SQLite are never read at run time, and are half of the weight.
RUN find node_modules -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' \) -delete \
    && rm -rf node_modules/better-sqlite3/deps node_modules/better-sqlite3/src
COPY src ./src
COPY config.yaml ./
COPY deploy/warm-cache.js ./deploy/
RUN chmod 755 src/moltbot.js && mkdir -m 777 node_modules/.cache
# The compile cache is warmed here because a read-only container cannot write one. Node keeps the cache of each user
# apart, so the user who will read it makes it. Without one (another user, another kind of processor) only the start
# takes longer.
USER node
RUN node deploy/warm-cache.js && test -d node_modules/.cache/moltbot && chmod -R a+rX node_modules/.cache/moltbot

FROM node:24-slim
ENV NODE_ENV=production MOLTBOT_DATA=/data
WORKDIR /app
# All of it belongs to root: what runs cannot change what runs.
COPY --from=build /app/package.json /app/config.yaml ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/src ./src
RUN chmod 755 node_modules/.cache \
    && ln -s /app/src/moltbot.js /usr/local/bin/moltbot \
    && mkdir -m 700 /data \
    && chown node:node /data
USER node
VOLUME /data
# No EXPOSE, and no port to publish: the HTTP API knows no access tokens yet, so it listens on the container's own
# loopback alone, for the health check and for `moltbot` inside. Talk to it with `docker exec … moltbot chat`.
# The check follows MOLTBOT_HTTP_PORT; with http.enabled: false, or another http.port in config.yaml, give it another.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.MOLTBOT_HTTP_PORT || 5000}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
# Without npm or a shell between, so that Node itself gets the signal and ends what it is doing.
CMD ["node", "src/moltbot.js", "start"]
