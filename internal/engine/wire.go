package engine

import (
	"tintype/internal/media"
	"tintype/internal/transform"
)

// The messages between a pool and its workers: one JSON object per packet,
// with the descriptors of sources first and of results after them.

// hello is the first packet to a worker.
type hello struct {
	Memory uint64
	Limits Limits
}

// ready is a worker's answer to hello.
type ready struct {
	Error   string `json:",omitempty"`
	Sandbox string // what shuts the worker in, for people
	Walled  bool   // files and network are both shut off
	Library string // libvips' version
	SIMD    bool
}

// jobKind says what a worker has to do.
type jobKind string

const (
	jobProbe   jobKind = "probe"
	jobMeasure jobKind = "measure"
	jobRender  jobKind = "render"
	jobTry     jobKind = "try formats"
	jobCompose jobKind = "compose"
)

// request is one job. Formats has the format of each source, as its header
// says, or formatFont or formatLUT; Plans has one entry per result.
type request struct {
	Kind     jobKind
	Formats  []string           `json:",omitempty"`
	Plans    []transform.Plan   `json:",omitempty"`
	Question transform.Question `json:",omitempty"`
	Compose  *composeJob        `json:",omitempty"`
	// Large: the request itself is in the first descriptor.
	Large bool `json:",omitempty"`
}

// reply is the answer to a request.
type reply struct {
	Error   *wireError       `json:",omitempty"`
	Infos   []media.Info     `json:",omitempty"`
	Answer  transform.Answer `json:",omitzero"`
	Formats []FormatSupport  `json:",omitempty"`
	// Unwritten names scripts that no font is there for.
	Unwritten []string `json:",omitempty"`
	// Replaced are familiar fonts for which none that fits is there.
	Replaced []Replaced `json:",omitempty"`
	// Worn: the worker must not get another job.
	Worn bool `json:",omitempty"`
}

// wireError is a *media.Error on its way out of a worker.
type wireError struct {
	Code    media.Code
	Message string
	Detail  string
	Limit   *media.LimitError `json:",omitempty"`
	// Spent: the failure may come of the worker's own condition, so that it
	// is to be replaced, and the job to be tried on a fresh one.
	Spent bool `json:",omitempty"`
}
