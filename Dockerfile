# The operator and the command `socle`. Docker, Podman and buildah build it alike:
#   docker build --tag socle .
# What is built and what it stands on, by argument: a mirror, or a base of your own. Neither needs to be on the network of the cluster.
ARG BUILD_BASE=docker.io/library/node:24-bookworm
ARG BASE=gcr.io/distroless/cc-debian12

FROM ${BUILD_BASE} AS build
WORKDIR /opt/socle
COPY package.json package-lock.json ./
# An .npmrc with the registry of a closed network and its password: a secret of the build, which no layer holds.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc \
    npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund \
 && find node_modules -type f \( -name '*.ts' -o -name '*.cts' -o -name '*.mts' -o -name '*.map' -o -name '*.md' \) -delete
COPY crds crds
COPY constructs constructs
COPY operator operator
RUN mkdir -p /out/usr/local/bin \
 && cp "$(command -v node)" /out/usr/local/bin/node \
 && strip --strip-all /out/usr/local/bin/node \
 && mkdir -p /out/opt && cp -a /opt/socle /out/opt/socle

# No shell, no package manager, and nothing that can be written.
FROM ${BASE}
COPY --from=build /out /
WORKDIR /opt/socle
ENV PATH=/usr/local/bin:/usr/bin:/bin \
    NODE_ENV=production \
    SOCLE_HEALTH_ADDRESS=0.0.0.0:8080
# /livez, /readyz and /metrics
EXPOSE 8080
USER 65532:65532
ENTRYPOINT ["node", "operator/main.ts"]
