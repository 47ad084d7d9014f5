package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tintype/internal/engine/ffmpeg"
	"tintype/internal/engine/vips"
	"tintype/internal/media"
)

// Probe looks at the header by own code first, so that what would cost too
// much never meets a decoder, and then has a worker decode the picture.
func (p *Pool) Probe(ctx context.Context, src Source, want media.Kind) (media.Kind, media.Info, error) {
	h, err := p.header(src)
	if err != nil {
		return "", media.Info{}, fmt.Errorf("probe: %w", err)
	}
	switch {
	case want == media.KindImage && h.Kind != media.KindImage:
		return "", media.Info{}, fmt.Errorf("probe: %w", errNoPicture())
	case want == media.KindVideo && h.Kind != media.KindVideo:
		return "", media.Info{}, fmt.Errorf("probe: %w", media.Errorf(media.Invalid, "The file is neither video nor audio"))
	case h.Kind == media.KindVideo:
		info, err := p.probeVideo(ctx, src, h.Format)
		return media.KindVideo, info, err
	case h.Kind == media.KindRaw:
		return media.KindRaw, media.Info{Bytes: src.Size()}, nil
	}
	info, err := p.probePicture(ctx, src, h)
	return media.KindImage, info, err
}

func (p *Pool) probePicture(ctx context.Context, src Source, h header) (media.Info, error) {
	if _, err := loaderFor(h.Format); err != nil {
		return media.Info{}, fmt.Errorf("probe: %w", err)
	}
	j, err := newJob(request{Kind: jobProbe, Formats: []string{h.Format}}, []Source{src}, 0)
	if err != nil {
		return media.Info{}, fmt.Errorf("probe: %w", err)
	}
	defer j.closeFiles()
	j.timeout = p.cfg.ProbeTimeout
	rep, err := p.do(Patient(ctx, probePatience), j)
	if err != nil {
		return media.Info{}, fmt.Errorf("probe: %w", err)
	}
	if len(rep.Infos) != 1 {
		return media.Info{}, fmt.Errorf("probe: worker answers %d descriptions", len(rep.Infos))
	}
	info := rep.Infos[0]
	info.Bytes = src.Size()
	info.Animated = h.Animated && info.Pages > 1
	return info, nil
}

// probePatience is how long a probe waits for a worker: its file is here
// already.
const probePatience = 10 * time.Second

// probeVideo asks ffprobe, a process of its own that takes a worker's place
// for so long.
func (p *Pool) probeVideo(ctx context.Context, src Source, format string) (media.Info, error) {
	s, err := p.acquire(Patient(ctx, probePatience))
	if err != nil {
		return media.Info{}, fmt.Errorf("probe: %w", err)
	}
	defer p.release(s)
	f, err := openForWorker(src)
	if err != nil {
		return media.Info{}, fmt.Errorf("probe: %w", err)
	}
	defer f.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.base, cancel)()
	info, err := ffmpeg.Probe(ctx, f, format, ffmpeg.Config{
		Command: append(slices.Clone(p.cfg.Command), "exec"),
		Timeout: p.cfg.ProbeTimeout,
		Memory:  int64(p.cfg.Memory),
	})
	if err != nil {
		return media.Info{}, fmt.Errorf("probe: %w", err)
	}
	return info, nil
}

// probe is the worker's part: it describes the picture and decodes it once.
func probe(src *source, lim Limits) (media.Info, error) {
	var scope vips.Scope
	defer scope.Close()
	im, err := src.open(&scope, 1)
	if err != nil {
		return media.Info{}, src.damaged(err)
	}
	info := describe(im, src.format)
	if err := lim.check(header{Format: src.format, Kind: media.KindImage, Width: im.Width(), Height: im.Height(), Pages: 1}); err != nil {
		return media.Info{}, err
	}
	return info, src.prove(&scope, info)
}

// describe reads what the decoder says of the picture's first page.
func describe(im *vips.Image, format string) media.Info {
	info := media.Info{
		Format: format,
		Width:  im.Width(), Height: im.Height(),
		Pages: im.Int("n-pages", 1),
		Alpha: im.HasAlpha(),
		Space: im.Interpretation(),
		ICC:   im.Has("icc-profile-data"),
	}
	if format == "avif" || format == "heic" || format == "ico" {
		// Further pages are other pictures: they are not part of this one.
		info.Pages = 1
	}
	if o := im.Int("orientation", 0); o >= 1 && o <= 8 {
		info.Orientation = o
	}
	if info.Orientation >= 5 {
		info.Width, info.Height = info.Height, info.Width
	}
	return info
}
