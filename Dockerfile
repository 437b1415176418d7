# Samplit without a database: DATABASE_URL names one. compose.yaml runs both.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
# By name: data/, .env and the tools never enter the image.
COPY cmd cmd
COPY db db
COPY engine engine
COPY handlers handlers
COPY locale locale
COPY mail mail
COPY services services
COPY static static
COPY views views
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags='-s -w' -o /samplit ./cmd/samplit

# Alpine for its certificates, which mail servers are checked with, and for the wget of the health check.
FROM alpine:3.22
RUN adduser -D -H -u 10001 samplit && install -d -o samplit -g samplit -m 0700 /data
COPY --from=build /samplit /usr/local/bin/samplit
USER samplit
WORKDIR /data
ENV ADDR=:8080 DATA_DIR=/data ENVIRONMENT=production
# The keys: state.keyset.
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD wget -q -O /dev/null http://127.0.0.1:8080/healthz
ENTRYPOINT ["samplit"]
CMD ["serve"]
