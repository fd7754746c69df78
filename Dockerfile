# Builds advae from source, and from it two images:
#
#   docker build -t advae .                          trains and scores
#   docker build -t advae-scorer --target=scorer .   only scores; Train answers UNIMPLEMENTED
#
#   docker run --rm --read-only -p 127.0.0.1:50051:50051 -p 127.0.0.1:9464:9464 \
#     -v advae:/var/lib/advae advae
#
# An image is the base and what the programs need: the packages of LibTorch's libraries would bring many
# more files. Both images list their packages and licences in /usr/share/doc/advae/sbom.cdx.json.

FROM debian:bookworm-slim AS base

FROM base AS build
WORKDIR /src
# The packages are a layer of their own, which changes of the sources keep.
COPY scripts/dependencies scripts/
RUN scripts/dependencies --build
COPY . .
RUN scripts/build release -DADVAE_BUILD_TESTS=OFF -DADVAE_BUILD_BENCHMARKS=OFF \
 && strip build/release/bin/*

# What each image adds, complete and with fixed times, so that the final stages only copy.
#
# LibTorch says that it needs OpenCV and FFmpeg, which bring some 250 libraries, but takes no symbol
# from them. The names of what it does not use (ldd --unused) come off its copy here.
FROM build AS layers
ARG SOURCE_DATE_EPOCH=0
RUN --mount=type=bind,from=base,target=/base \
    apt-get install --yes -qq --no-install-recommends patchelf >/dev/null \
 && torch=$(realpath /usr/lib/*/libtorch_cpu.so.1.13) \
 && ldd --unused "$torch" | sed -n 's|.*/|--remove-needed |p' | xargs sh -c 'patchelf "$@" "$0"' "$torch" \
 && ! ldd --function-relocs "$torch" 2>&1 | grep 'undefined symbol' \
 && bin=build/release/bin doc=usr/share/doc/advae version=$(build/release/bin/advae-server --version) \
 && install -D --mode=644 --target-directory=/scorer/etc /base/etc/passwd /base/etc/group \
 && echo 'advae:x:10001:10001::/var/lib/advae:/usr/sbin/nologin' >>/scorer/etc/passwd \
 && echo 'advae:x:10001:' >>/scorer/etc/group \
 && deploy/image/assemble /scorer /base $bin/advae-server $bin/advae \
 && deploy/image/assemble /trainer /base /scorer $bin/advae-trainer \
 && install -D --mode=644 LICENSE /scorer/$doc/copyright \
 && install -d /trainer/$doc \
 && deploy/image/sbom advae-scorer "${version#* }" /base /scorer >/scorer/$doc/sbom.cdx.json \
 && deploy/image/sbom advae "${version#* }" /base /scorer /trainer >/trainer/$doc/sbom.cdx.json \
 && install -d --mode=750 /models \
 && find /scorer /trainer /models -exec touch --no-dereference --date=@$SOURCE_DATE_EPOCH {} +

FROM base AS scorer
COPY --from=layers /scorer /
COPY --from=layers --chown=10001:10001 /models /var/lib/advae

LABEL org.opencontainers.image.title="advae-scorer" \
      org.opencontainers.image.description="Anomaly detection for rows of numbers: scores over gRPC" \
      org.opencontainers.image.version="0.2.0" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="the advae authors" \
      org.opencontainers.image.base.name="debian:bookworm-slim"

# Flags on the command line win over these (README.md, configuration). Who publishes the ports decides
# who reaches them: with TLS (SECURITY.md), nothing is plaintext.
ENV ADVAE_REPOSITORY=/var/lib/advae \
    ADVAE_LISTEN=0.0.0.0:50051 \
    ADVAE_METRICS_LISTEN=0.0.0.0:9464 \
    ADVAE_ALLOW_PLAINTEXT=true \
    ADVAE_LOG_FORMAT=json
# The port that the health check asks, and "docker exec NAME advae ..." too.
ENV ADVAE_SERVER=127.0.0.1:50051

# In numbers, so that Kubernetes can tell that it is not root.
USER 10001:10001
VOLUME /var/lib/advae
EXPOSE 50051 9464
STOPSIGNAL SIGTERM
# With TLS, by variables or by flags, the server's own certificate does not name the loopback address.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD advae health ${ADVAE_TLS_CERT:+--tls-own-server} || advae health --tls-own-server
ENTRYPOINT ["advae-server"]

FROM scorer AS full
COPY --from=layers /trainer /
LABEL org.opencontainers.image.title="advae" \
      org.opencontainers.image.description="Anomaly detection for rows of numbers: trains and scores over gRPC"
