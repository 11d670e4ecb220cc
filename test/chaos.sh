#!/usr/bin/env bash
# Two nodes of one service, a Redis, and random faults for as long as asked: test/chaos.sh --minutes 30. Prints what was survived; the exit
# code is 0 only if no request went unanswered, nothing evicted was served and no key was left that does not expire. Needs the .NET SDK and redis-server.
#
# test/chaos.sh --near --seconds 60: three processes with near caches read while a fourth one changes everything, and connections, networks, processes and
# the server fail. Prints how much was read, how old it was at worst and how soon changes are seen; the exit code is 0 only if nothing was read that had been
# out of date for more than a second.
#
# test/chaos.sh --rogue --seconds 600: an endpoint whose writes outlive its requests, beside other pages, and a thread that poisons the shared array pool.
# Prints the answers checked and the foreign bytes found; the exit code is 0 only if there were none.
#
# test/chaos.sh --stalled --seconds 3: HTTP/2 clients with a window of zero beside a hot page, three times, and in front of 20 followers. Prints the hits
# without and with them, and the followers' waits; the exit code is 0 only if the page kept nine hits of ten.
set -euo pipefail

folder="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/RedisExpiryCache.ChaosTests"
dotnet build "$folder" --nologo -v quiet -nodeReuse:false
exec "$folder/bin/Debug/net10.0/RedisExpiryCache.ChaosTests" chaos "$@"
