#!/usr/bin/env bash
# Everything that must hold before a change is taken. Needs Go alone: what else
# would help and is missing is said loudly.
#   scripts/check.sh        all of it
#   scripts/check.sh lint   without the tests
set -euo pipefail
cd "$(dirname "$0")/.."

loud() { printf '\n*** %s\n\n' "$*" >&2; }

echo "gofmt"
unformatted=$(gofmt -l $(git ls-files --cached --others --exclude-standard '*.go'))
[ -z "$unformatted" ] || { echo "not formatted: $unformatted" >&2; exit 1; }

echo "go vet"
go vet ./...

echo "staticcheck"
go tool staticcheck ./...

[ "${1:-all}" != lint ] || exit 0

race=()
if [ "$(go env CGO_ENABLED)" = 1 ] && command -v "$(go env CC)" >/dev/null 2>&1; then
	race=(-race)
else
	loud "no C compiler: the tests run WITHOUT the race detector"
fi
echo "go test ${race[*]} -shuffle=on ./..."
GORACE=atexit_sleep_ms=0 go test "${race[@]}" -shuffle=on ./...

echo "govulncheck"
status=0
go tool govulncheck ./... || status=$?
case $status in
0) ;;
3) echo "govulncheck found something: see above" >&2; exit 1 ;;
*) loud "govulncheck could not ask its database (no network?): known vulnerabilities were NOT looked for" ;;
esac
echo "check: all of it holds"
