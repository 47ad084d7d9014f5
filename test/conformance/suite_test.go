//go:build conformance

package conformance

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// result of one test of an SDK's own suite.
type result struct {
	name    string
	outcome string // "pass", "fail" or "skip"
	output  string
}

// judge compares what a suite said with the list of what is known to fail and
// to be skipped, and fails on every difference, in either direction: the list
// can only shrink together with what it lists.
func judge(t *testing.T, list string, results []result) {
	t.Helper()
	known := expectations(t, list)
	counts := map[string]int{}
	for _, r := range results {
		counts[r.outcome]++
		want, listed := known[r.name]
		if !listed {
			want = "pass"
		}
		delete(known, r.name)
		switch {
		case r.outcome == want:
		case r.outcome == "pass":
			t.Errorf("%s passes: strike it from %s", r.name, list)
		default:
			t.Errorf("%s: %s, expected %s\n%s", r.name, r.outcome, want, r.output)
		}
	}
	for name := range known {
		t.Errorf("%s is in %s, and there is no such test", name, list)
	}
	t.Logf("%d tests: %d passed, %d failed, %d skipped", len(results), counts["pass"], counts["fail"], counts["skip"])
}

// expectations reads lines of "fail|skip NAME -- REASON"; a line without a
// reason is an error.
func expectations(t *testing.T, list string) map[string]string {
	t.Helper()
	f, err := os.Open(list)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	known := map[string]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		outcome, rest, _ := strings.Cut(line, " ")
		name, reason, ok := strings.Cut(rest, " -- ")
		if !ok || reason == "" || !slices.Contains([]string{"fail", "skip"}, outcome) || known[name] != "" {
			t.Fatalf("%s: cannot read %q", list, line)
		}
		known[name] = outcome
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return known
}

// distinct numbers the tests that share a name, in the order of their results.
func distinct(results []result) []result {
	seen := map[string]int{}
	for i := range results {
		seen[results[i].name]++
		if n := seen[results[i].name]; n > 1 {
			results[i].name += fmt.Sprintf(" #%d", n)
		}
	}
	return results
}

// save writes the results where TINTYPE_RESULTS says, one line a test with
// the first line of what went wrong.
func save(t *testing.T, results []result) {
	t.Helper()
	path := os.Getenv("TINTYPE_RESULTS")
	if path == "" {
		return
	}
	var b strings.Builder
	for _, r := range results {
		fmt.Fprintf(&b, "%s %s -- %s\n", r.outcome, r.name, strings.ReplaceAll(r.output, "\n", "\\n"))
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
