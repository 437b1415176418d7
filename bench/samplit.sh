#!/usr/bin/env bash
# Starts Samplit on a free loopback port with a data folder of its own, makes the experiment "bench" and runs the load scripts on
# it beside the floors. Prints medians of several rounds, and the medians of the ratios to the floor of the same round.
#
#   samplit.sh [WHAT ...]      default: all
#     idle     memory of the program alone
#     assign   a returning visitor, beside floor-echo-eval
#     ofrep    the same by the OpenFeature protocol
#     new      a new visitor, durably stored, beside floor-unnest
#     convert  a durable conversion of a visitor in the test, beside floor-unnest
#     batch    requests of 20 page views, beside floor-batch: a plain table with the same batching
#     rate     latency at 1,000 requests a second whatever the answers take: a returning visitor (beside floor-echo-eval), then a new one
#              (beside floor-unnest)
#     fair     200 new visitors a second of one account, alone and while another sends 2,000 a second, four times what it may
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
# Debian keeps the database programs off the path.
for bin in /usr/lib/postgresql/*/bin; do PATH=$bin:$PATH; done
[ $# -gt 0 ] || set -- idle assign ofrep new convert batch rate
[ "$*" != fair ] || export LIMIT_TOKEN=500/s
go build -o bin/samplit ./cmd/samplit
data=$(mktemp -d /tmp/samplit-bench-XXXX); chmod 711 "$data"
port=$((21000 + RANDOM % 20000))
# A limit that load never reaches: its cost is measured.
export LIMIT_TOKEN=${LIMIT_TOKEN:-1000000/s}
export ADDR=127.0.0.1:$port BASE_URL=http://localhost:$port ADMIN_ADDR= DATA_DIR=$data DATABASE_URL= LOG_LEVEL=error
bin/samplit serve >/dev/null & app=$!
trap 'kill $app 2>/dev/null; wait $app 2>/dev/null; rm -rf "$data"' EXIT
for _ in $(seq 240); do curl -fs -o /dev/null "$BASE_URL/readyz" && break; sleep .25; done

call() { # path json
  curl -fsS -H 'Content-Type: application/json' -H "Authorization: Bearer ${jwt:-}" -d "$2" "$BASE_URL/api/v1/$1"
}
field() { sed -E "s/.*\"$1\":\"([^\"]+)\".*/\1/"; }
tenant() { # name: an account with a running experiment "bench"; sets token
  jwt=$(jwt='' call auth/register "{\"email\":\"$1@bench.test\",\"password\":\"bench-mark-42-rounds\",\"name\":\"Bench\"}" | field access_token)
  local site id exp; site=$(call installations '{"site_url":"http://bench.test"}')
  token=$(grep -oE 'inst_[A-Za-z0-9]+' <<<"$site" | head -1)
  id=$(grep -oE '"id":"[0-9a-f-]{36}"' <<<"$site" | head -1 | cut -d'"' -f4)
  exp=$(call experiments "{\"installation_id\":\"$id\",\"key\":\"bench\",\"name\":\"Bench\",\"allocator\":\"sequential\",
    \"variants\":[{\"key\":\"control\",\"name\":\"Control\",\"is_control\":true},{\"key\":\"treatment\",\"name\":\"Treatment\"}],
    \"goals\":[{\"key\":\"buy\",\"name\":\"Buy\",\"primary\":true,\"type\":\"custom\"}]}" | grep -oE '"id":"[0-9a-f-]{36}"' | head -1 | cut -d'"' -f4)
  curl -fsS -X PATCH -H 'Content-Type: application/json' -H "Authorization: Bearer $jwt" -d '{"status":"running"}' "$BASE_URL/api/v1/experiments/$exp/status" >/dev/null
}
tenant flood; flood=$token
tenant bench
sleep 2

assign="{\"installation_token\":\"$token\",\"experiment\":\"bench\",\"visitor_id\":\"{{key}}\"}"
warm() { # returning visitors: every key is in the test before anything is measured
  METHOD=POST REQPATH=/api/v1/tracker/assign KEYS=${KEYS:-10000} BODY=$assign wrk -t2 -c32 -d"${WARM:-15}"s --timeout 5s -s bench/req.lua "$BASE_URL" >/dev/null
}
warmed=
export SAMPLIT_URL=$BASE_URL SAMPLIT_PID=$app DB_PID; DB_PID=$(head -1 "$data/postgres/postmaster.pid")
for what in "$@"; do
  case $what in assign | ofrep | convert | rate) [ -n "$warmed" ] || { warm; warmed=1; } ;; esac
  echo "== $what"
  case $what in
  idle) awk '/VmRSS/{printf "resident: %.0f MB\n", $2/1024}' "/proc/$app/status" ;;
  assign) BASE=floor-echo-eval KEYS=${KEYS:-10000} SAMPLIT_EVAL=/api/v1/tracker/assign SAMPLIT_EVAL_BODY=$assign bench/run.sh eval ;;
  ofrep) BASE=floor-echo-eval KEYS=${KEYS:-10000} SAMPLIT_HEADERS="Authorization: Bearer $token" bench/run.sh eval ;;
  new) BASE=floor-unnest SAMPLIT_INGEST=/api/v1/tracker/assign SAMPLIT_INGEST_BODY=$assign bench/run.sh ingest ;;
  convert)
    BASE=floor-unnest KEYS=${KEYS:-10000} SAMPLIT_INGEST=/api/v1/tracker/convert \
      SAMPLIT_INGEST_BODY="{\"installation_token\":\"$token\",\"experiment\":\"bench\",\"goal\":\"buy\",\"visitor_id\":\"{{key}}\",\"event_id\":\"{{uuid}}\"}" bench/run.sh ingest ;;
  batch)
    view='{"id":"{{uuid}}","type":"pageview","visitor_id":"{{key}}","url":"/checkout?step=3"}'
    many=$(printf "$view,%.0s" {1..20})
    SAMPLIT_BATCH=/api/v1/tracker/events SAMPLIT_BATCH_BODY="{\"installation_token\":\"$token\",\"events\":[${many%,}]}" bench/run.sh batch ;;
  rate)
    export RATES=${RATES:-1000}
    SAMPLIT_EVAL=/api/v1/tracker/assign SAMPLIT_EVAL_BODY=${assign/'{{key}}'/u-1} SAMPLIT_INGEST=/api/v1/tracker/assign SAMPLIT_INGEST_BODY=$assign bench/run.sh rate ;;
  fair)
    (cd bench/floor && go build -o "$data/floor" .)
    at=$BASE_URL/api/v1/tracker/assign others=(-url "$BASE_URL/api/v1/tracker/assign" -body "$assign" -rate 200 -d "${D:-10}s" -c 32)
    for _ in $(seq "${R:-5}"); do
      printf 'alone           '; "$data/floor" load "${others[@]}"
      "$data/floor" load -url "$at" -body "${assign/"$token"/$flood}" -rate "${FLOOD:-2000}" -d "$((${D:-10} + 2))s" -c 32 >"$data/flood" & sleep 1
      printf 'beside a flood  '; "$data/floor" load "${others[@]}"; wait $!
      printf '  the flood     '; cat "$data/flood"
    done ;;
  *) sed -n 2,17p "$0" >&2; exit 2 ;;
  esac
done
