// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// maxBinary is the most that the program may weigh: it is downloaded by people
// with small servers.
const maxBinary = 25 << 20

func TestBinaryIsStaticAndSmall(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds the program anew")
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command: ", err)
	}
	if runtime.GOOS != "linux" {
		t.Skip("ELF is looked into")
	}
	file := filepath.Join(t.TempDir(), "plenum")
	build := exec.Command(goTool, "build", "-buildvcs=false", "-ldflags=-s -w", "-o", file, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.1f MiB", float64(info.Size())/(1<<20))
	if info.Size() > maxBinary {
		t.Errorf("the program has %d bytes, want at most %d", info.Size(), maxBinary)
	}
	f, err := elf.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	libraries, err := f.ImportedLibraries()
	if err != nil || len(libraries) > 0 {
		t.Errorf("the program needs %v, %v: it is to be static", libraries, err)
	}
}

// Events have zones, and small machines and images have no zone files.
func TestZonesAreInTheBinary(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("plenum")
	if err != nil {
		t.Fatal(err)
	}
	p := setUp(t)
	add := []string{program, "coop", "add", "berlin", "--timezone", "Europe/Berlin", "--config", p.config}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skip("no go command: ", err)
	}
	dirs := []string{filepath.Join(strings.TrimSpace(string(root)), "lib", "time")} // a program of the machine that built it looks there too
	var hidden []string
	for _, dir := range append(dirs, "/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/usr/lib/locale/TZ", "/etc/zoneinfo") {
		if _, err := os.Stat(dir); err == nil {
			hidden = append(hidden, dir)
		}
	}
	hide := `for dir in ` + strings.Join(hidden, " ") + `; do mount -t tmpfs none "$dir" || exit 77; done; exec "$@"`
	cmd := exec.Command("unshare", append([]string{"--map-root-user", "--mount", "sh", "-c", hide, "sh"}, add...)...)
	if os.Geteuid() == 0 {
		cmd = exec.Command("unshare", append([]string{"--mount", "sh", "-c", hide, "sh"}, add...)...)
	}
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "GORACE=atexit_sleep_ms=0"}
	out, err := cmd.CombinedOutput()
	if !strings.Contains(string(out), "plenum: ") && !strings.Contains(string(out), "Made @") {
		t.Skipf("the zone files of this machine cannot be hidden here: %v %s", err, out)
	}
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
