#!/bin/sh
# Prints the passwords and keys that docker-compose.yml asks for, freshly made: sh compose/make-env.sh > .env
# Keep them: without GNOMON_SECRET_KEY the signing keys in the database cannot be read again.
set -eu
random() { od -An -tx1 -N32 /dev/urandom | tr -d ' \n'; }
for name in POSTGRES_PASSWORD REDIS_PASSWORD GNOMON_SECRET_KEY GNOMON_SERVICE_KEY; do
  printf '%s=%s\n' "$name" "$(random)"
done
