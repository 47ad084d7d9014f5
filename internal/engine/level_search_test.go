package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tintype/internal/engine/vips"
	"tintype/internal/transform"
)

var levelNames = []transform.Level{transform.LevelBest, transform.LevelGood, transform.LevelEco, transform.LevelLow}

// sample is a picture to be encoded, and how it looks.
type sample struct {
	name string
	p    *picture
	luma shadePlane
}

// attempt is a picture encoded.
type attempt struct {
	bytes, quality, tries int
	loss                  float64
	helpless              bool // more quality hardly helped
}

// encodeAt is fixed quality, encodeTo a level, counted and measured as encodeLevel does it.
func (s sample) encodeAt(t *testing.T, format string, quality int) attempt {
	t.Helper()
	sv, err := saverFor(format)
	must(t, err)
	reader, err := loaderFor(format)
	must(t, err)
	b, err := s.p.write(sv, transform.PlanOutput{Format: format, Quality: quality})
	must(t, err)
	made, err := s.p.reread(reader, b)
	must(t, err)
	return attempt{bytes: len(b), quality: quality, tries: 1, loss: 1 - s.luma.similarity(made)}
}

func (s sample) encodeTo(t *testing.T, format string, l transform.Level) attempt {
	t.Helper()
	search := newLevelSearch(levels[l], format, firstQualities[l], halved(s.p.width(), s.p.height()))
	var made []attempt
	for {
		made = append(made, s.encodeAt(t, format, search.quality))
		if search.last() || search.settles(made[len(made)-1].loss) {
			a := made[search.taken-1]
			a.tries, a.helpless = len(made), search.taken < len(made)
			return a
		}
	}
}

// firstQualities are those that a plan begins with.
var firstQualities = map[transform.Level]int{transform.LevelBest: 88, transform.LevelGood: 78, transform.LevelEco: 64, transform.LevelLow: 50}

// mustMake holds the engine to what the search came to.
func (s sample) mustMake(t *testing.T, format string, l transform.Level, a attempt) {
	t.Helper()
	sv, err := saverFor(format)
	must(t, err)
	b, err := s.p.encodeLevel(sv, transform.PlanOutput{Format: format, Quality: firstQualities[l], Level: l})
	must(t, err)
	if len(b) != a.bytes {
		t.Errorf("%s as %s, %s: %d bytes, the search found %d", s.name, format, l, len(b), a.bytes)
	}
}

// goal is the loss of a level that a result may have.
func (s sample) goal(l transform.Level) float64 {
	if halved(s.p.width(), s.p.height()) {
		return levels[l].loss
	}
	return 2 * levels[l].loss
}

// numbered are files that differ from others in a number only.
var numbered = regexp.MustCompile(`_\d+\.[a-z]+$`)

