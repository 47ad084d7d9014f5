package uploadcare

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"tintype/internal/media"
	"tintype/internal/transform"
)

// picture is a source of which only the size is known: there are no faces,
// and the middle catches the eye.
type picture struct {
	transform.Alone
	info media.Info
}

func (p picture) Info() media.Info { return p.info }

func (p picture) Measure(_ context.Context, q transform.Question) (transform.Answer, error) {
	if strings.HasPrefix(string(q), string(transform.WhatText)) {
		return transform.Answer{Width: 40, Height: 20}, nil
	}
	return transform.Answer{X: 0.5, Y: 0.5}, nil
}

// Layer gives a square of 100 pixels, whatever is asked for.
func (p picture) Layer(context.Context, media.Ref) (transform.Facts, error) {
	return picture{info: media.Info{Format: "png", Width: 100, Height: 100, Pages: 1}}, nil
}

// TestGeometry resolves every row of testdata/geometry.txt: the stored size of
// the source and perhaps its Exif orientation, the operations, the size of the
// result or the error.
func TestGeometry(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/geometry.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	rows, done := 0, 0
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		source, rest, _ := strings.Cut(line, " ")
		ops, want, _ := strings.Cut(rest, " -> ")
		rows++
		t.Run(fmt.Sprintf("%d %s", n, ops), func(t *testing.T) {
			got, later := resolvedSize(source, ops)
			if later {
				t.Skipf("is not resolved yet: %s", got)
			}
			if done++; got != strings.TrimSpace(want) {
				t.Errorf("%s %s gives %s, want %s", source, ops, got, want)
			}
		})
	}
	if rows < 150 || done < 100 {
		t.Errorf("only %d of %d rows", done, rows)
	}
}

// resolvedSize is what a row comes to; later is that a step is not resolved yet.
func resolvedSize(source, ops string) (size string, later bool) {
	info := media.Info{Format: "jpeg", Pages: 1}
	stored, orientation, turned := strings.Cut(source, "@")
	if _, err := fmt.Sscanf(stored, "%dx%d", &info.Width, &info.Height); err != nil {
		return err.Error(), false
	}
	if turned {
		if _, err := fmt.Sscan(orientation, &info.Orientation); err != nil {
			return err.Error(), false
		}
		if info.Orientation >= 5 {
			info.Width, info.Height = info.Height, info.Width
		}
	}
	u, err := splitURL("/" + fileUUID + "/" + longIDs(ops))
	var p parsed
	if err == nil {
		p, err = parseOperations(u.Operations, testLimits)
	}
	if err != nil {
		return "error " + media.MessageOf(err), false
	}
	if p.Output.Format == transform.Auto {
		p.Output.Format = "webp"
	}
	plan, err := transform.Resolve(context.Background(), p.Transformation, picture{info: info}, transform.Limits{})
	if err != nil {
		return "error " + media.MessageOf(err), media.CodeOf(err) == media.Unsupported
	}
	if err := plan.Check(); err != nil {
		return "plan: " + err.Error(), false
	}
	return fmt.Sprintf("%dx%d", plan.Width, plan.Height), false
}
