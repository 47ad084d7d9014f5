package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestCodeAndMessage(t *testing.T) {
	t.Parallel()
	secret := errors.New("open /var/lib/x: permission denied")
	invalid := &Error{Code: Invalid, Op: "probe", Message: "File is empty", Err: secret}
	for _, c := range []struct {
		err     error
		code    Code
		message string
	}{
		{invalid, Invalid, "File is empty"},
		{fmt.Errorf("upload: %w", invalid), Invalid, "File is empty"},
		{&Error{Code: Forbidden, Message: "Not yours", Err: invalid}, Forbidden, "Not yours"},
		{Errorf(Conflict, "Name %q is taken", "a"), Conflict, `Name "a" is taken`},
		{secret, Internal, "Internal error"},
		{io.EOF, Internal, "Internal error"},
		{fmt.Errorf("render: %w", context.DeadlineExceeded), Limited, "The server is busy, try again later"},
		{context.Canceled, Internal, "Internal error"},
		{&Error{Code: NotFound}, NotFound, "Resource not found"},
		{&Error{Code: Limited, Err: secret}, Limited, "The server is busy, try again later"},
		{&Error{Code: Internal, Err: secret}, Internal, "Internal error"},
		{&Error{}, Internal, "Internal error"},
		{nil, Internal, "Internal error"},
	} {
		if got := CodeOf(c.err); got != c.code {
			t.Errorf("%v: code %v, want %v", c.err, got, c.code)
		}
		if got := MessageOf(c.err); got != c.message {
			t.Errorf("%v: message %q, want %q", c.err, got, c.message)
		}
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	cause := &LimitError{What: "pixels", Max: 10, Got: 12}
	e := &Error{Code: TooLarge, Op: "probe", Message: "Picture is too large", Err: cause}
	if got, want := e.Error(), "probe: Picture is too large: pixels: got 12, maximum is 10"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := (&Error{Code: NotFound}).Error(); got != "not found" {
		t.Errorf("got %q", got)
	}
	var limit *LimitError
	if !errors.As(fmt.Errorf("x: %w", e), &limit) || *limit != *cause {
		t.Error("the limit is not found in the chain")
	}
}

func TestCodeNames(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for c := Internal; c <= NoSpace; c++ {
		s := c.String()
		if s == "" || seen[s] || strings.HasPrefix(s, "code ") {
			t.Errorf("code %d is called %q", c, s)
		}
		seen[s] = true
	}
	if got := (NoSpace + 1).String(); got != "code 11" {
		t.Errorf("unknown code is called %q", got)
	}
	var zero Code
	if zero != Internal {
		t.Error("an unclassified error must be ours")
	}
}
