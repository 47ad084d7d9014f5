package dialect

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"
)

func TestLeft(t *testing.T) {
	t.Parallel()
	there := httptest.NewRequest("GET", "/", nil)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	stopped := fmt.Errorf("list: %w", context.Canceled)
	if Left(there, stopped) || Left(there.WithContext(gone), errors.New("disk on fire")) || !Left(there.WithContext(gone), stopped) {
		t.Error("who is there is told apart badly from who has left")
	}
}
