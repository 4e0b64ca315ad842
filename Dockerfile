# Builds the image of one platform from what `npm run image` has put into build/image/: by itself it is not to be
# built. Both base images are arguments, so that a digest can be given: --build-arg DEBIAN=debian@sha256:…
ARG DEBIAN=docker.io/library/debian:trixie-slim

# Everything is collected in a folder of this stage, by the target platform's own package manager and linker.
FROM ${DEBIAN} AS collected
ARG TARGETARCH
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      binutils ca-certificates conntrack ipset iproute2 iptables libatomic1 libstdc++6 nftables
COPY scripts/image/collect.sh /
COPY build/image/linux-${TARGETARCH}/node /usr/local/bin/node
RUN sh /collect.sh /image
COPY build/image/linux-${TARGETARCH}/node_modules /image/opt/fairlead/node_modules
COPY build/image/app /image/opt/fairlead

FROM scratch
ARG VERSION
ARG REVISION
ARG CREATED
LABEL org.opencontainers.image.title="fairlead" \
      org.opencontainers.image.description="One agent per Kubernetes node: Service routing and cluster DNS" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
COPY --from=collected /image /
ENV PATH=/usr/sbin:/usr/bin NODE_ENV=production
# Root, but of few capabilities: rules can be written by root alone (docs/INSTALL.md says why nobody else can).
USER 0:0
WORKDIR /
ENTRYPOINT ["/usr/bin/fairlead"]
CMD ["run"]
