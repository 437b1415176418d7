#!/bin/sh
# Builds app.css from src/ and the classes used in views/. Needs node; the result is committed, so building Samplit does not.
set -eu
cd "$(dirname "$0")"
[ -x node_modules/.bin/tailwindcss ] || npm install --no-package-lock --ignore-scripts --silent
node_modules/.bin/tailwindcss -i src/app.css -o app.css --minify
printf '%s bytes, %s gzip\n' "$(wc -c <app.css)" "$(gzip -9c app.css | wc -c)"
