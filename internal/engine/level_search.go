package engine

import (
	"math"

	"tintype/internal/transform"
)

// level is what a level of quality allows: a loss, which is one minus the
// mean structural similarity of luma, and the qualities to look between.
type level struct {
	loss      float64
	low, high int
	first     map[string]int // the quality to begin with, beside that of the plan
}

// The losses are those of usual photographs as JPEG at 88, 78, 64 and 50.
// What is compared in its own size, not in half of it, loses twice as much by
// the same quality, and looks the same.
var levels = map[transform.Level]level{
	transform.LevelBest: {0.007, 70, 96, map[string]int{"webp": -2, "avif": 2}},
	transform.LevelGood: {0.014, 55, 92, map[string]int{"webp": -6, "avif": 2}},
	transform.LevelEco:  {0.025, 40, 85, map[string]int{"jpeg": -4, "webp": -12, "avif": 2}},
	transform.LevelLow:  {0.036, 25, 78, map[string]int{"jpeg": -8, "webp": -14, "avif": 6}},
}

const (
	// levelOver is by how much the loss of a result may be above the level's,
	// levelUnder by how much that of the first try may be below it for there
	// to be no second one; as logarithms.
	levelOver  = 0.22
	levelUnder = 0.35
	// levelNear is how far from the goal, in steps of quality, is near
	// enough, where the loss is not above it.
	levelNear = 4
	// levelHelps is what share of the usual effect more quality must have to
	// be worth its bytes: grain and lines of one pixel's height lose much
	// whatever the quality.
	levelHelps = 0.5
	// levelTries bounds how often a picture is encoded.
	levelTries = 3
	// levelHalved is by how much less the first quality is of a picture that
	// is compared in half its size.
	levelHalved = 8
)

// lossCurve is the logarithm of a loss at the qualities 16, 20, ... 96,
// counted from that at 80.
type lossCurve [21]float64

// lossCurves are means over photographs, by format. Pictures differ in how
// much they lose much more than in how that changes with quality.
var lossCurves = map[string]lossCurve{
	"jpeg": {1.72, 1.54, 1.40, 1.26, 1.16, 1.06, 0.99, 0.90, 0.84, 0.77, 0.70, 0.62, 0.53, 0.42, 0.30, 0.17, 0.00, -0.21, -0.48, -0.90, -1.58},
	"webp": {1.53, 1.42, 1.30, 1.19, 1.08, 0.99, 0.89, 0.82, 0.73, 0.67, 0.60, 0.53, 0.46, 0.39, 0.32, 0.22, 0.00, -0.25, -0.54, -0.89, -1.29},
	"avif": {2.16, 2.11, 2.00, 1.88, 1.75, 1.62, 1.47, 1.32, 1.17, 1.02, 0.93, 0.78, 0.62, 0.46, 0.30, 0.16, 0.00, -0.25, -0.41, -0.72, -1.06},
}

func (c *lossCurve) at(quality float64) float64 {
	x := (max(16, min(96, quality)) - 16) / 4
	i := min(len(c)-2, int(x))
	return c[i] + (x-float64(i))*(c[i+1]-c[i])
}

// quality is the least at which the curve has come down to a value.
func (c *lossCurve) quality(value float64) int {
	for q := 16; q < 96; q++ {
		if c.at(float64(q)) <= value {
			return q
		}
	}
	return 96
}

// levelSearch looks for the quality of a level: the first try's loss says by
// the format's curve where to look, so that a second one is mostly the last;
// a third one is made where that still loses too much, and the first one is
// taken after all where more quality has hardly helped.
type levelSearch struct {
	level
	quality int // to try next
	curve   lossCurve
	tries   int
	taken   int // the try that is taken, from 1, once it is settled
	// of the try before
	before int
	far    float64
}

func newLevelSearch(l level, format string, first int, halved bool) *levelSearch {
	curve, ok := lossCurves[format]
	if !ok {
		curve = lossCurves["jpeg"]
	}
	first += l.first[format]
	if halved {
		first -= levelHalved
	} else {
		l.loss *= 2
	}
	return &levelSearch{level: l, quality: max(l.low, min(l.high, first)), curve: curve, tries: 1}
}

// last reports that the quality at hand is taken, whatever it loses.
func (s *levelSearch) last() bool {
	if s.tries == levelTries {
		s.taken = s.tries
	}
	return s.taken > 0
}

// settles takes the loss at the quality at hand, and reports that it is known
// which try is to be taken; otherwise it chooses another quality.
func (s *levelSearch) settles(loss float64) bool {
	q, far := s.quality, math.Log(max(1e-6, loss)/s.loss)
	steep := 1.0 // by how much more than others this picture loses with quality
	s.taken = s.tries
	if s.tries > 1 {
		if expected := s.curve.at(float64(q)) - s.curve.at(float64(s.before)); expected != 0 {
			steep = (far - s.far) / expected
		}
		if q > s.before && steep < levelHelps && far > levelOver {
			s.taken = s.tries - 1
			return true
		}
		if far <= levelOver {
			return true
		}
	}
	next := s.curve.quality(s.curve.at(float64(q)) - far/max(levelHelps, min(2.5, steep)))
	next = max(s.low, min(s.high, next))
	if next == q || far <= levelOver && (far >= -levelUnder || q-next <= levelNear) {
		return true
	}
	s.before, s.far, s.quality, s.taken = q, far, next, 0
	s.tries++
	return false
}
