package engine

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
)

// sendPacket sends one message and the descriptors that go with it.
func sendPacket(c *net.UnixConn, b []byte, files []*os.File) error {
	var rights []byte
	if len(files) > 0 {
		fds := make([]int, len(files))
		for i, f := range files {
			fds[i] = int(f.Fd())
		}
		rights = syscall.UnixRights(fds...)
	}
	n, _, err := c.WriteMsgUnix(b, rights, nil)
	if err != nil {
		return err
	}
	if n != len(b) {
		return io.ErrShortWrite
	}
	return nil
}

// receivePacket reads one message that must bring no descriptors; those of a
// peer that sends some all the same are not received.
func receivePacket(c *net.UnixConn, buf []byte) (int, error) {
	n, _, flags, _, err := c.ReadMsgUnix(buf, nil)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, io.EOF
	}
	if flags&syscall.MSG_TRUNC != 0 {
		return 0, errors.New("message is too long")
	}
	return n, nil
}

// receiveFiles reads one message with its descriptors, which are the caller's
// to close.
func receiveFiles(c *net.UnixConn, buf []byte) (int, []*os.File, error) {
	oob := make([]byte, syscall.CmsgSpace(4*(filesMax+1)))
	n, oobn, flags, _, err := c.ReadMsgUnix(buf, oob)
	if err != nil {
		return 0, nil, err
	}
	messages, err := syscall.ParseSocketControlMessage(oob[:oobn])
	if err != nil {
		return 0, nil, fmt.Errorf("descriptors: %w", err)
	}
	var files []*os.File
	for i := range messages {
		fds, err := syscall.ParseUnixRights(&messages[i])
		if err != nil {
			return 0, files, fmt.Errorf("descriptors: %w", err)
		}
		for _, fd := range fds {
			files = append(files, os.NewFile(uintptr(fd), "handed over"))
		}
	}
	switch {
	case n == 0 && len(files) == 0:
		return 0, nil, io.EOF
	case flags&(syscall.MSG_TRUNC|syscall.MSG_CTRUNC) != 0:
		return 0, files, errors.New("message is too long")
	}
	return n, files, nil
}

// isBroken reports that the other side of a socket is gone.
func isBroken(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF)
}
