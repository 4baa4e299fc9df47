# What one can do here. `make help` lists it.
SHELL := /bin/bash

help: ## list what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

build: ## one static binary, bin/plenum
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/plenum ./cmd/plenum

check: ## everything that must hold; needs Go alone
	scripts/check.sh

test: ## the tests, without the race detector
	go test -shuffle=on ./...

lint: ## gofmt, vet, staticcheck
	scripts/check.sh lint

golden: ## write the golden files anew, to be looked at before they are committed
	go test ./activity ./config ./content ./delivery ./feed ./store ./cmd/... -update
	go test . -run Examples -update

fuzz: ## each fuzz target for a minute
	scripts/fuzz.sh 1m

guards: ## takes guards out of a copy of the tree, one at a time: the tests must notice; minutes
	go run ./scripts/guards

bench: ## speed and memory beside their ceilings, in one run
	go run ./bench

bench-delivery: ## how fast posts come to followers, beside a bare loop, in one run
	go run ./bench -delivery

bench-inbox: ## how fast an inbox takes what is sent to it, beside a bare handler, in one run
	go run ./bench -inbox

bench-outbox: ## how fast an outbox takes posts, beside a bare handler, in one run
	go run ./bench -outbox

bench-attack: ## honest requests beside an attack, and without it, in one run
	go run ./bench -attack

interop: ## a follower that none of us wrote, pages in a browser; needs Node and Chromium
	interop/run.sh

run: ## an instance for development in ./dev
	go run ./cmd/plenum quickstart --development --dir dev && go run ./cmd/plenum serve --config dev/plenum.toml

.PHONY: help build check test lint golden fuzz guards bench bench-delivery bench-inbox bench-outbox bench-attack interop run
