package sandbox

import (
	"os"
	"slices"
	"testing"
)

// TestMain lets the test binary be the process that shuts itself in.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "launch":
			os.Exit(LauncherMain(os.Args[2:]))
		case "inside":
			os.Exit(inside(os.Args[2], os.Args[3:]))
		}
	}
	os.Exit(m.Run())
}

func TestLevelString(t *testing.T) {
	t.Parallel()
	for want, l := range map[string]Level{
		"none":   {},
		"limits": {Limits: true},
		"landlock 7, seccomp, no new privileges, limits": {Limits: true, NoNewPrivs: true, Landlock: 7, Seccomp: true},
	} {
		if got := l.String(); got != want {
			t.Errorf("%+v: %q, want %q", l, got, want)
		}
	}
	if (Level{Landlock: 1}).Full() || (Level{Seccomp: true}).Full() || !(Level{Landlock: 1, Seccomp: true}).Full() {
		t.Error("Full takes both Landlock and seccomp")
	}
}

func TestDefaultPathsExist(t *testing.T) {
	t.Parallel()
	paths := DefaultPaths()
	for _, p := range paths {
		if _, err := os.Stat(p); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
	for _, p := range []string{"/", "/etc", "/home", "/tmp", "/var", "/proc", "/dev", "/usr"} {
		if slices.Contains(paths, p) {
			t.Errorf("%s is too much to read", p)
		}
	}
}

func TestLauncherArgs(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		nil,
		{"--"},
		{"--", "-memory=1"},
		{"--", "-memory=-1", "--", "/bin/true"},
		{"--", "-files=65", "--", "/bin/true"},
		{"--", "-cpu=-1s", "--", "/bin/true"},
		{"--", "-shell", "--", "/bin/true"},
		{"--", "-parent=1", "-memory=x", "--", "/bin/true"},
	} {
		if err := launch(args); err == nil {
			t.Errorf("%q was launched", args)
		}
	}
}
