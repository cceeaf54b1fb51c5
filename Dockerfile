# The backend's image; the watchdog's (target selfheal) for who heals containers by their label; and (target
# selfheal-binary) its binary for hosts without Swift.

# What holds the watchdog's binary at /selfheal: the stage that builds it, or an image made of one that is there.
ARG SELFHEAL_BINARY=selfheal-binary

FROM swift:6.3-bookworm AS toolchain
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libcurl4-openssl-dev libmicrohttpd-dev libpq-dev libsodium-dev libyaml-dev pkg-config rsync \
        zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# SwiftPM wants the folder of each target it knows; the tests' are not here.
ENV GAMMONGURU_WITHOUT_TESTS=1

# Sources come whole, as SwiftPM wants the folders of both programs. They are copied into the cache beside what was
# built from them, where a file that did not change stays the same file and so is not compiled again.
FROM toolchain AS sources
WORKDIR /source
COPY Package.swift ./
COPY Sources Sources

FROM sources AS build
ARG SWIFT_FLAGS=""
RUN --mount=type=cache,id=gammonguru-build,target=/build,sharing=locked \
    tree="/build/gammonguru${SWIFT_FLAGS//[^[:alnum:]]/_}" \
    && mkdir -p "$tree" && rsync -rlt --delete --exclude=/.build /source/ "$tree" && cd "$tree" \
    && swift build -c release --product gammonguru --static-swift-stdlib ${SWIFT_FLAGS} \
    && strip -o /usr/local/bin/gammonguru .build/release/gammonguru

FROM sources AS selfheal-build
RUN --mount=type=cache,id=gammonguru-build,target=/build,sharing=locked \
    tree=/build/selfheal \
    && mkdir -p "$tree" && rsync -rlt --delete --exclude=/.build /source/ "$tree" && cd "$tree" \
    && swift build -c release --product selfheal --static-swift-stdlib \
    && strip -o /usr/local/bin/selfheal .build/release/selfheal

FROM scratch AS selfheal-binary
COPY --from=selfheal-build /usr/local/bin/selfheal /

FROM ${SELFHEAL_BINARY} AS selfheal-program

FROM debian:bookworm-slim AS runtime
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates curl libmicrohttpd12 libpq5 libsodium23 libyaml-0-2 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin gammonguru

# Started with the engine's socket at /var/run/docker.sock, and settings as autoheal has them.
FROM runtime AS selfheal
WORKDIR /var/lib/selfheal
ENTRYPOINT ["selfheal"]
CMD ["watch", "--label", "autoheal"]
COPY --from=selfheal-program /selfheal /usr/local/bin/

FROM runtime
ENV PORT=3000
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --retries=3 \
    CMD curl -fsS "http://localhost:${PORT:-3000}/health/internal"
USER gammonguru
ENTRYPOINT ["gammonguru"]
COPY --from=build /usr/local/bin/gammonguru /usr/local/bin/
# Last, as it differs with every commit.
ARG COMMIT=""
ENV GIT_COMMIT=$COMMIT
