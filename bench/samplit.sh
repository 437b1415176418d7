#!/usr/bin/env bash
# Starts Samplit on a free loopback port with a data folder of its own, makes the experiment "bench" and runs the load scripts on
# it beside the floors: assign of a returning visitor, and a durable conversion. Prints medians of several rounds as ratios.
#
#   samplit.sh [eval|ingest|idle ...]      default: all three
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
# Debian keeps the database programs off the path.
for bin in /usr/lib/postgresql/*/bin; do PATH=$bin:$PATH; done
[ $# -gt 0 ] || set -- eval ingest idle
go build -o bin/samplit ./cmd/samplit
data=$(mktemp -d /tmp/samplit-bench-XXXX); chmod 711 "$data"
port=$((21000 + RANDOM % 20000))
# A limit that load never reaches: its cost is measured.
export LIMIT_TOKEN=1000000/s
export ADDR=127.0.0.1:$port BASE_URL=http://localhost:$port ADMIN_ADDR= DATA_DIR=$data DATABASE_URL= LOG_LEVEL=error
bin/samplit serve >/dev/null & app=$!
trap 'kill $app 2>/dev/null; wait $app 2>/dev/null; rm -rf "$data"' EXIT
for _ in $(seq 240); do curl -fs -o /dev/null "$BASE_URL/readyz" && break; sleep .25; done

call() { # path json
  curl -fsS -H 'Content-Type: application/json' -H "Authorization: Bearer ${jwt:-}" -d "$2" "$BASE_URL/api/v1/$1"
}
field() { sed -E "s/.*\"$1\":\"([^\"]+)\".*/\1/"; }
jwt=$(call auth/register '{"email":"bench@bench.test","password":"bench-mark-42-rounds","name":"Bench"}' | field access_token)
site=$(call installations '{"site_url":"http://bench.test"}')
token=$(grep -oE 'inst_[A-Za-z0-9]+' <<<"$site" | head -1)
id=$(grep -oE '"id":"[0-9a-f-]{36}"' <<<"$site" | head -1 | cut -d'"' -f4)
exp=$(call experiments "{\"installation_id\":\"$id\",\"key\":\"bench\",\"name\":\"Bench\",\"allocator\":\"sequential\",
  \"variants\":[{\"key\":\"control\",\"name\":\"Control\",\"is_control\":true},{\"key\":\"treatment\",\"name\":\"Treatment\"}],
  \"goals\":[{\"key\":\"buy\",\"name\":\"Buy\",\"primary\":true,\"type\":\"custom\"}]}" | grep -oE '"id":"[0-9a-f-]{36}"' | head -1 | cut -d'"' -f4)
curl -fsS -X PATCH -H 'Content-Type: application/json' -H "Authorization: Bearer $jwt" -d '{"status":"running"}' "$BASE_URL/api/v1/experiments/$exp/status" >/dev/null
sleep 2

# Returning visitors: every key is in the test before anything is measured.
METHOD=POST REQPATH=/api/v1/tracker/assign KEYS=${KEYS:-10000} BODY="{\"installation_token\":\"$token\",\"experiment\":\"bench\",\"visitor_id\":\"{{key}}\"}" \
  wrk -t2 -c32 -d"${WARM:-30}"s --timeout 5s -s bench/req.lua "$BASE_URL" >/dev/null

export SAMPLIT_URL=$BASE_URL SAMPLIT_PID=$app DB_PID; DB_PID=$(head -1 "$data/postgres/postmaster.pid")
for what in "$@"; do
  case $what in
  idle) # memory of the program without PostgreSQL, before any load and after it
    awk '/VmRSS/{printf "resident now: %.0f MB\n", $2/1024}' "/proc/$app/status" ;;
  eval)
    awk '/VmRSS/{printf "resident when idle: %.0f MB\n", $2/1024}' "/proc/$app/status"
    KEYS=${KEYS:-10000} SAMPLIT_EVAL=/api/v1/tracker/assign \
      SAMPLIT_EVAL_BODY="{\"installation_token\":\"$token\",\"experiment\":\"bench\",\"visitor_id\":\"{{key}}\"}" bench/run.sh eval ;;
  ingest)
    # visitors of the conversions are in the test already
    KEYS=${KEYS:-10000} SAMPLIT_INGEST=/api/v1/tracker/convert \
      SAMPLIT_INGEST_BODY="{\"installation_token\":\"$token\",\"experiment\":\"bench\",\"goal\":\"buy\",\"visitor_id\":\"{{key}}\",\"event_id\":\"{{uuid}}\"}" bench/run.sh ingest ;;
  esac
done
