package engine

import (
	"errors"
	"fmt"
	"io"
	"os"

	"tintype/internal/media"
)

// open hands out the source's own file, for reading only, or a copy of its
// bytes in memory. The caller closes it.
func openForWorker(src Source) (*os.File, error) {
	if f, ok := src.(Filer); ok {
		if own, err := ownFile(f); err == nil {
			return own, nil
		}
	}
	return copyForWorker(src)
}

// copyForWorker copies a source into a memory file. The caller closes it.
func copyForWorker(src Source) (*os.File, error) {
	m, err := memoryFile("source")
	if err != nil {
		return nil, err
	}
	n, err := io.Copy(m, io.NewSectionReader(src, 0, src.Size()))
	if err == nil && n != src.Size() {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		err = seal(m)
	}
	if err != nil {
		m.Close()
		return nil, fmt.Errorf("read source: %w", err)
	}
	return m, nil
}

// ownFile opens the file behind a source anew: what a worker gets can neither
// be written through nor moves the position of the caller's.
func ownFile(src Filer) (*os.File, error) {
	own, err := reopen(src.File())
	if err != nil {
		return nil, err
	}
	info, err := own.Stat()
	if err == nil {
		var theirs os.FileInfo
		theirs, err = src.File().Stat()
		if err == nil && (!os.SameFile(info, theirs) || !info.Mode().IsRegular() || info.Size() != src.Size()) {
			err = errors.New("file is not the source as it is")
		}
	}
	if err != nil {
		own.Close()
		return nil, err
	}
	return own, nil
}

// header looks at a source and refuses what no decoder should see.
func (p *Pool) header(src Source) (header, error) {
	if src.Size() == 0 {
		return header{}, media.Errorf(media.Invalid, "The file is empty")
	}
	if p.faults && faultOf(src) != "" {
		return header{Format: faultInfo.Format, Kind: media.KindImage, Width: faultInfo.Width, Height: faultInfo.Height, Pages: 1}, nil
	}
	h, err := readHeader(src, src.Size())
	if err != nil {
		return header{}, err
	}
	return h, p.cfg.Limits.check(h)
}

// picture is header for a source that must be a picture which can be read here.
func (p *Pool) picture(src Source) (header, error) {
	h, err := p.header(src)
	if err != nil {
		return h, err
	}
	if h.Kind != media.KindImage {
		return h, errNoPicture()
	}
	_, err = loaderFor(h.Format)
	return h, err
}

func errNoPicture() error {
	return media.Errorf(media.Invalid, "The file is not a picture")
}

// newJob opens the sources, and empty files for the results. The caller
// closes the job's files.
func newJob(req request, src []Source, results int) (*job, error) {
	j := &job{request: req, sources: len(src), suspects: suspectsOf(req, src)}
	if len(src)+results > filesMax {
		return nil, media.Errorf(media.Invalid, "Too many pictures at once: %d sources and %d results, the maximum is %d together", len(src), results, filesMax)
	}
	for i, s := range src {
		open := openForWorker
		if i < len(req.Formats) && req.Formats[i] == formatFont {
			open = copyForWorker // its path is opened anew, which must not reach the disk
		}
		f, err := open(s)
		if err != nil {
			j.closeFiles()
			return nil, err
		}
		j.files = append(j.files, f)
	}
	for range results {
		f, err := memoryFile("result")
		if err != nil {
			j.closeFiles()
			return nil, err
		}
		j.files = append(j.files, f)
	}
	return j, nil
}
