#!/usr/bin/env bash
# Changes the pure folders (Rfc9111, HttpFields, Expiry) in hundreds of places, one after the other, and sees whether the unit
# tests notice. Fails below 85 %. Takes a quarter of an hour on two cores, so it is no part of test/run.sh; the report lies in obj/.
# Stryker builds in Release, so that a run that is broken off leaves nothing of it in what test/run.sh runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

dotnet tool restore
exec dotnet tool run dotnet-stryker --config-file stryker-config.json --output obj --skip-version-check "$@"
