#!/usr/bin/env bash
# Builds everything, runs every test project and the HTTP cache tests (test/conformance, which count as one). The last line is
# the sum; the exit code is 0 only if tests ran, all of them passed and none was skipped. Needs the .NET SDK; installs
# redis-server, node, npm and chromium where apt-get can.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
limit="${TEST_TIME_LIMIT:-900}" # seconds a project may take before it counts as hanging: on a busy machine one takes 450
reports="$(mktemp -d)"
running=""
passed=0 failed=0 skipped=0
: >"$reports/failures"

finish() {
    [[ -z "$running" ]] || kill "$running" 2>/dev/null || true
    rm -rf "$reports"
}
trap finish EXIT
trap 'exit 130' INT TERM

# An array that may be empty is written ${name[@]+"${name[@]}"}, for the bash of macOS.

# Debian starts a service as soon as it is installed. The tests start their own servers, and nobody asked for another one
# on port 6379.
install_with_apt() {
    local sudo=() policy=/usr/sbin/policy-rc.d ours=""
    [[ "$(id -u)" -eq 0 ]] || sudo=(sudo)
    if [[ ! -e "$policy" ]]; then
        printf '#!/bin/sh\nexit 101\n' | ${sudo[@]+"${sudo[@]}"} tee "$policy" >/dev/null
        ${sudo[@]+"${sudo[@]}"} chmod +x "$policy"
        ours=yes
    fi
    local outcome=0
    ${sudo[@]+"${sudo[@]}"} apt-get update || outcome=$?
    ${sudo[@]+"${sudo[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" || outcome=$?
    [[ -z "$ours" ]] || ${sudo[@]+"${sudo[@]}"} rm -f "$policy"
    return "$outcome"
}

need_redis() {
    if PATH="$PATH:/usr/sbin:/usr/local/bin:/opt/homebrew/bin" command -v redis-server >/dev/null; then
        return
    fi
    if ! command -v apt-get >/dev/null; then
        echo "The tests need redis-server 6.2 or newer on the PATH (macOS: brew install redis; Fedora: dnf install redis)." >&2
        exit 1
    fi
    echo "== Installing redis-server"
    install_with_apt redis-server
}

need_node() {
    if command -v node >/dev/null && command -v npm >/dev/null; then
        return
    fi
    if ! command -v apt-get >/dev/null; then
        echo "The HTTP cache tests need node 16 or newer and npm on the PATH (macOS: brew install node; Fedora: dnf install nodejs npm)." >&2
        exit 1
    fi
    echo "== Installing node and npm"
    install_with_apt nodejs npm
}

need_chromium() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$name" >/dev/null && command -v chromedriver >/dev/null; then
            return
        fi
    done
    if ! command -v apt-get >/dev/null; then
        echo "The browser tests need Chromium or Chrome, and its chromedriver, on the PATH (macOS: brew install --cask chromium chromedriver)." >&2
        exit 1
    fi
    echo "== Installing chromium and its driver"
    if ! install_with_apt chromium chromium-driver; then
        echo "The browser tests need Chromium or Chrome, and its chromedriver, on the PATH. Debian has both as packages; on Ubuntu take Google's." >&2
        exit 1
    fi
}

# One number of the <assembly> element of a report, 0 if it is not there.
number() {
    local found
    found="$(sed -n "s/.*<assembly [^>]*[[:space:]]$2=\"\([0-9][0-9]*\)\".*/\1/p" "$1" | head -n 1)"
    echo "${found:-0}"
}

# Named again at the end, with what each says: of a long log, often only the end is at hand. What begins with "<" is a record,
# such as: test name="…" result="Fail" …> or: message>…, the text up to the next tag. An error is outside of a test, as of a fixture.
list_failures() {
    awk -v project="$1" -v RS='<' '
        function text(xml) { gsub(/&lt;/, "<", xml); gsub(/&gt;/, ">", xml); gsub(/&quot;/, "\"", xml); gsub(/&#x[AaDd];/, " ", xml); gsub(/&amp;/, "\\&", xml); return xml }
        function attribute(name) { return match($0, " " name "=\"[^\"]*\"") ? text(substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)) : "" }
        /^test / { failed = attribute("result") == "Fail" ? attribute("name") : "" }
        /^error / { failed = attribute("type") " " attribute("name") }
        /^message>/ && failed != "" {
            print "failed: " project ": " failed
            count = split(text(substr($0, 9, 800)), lines, "\n")
            for (i = 1; i <= count && i <= 8; i++) print "    " lines[i]
            failed = ""
        }' "$2" >>"$reports/failures"
}

# In the background, because bash would not react to Ctrl-C before the tests are over. `timeout` passes the signal on.
run_with_limit() {
    local guard=()
    if command -v timeout >/dev/null; then guard=(timeout --kill-after=20 "$limit"); fi
    ${guard[@]+"${guard[@]}"} "$@" &
    running=$!
    local outcome=0
    wait "$running" || outcome=$?
    running=""
    return "$outcome"
}

run_project() {
    local folder name report outcome=0 bad options=(-noLogo -longRunning 60)
    folder="$(dirname "$1")" name="$(basename "$1" .csproj)" report="$reports/$(basename "$1").xml"
    [[ -t 1 ]] || options+=(-noColor)
    echo "== $name"
    run_with_limit "$folder/bin/Debug/net10.0/$name" "${options[@]}" -result-xml "$report" || outcome=$?
    if [[ ! -s "$report" ]]; then
        echo "$name ended with code $outcome and left no report (124 and 137: it hung for $limit s)." | tee -a "$reports/failures" >&2
        failed=$((failed + 1))
        return
    fi
    # What was not run because it is marked as explicit has been skipped, whatever it is called.
    bad=$(($(number "$report" failed) + $(number "$report" errors)))
    passed=$((passed + $(number "$report" passed)))
    skipped=$((skipped + $(number "$report" skipped) + $(number "$report" not-run)))
    failed=$((failed + bad))
    list_failures "$name" "$report"
    if [[ "$outcome" -ne 0 && "$bad" -eq 0 ]]; then
        echo "$name reports no failure, but ended with code $outcome." | tee -a "$reports/failures" >&2
        failed=$((failed + 1))
    fi
}

run_conformance() {
    local outcome=0
    echo "== Conformance"
    run_with_limit "$root/test/conformance/run.sh" --no-build || outcome=$?
    if [[ "$outcome" -eq 0 ]]; then
        passed=$((passed + 1))
    else
        echo "The HTTP cache tests ended with code $outcome (124 and 137: they hung for $limit s)." | tee -a "$reports/failures" >&2
        failed=$((failed + 1))
    fi
}

need_redis
need_node
need_chromium
echo "== Building"
dotnet build "$root/RedisExpiryCache.sln" --nologo -v quiet -nodeReuse:false

for project in "$root"/test/*Tests/*.csproj; do
    if grep -q 'Include="xunit.v3"' "$project"; then
        run_project "$project"
    fi
done
run_conformance

cat "$reports/failures"
echo "$passed passed, $failed failed, $skipped skipped"
[[ "$passed" -gt 0 && "$failed" -eq 0 && "$skipped" -eq 0 ]]
