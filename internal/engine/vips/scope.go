package vips

// Scope owns what a piece of work makes on its way: Close drops it all. The
// zero value is ready. It is not safe for concurrent use.
type Scope struct{ held []interface{ Close() } }

// Close closes everything that was made through the scope, last first.
func (s *Scope) Close() {
	for i := len(s.held) - 1; i >= 0; i-- {
		s.held[i].Close()
	}
	s.held = nil
}

// Own hands an image or blob to the scope.
func (s *Scope) Own(c interface{ Close() }) { s.held = append(s.held, c) }

// Call is Call, with the results owned by the scope.
func (s *Scope) Call(op string, args Args) (Result, error) {
	res, err := Call(op, args)
	if err != nil {
		return nil, err
	}
	s.Own(res)
	return res, nil
}

// Make calls an operation that makes the image "out".
func (s *Scope) Make(op string, args Args) (*Image, error) {
	res, err := s.Call(op, args)
	if err != nil {
		return nil, err
	}
	if im := res.Image("out"); im != nil {
		return im, nil
	}
	return nil, &Error{Op: op, Text: "makes no image"}
}

// Apply calls an operation that makes the image "out" from an image "in".
// args may be nil and is not changed.
func (s *Scope) Apply(in *Image, op string, args Args) (*Image, error) {
	all := Args{"in": in}
	for k, v := range args {
		all[k] = v
	}
	return s.Make(op, all)
}

// Memory is Image.Memory, owned by the scope.
func (s *Scope) Memory(in *Image) (*Image, error) {
	im, err := in.Memory()
	if err != nil {
		return nil, err
	}
	s.Own(im)
	return im, nil
}

// FromPixels is FromPixels, owned by the scope.
func (s *Scope) FromPixels(pixels []byte, width, height, bands int, format string) (*Image, error) {
	im, err := FromPixels(pixels, width, height, bands, format)
	if err != nil {
		return nil, err
	}
	s.Own(im)
	return im, nil
}
