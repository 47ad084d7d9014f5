package bench

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// treePIDs lists a process and its descendants.
func treePIDs(b *testing.B, pid int) []int {
	b.Helper()
	all := []int{pid}
	children, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		b.Fatal(err)
	}
	for _, file := range children {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // a thread that ended
		}
		for _, field := range strings.Fields(string(text)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				b.Fatal(err)
			}
			all = append(all, treePIDs(b, child)...)
		}
	}
	return all
}

// treeCPU is the CPU time in seconds that a process, its descendants and
// those that they have waited for have used.
func treeCPU(b *testing.B, pid int) float64 {
	b.Helper()
	const ticksPerSecond = 100
	sum := 0.0
	for _, p := range treePIDs(b, pid) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p))
		if err != nil {
			continue
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+2:]))
		for _, field := range fields[11:15] { // utime, stime, cutime, cstime
			ticks, err := strconv.ParseFloat(field, 64)
			if err != nil {
				b.Fatal(err)
			}
			sum += ticks / ticksPerSecond
		}
	}
	return sum
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// treePeak adds up the peak resident memory, in MiB, of a process and its descendants.
func treePeak(b *testing.B, pid int) float64 {
	b.Helper()
	sum := 0.0
	for _, p := range treePIDs(b, pid) {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p))
		if err != nil {
			continue
		}
		if m := highWater.FindSubmatch(status); m != nil {
			kib, err := strconv.ParseFloat(string(m[1]), 64)
			if err != nil {
				b.Fatal(err)
			}
			sum += kib / 1024
		}
	}
	return sum
}

var wrkTotal = regexp.MustCompile(`(\d+) requests in`)

// wrk loads a URL for three seconds over 64 connections and returns how many
// requests were answered.
func wrk(b *testing.B, url string) int {
	b.Helper()
	out, err := exec.Command("wrk", "-t2", "-c64", "-d3s", url).CombinedOutput()
	m := wrkTotal.FindSubmatch(out)
	if err != nil || m == nil || bytes.Contains(out, []byte("Non-2xx")) {
		b.Fatalf("wrk %s: %v\n%s", url, err, out)
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		b.Fatal(err)
	}
	return n
}

type nginxServer struct {
	url string
	pid int
}

// startNginx serves one file as nginx serves files best: sendfile, open-file
// cache, two workers, no log.
func startNginx(b *testing.B, content []byte) nginxServer {
	b.Helper()
	dir := b.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	config := fmt.Sprintf(`daemon off; user root; worker_processes 2; pid %[1]s/pid; error_log %[1]s/error;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nopush on; open_file_cache max=100; keepalive_requests 1000000;
  client_body_temp_path %[1]s/t1; proxy_temp_path %[1]s/t2; fastcgi_temp_path %[1]s/t3; uwsgi_temp_path %[1]s/t4; scgi_temp_path %[1]s/t5;
  server { listen %[2]s; root %[1]s; }
}`, dir, address)
	for name, data := range map[string][]byte{"nginx.conf": []byte(config), "hit.bin": content} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	path, err := exec.LookPath("nginx")
	if err != nil {
		path = "/usr/sbin/nginx"
	}
	cmd := exec.Command(path, "-c", filepath.Join(dir, "nginx.conf"), "-p", dir)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	for range 200 {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return nginxServer{url: "http://" + address, pid: cmd.Process.Pid}
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.Fatal("nginx did not start")
	return nginxServer{}
}
