# Builds Switchboard in a Swift image and runs it, linked statically, as an ordinary user in a small one.
#
#   docker build -t switchboard .
#   docker run -p 8080:8080 -v switchboard:/data switchboard
#
# docker-compose.yml publishes the relay's ports as well. Both images are of the same release of Debian, named by what is
# in them: a tag alone moves. "Images by digest" in docs/deployment.md says how to name younger ones. Others can be named
# for one build, as `deploy/check-image --local` does: --build-arg SWIFT_IMAGE=… --build-arg BASE_IMAGE=…
ARG SWIFT_IMAGE=swift:6.3.3-bookworm@sha256:7060a792f4cd9eaa0d00826d941cec00ab8d252d33b8b28bc8e105f51f2dba73
ARG BASE_IMAGE=debian:bookworm-20261005-slim@sha256:7c7b2c966bc9ee8cedfeef67e0e279108992c77681fa595db4a9d65c06ccc587

FROM ${SWIFT_IMAGE} AS build
RUN apt-get update -q \
    && apt-get install -q -y --no-install-recommends \
        ca-certificates libsqlite3-dev libssl-dev make pkg-config zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src

# What changes least comes first: dependencies, then sources, then everything that is only installed.
COPY Package.swift ./
RUN swift package --scratch-path .build/static resolve
COPY Makefile ./
COPY deploy/install.mk deploy/
COPY scripts scripts
COPY web web
COPY Tests Tests
COPY Sources Sources
RUN make static
COPY . .
RUN make install DESTDIR=/out PREFIX=/usr BINARY=.build/static/release/switchboard

FROM ${BASE_IMAGE}
COPY --from=build /out/usr/bin/switchboard /usr/bin/switchboard
COPY --from=build /out/usr/share/doc/switchboard /usr/share/doc/switchboard
# Public authorities, by which `switchboard doctor` judges a certificate; the small image has none.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --chmod=755 deploy/healthcheck /usr/bin/switchboard-healthcheck

RUN groupadd --system --gid 10001 switchboard \
    && useradd --system --uid 10001 --gid switchboard --home-dir /data --no-create-home switchboard \
    && install -d -o switchboard -g switchboard -m 700 /data
USER switchboard
WORKDIR /data
VOLUME /data
ENV PORT=8080 USE_SQLITE=1 SQLITE_DB_PATH=/data/chat.db SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt

# HTTP and WebSockets; HTTPS, WSS and TURN over TLS with a certificate; STUN and TURN; TURN over TLS on its own port.
# The ports that are relayed (RELAY_MIN_PORT to RELAY_MAX_PORT, UDP) come on top.
EXPOSE 8080 8443 3478/udp 3478/tcp 5349

HEALTHCHECK --interval=30s --timeout=6s --start-period=15s --retries=3 CMD ["/usr/bin/switchboard-healthcheck"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/switchboard"]
CMD ["serve"]