// photographs are the stills of the folder that TINTYPE_QUALITY_MEDIA names,
// reduced to a width where they are wider; painted ones without it. Of files
// that differ in a number only the first is taken.
func photographs(t *testing.T, s *vips.Scope, width int) (all []sample) {
	t.Helper()
	dir := os.Getenv("TINTYPE_QUALITY_MEDIA")
	if dir == "" {
		for i, soft := range []float64{0.9, 1.5, 3, 0.5, 0} {
			v := photograph(width, width*(3+i)/5)
			p := &picture{scope: s, src: &source{loader: loader{format: "png"}}, im: vipsImage(t, s, v), pages: 1}
			if soft > 0 {
				must(t, p.do(transform.OpBlur{Sigma: soft}))
			}
			must(t, p.toMemory())
			all = append(all, sampled(t, fmt.Sprint("painted, blurred by ", soft), p))
		}
		return all
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	must(t, err)
	seen := map[string]bool{}
	for _, name := range names {
		base := filepath.Base(name)
		series := numbered.ReplaceAllString(base, "")
		format := map[string]string{".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".webp": "webp", ".avif": "avif"}[filepath.Ext(name)]
		if format == "" || seen[series] {
			continue
		}
		b, err := os.ReadFile(name)
		must(t, err)
		l, err := loaderFor(format)
		must(t, err)
		head, err := s.Make(l.op, vips.Args{"buffer": b, "fail": true})
		if err == nil {
			head, err = s.Memory(head) // what is damaged is left out
		}
		if err != nil || min(head.Width(), head.Height()) < 200 {
			continue
		}
		w, h := head.Width(), head.Height()
		if head.Int("orientation", 1) >= 5 {
			w, h = h, w
		}
		var ops []transform.Op
		if w > width {
			ops = append(ops, transform.OpResize{Width: width, Height: h * width / w})
		}
		plan := planFor(t, transform.PlanInput{Width: w, Height: h}, transform.PlanOutput{}, ops...)
		p, err := render(s, mapped(t, format, b), plan)
		if err == nil {
			err = p.ontoBackground(transform.White)
		}
		if err == nil {
			err = p.toMemory()
		}
		if err != nil {
			t.Logf("%s is left out: %v", base, err)
			continue
		}
		seen[series] = true
		all = append(all, sampled(t, base, p))
	}
	return all
}

func sampled(t *testing.T, name string, p *picture) sample {
	t.Helper()
	luma, err := p.luma(p.im, p.height())
	must(t, err)
	return sample{name, p, luma}
}

// TestLevelsOfPhotographs prints, with -v, how levels of quality compare with
// a fixed quality of 80, and holds them to what they promise: at most two
// encodings on average, and a loss that is no more than a third above the
// level's unless the level's highest quality is taken or more quality hardly
// helps.
func TestLevelsOfPhotographs(t *testing.T) {
	t.Parallel()
	widths := []int{1600, 400}
	if os.Getenv("TINTYPE_QUALITY_MEDIA") == "" {
		widths = []int{520, 260}
	}
	var one, sums strings.Builder
	type total struct{ tries, n int }
	tries := map[transform.Level]*total{}
	for _, width := range widths {
		var s vips.Scope
		defer s.Close()
		samples := photographs(t, &s, width)
		for _, format := range []string{"jpeg", "webp", "avif"} {
			fixed := make([]attempt, len(samples))
			for i, p := range samples {
				fixed[i] = p.encodeAt(t, format, 80)
			}
			tallied(&sums, width, format, "80", fixed, fixed)
			for _, l := range levelNames {
				made := make([]attempt, len(samples))
				if tries[l] == nil {
					tries[l] = &total{}
				}
				for i, p := range samples {
					a := p.encodeTo(t, format, l)
					made[i] = a
					tries[l].tries, tries[l].n = tries[l].tries+a.tries, tries[l].n+1
					if over := a.loss / p.goal(l); over > 4.0/3 && a.quality < levels[l].high && !a.helpless {
						t.Errorf("%s, %d wide as %s, %s: quality %d loses %.2f times what the level allows", p.name, width, format, l, a.quality, over)
					}
					if l == transform.LevelGood {
						p.mustMake(t, format, l, a)
						fmt.Fprintf(&one, "| %s | %d | %s | %d | %.4f | %d | %d | %.4f | %d |\n", p.name, p.p.width(), format,
							(fixed[i].bytes+512)/1024, 1-fixed[i].loss, a.quality, (a.bytes+512)/1024, 1-a.loss, a.tries)
					}
				}
				tallied(&sums, width, format, string(l), made, fixed)
			}
		}
	}
	for l, n := range tries {
		if mean := float64(n.tries) / float64(n.n); mean > 2 {
			t.Errorf("%s takes %.2f encodings on average", l, mean)
		}
	}
	t.Logf("\n| width | format | quality | median quality | bytes | median against q80 | mean SSIM | least SSIM | encodings |\n|---|---|---|---|---|---|---|---|---|\n%s", &sums)
	t.Logf("\n| picture | px wide | format | KiB at q80 | SSIM at q80 | q chosen | KiB | SSIM | encodings |\n|---|---|---|---|---|---|---|---|---|\n%s", &one)
}

// tallied writes the row of a level: bytes and encodings of all pictures
// together, and the median over pictures of how large each is against q80.
func tallied(to *strings.Builder, width int, format, level string, made, fixed []attempt) {
	bytes, tries, ssim, least := 0, 0, 0.0, 1.0
	var qualities []int
	var ratios []float64
	for i, a := range made {
		bytes, tries = bytes+a.bytes, tries+a.tries
		ratios = append(ratios, float64(a.bytes)/float64(fixed[i].bytes))
		ssim += 1 - a.loss
		least = min(least, 1-a.loss)
		qualities = append(qualities, a.quality)
	}
	slices.Sort(qualities)
	slices.Sort(ratios)
	n := float64(len(made))
	fmt.Fprintf(to, "| %d | %s | %s | %d | %d | %.2f | %.4f | %.4f | %.2f |\n", width, format, level,
		qualities[len(qualities)/2], bytes, ratios[len(ratios)/2], ssim/n, least, float64(tries)/n)
}

func TestLossCurves(t *testing.T) {
	t.Parallel()
	for format, c := range lossCurves {
		for q := 16; q <= 96; q++ {
			v := c.at(float64(q))
			if q > 16 && v >= c.at(float64(q-1)) {
				t.Errorf("%s: no less is lost at %d than at %d", format, q, q-1)
			}
			if got := c.quality(v + 1e-9); got != q {
				t.Errorf("%s: the quality of %v is %d, not %d", format, v, got, q)
			}
		}
	}
}
