#!/usr/bin/env bash
# Runs the HTTP cache tests of cache-tests.fyi against examples/EdgeCache and compares the score with score.json.
# Needs the .NET SDK, node 16 or newer and npm; a Redis of your own where ConnectionStrings__Redis names one.
#
#   test/conformance/run.sh               fails when a test fails that score.json does not list
#   test/conformance/run.sh --record      writes score.json instead
#   test/conformance/run.sh --json FILE   writes every result there, too
#   test/conformance/run.sh --no-build    takes EdgeCache as it was built last
#
# CONFORMANCE_TESTS=folder takes the suite from there, a checkout whose npm packages are installed; its score is only printed.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
installed="$here/obj"
logs="$(mktemp -d)"
started=()
build=yes
options=()

finish() {
    local pid
    for pid in ${started[@]+"${started[@]}"}; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$logs"
}
trap finish EXIT
trap 'exit 130' INT TERM

fail() {
    echo "$1" >&2
    exit 1
}

install_suite() {
    if cmp -s "$here/package.json" "$installed/node_modules/package.json"; then
        return
    fi
    echo "== Installing the HTTP cache tests"
    rm -rf "$installed"
    mkdir -p "$installed"
    cp "$here/package.json" "$installed"
    npm install --prefix "$installed" --no-package-lock --ignore-scripts --no-bin-links --no-audit --no-fund --loglevel=error ||
        fail "npm could not install what test/conformance/package.json names. It needs the network."
    # Last: so an installation that broke off is not taken for one.
    cp "$here/package.json" "$installed/node_modules"
}

# Starts a server with its log in a file, and sets `address` to what the log says it listens on.
start() {
    local log="$logs/$1" pattern="$2" deadline=$((SECONDS + 60)) pid
    shift 2
    "$@" >"$log" 2>&1 &
    pid=$!
    started+=("$pid")
    address=""
    while [[ -z "$address" ]]; do
        address="$(sed -n "s|.*$pattern *\(http://[^ /]*\).*|\1|p" "$log" | head -n 1)"
        if [[ -z "$address" ]] && { ! kill -0 "$pid" 2>/dev/null || [[ "$SECONDS" -ge "$deadline" ]]; }; then
            cat "$log" >&2
            fail "This did not start: $*"
        fi
        sleep 0.1
    done
}

while [[ $# -gt 0 ]]; do
    case "$1" in
        --no-build) build="" ;;
        --record) options+=("$1") ;;
        --json) [[ $# -gt 1 ]] || fail "--json needs a file."; options+=("$1" "$2"); shift ;;
        *) fail "Not understood: $1" ;;
    esac
    shift
done

node -e 'process.exit(parseInt(process.versions.node) >= 16 ? 0 : 1)' || fail "The HTTP cache tests need node 16 or newer on the PATH."
if [[ -n "${CONFORMANCE_TESTS:-}" ]]; then
    suite="$(cd "$CONFORMANCE_TESTS" && pwd)"
else
    install_suite
    suite="$installed/node_modules/http-cache-tests"
    options+=(--score "$here/score.json")
fi
if [[ -n "$build" ]]; then
    echo "== Building EdgeCache"
    dotnet build "$root/examples/EdgeCache" --nologo -v quiet -nodeReuse:false
fi

engine="$suite"
[[ ! -d "$suite/test-engine" ]] || engine="$suite/test-engine"
start origin "Listening on" node "$here/origin.mjs" "$engine"
# The machines that run this are slow, and a hundred tests start at once: more than a second for Redis.
start edge "listens on" "$root/examples/EdgeCache/bin/Debug/net10.0/EdgeCache" \
    --origin "$address" --urls http://127.0.0.1:0 --Cache:OperationTimeout 00:00:10 --Cache:ResponseCaching:OperationTimeout 00:00:10

echo "== Running the HTTP cache tests"
node --no-warnings "$here/score.mjs" --base "$address" --suite "$suite" ${options[@]+"${options[@]}"}
