package script

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"tintype/internal/media"
)

// TestMain lets the test binary be a script's process.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "script" {
		os.Exit(Serve(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

func runner(t *testing.T, cfg Config) *Runner {
	t.Helper()
	if cfg.Timeout == 0 {
		cfg.Timeout = 20 * time.Second // a busy machine starts processes slowly
	}
	cfg.Wait = time.Minute
	r, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRun(t *testing.T) {
	t.Parallel()
	r := runner(t, Config{})
	for _, c := range []struct{ code, want, updates string }{
		{`upload_options["context"] = "width=" + resource_info["width"]`, `{"context":"width=241"}`, ""},
		{`if (resource_info.width > 200) { upload_options.tags = ["wide", 'x']; upload_options["quality_analysis"] = true }`, `{"tags":["wide","x"],"quality_analysis":true}`, ""},
		{`upload_options = {n: 1.5, nothing: undefined}`, `{"n":1.5}`, ""},
		{`JSON.stringify = null; JSON = 3; upload_options.a = "b"`, `{"a":"b"}`, ""},
		{`current_asset.update({tags: ["a"]}); current_asset.update({context: {k: "v"}})`, `{}`, `{"tags":["a"]} {"context":{"k":"v"}}`},
		{`current_asset.update(function() {}); current_asset.update()`, `{}`, ``},
	} {
		got, err := r.Run(t.Context(), Script{Code: c.code, Recorders: []string{"current_asset"}, Values: map[string]any{
			"resource_info": map[string]any{"width": 241}, "upload_options": map[string]any{},
		}})
		if err != nil {
			t.Errorf("%s: %v", c.code, err)
			continue
		}
		var updates []string
		for _, u := range got.Updates {
			updates = append(updates, string(u))
		}
		if string(got.Values["upload_options"]) != c.want || strings.Join(updates, " ") != c.updates {
			t.Errorf("%s: %s, updates %v", c.code, got.Values["upload_options"], updates)
		}
	}
}

// Whatever a script does, it costs its own request an error and nobody else
// anything.
func TestHostileScripts(t *testing.T) {
	t.Parallel()
	// The clock is short for those that only time ends.
	slow, fast := runner(t, Config{}), runner(t, Config{Timeout: 3 * time.Second})
	for name, c := range map[string]struct {
		r    *Runner
		code string
		says string
	}{
		"loop":               {fast, `for (;;) {}`, "The script"},
		"regular expression": {fast, `/^((((a+)+)+)+)+\1$/.test("a".repeat(60) + "b"); /(a+)+\1$/.test("a".repeat(60) + "b"); for (;;) {}`, "The script"},
		"one large text":     {slow, `var s = "x".repeat(1024 * 1024 * 1024)`, ""},
		"doubling":           {slow, `var s = "xxxxxxxx"; for (;;) { s += s }`, ""},
		"many arrays":        {slow, `var a = []; for (;;) { a.push(new Array(1000).fill(7)) }`, ""},
		"buffer":             {slow, `new ArrayBuffer(1e10)`, ""},
		"recursion":          {slow, `function f() { f() } f()`, ""},
		"caught recursion":   {fast, `function f() { try { f() } finally { f() } } f()`, ""},
		"deep values":        {slow, `var o = {}; for (var i = 0; i < 1e6; i++) { o = {o: o} } upload_options.o = o`, ""},
		"a circle":           {slow, `upload_options.me = upload_options`, "upload_options is no JSON"},
		"loop in toJSON":     {fast, `upload_options.toJSON = function() { for (;;) {} }`, "The script"},
		"throw":              {slow, `throw new Error("no good")`, "The script failed: Error: no good"},
		"loop in toString":   {fast, `throw {toString: function() { for (;;) {} }}`, "The script"},
		"unknown":            {slow, `nothing.here`, "nothing is not defined"},
		"syntax":             {slow, `if (`, "The script failed: SyntaxError: (anonymous)"},
		"no files":           {slow, `require("fs").readFileSync("/etc/passwd")`, "require is not defined"},
		"no process":         {slow, `process.exit(0)`, "process is not defined"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			_, err := c.r.Run(t.Context(), Script{Code: c.code, Values: map[string]any{"upload_options": map[string]any{}}})
			if media.CodeOf(err) != media.Invalid || !strings.Contains(media.MessageOf(err), c.says) {
				t.Errorf("after %v: %v", time.Since(begin), err)
			}
		})
	}
}

func TestLimitsOfRunning(t *testing.T) {
	t.Parallel()
	r := runner(t, Config{})
	if _, err := r.Run(t.Context(), Script{Code: strings.Repeat(" ", codeMax+1)}); media.CodeOf(err) != media.Invalid {
		t.Errorf("a long script: %v", err)
	}
	if _, err := r.Run(t.Context(), Script{Values: map[string]any{"v": strings.Repeat("x", inputMax)}}); media.CodeOf(err) != media.Invalid {
		t.Errorf("large values: %v", err)
	}
	if _, err := r.Run(t.Context(), Script{Code: `v = "x".repeat(2 << 20)`, Values: map[string]any{"v": 1}}); media.CodeOf(err) != media.Invalid {
		t.Errorf("a large outcome: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Run(ended, Script{}); err != context.Canceled {
		t.Errorf("a caller that left: %v", err)
	}
	full, err := New(Config{AtOnce: 1, Wait: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	full.slots <- struct{}{}
	if _, err := full.Run(t.Context(), Script{}); media.CodeOf(err) != media.Limited {
		t.Errorf("a full house: %v", err)
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	r := runner(t, Config{AtOnce: 2})
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			got, err := r.Run(t.Context(), Script{Code: "v = v + 1", Values: map[string]any{"v": 1}})
			if err != nil || string(got.Values["v"]) != "2" {
				t.Errorf("%s, %v", got.Values["v"], err)
			}
		})
	}
	wg.Wait()
}
