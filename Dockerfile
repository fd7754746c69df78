# Builds advae from source and keeps the three programs with the libraries they load.
#
#   docker build -t advae .
#   docker run --rm -p 127.0.0.1:50051:50051 -p 127.0.0.1:9464:9464 -v advae:/var/lib/advae advae

FROM debian:bookworm-slim AS build
WORKDIR /src
# The packages are a layer of their own, which changes of the sources keep.
COPY scripts/dependencies scripts/
RUN scripts/dependencies --build
COPY . .
RUN scripts/build release -DADVAE_BUILD_TESTS=OFF -DADVAE_BUILD_BENCHMARKS=OFF \
 && DESTDIR=/install cmake --install build/release --prefix /usr/local --strip

FROM debian:bookworm-slim
COPY scripts/dependencies /tmp/
RUN /tmp/dependencies --runtime && rm -rf /tmp/dependencies /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --home-dir /var/lib/advae --create-home advae
COPY --from=build /install/usr/local /usr/local

# Flags on the command line win over these (README.md, configuration).
ENV ADVAE_REPOSITORY=/var/lib/advae \
    ADVAE_LISTEN=0.0.0.0:50051 \
    ADVAE_METRICS_LISTEN=0.0.0.0:9464 \
    ADVAE_LOG_FORMAT=json
# The port that the health check asks, and "docker exec NAME advae ..." too.
ENV ADVAE_SERVER=127.0.0.1:50051

USER advae
VOLUME /var/lib/advae
EXPOSE 50051 9464
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["advae", "health"]
ENTRYPOINT ["advae-server"]
