# The gateway with everything that it needs: docker build -t sluice .
# Beyond loopback it refuses to start until SLUICE_AUTH_MODE (or auth.mode in /app/config/sluice.yaml) is written down.

FROM node:24-bookworm-slim AS base
WORKDIR /app

FROM base AS dependencies
COPY package.json package-lock.json .npmrc ./
RUN npm ci

FROM dependencies AS worker
COPY scripts/worker scripts/worker
RUN apt-get update \
  && xargs apt-get install -y --no-install-recommends < scripts/worker/build-packages.txt \
  && rm -rf /var/lib/apt/lists/*
RUN scripts/worker/build.sh node_modules/mediasoup /out/mediasoup-worker

FROM dependencies AS build
COPY tsconfig.json ./
COPY scripts scripts
COPY src src
RUN npm run build

FROM dependencies AS production
# The worker comes from its own stage; its sources stay behind.
RUN npm prune --omit=dev && rm -rf node_modules/mediasoup/worker node_modules/.cache

FROM base
RUN apt-get update \
  && apt-get install -y --no-install-recommends ffmpeg libabsl20220623 libsrtp2-1 libssl3 libuv1 tini \
  && rm -rf /var/lib/apt/lists/*
COPY --from=worker /out/mediasoup-worker /usr/local/bin/mediasoup-worker
COPY --from=production /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
COPY config config
RUN install -d -o node -g node /recordings && install -d -o node -g node -m 0700 /state

# One worker needs one media port; raise SLUICE_RTC_WORKERS together with the ports that are published.
ENV MEDIASOUP_WORKER_BIN=/usr/local/bin/mediasoup-worker \
  SLUICE_HTTP_HOST=0.0.0.0 \
  SLUICE_EGRESS_RECORD_DIRECTORY=/recordings \
  SLUICE_EGRESS_STATE_DIRECTORY=/state \
  SLUICE_RTC_WORKERS=1
VOLUME /recordings /state
EXPOSE 8080/tcp 44400/udp 44400/tcp
USER node
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.SLUICE_HTTP_PORT || 8080}/livez`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "node", "--max-semi-space-size=1", "dist/main.js"]
