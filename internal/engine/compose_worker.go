package engine

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"tintype/internal/engine/vips"
	"tintype/internal/media"
)

// composeJob is a composition on its way to a worker, with the places of the
// pictures' bytes in the first descriptor.
type composeJob struct {
	Composition
	Parts []part
}

type part struct {
	Format    string
	At, Bytes int64
}

// compose is the worker's part of Compose.
func compose(j *composeJob, bundle, result *os.File) error {
	info, err := bundle.Stat()
	if err != nil {
		return fmt.Errorf("pictures: %w", err)
	}
	data, err := syscall.Mmap(int(bundle.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_PRIVATE|mapAtOnce)
	if err != nil {
		return fmt.Errorf("map pictures: %w", err)
	}
	defer syscall.Munmap(data)
	canvas, err := anonymous(j.Width * j.Height * j.pages() * 4)
	if err != nil {
		return err
	}
	defer syscall.Munmap(canvas)
	if bg := j.Background; bg.A > 0 {
		one := []byte{bg.R, bg.G, bg.B, bg.A}
		for i := 0; i < len(canvas); i += 4 {
			copy(canvas[i:], one)
		}
	}
	for i, pt := range j.Parts {
		if pt.At < 0 || pt.Bytes < 0 || pt.At+pt.Bytes > int64(len(data)) {
			return errors.New("a picture lies outside of the file")
		}
		if err := j.place(canvas, i, data[pt.At:pt.At+pt.Bytes]); err != nil {
			return err
		}
	}
	if j.Output.Format == "" {
		_, err := result.Write(canvas)
		return err
	}
	return j.encode(canvas, result)
}

// place decodes one picture and lays it on its page.
func (j *composeJob) place(canvas []byte, i int, data []byte) error {
	var scope vips.Scope
	defer scope.Close()
	l, err := loaderFor(j.Parts[i].Format)
	if err != nil {
		return err
	}
	p := &picture{scope: &scope, src: &source{loader: l, data: data}, pages: 1}
	if p.im, err = p.src.open(&scope, 1); err != nil {
		return p.src.damaged(err)
	}
	if err := p.toStandard(); err != nil {
		return err
	}
	if err := errors.Join(p.toColour(), p.addAlpha()); err != nil {
		return err
	}
	r := j.Places[i]
	if p.width() != r.Width || p.height() != r.Height {
		return fmt.Errorf("picture has %d x %d pixels, planned were %v", p.width(), p.height(), r)
	}
	px, err := p.im.Pixels()
	if err != nil {
		return p.src.damaged(err)
	}
	top := r.Y
	if j.Play {
		top += i * j.Height
	}
	for y := range r.Height {
		to := canvas[((top+y)*j.Width+r.X)*4:][:r.Width*4]
		from := px[y*r.Width*4:][:r.Width*4]
		if j.Background.A == 255 {
			over(to, from)
		} else {
			copy(to, from)
		}
	}
	return nil
}

// over lays pixels over opaque ones.
func over(to, from []byte) {
	for i := 0; i+4 <= len(from); i += 4 {
		a := uint32(from[i+3])
		for b := range 3 {
			to[i+b] = byte((uint32(from[i+b])*a + uint32(to[i+b])*(255-a) + 127) / 255)
		}
	}
}

// encode writes the canvas as a file.
func (j *composeJob) encode(canvas []byte, result *os.File) error {
	var scope vips.Scope
	defer scope.Close()
	im, err := scope.FromPixels(canvas, j.Width, j.Height*j.pages(), 4, "uchar")
	if err == nil {
		im, err = scope.Apply(im, "copy", vips.Args{"interpretation": "srgb"})
	}
	if err != nil {
		return err
	}
	p := &picture{scope: &scope, im: im, pages: j.pages(), random: true, loop: j.Loop}
	for range p.pages {
		p.delay = append(p.delay, int(max(j.Delay, time.Millisecond)/time.Millisecond))
	}
	b, err := p.encodeComposed(j)
	if err != nil {
		return err
	}
	_, err = result.Write(b)
	return err
}

func (p *picture) encodeComposed(j *composeJob) ([]byte, error) {
	b, err := p.encode(j.Output)
	var full *saveError
	if errors.As(err, &full) {
		return nil, unwritable(j.Output.Format, j.Width, j.Height, j.pages(), full)
	}
	if err != nil {
		return nil, err
	}
	if len(b) == 0 {
		return nil, &media.Error{Code: media.Internal, Op: "compose", Err: errors.New("nothing was written")}
	}
	return b, nil
}
